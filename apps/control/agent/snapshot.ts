// A kernel at one moment: every task once, and what has to be counted over all of them. What no part of a frame asks for is
// not counted.

import type { Kernel } from "../../../kernel/kernel.ts";
import type { Task } from "../../../kernel/task.ts";
import type { Watch } from "../../../kernel/watch.ts";
import type { Window } from "../../../kernel/watch-window.ts";
import type { FindingLetter, StateLetter } from "../records.ts";
import type { Apps } from "./apps.ts";
import { EndedEntry, type Entry, LiveEntry } from "./entry.ts";
import { Waiting } from "./waiting.ts";

/** What a snapshot is told by whoever makes it. */
export interface Known {
  readonly watch: Watch | undefined;
  readonly apps: Apps;
  /** Columns that waits have declared, as far as anybody has looked. More are added. */
  readonly declared: Set<string>;
}

/** Names of declared columns that are remembered. */
const maxDeclared = 256;

export class Snapshot {
  readonly kernel: Kernel;
  readonly watch: Watch | undefined;
  readonly apps: Apps;
  /** The last whole second that was watched. */
  readonly last: Window | undefined;
  /** Whole ms since boot. */
  readonly uptimeMs: number;
  /** Every live task, in the order of their tids. */
  readonly live: readonly LiveEntry[];
  readonly states: Readonly<Partial<Record<StateLetter, number>>>;
  /** The worst finding about each task that has any; whoever finds them sets it. */
  findings: ReadonlyMap<number, FindingLetter> = new Map();
  readonly #declared: Set<string>;
  readonly #appTids = new Map<number, number>();
  /** The app that every task belongs to, where there is but the run's own or none. */
  readonly #onlyApp: number | undefined;
  #children: ReadonlyMap<number, number> | undefined = undefined;
  #places: ReadonlyMap<Task, number> | undefined = undefined;
  #waiting: Waiting | undefined = undefined;

  constructor(kernel: Kernel, { watch, apps, declared }: Known) {
    this.kernel = kernel;
    this.watch = watch;
    this.last = watch?.last;
    this.#onlyApp = apps.size === 0 ? 0 : apps.size === 1 && apps.get(1) !== undefined ? 1 : undefined;
    this.apps = apps;
    this.#declared = declared;
    this.uptimeMs = Math.floor(kernel.clock() - kernel.bootedAt);
    const letters = new Uint32Array(128); // by character: an object's members take three times as long
    this.live = kernel.tasks.toArray().map((task) => {
      const entry = new LiveEntry(task, this);
      const letter = entry.state.charCodeAt(0);
      letters[letter] = (letters[letter] as number) + 1; // ASCII
      return entry;
    });
    this.states = statesOf(letters);
  }

  /** Live tasks, and those that have ended and are remembered if they are wanted: in the order of their tids. */
  entries(withEnded: boolean): readonly Entry[] {
    if (!withEnded) return this.live;
    const ended = this.kernel.exits.latest().map((record) => new EndedEntry(record, this));
    return [...this.live, ...ended].sort((one, other) => one.tid - other.tid);
  }

  /** The live task of a tid. */
  entry(tid: number): LiveEntry | undefined {
    const task = this.kernel.tasks.get(tid);
    return task === undefined ? undefined : new LiveEntry(task, this);
  }

  /** Who waits for whom. */
  get waiting(): Waiting {
    this.#waiting ??= new Waiting(this.live);
    return this.#waiting;
  }

  /** Tid of the parent; 0: there is none. */
  parentOf(tid: number): number {
    return this.kernel.tasks.get(tid)?.parent?.tid ?? 0;
  }

  /** The main task of the app that a task belongs to: the nearest of its ancestors that is one; 0: of none. */
  appTidOf(tid: number): number {
    const known = this.#onlyApp ?? this.#appTids.get(tid);
    if (known !== undefined) return known;
    const trail: number[] = [];
    let found: number | undefined;
    for (let at = tid; found === undefined; at = this.#nextUp(at)) {
      found = at === 0 || this.apps.get(at) !== undefined ? at : this.#appTids.get(at);
      if (found !== at) trail.push(at);
    }
    for (const each of trail) this.#appTids.set(each, found);
    return found;
  }

  appOf(tid: number): string {
    return this.apps.get(this.appTidOf(tid))?.name ?? "";
  }

  childrenOf(tid: number): number {
    this.#children ??= counted(this.live);
    return this.#children.get(tid) ?? 0;
  }

  placeOf(task: Task): number {
    this.#places ??= placesIn(this.kernel);
    return this.#places.get(task) ?? 0;
  }

  /** Whether some wait declares a column of this name, or has done so. */
  isDeclared(name: string): boolean {
    if (this.#declared.has(name)) return true;
    for (const { columns } of this.live) {
      for (const column of Object.keys(columns)) if (this.#declared.size < maxDeclared) this.#declared.add(column);
    }
    return this.#declared.has(name);
  }

  // One whose parent has ended may still come of an app that has: its tid is remembered.
  #nextUp(tid: number): number {
    const parentTid = this.kernel.tasks.get(tid)?.parentTid ?? 0;
    return this.apps.get(parentTid) === undefined ? this.parentOf(tid) : parentTid;
  }
}

function statesOf(counts: Uint32Array): Partial<Record<StateLetter, number>> {
  const states: Partial<Record<StateLetter, number>> = {};
  for (const letter of stateLetters) {
    const count = counts[letter.charCodeAt(0)] ?? 0;
    if (count > 0) states[letter] = count;
  }
  return states;
}

const stateLetters: readonly StateLetter[] = ["R", "r", "W", "w", "J", "M", "S", "A", "P", "Z"];

function counted(entries: readonly LiveEntry[]): ReadonlyMap<number, number> {
  const children = new Map<number, number>();
  const note = (parent: number, count: number): unknown => children.set(parent, (children.get(parent) ?? 0) + count);
  let [lastTid, parent, count] = [0, 0, 0]; // of those in a row that come of the same task: most do
  for (const { task } of entries) {
    if (task.parentTid !== lastTid || lastTid === 0) {
      note(parent, count);
      [lastTid, parent, count] = [task.parentTid, task.parent?.tid ?? 0, 0];
    }
    count++;
  }
  note(parent, count);
  return children;
}

// As they will come: who has ended or is held back has no turn there.
function placesIn(kernel: Kernel): ReadonlyMap<Task, number> {
  const places = new Map<Task, number>();
  for (const task of kernel.readyTasks()) if (!task.isOver) places.set(task, places.size + 1);
  return places;
}
