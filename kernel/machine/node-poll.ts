// How the node machine waits: as few timers, immediates and promises as will do. Node's loop turns until the poll is over.
// What ends a poll is an interrupt, its time, or a watcher that was told. How laps then begin is somebody else's: see Hop.

import { SyscallError } from "../errors.ts";
import { Deadline } from "./deadline.ts";
import type { Polled } from "./machine.ts";

/** Calls what is given to it, soon, and never before it returns. */
export type Later = (call: Polled) => void;

/** How many polls in a row may end at their first event before it is tried again whether there are more. */
const mostHasty = 32;

export class NodePoll {
  readonly #later: Later | undefined;
  readonly #deadline: Deadline = new Deadline(() => this.interrupt());
  /** Ends the poll under way. */
  #settle: (() => void) | undefined = undefined;
  #gathering: NodeJS.Immediate | undefined = undefined;
  #gathered = 0;
  #hasty = 0;
  #hastyNext = 0;

  /** @param later how a poll that is over is told of. Default: in a microtask, or by Node's loop itself after its turn */
  constructor(later?: Later) {
    this.#later = later;
  }

  /** As `Machine.poll`. Throws EBUSY while another one waits. */
  poll(idleMs: number, done: Polled, isVacant = false): false {
    const later = this.#later;
    if (!(idleMs > 0)) {
      // One turn of Node's loop. It ends by itself, so `interrupt` need not know of it.
      if (later === undefined) setImmediate(done);
      else setImmediate(later, done);
      return false;
    }
    if (this.#settle !== undefined) {
      throw new SyscallError("EBUSY", "a poll is under way already: a machine belongs to one kernel, make another");
    }
    this.#deadline.begin(performance.now() + idleMs, !isVacant);
    if (later === undefined) new Promise<void>(this.#begin).then(() => done());
    else this.#settle = () => later(done);
    return false;
  }

  /** As `Machine.interrupt`. */
  interrupt(): void {
    const settle = this.#settle;
    if (settle === undefined) return;
    this.#settle = undefined;
    this.#deadline.end();
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
    this.#deadline.close();
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
}
