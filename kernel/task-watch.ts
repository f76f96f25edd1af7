// What is known of one task since it has been watched: time in turns, waits for its turn, and the last whole window.

import type { Task } from "./task.ts";
import { Times } from "./times.ts";

/** How many windows a task's history has. */
export const historyWindows = 10;

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
  /** Time in turns, ms; exact. */
  runMs = 0;
  /** Time in waits that have ended, ms. */
  blockedMs = 0;
  readonly turnTimes: Times = new Times();
  readonly readyWaits: Times = new Times();
  /** For the watch: when it became ready, on the machine's clock; NaN where that was not seen. */
  readyAt: number = Number.NaN;
  /** For the watch: its place among those that have had a turn in the window under way; -1: it has had none. */
  place = -1;
  /** For the watch: the kind of syscall it waits in, and since when; -1: it does not, or that was not seen. */
  kind = -1;
  blockedAt: number = Number.NaN;
  readonly #windows: Windows;
  /** How many windows were closed when it was seen first. */
  readonly #seen: number;
  // The window under way; then those that are closed, each in the place of its number.
  #runMs = 0;
  #readyMs = 0;
  #turns: number;
  #traps: number;
  #last: TaskWindow = still;
  #lastNumber = -1;
  readonly #shares: number[] = [];
  readonly #numbers: number[] = [];

  constructor(task: Task, windows: Windows) {
    this.task = task;
    this.#windows = windows;
    this.#seen = windows.closed;
    this.#turns = task.turns;
    this.#traps = task.traps;
  }

  /** The longest turn, ms. */
  get maxMs(): number {
    return this.turnTimes.max;
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

  /** For the watch: notes a turn. */
  ran(ms: number): void {
    this.runMs += ms;
    this.turnTimes.record(ms);
    this.#runMs += ms;
  }

  /** For the watch: notes a wait for a turn. */
  waited(ms: number): void {
    this.readyWaits.record(ms);
    if (ms > this.#readyMs) this.#readyMs = ms;
  }

  /** For the watch: a window in which it has had a turn is over, and is about to be counted as closed. */
  close(windowMs: number): void {
    const { task } = this;
    const number = this.#windows.closed;
    const [turns, traps] = [task.turns - this.#turns, task.traps - this.#traps];
    this.#last = { runMs: this.#runMs, turns, traps, readyMs: this.#readyMs };
    this.#lastNumber = number;
    this.#numbers[number % historyWindows] = number;
    this.#shares[number % historyWindows] = windowMs > 0 ? Math.min(1, this.#runMs / windowMs) : 0;
    this.#turns = task.turns;
    this.#traps = task.traps;
    this.#runMs = this.#readyMs = 0;
    this.place = -1;
  }

  /** Forgets totals, maxima and histograms; windows stay. */
  reset(): void {
    this.runMs = this.blockedMs = 0;
    this.turnTimes.reset();
    this.readyWaits.reset();
  }
}
