// Sleep: a wait for the clock alone. Also the pattern for a wait that is its syscall and whose undo is shared.

import { type Answer, type Kernel, Syscall, SyscallError, type Task, type Wait } from "../kernel/syscall.ts";

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
    return `${this.ms} ms`;
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

// A waiter's timer goes with its wait.
function nothing(): void {}

/** A duration that can be waited for. @throws EINVAL, naming whose it is */
export function checkedMs(ms: number, whose: string): number {
  if (typeof ms === "number" && ms >= 0) return ms;
  throw new SyscallError(
    "EINVAL",
    `${whose}: ${typeof ms === "string" ? JSON.stringify(ms) : String(ms)} is no time to wait, give milliseconds of at least 0`,
  );
}
