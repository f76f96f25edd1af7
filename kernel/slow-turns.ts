// Turns that held everybody up, the latest of them, always caught: while somebody watches each turn is timed, and at other
// times the clock is looked at often enough that a long one shows, if not always whose it was.

import type { Task } from "./task.ts";

/** From here on a turn is slow, ms. */
export const slowTurnMs = 100;
const kept = 64;

export interface SlowTurn {
  /** When it was over, ms since boot. */
  readonly at: number;
  readonly ms: number;
  /** Whose turn it was; 0 where that is not known: one of the turns since the clock was last looked at. */
  readonly tid: number;
  readonly name: string;
}

export class SlowTurns {
  readonly #latest: SlowTurn[] = [];
  #place = 0;
  /** How many there were since boot. */
  count = 0;
  /** True while somebody watches. */
  areTimed = false;

  /** @param task undefined where it is not known whose turn it was */
  add(at: number, ms: number, task: Task | undefined): void {
    this.#latest[this.#place] = { at, ms, tid: task?.tid ?? 0, name: task?.name ?? "" };
    this.#place = (this.#place + 1) % kept;
    this.count++;
  }

  /** As `add`, for what a look at the clock now and then has shown; not while each turn is timed. */
  guess(at: number, ms: number, task: Task | undefined): void {
    if (!this.areTimed) this.add(at, ms, task);
  }

  /** The latest 64 at most, oldest first. */
  latest(): SlowTurn[] {
    return [...this.#latest.slice(this.#place), ...this.#latest.slice(0, this.#place)];
  }
}
