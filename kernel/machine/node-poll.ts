// How the node machine waits: one promise per poll, and as few timers and immediates as will do. Node's loop turns
// while the promise is pending. What ends a poll is an interrupt, its time, or a watcher that was told.

import { SyscallError } from "../errors.ts";

/** Longer timers fire at once in Node. */
const longestTimerMs = 2 ** 31 - 1;

/** How many polls in a row may end at their first event before it is tried again whether there are more. */
const mostHasty = 32;

export class NodePoll {
  /** Ends the poll under way. */
  #settle: (() => void) | undefined = undefined;
  #deadline = 0;
  #timer: NodeJS.Timeout | undefined = undefined;
  #timerAt = 0;
  #gathering: NodeJS.Immediate | undefined = undefined;
  #gathered = 0;
  #hasty = 0;
  #hastyNext = 0;

  /** The poll under way need not keep the process alive. */
  #isVacant = false;

  /** As `Machine.poll`. Throws EBUSY while another one waits. */
  poll(idleMs: number, isVacant = false): Promise<void> {
    // One turn of Node's loop. It ends by itself, so `interrupt` need not know of it.
    if (!(idleMs > 0)) return new Promise(oneTurn);
    if (this.#settle !== undefined) {
      throw new SyscallError("EBUSY", "a poll is under way already: a machine belongs to one kernel, make another");
    }
    this.#isVacant = isVacant;
    this.#arm(idleMs === Infinity ? Infinity : performance.now() + idleMs);
    return new Promise(this.#begin);
  }

  /** As `Machine.interrupt`. */
  interrupt(): void {
    const settle = this.#settle;
    if (settle === undefined) return;
    this.#settle = undefined;
    this.#timer?.unref();
    if (this.#gathering !== undefined) {
      clearImmediate(this.#gathering);
      this.#gathering = undefined;
    }
    settle();
  }

  /**
   * A watcher was told, so the poll under way ends: after the other events of the same turn of Node's loop, which are
   * then all served in one lap instead of one each (a tenth of the cost of an echo at 100 connections). Where events
   * come alone that only costs an immediate, so after a lone one the next polls end at once: 1 of them, then 3, 7, …
   */
  told(): void {
    if (this.#settle === undefined) return;
    this.#gathered += 1;
    if (this.#gathering !== undefined) return;
    if (this.#hasty === 0) {
      this.#gathered = 1;
      this.#gathering = setImmediate(this.#gather);
      return;
    }
    this.#hasty -= 1;
    this.interrupt();
  }

  /** Ends the poll under way, and gives the timer back. */
  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.interrupt();
  }

  readonly #begin = (resolve: () => void): void => {
    this.#settle = resolve;
  };

  readonly #gather = (): void => {
    this.#gathering = undefined;
    this.#hastyNext = this.#gathered > 1 ? 0 : Math.min(mostHasty, 2 * this.#hastyNext + 1);
    this.#hasty = this.#hastyNext;
    this.interrupt();
  };

  /**
   * One timer serves many polls: it is left to run when a poll ends early, and where it then fires too soon for the
   * poll of that moment it is set again for the rest. So a busy server, whose polls end early, hardly ever sets one.
   * Referenced during a poll only, and not in a vacant one: then it keeps the process alive even where nothing else would.
   */
  #arm(deadline: number): void {
    this.#deadline = deadline;
    if (this.#timer !== undefined && this.#timerAt <= deadline) {
      if (!this.#isVacant) this.#timer.ref();
      return;
    }
    clearTimeout(this.#timer);
    this.#setTimer();
  }

  #setTimer(): void {
    const now = performance.now();
    // The deadline may have passed since it was set.
    const waitMs = Math.max(0, Math.min(Math.ceil(this.#deadline - now), longestTimerMs));
    this.#timerAt = now + waitMs;
    this.#timer = setTimeout(this.#fire, waitMs);
    if (this.#isVacant) this.#timer.unref();
  }

  readonly #fire = (): void => {
    this.#timer = undefined;
    if (this.#settle === undefined) return;
    // Node's clock ticks in whole milliseconds and may be ahead of ours.
    if (performance.now() < this.#deadline) this.#setTimer();
    else this.interrupt();
  };
}

function oneTurn(resolve: () => void): void {
  setImmediate(resolve);
}
