// Sleep and SleepUntil: a wait for the clock alone. Also the pattern for a wait that is its syscall and whose undo is
// shared.

import { type Answer, type Kernel, Syscall, SyscallError, shown, type Task, type Wait } from "../kernel/syscall.ts";

/**
 * Waits for a time. Never ends early; 0 gives every other ready task a turn first.
 * @throws EINVAL for a negative time or NaN
 */
export class Sleep extends Syscall<void> implements Wait<void> {
  readonly ms: number;

  /** @param ms how long, milliseconds, fractional; Infinity: until it is killed or cancelled */
  constructor(ms: number) {
    super();
    this.ms = checkedMs(ms, "Sleep");
  }

  get verb(): string {
    return "sleep";
  }

  get object(): string {
    return this.ms === Number.POSITIVE_INFINITY ? "without end" : `${this.ms} ms`;
  }

  override get family(): string {
    return "self";
  }

  override handle(task: Task, kernel: Kernel): Answer<void> {
    return task.block<void>(this, (waiter) => {
      kernel.timers.set(kernel.clock() + this.ms, waiter);
      return nothing;
    });
  }
}

/**
 * Waits until a moment on the machine's clock, as GetTime gives it. Never ends early; a moment that has passed gives
 * every other ready task a turn first.
 * @throws EINVAL for what is no number, NaN included
 *
 * ```ts
 * const start = yield* new GetTime();
 * yield* prepare();
 * yield* new SleepUntil(start + 1_000); // however long that took
 * ```
 */
export class SleepUntil extends Syscall<void> implements Wait<void> {
  readonly at: number;

  /** @param at when, milliseconds, fractional; Infinity: until it is killed or cancelled */
  constructor(at: number) {
    super();
    if (typeof at !== "number" || Number.isNaN(at)) {
      throw new SyscallError("EINVAL", `SleepUntil: ${shown(at)} is no moment, give milliseconds as GetTime does`);
    }
    this.at = at;
  }

  get verb(): string {
    return "sleep";
  }

  get object(): string {
    return this.at === Number.POSITIVE_INFINITY ? "without end" : `until ${this.at} ms`;
  }

  override get family(): string {
    return "self";
  }

  override handle(task: Task, kernel: Kernel): Answer<void> {
    return task.block<void>(this, (waiter) => {
      kernel.timers.set(this.at, waiter);
      return nothing;
    });
  }
}

// A waiter's timer goes with its wait.
function nothing(): void {}

/** A duration that can be waited for. @throws EINVAL, naming whose it is */
export function checkedMs(ms: number, whose: string): number {
  if (typeof ms === "number" && ms >= 0) return ms;
  throw new SyscallError("EINVAL", `${whose}: ${shown(ms)} is no time to wait, give milliseconds of at least 0`);
}
