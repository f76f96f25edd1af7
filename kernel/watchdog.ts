// Ends turns that take too long, by itself. For the thread that watches over a kernel; it is told the time.

import type { StuckTurn, TurnWatch } from "./heartbeat.ts";
import type { EndOutcome, MainThread } from "./machine/main-thread.ts";

export class Watchdog {
  readonly #watch: TurnWatch;
  readonly #main: Pick<MainThread, "end">;
  readonly #ms: number;
  #isEnding = false;
  /** The turn that was refused an end last, and after how long, ms. */
  #refused: { readonly turn: number; readonly forMs: number } | undefined = undefined;

  /** @param ms how long a turn may take */
  constructor(watch: TurnWatch, main: Pick<MainThread, "end">, ms: number) {
    this.#watch = watch;
    this.#main = main;
    this.#ms = ms;
  }

  /** True while a turn is being ended: until the main thread answers, or for some seconds. */
  get isEnding(): boolean {
    return this.#isEnding;
  }

  /**
   * Looks, and ends the turn under way if it has taken too long. To be called a few times within `ms`. One that cannot be ended
   * where it is may be elsewhere later: it is asked again when it has taken twice as long.
   * @param now ms, on a clock that does not go back
   * @returns what became of it; undefined when there was nothing to be done
   */
  async look(now: number): Promise<EndOutcome | undefined> {
    const stuck = this.#watch.stuckFor(now);
    if (stuck === undefined || stuck.forMs < this.#leastMs(stuck) || this.#isEnding) return undefined;
    return await this.#end(stuck);
  }

  #leastMs({ turn }: StuckTurn): number {
    return this.#refused?.turn === turn ? 2 * this.#refused.forMs : this.#ms;
  }

  async #end({ turn, tid, forMs }: StuckTurn): Promise<EndOutcome> {
    this.#isEnding = true;
    try {
      const why = `the watchdog: it had not yielded for ${Math.round(forMs)} ms`;
      const ended = await this.#main.end({ tid, by: 0, why, forMs });
      if (ended.outcome === "refused") this.#refused = { turn, forMs };
      return ended;
    } finally {
      this.#isEnding = false;
    }
  }
}
