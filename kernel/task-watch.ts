// What is known of one task since it has been watched: time in turns, waits for its turn, and its part in the last windows.

import type { Task } from "./task.ts";
import { Cell, cellAt, type TaskSheet } from "./task-sheet.ts";
import { Times } from "./times.ts";

/** How many windows a task's history has. */
const historyWindows = 10;

/** One task's part in a window. */
export interface TaskWindow {
  /** Time in turns, ms. */
  readonly runMs: number;
  readonly turns: number;
  readonly traps: number;
  /** The longest time from ready to running, ms. */
  readonly readyMs: number;
}

const still: TaskWindow = { runMs: 0, turns: 0, traps: 0, readyMs: 0 };

/** Counts the windows that are closed. */
export interface Windows {
  readonly closed: number;
}

export class TaskWatch {
  readonly task: Task;
  /** Of a sample of its turns: one in sixteen, by chance. */
  readonly turnTimes: Times = new Times();
  /** Times from ready to running, of the same sample. */
  readonly readyWaits: Times = new Times();
  readonly #sheet: TaskSheet;
  readonly #windows: Windows;
  /** How many windows were closed when it was seen first. */
  readonly #seen: number;
  #last: TaskWindow = still;
  /** The number of the window of `#last`. */
  #lastNumber = -1;
  /** Its shares of the latest windows, and the numbers of those, each in the place of its number. */
  readonly #shares: number[] = [];
  readonly #numbers: number[] = [];

  /** For the watch. */
  constructor(task: Task, sheet: TaskSheet, windows: Windows) {
    this.task = task;
    this.#sheet = sheet;
    this.#windows = windows;
    this.#seen = windows.closed;
  }

  /** Time in turns, ms; exact. */
  get runMs(): number {
    return this.#cell(Cell.runMs);
  }

  /** The longest turn, ms; exact. */
  get maxMs(): number {
    return this.#cell(Cell.maxMs);
  }

  /** Time in waits that have ended, ms. */
  get blockedMs(): number {
    return this.#cell(Cell.blockedMs);
  }

  /** When it became ready, or began to wait, on the machine's clock; NaN where that was not seen. */
  get since(): number {
    const at = this.#sheet.find(this.task);
    return at < 0 ? Number.NaN : cellAt(this.#sheet.cells, at + Cell.since);
  }

  /** Its part in the last window that was closed. */
  get window(): TaskWindow {
    return this.#lastNumber === this.#windows.closed - 1 ? this.#last : still;
  }

  /** Its share of wall time in each of the last windows since it has been seen, oldest first; at most 10. */
  get history(): number[] {
    const { closed } = this.#windows;
    const first = Math.max(this.#seen, closed - historyWindows);
    return Array.from({ length: closed - first }, (_, back) => {
      const place = (first + back) % historyWindows;
      return this.#numbers[place] === first + back ? (this.#shares[place] ?? 0) : 0;
    });
  }

  /** Forgets totals, maxima and histograms; windows stay. */
  reset(): void {
    this.turnTimes.reset();
    this.readyWaits.reset();
    const at = this.#sheet.find(this.task);
    if (at < 0) return;
    const { cells } = this.#sheet;
    cells[at + Cell.runMs] = cells[at + Cell.maxMs] = cells[at + Cell.blockedMs] = 0;
  }

  /** For the watch: a turn that was picked. @param waited NaN where that is not known */
  sample(ms: number, waited: number): void {
    this.turnTimes.record(ms);
    if (waited >= 0) this.readyWaits.record(waited);
  }

  /** For the watch: a window in which it has had a turn is over, and is about to be counted as closed. */
  close(windowMs: number): void {
    const { task } = this;
    const sheet = this.#sheet;
    const at = sheet.line(task);
    const { cells } = sheet;
    const runMs = cellAt(cells, at + Cell.windowRunMs);
    const turns = task.turns - cellAt(cells, at + Cell.turns);
    const traps = task.traps - cellAt(cells, at + Cell.traps);
    this.#last = { runMs, turns, traps, readyMs: cellAt(cells, at + Cell.windowReadyMs) };
    this.#lastNumber = this.#windows.closed;
    const place = this.#lastNumber % historyWindows;
    this.#numbers[place] = this.#lastNumber;
    this.#shares[place] = windowMs > 0 ? Math.min(1, runMs / windowMs) : 0;
    cells[at + Cell.turns] = task.turns;
    cells[at + Cell.traps] = task.traps;
    cells[at + Cell.windowRunMs] = cells[at + Cell.windowReadyMs] = 0;
  }

  #cell(place: number): number {
    const at = this.#sheet.find(this.task);
    return at < 0 ? 0 : cellAt(this.#sheet.cells, at + place);
  }
}
