// The time at which a poll ends. One timer serves many polls: it is left to run when a poll ends early, and where it then
// fires too soon for the poll of that moment it is set again for the rest. So a busy server, whose polls end early, hardly
// ever sets one.

/** Longer timers fire at once in Node. */
const longestTimerMs = 2 ** 31 - 1;

export class Deadline {
  readonly #reached: () => void;
  #at = 0;
  #isOn = false;
  #isHolding = false;
  #timer: NodeJS.Timeout | undefined = undefined;
  #timerAt = 0;

  /** @param reached called when its time has come, once for each `begin` */
  constructor(reached: () => void) {
    this.#reached = reached;
  }

  /**
   * @param at when, on the clock of `performance.now`, ms; Infinity: never
   * @param isHolding whether it keeps the process alive until `end`, even where nothing else does
   */
  begin(at: number, isHolding: boolean): void {
    this.#at = at;
    this.#isOn = true;
    this.#isHolding = isHolding;
    if (this.#timer !== undefined && this.#timerAt <= at) {
      if (isHolding) this.#timer.ref();
      return;
    }
    clearTimeout(this.#timer);
    this.#setTimer();
  }

  /** It is not waited for any more. */
  end(): void {
    this.#isOn = false;
    if (this.#isHolding) this.#timer?.unref();
  }

  /** Gives the timer back. */
  close(): void {
    this.#isOn = false;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #setTimer(): void {
    const now = performance.now();
    // The deadline may have passed since it was set.
    const waitMs = Math.max(0, Math.min(Math.ceil(this.#at - now), longestTimerMs));
    this.#timerAt = now + waitMs;
    this.#timer = setTimeout(this.#fire, waitMs);
    if (!this.#isHolding) this.#timer.unref();
  }

  readonly #fire = (): void => {
    this.#timer = undefined;
    if (!this.#isOn) return;
    // Node's clock ticks in whole milliseconds and may be ahead of ours.
    if (performance.now() < this.#at) this.#setTimer();
    else this.#reached();
  };
}
