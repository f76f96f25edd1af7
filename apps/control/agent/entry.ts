// The tasks of one frame, each as a TaskRow whose fields are found when somebody reads them: a frame of 10,000 tasks reads
// one field of each to sort them, and all fields of the forty that are shown.

import type { ExitRecord } from "../../../kernel/exits.ts";
import { holdersOf } from "../../../kernel/holders.ts";
import { siteText } from "../../../kernel/stack.ts";
import type { Wait } from "../../../kernel/syscall.ts";
import { State, type Task } from "../../../kernel/task.ts";
import { Cell, type ClosedCell } from "../../../kernel/task-sheet.ts";
import type { TaskWatch } from "../../../kernel/task-watch.ts";
import { shown, truncated } from "../../../kernel/text.ts";
import { exitText } from "../../../syscalls/exit-text.ts";
import { mailboxSize } from "../../../syscalls/tell.ts";
import type { FindingLetter, StateLetter, TaskRow } from "../records.ts";
import { letterOf } from "./letters.ts";
import type { Snapshot } from "./snapshot.ts";

/** A live task, or one that has ended and is remembered. */
export type Entry = LiveEntry | EndedEntry;

/** What anybody's code makes is cut at so many characters, or columns. */
const maxText = 1_024;
const maxColumns = 8;
const maxColumn = 64;

/** A live task. */
export class LiveEntry implements TaskRow {
  readonly task: Task;
  readonly state: StateLetter;
  /** What it waits for. */
  readonly wait: Wait<unknown> | undefined;
  readonly #snapshot: Snapshot;
  #words: Words | undefined = undefined;

  constructor(task: Task, snapshot: Snapshot) {
    this.task = task;
    this.wait = waitOf(task);
    this.state = letterOf(task, this.wait);
    this.#snapshot = snapshot;
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
    return this.#snapshot.appOf(this.tid);
  }

  get nice(): number {
    return this.task.kernel.traits.get(this.task)?.nice ?? 0;
  }

  get cpu(): number | null {
    const { last } = this.#snapshot;
    return last === undefined ? null : share(this.#closed(Cell.closedRunMs), last.ms);
  }

  get runMs(): number | null {
    return this.#snapshot.last === undefined ? null : this.#number(Cell.runMs);
  }

  get readyMs(): number | null {
    if (this.#snapshot.last === undefined) return null;
    return Math.max(this.#closed(Cell.closedReadyMs), this.task.state === State.ready ? this.forMs : 0);
  }

  get turnsPerS(): number | null {
    const { last } = this.#snapshot;
    return last === undefined ? null : 1_000 * share(this.#closed(Cell.closedTurns), last.ms);
  }

  get trapsPerS(): number | null {
    const { last } = this.#snapshot;
    return last === undefined ? null : 1_000 * share(this.#closed(Cell.closedTraps), last.ms);
  }

  get maxMs(): number | null {
    return this.#snapshot.last === undefined ? null : this.#number(Cell.maxMs);
  }

  get cpuHistory(): readonly number[] {
    return this.#snapshot.watch?.history(this.task) ?? [];
  }

  get meanCpu(): number | null {
    return this.#snapshot.watch?.meanShareOf(this.task) ?? null;
  }

  get verb(): string {
    return this.#wait.verb;
  }

  get object(): string {
    return this.#wait.object;
  }

  get holders(): readonly number[] {
    return holdersOf(this.wait);
  }

  get isInCycle(): boolean {
    return this.#snapshot.waiting.cycleOf(this.tid) !== undefined;
  }

  get forMs(): number {
    const { state, since, kernel } = this.task;
    const { uptimeMs } = this.#snapshot;
    if (state === State.blocked) return Math.max(0, uptimeMs - since);
    if (state !== State.ready) return 0;
    const readyMs = uptimeMs - Math.ceil((this.#snapshot.watch?.sinceOf(this.task) ?? Number.NaN) - kernel.bootedAt);
    // Unless it is watched, what a poll made ready is noted with the time at which that poll began: no time to measure by.
    return Math.max(0, Number.isNaN(readyMs) ? kernel.uptimeMs - since : readyMs);
  }

  get place(): number {
    return this.task.state === State.ready ? this.#snapshot.placeOf(this.task) : 0;
  }

  get finding(): FindingLetter | "" {
    return this.#snapshot.findings.get(this.tid) ?? "";
  }

  get turns(): number {
    return this.task.turns;
  }

  get traps(): number {
    return this.task.traps;
  }

  get children(): number {
    return this.#snapshot.childrenOf(this.tid);
  }

  get mailbox(): number {
    return mailboxSize(this.task);
  }

  get endpoints(): number {
    return this.task.owned?.size ?? 0;
  }

  get spawnedAt(): string {
    const { site } = this.task.origin.spawn;
    return site === undefined ? "" : siteText(site);
  }

  get columns(): Readonly<Record<string, string>> {
    return columnsOf(this.wait);
  }

  /** What the watch knows of it. */
  get watched(): TaskWatch | undefined {
    return this.#snapshot.watch?.of(this.task);
  }

  #number(cell: number): number {
    const { watch } = this.#snapshot;
    return watch === undefined ? 0 : watch.number(this.task, cell);
  }

  #closed(cell: ClosedCell): number {
    const { watch } = this.#snapshot;
    return watch === undefined ? 0 : watch.closedNumber(this.task, cell);
  }

  get #wait(): Words {
    this.#words ??= wordsOf(this.wait);
    return this.#words;
  }
}

/** A task that has ended and is remembered. What it did while it lived is not. */
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
  readonly #snapshot: Snapshot;

  constructor(record: ExitRecord, snapshot: Snapshot) {
    this.record = record;
    this.#snapshot = snapshot;
  }

  get tid(): number {
    return this.record.tid;
  }

  get name(): string {
    return this.record.name;
  }

  get app(): string {
    return this.#snapshot.appOf(this.tid);
  }

  get object(): string {
    return exitText(this.record.exit);
  }

  get forMs(): number {
    return Math.max(0, this.#snapshot.uptimeMs - this.record.at);
  }

  get finding(): FindingLetter | "" {
    return this.#snapshot.findings.get(this.tid) ?? "";
  }
}

/** What a blocked task waits for. */
function waitOf(task: Task): Wait<unknown> | undefined {
  return task.state === State.blocked ? task.wait?.wait : undefined;
}

function share(part: number, of: number): number {
  return of <= 0 ? 0 : part / of;
}

interface Words {
  readonly verb: string;
  readonly object: string;
}

// The words are the syscall's own code, and so are its columns: what throws spoils its own row and no more.
function wordsOf(wait: Wait<unknown> | undefined): Words {
  if (wait === undefined) return { verb: "", object: "" };
  try {
    return { verb: truncated(String(wait.verb), maxText), object: truncated(String(wait.object), maxText) };
  } catch (error) {
    return { verb: "wait for", object: truncated(`something that cannot be shown: ${shown(error)}`, maxText) };
  }
}

function columnsOf(wait: Wait<unknown> | undefined): Readonly<Record<string, string>> {
  try {
    const declared = wait?.columns?.();
    if (declared === undefined) return noColumns;
    const columns = Object.entries(declared).slice(0, maxColumns);
    return Object.fromEntries(
      columns.map(([name, value]) => [truncated(name, maxColumn), truncated(String(value), maxColumn)]),
    );
  } catch {
    return noColumns;
  }
}

const noColumns: Readonly<Record<string, string>> = {};
