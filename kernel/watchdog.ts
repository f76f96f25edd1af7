// Ends turns that take too long, by itself. For the thread that watches over a kernel; it is told the time.

import type { StuckTurn, TurnWatch } from "./heartbeat.ts";
import type { EndOutcome, MainThread } from "./machine/main-thread.ts";

export class Watchdog {
  readonly #watch: TurnWatch;
  readonly #main: Pick<MainThread, "end">;
  readonly #ms: number;
  #isEnding = false;
  /** Turns that were refused an end: once is enough. */
  #refused: number | undefined = undefined;

  /** @param ms how long a turn may take */
  constructor(watch: TurnWatch, main: Pick<MainThread, "end">, ms: number) {
    this.#watch = watch;
    this.#main = main;
    this.#ms = ms;
  }

  /**
   * Looks, and ends the turn under way if it has taken too long. To be called a few times within `ms`.
   * @param now ms, on a clock that does not go back
   * @returns what became of it; undefined when there was nothing to be done
   */
  async look(now: number): Promise<EndOutcome | undefined> {
    const stuck = this.#watch.stuckFor(now);
    if (stuck === undefined || stuck.forMs < this.#ms || this.#isEnding || this.#refused === stuck.turn)
      return undefined;
    return await this.#end(stuck);
  }

  async #end({ turn, tid, forMs }: StuckTurn): Promise<EndOutcome> {
    this.#isEnding = true;
    try {
      const why = `the watchdog: it had not yielded for ${Math.round(forMs)} ms`;
      const ended = await this.#main.end({ tid, by: 0, why, forMs });
      if (ended.outcome === "refused") this.#refused = turn;
      return ended;
    } finally {
      this.#isEnding = false;
    }
  }
}
