// The tasks of one frame, each as a TaskRow whose fields are found when somebody reads them: a frame of 10,000 tasks reads
// one field of each to sort them, and all fields of the forty that are shown.

import type { ExitRecord } from "../../../kernel/exits.ts";
import type { Kernel } from "../../../kernel/kernel.ts";
import { siteText } from "../../../kernel/stack.ts";
import { State, type Task } from "../../../kernel/task.ts";
import { shown, truncated } from "../../../kernel/text.ts";
import { exitText } from "../../../syscalls/exit-text.ts";
import type { FindingLetter, StateLetter, TaskRow } from "../records.ts";
import { letterOf } from "./letters.ts";

/** What entries of one frame share. */
export interface Moment {
  readonly kernel: Kernel;
  /** Whole ms since boot. */
  readonly uptimeMs: number;
  /** Name of the app of a task; "". */
  appOf(tid: number): string;
  childrenOf(tid: number): number;
  placeOf(task: Task): number;
  findingOf(tid: number): FindingLetter | "";
  isInCycle(tid: number): boolean;
}

/** A text of a wait is cut at so many characters: it is anybody's code that makes it. */
const maxText = 1_024;
const maxHolders = 1_024;

/** A live task or one that has ended, as a row. */
export type Entry = LiveEntry | EndedEntry;

/** A live task. */
export class LiveEntry implements TaskRow {
  readonly task: Task;
  readonly state: StateLetter;
  readonly #moment: Moment;
  #words: Words | undefined = undefined;

  constructor(task: Task, moment: Moment) {
    this.task = task;
    this.state = letterOf(task);
    this.#moment = moment;
  }

  get tid(): number {
    return this.task.tid;
  }
  get name(): string {
    return this.task.name;
  }
  get parent(): number {
    return this.task.parent?.tid ?? 0;
  }
  get app(): string {
    return this.#moment.appOf(this.tid);
  }
  get nice(): number {
    return this.task.kernel.traits.get(this.task)?.nice ?? 0;
  }
  get cpu(): number | null {
    return null;
  }
  get runMs(): number | null {
    return null;
  }
  get readyMs(): number | null {
    return null;
  }
  get turnsPerS(): number | null {
    return null;
  }
  get trapsPerS(): number | null {
    return null;
  }
  get maxMs(): number | null {
    return null;
  }
  get cpuHistory(): readonly number[] {
    return [];
  }
  get verb(): string {
    return this.#wait.verb;
  }
  get object(): string {
    return this.#wait.object;
  }
  get holders(): readonly number[] {
    return this.#wait.holders;
  }
  get isInCycle(): boolean {
    return this.#moment.isInCycle(this.tid);
  }
  get forMs(): number {
    const { state, since, kernel } = this.task;
    if (state === State.blocked) return Math.max(0, this.#moment.uptimeMs - since);
    // What a poll made ready is noted with the time at which that poll began: no time of ready tasks goes beyond that.
    return state === State.ready ? Math.max(0, kernel.uptimeMs - since) : 0;
  }
  get place(): number {
    return this.#moment.placeOf(this.task);
  }
  get finding(): FindingLetter | "" {
    return this.#moment.findingOf(this.tid);
  }
  get turns(): number {
    return this.task.turns;
  }
  get traps(): number {
    return this.task.traps;
  }
  get children(): number {
    return this.#moment.childrenOf(this.tid);
  }
  get mailbox(): number {
    return 0;
  }
  get endpoints(): number {
    return this.task.owned?.size ?? 0;
  }
  get spawnedAt(): string {
    const { site } = this.task.origin.spawn;
    return site === undefined ? "" : siteText(site);
  }
  get columns(): Readonly<Record<string, string>> {
    return {};
  }

  get #wait(): Words {
    this.#words ??= wordsOf(this.task);
    return this.#words;
  }
}

/** A task that has ended and is remembered. */
export class EndedEntry implements TaskRow {
  readonly record: ExitRecord;
  readonly state = "Z";
  readonly parent = 0;
  readonly nice = 0;
  readonly cpu = null;
  readonly runMs = null;
  readonly readyMs = null;
  readonly turnsPerS = null;
  readonly trapsPerS = null;
  readonly maxMs = null;
  readonly cpuHistory: readonly number[] = [];
  readonly verb = "exit";
  readonly holders: readonly number[] = [];
  readonly isInCycle = false;
  readonly place = 0;
  readonly turns = 0;
  readonly traps = 0;
  readonly children = 0;
  readonly mailbox = 0;
  readonly endpoints = 0;
  readonly spawnedAt = "";
  readonly columns: Readonly<Record<string, string>> = {};
  readonly #moment: Moment;

  constructor(record: ExitRecord, moment: Moment) {
    this.record = record;
    this.#moment = moment;
  }

  get tid(): number {
    return this.record.tid;
  }
  get name(): string {
    return this.record.name;
  }
  get app(): string {
    return this.#moment.appOf(this.tid);
  }
  get object(): string {
    return exitText(this.record.exit);
  }
  get forMs(): number {
    return Math.max(0, this.#moment.uptimeMs - this.record.at);
  }
  get finding(): FindingLetter | "" {
    return this.#moment.findingOf(this.tid);
  }
}

/** A row as plain data. */
export function plainRow(row: TaskRow): TaskRow {
  return {
    tid: row.tid,
    name: row.name,
    parent: row.parent,
    app: row.app,
    state: row.state,
    nice: row.nice,
    cpu: row.cpu,
    runMs: row.runMs,
    readyMs: row.readyMs,
    turnsPerS: row.turnsPerS,
    trapsPerS: row.trapsPerS,
    maxMs: row.maxMs,
    cpuHistory: row.cpuHistory,
    verb: row.verb,
    object: row.object,
    holders: row.holders,
    isInCycle: row.isInCycle,
    forMs: row.forMs,
    place: row.place,
    finding: row.finding,
    turns: row.turns,
    traps: row.traps,
    children: row.children,
    mailbox: row.mailbox,
    endpoints: row.endpoints,
    spawnedAt: row.spawnedAt,
    columns: row.columns,
  };
}

interface Words {
  readonly verb: string;
  readonly object: string;
  readonly holders: readonly number[];
}

const noWords: Words = { verb: "", object: "", holders: [] };

// The words are the syscall's own code: one that throws spoils its own row and no more.
function wordsOf(task: Task): Words {
  const wait = task.state === State.blocked ? task.wait?.wait : undefined;
  if (wait === undefined) return noWords;
  try {
    const verb = truncated(String(wait.verb), maxText);
    const object = truncated(String(wait.object), maxText);
    return { verb, object, holders: (wait.holders?.() ?? []).slice(0, maxHolders) };
  } catch (error) {
    return {
      verb: "wait for",
      object: `something that cannot be shown: ${truncated(shown(error), maxText)}`,
      holders: [],
    };
  }
}
