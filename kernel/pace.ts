// When to look at the clock, and when to let the world in. A clock read costs as much as a trap, so there is one per 1
// to 32 turns, fewer the longer the turns are; a poll is due after a millisecond or 1,024 turns.

import type { Limits } from "./limits.ts";
import { type SlowTurns, slowTurnMs } from "./slow-turns.ts";
import type { Task } from "./task.ts";

/** A gap this long between two looks means that turns are slow: look after each, ms. */
const slowMs = 0.1;
const maxStride = 32;

export class Pace {
  /** The machine's time at the latest look, ms. */
  now: number;
  /** Whole ms since boot, at the latest look. */
  uptimeMs = 0;
  /** The world is let in before the first turn, too. */
  pollDue = true;
  /** Counted down by the loop; at 0 it calls `look`. */
  turnsToClock = 1;
  readonly #limits: Limits;
  readonly #slowTurns: SlowTurns;
  readonly #bootedAt: number;
  #polledAt: number;
  #turnsToPoll: number;
  #stride = 1;

  constructor(limits: Limits, now: number, slowTurns: SlowTurns) {
    this.#limits = limits;
    this.#slowTurns = slowTurns;
    this.now = this.#bootedAt = this.#polledAt = now;
    this.#turnsToPoll = limits.pollTurns;
  }

  /** `turnsToClock` turns have passed, the latest that of `task`. */
  look(now: number, task: Task): void {
    const isSlow = now - this.now > slowMs;
    if (isSlow) this.#noteSlow(now, this.#stride === 1 ? task : undefined);
    this.#turnsToPoll -= this.#stride;
    this.#note(now);
    // Never past the next poll.
    this.#stride = isSlow ? 1 : Math.max(1, Math.min(maxStride, 2 * this.#stride, this.#turnsToPoll));
    this.turnsToClock = this.#stride;
    this.pollDue = this.#turnsToPoll <= 0 || now - this.#polledAt >= this.#limits.pollMs;
  }

  /** Nothing is ready any more: the turns since the latest look are over. */
  idle(now: number): void {
    this.#noteSlow(now, undefined);
  }

  /** The world has been let in. */
  polled(now: number): void {
    this.#note(now);
    this.#polledAt = now;
    this.#turnsToPoll = this.#limits.pollTurns;
    this.#stride = this.turnsToClock = 1;
    this.pollDue = false;
  }

  // Of several turns it is not known which was the slow one.
  #noteSlow(now: number, task: Task | undefined): void {
    if (now - this.now >= slowTurnMs) this.#slowTurns.guess(now - this.#bootedAt, now - this.now, task);
  }

  #note(now: number): void {
    this.now = now;
    this.uptimeMs = Math.floor(now - this.#bootedAt);
  }
}
