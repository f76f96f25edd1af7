// What a watch notes of each task, turn after turn: a line of numbers a task, in pages by tid. Not an object a task: with a
// thousand busy ones its fields are in a dozen places, and to fetch them cost more than all that is done with them (a
// number that is a field is an object of its own to V8). A line is two cache lines, and most turns touch only the first.

import type { Task } from "./task.ts";
import type { TaskWatch } from "./task-watch.ts";

/** Tasks of a page. Small: tids are never reused, and a page stays for the last of them. A power of two. */
const pageTasks = 64;
const lineCells = 16;
/** Of how many windows a task's shares are kept. */
const keptShares = 10;
/** Pages that are found without the Map, each in a place of its own; a power of two. */
const nearPages = 32;

/** The cells of a line. */
export const Cell = {
  /** Since when it has been ready or blocked, on the machine's clock; NaN where that was not seen. */
  since: 0,
  /** 1 more than the kind of syscall that it waits in; 0: it does not, or that was not seen. */
  kind: 1,
  /** Time in turns, and the longest of them, ms. */
  runMs: 2,
  maxMs: 3,
  /** Time in waits that have ended, ms. */
  blockedMs: 4,
  /** In the window under way: time in turns, and the longest wait for one, ms. */
  windowRunMs: 5,
  windowReadyMs: 6,
  /** 1 more than the number of the window in which it had its latest turn; -1: it had none; 0: it has no line. */
  stamp: 7,
  /** Its counters when the latest window was closed in which it had a turn. */
  turns: 8,
  traps: 9,
  /** How many windows were closed when it was seen first. */
  seen: 10,
  /** The number of the latest window that is closed and in which it had a turn, -1: there is none; its part in that. */
  closed: 11,
  closedRunMs: 12,
  closedReadyMs: 13,
  closedTurns: 14,
  closedTraps: 15,
} as const;

/** A cell of a task's part in a window that is closed. */
export type ClosedCell = (typeof Cell)["closedRunMs" | "closedReadyMs" | "closedTurns" | "closedTraps"];

class Page {
  /** The first tid that could be in it. */
  readonly first: number;
  readonly cells: Float64Array = new Float64Array(pageTasks * lineCells);
  /** Of each task its share of each of the last windows, in the place of the window's number. */
  readonly shares: Float64Array = new Float64Array(pageTasks * keptShares);
  readonly watches: (TaskWatch | undefined)[] = new Array<TaskWatch | undefined>(pageTasks).fill(undefined);
  used = 0;

  constructor(first: number) {
    this.first = first;
  }
}

export class TaskSheet {
  readonly #pages = new Map<number, Page>();
  /** The latest page of each place. One without lines stays here, or to spawn and end one task would make a page each time. */
  readonly #near: Page[] = new Array<Page>(nearPages).fill(new Page(-1));
  /** The cells of the page of the latest `line` or `find`. */
  cells: Float64Array = new Float64Array(0);
  /** How many windows are closed: the number of the one under way. */
  closed = 0;

  /** Finds a task's line, makes it if there is none, and puts its page's cells into `cells`. @returns where it begins */
  line(task: Task): number {
    const page = this.#page(task.tid) ?? this.#made(task.tid);
    this.cells = page.cells;
    const at = slotOf(task.tid) * lineCells;
    if (page.cells[at + Cell.stamp] === 0) begin(page, at, task, this.closed);
    return at;
  }

  /** As `line`; -1 if there is none. */
  find({ tid }: Task): number {
    const page = this.#page(tid);
    const at = slotOf(tid) * lineCells;
    if (page === undefined || page.cells[at + Cell.stamp] === 0) return -1;
    this.cells = page.cells;
    return at;
  }

  /** A number of a task's line; 0 where there is none. @param cell one of `Cell` */
  number(task: Task, cell: number): number {
    const at = this.find(task);
    return at < 0 ? 0 : cellAt(this.cells, at + cell);
  }

  /** A number of a task's part in the last window that was closed; 0 where it had none. */
  closedNumber(task: Task, cell: ClosedCell): number {
    const page = this.#page(task.tid);
    const at = slotOf(task.tid) * lineCells;
    // All of it is 0 where there is no line.
    return page?.cells[at + Cell.closed] === this.closed - 1 ? cellAt(page.cells, at + cell) : 0;
  }

  /** What else is known of a task that has a line; undefined if nothing is. */
  watchOf(task: Task): TaskWatch | undefined {
    return this.#page(task.tid)?.watches[slotOf(task.tid)];
  }

  /** Keeps what else is known of a task that has a line, with it. */
  keep(watch: TaskWatch): TaskWatch {
    const { tid } = watch.task;
    (this.#page(tid) as Page).watches[slotOf(tid)] = watch; // of its line
    return watch;
  }

  /** The window under way is about to be closed, and a task that has a line had a turn in it. @param windowMs its length */
  close(task: Task, windowMs: number): void {
    const number = this.closed;
    const { cells, shares } = this.#page(task.tid) as Page; // of its line
    const slot = slotOf(task.tid);
    const at = slot * lineCells;
    const runMs = cellAt(cells, at + Cell.windowRunMs);
    // In those between it did nothing.
    for (let past = Math.max(cellAt(cells, at + Cell.closed) + 1, number - keptShares + 1); past < number; past++) {
      shares[slot * keptShares + (past % keptShares)] = 0;
    }
    shares[slot * keptShares + (number % keptShares)] = windowMs > 0 ? Math.min(1, runMs / windowMs) : 0;
    cells[at + Cell.closed] = number;
    cells[at + Cell.closedRunMs] = runMs;
    cells[at + Cell.closedReadyMs] = cellAt(cells, at + Cell.windowReadyMs);
    cells[at + Cell.closedTurns] = task.turns - cellAt(cells, at + Cell.turns);
    cells[at + Cell.closedTraps] = task.traps - cellAt(cells, at + Cell.traps);
    cells[at + Cell.turns] = task.turns;
    cells[at + Cell.traps] = task.traps;
    cells[at + Cell.windowRunMs] = cells[at + Cell.windowReadyMs] = 0;
  }

  /** A task's shares of the last windows since it was seen first, oldest first; at most 10. */
  sharesOf({ tid }: Task): readonly number[] {
    const page = this.#page(tid);
    const slot = slotOf(tid);
    const at = slot * lineCells;
    if (page === undefined || page.cells[at + Cell.stamp] === 0) return [];
    const latest = cellAt(page.cells, at + Cell.closed);
    const first = Math.max(cellAt(page.cells, at + Cell.seen), this.closed - keptShares);
    if (latest < first) return idle[this.closed - first] as readonly number[]; // of each length there is one
    const history: number[] = [];
    for (let number = first; number < this.closed; number++) {
      history.push(number > latest ? 0 : (page.shares[slot * keptShares + (number % keptShares)] as number)); // inside
    }
    return history;
  }

  /** The mean of a task's shares, without a list of them; null where there are none. */
  meanShareOf({ tid }: Task): number | null {
    const page = this.#page(tid);
    const slot = slotOf(tid);
    const at = slot * lineCells;
    if (page === undefined || page.cells[at + Cell.stamp] === 0) return null;
    const first = Math.max(cellAt(page.cells, at + Cell.seen), this.closed - keptShares);
    const latest = cellAt(page.cells, at + Cell.closed);
    let sum = 0;
    for (let number = first; number <= latest; number++) {
      sum += page.shares[slot * keptShares + (number % keptShares)] as number; // inside
    }
    return first === this.closed ? null : sum / (this.closed - first);
  }

  /** Forgets a task. */
  remove(task: Task): void {
    const at = this.find(task);
    if (at < 0) return;
    const page = this.#page(task.tid) as Page; // `find` has found it
    const slot = slotOf(task.tid);
    page.cells.fill(0, at, at + lineCells);
    page.shares.fill(0, slot * keptShares, (slot + 1) * keptShares);
    page.watches[slot] = undefined;
    page.used--;
  }

  #page(tid: number): Page | undefined {
    const first = tid - slotOf(tid);
    const near = this.#near[placeOf(tid)] as Page; // inside
    return near.first === first ? near : this.#far(first);
  }

  #far(first: number): Page | undefined {
    const page = this.#pages.get(first);
    if (page !== undefined) this.#bring(page);
    return page;
  }

  #made(tid: number): Page {
    const page = new Page(tid - slotOf(tid));
    this.#pages.set(page.first, page);
    this.#bring(page);
    return page;
  }

  #bring(page: Page): void {
    const place = placeOf(page.first);
    const before = this.#near[place] as Page; // inside
    if (before.used === 0) this.#pages.delete(before.first);
    this.#near[place] = page;
  }
}

/** The shares of who did nothing, of each length: of many tasks most did nothing. */
const idle: readonly (readonly number[])[] = Array.from({ length: keptShares + 1 }, (_, length) =>
  new Array<number>(length).fill(0),
);

// The low bits of a tid are right at any size; for the rest of it, see table.ts.
function slotOf(tid: number): number {
  return tid & (pageTasks - 1);
}

function placeOf(tid: number): number {
  return (tid >>> 6) & (nearPages - 1); // 2^6 tasks a page
}

/** What a cell holds. @param place inside a line that is there */
export function cellAt(cells: Float64Array, place: number): number {
  return cells[place] as number; // inside: see above
}

/** Adds to a cell. */
export function add(cells: Float64Array, place: number, ms: number): void {
  cells[place] = cellAt(cells, place) + ms;
}

/** Raises a cell to a value, unless it holds a larger one. */
export function raise(cells: Float64Array, place: number, ms: number): void {
  if (ms > cellAt(cells, place)) cells[place] = ms;
}

function begin(page: Page, at: number, task: Task, closed: number): void {
  page.used++;
  page.cells[at + Cell.since] = Number.NaN;
  page.cells[at + Cell.stamp] = page.cells[at + Cell.closed] = -1;
  page.cells[at + Cell.seen] = closed;
  page.cells[at + Cell.turns] = task.turns;
  page.cells[at + Cell.traps] = task.traps;
}
