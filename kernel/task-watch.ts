// What is known of one task since it has been watched: time in turns, waits for its turn, and its part in the last windows.

import type { Task } from "./task.ts";
import { Cell, type ClosedCell, type TaskSheet } from "./task-sheet.ts";
import { Times } from "./times.ts";

/** One task's part in a window. */
export interface TaskWindow {
  /** Time in turns, ms. */
  readonly runMs: number;
  readonly turns: number;
  readonly traps: number;
  /** The longest time from ready to running, ms. */
  readonly readyMs: number;
}

export class TaskWatch {
  readonly task: Task;
  /** Of a sample of its turns: one in 32, by chance. */
  readonly turnTimes: Times = new Times();
  /** Times from ready to running, of the same sample. */
  readonly readyWaits: Times = new Times();
  readonly #sheet: TaskSheet;

  /** For the watch. */
  constructor(task: Task, sheet: TaskSheet) {
    this.task = task;
    this.#sheet = sheet;
  }

  /** Time in turns, ms; exact. */
  get runMs(): number {
    return this.#sheet.number(this.task, Cell.runMs);
  }

  /** The longest turn, ms; exact. */
  get maxMs(): number {
    return this.#sheet.number(this.task, Cell.maxMs);
  }

  /** Time in waits that have ended, ms. */
  get blockedMs(): number {
    return this.#sheet.number(this.task, Cell.blockedMs);
  }

  /** Its part in the last window that was closed. */
  get window(): TaskWindow {
    const number = (cell: ClosedCell): number => this.#sheet.closedNumber(this.task, cell);
    return {
      runMs: number(Cell.closedRunMs),
      turns: number(Cell.closedTurns),
      traps: number(Cell.closedTraps),
      readyMs: number(Cell.closedReadyMs),
    };
  }

  /** Its share of wall time in each of the last windows since it has been seen, oldest first; at most 10. */
  get history(): readonly number[] {
    return this.#sheet.sharesOf(this.task);
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
}
