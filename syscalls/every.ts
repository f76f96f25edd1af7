// Every: a beat that does not drift. Its ticks lie on a grid, its start plus a whole number of periods; what is late for
// one tick is not late for all that follow, and learns how many it has missed (as with Linux's timerfd).

import {
  type Answer,
  type Kernel,
  Syscall,
  SyscallError,
  shown,
  type Task,
  type Wait,
  type Waiter,
} from "../kernel/syscall.ts";
import type { Timed } from "../kernel/timers.ts";

/** So that the ticks of 30 years can be counted exactly. */
const leastMs = 0.001;

/**
 * A beat: `next()` waits for its next tick. It starts with the first wait; the first tick comes one period later. For one
 * task; plain data, which needs no closing: a timer is set only while somebody waits.
 *
 * ```ts
 * const every = new Every(1_000);
 * for (;;) {
 *   const missed = yield* every.next();
 *   yield* report(missed);
 * }
 * ```
 */
export class Every {
  readonly ms: number;
  #start: number | undefined = undefined;
  #ticks = 0;

  /**
   * @param ms the period, milliseconds, fractional, at least a microsecond; Infinity: it never ticks
   * @throws EINVAL for less, or for NaN
   */
  constructor(ms: number) {
    if (typeof ms !== "number" || !(ms >= leastMs)) {
      throw new SyscallError("EINVAL", `Every: ${shown(ms)} is no period, give milliseconds of at least ${leastMs}`);
    }
    this.ms = ms;
  }

  /**
   * Waits for the next tick and answers with how many were missed since the last answer: 0 when in time. If the next tick
   * has passed already, it answers at once. In a Select that another branch wins, no tick is lost.
   */
  next(): Syscall<number> {
    return new Tick(this);
  }

  /** For the wait: starts the beat, unless it runs; takes the latest tick up to now. Undefined: none since the last. */
  take(now: number): number | undefined {
    this.#start ??= now;
    const ticks = this.#ticksBy(now, this.#start);
    if (ticks <= this.#ticks) return undefined;
    const missed = ticks - this.#ticks - 1;
    this.#ticks = ticks;
    return missed;
  }

  /** When the tick after the last one taken is due, on the machine's clock, ms. */
  get due(): number {
    return (this.#start ?? 0) + (this.#ticks + 1) * this.ms;
  }

  // Rounding may be off by one either way; a timer is set by the product, so that is what counts.
  #ticksBy(now: number, start: number): number {
    const ticks = Math.floor((now - start) / this.ms);
    if (start + (ticks + 1) * this.ms <= now) return ticks + 1;
    return start + ticks * this.ms > now ? ticks - 1 : ticks;
  }
}

class Tick extends Syscall<number> implements Wait<number>, Timed {
  readonly #every: Every;
  #waiter: Waiter<number> | undefined = undefined;
  timer = -1;

  constructor(every: Every) {
    super();
    this.#every = every;
  }

  get verb(): string {
    return "tick";
  }

  get object(): string {
    return `every ${this.#every.ms} ms`;
  }

  override get family(): string {
    return "self";
  }

  override handle(task: Task, kernel: Kernel): Answer<number> {
    return (
      this.#every.take(kernel.clock()) ??
      task.block<number>(this, (waiter) => {
        this.#waiter = waiter;
        kernel.timers.set(this.#every.due, this);
        return () => kernel.timers.cancel(this);
      })
    );
  }

  expire(): void {
    const now = this.#waiter?.task.kernel.clock() ?? 0; // armed above
    this.#waiter?.wake(this.#every.take(now) ?? 0); // 0: somebody else has taken this tick
  }
}
