// What a watch notes of each task, turn after turn: a line of numbers a task, in pages by tid. Not an object a task: with a
// thousand busy ones its fields are in a dozen places, and to fetch them cost more than all that is done with them (a
// number that is a field is an object of its own to V8). A line is two cache lines, and most turns touch only the first.

import type { Task } from "./task.ts";

/** Tasks of a page. Small: tids are never reused, and a page stays for the last of them. */
const pageTasks = 64;
const lineCells = 16;

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
} as const;

interface Page {
  readonly cells: Float64Array;
  used: number;
}

export class TaskSheet {
  readonly #pages = new Map<number, Page>();
  #last: Page | undefined = undefined;
  #lastNumber = -1;
  /** The cells of the page of the latest `line`. */
  cells: Float64Array = new Float64Array(0);

  /** Finds a task's line, makes it if there is none, and puts its page's cells into `cells`. @returns where it begins */
  line(task: Task): number {
    const { tid } = task;
    const number = Math.floor(tid / pageTasks);
    const page = number === this.#lastNumber && this.#last !== undefined ? this.#last : this.#turnTo(number);
    this.cells = page.cells;
    const at = (tid % pageTasks) * lineCells;
    if (page.cells[at + Cell.stamp] === 0) begin(page, at, task);
    return at;
  }

  /** As `line`; -1 if there is none. */
  find({ tid }: Task): number {
    const page = this.#pages.get(Math.floor(tid / pageTasks));
    const at = (tid % pageTasks) * lineCells;
    if (page === undefined || page.cells[at + Cell.stamp] === 0) return -1;
    this.cells = page.cells;
    return at;
  }

  /** Forgets a task. */
  remove(task: Task): void {
    const at = this.find(task);
    if (at < 0) return;
    const number = Math.floor(task.tid / pageTasks);
    const page = this.#pages.get(number) as Page; // `find` has found it
    page.cells.fill(0, at, at + lineCells);
    // The page that new tasks fall into stays, or spawning and ending one task would make a page each time.
    if (--page.used === 0 && number !== this.#lastNumber) this.#pages.delete(number);
  }

  #turnTo(number: number): Page {
    if (this.#last?.used === 0) this.#pages.delete(this.#lastNumber);
    let page = this.#pages.get(number);
    if (page === undefined) {
      page = { cells: new Float64Array(pageTasks * lineCells), used: 0 };
      this.#pages.set(number, page);
    }
    this.#last = page;
    this.#lastNumber = number;
    return page;
  }
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

function begin(page: Page, at: number, task: Task): void {
  page.used++;
  page.cells[at + Cell.since] = Number.NaN;
  page.cells[at + Cell.stamp] = -1;
  page.cells[at + Cell.turns] = task.turns;
  page.cells[at + Cell.traps] = task.traps;
}
