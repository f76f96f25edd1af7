// Timeout: a scope with a deadline, on the task's own stack: same task, same tid, same locks.

import { Call, type Kernel, type Runnable, SyscallError, type Task } from "../kernel/syscall.ts";
import type { Timed } from "../kernel/timers.ts";
import { checkedMs } from "./sleep.ts";

/**
 * Runs a program with a deadline and gives its value. When the time is up, what it waits for is undone, its frames are
 * closed innermost first (their `finally` runs; no `catch` sees the deadline), and then ETIMEDOUT is thrown here. An
 * answer already granted is still delivered; of completion and deadline exactly one wins.
 * @throws ETIMEDOUT (a cleanup's error is its `cause`); what the program throws; EINVAL for a negative time or NaN
 *
 * ```ts
 * const line = yield* new Timeout(5_000, readLine(socket));
 * ```
 */
export class Timeout<T> extends Call<T> implements Timed {
  readonly ms: number;
  readonly program: Runnable<T>;
  timer = -1;
  #expire: (() => void) | undefined = undefined;

  /**
   * @param ms how long the program may take, milliseconds; Infinity: no deadline
   * @param program a generator, a routine's call or a single syscall
   */
  constructor(ms: number, program: Runnable<T>) {
    super();
    this.ms = checkedMs(ms, "Timeout");
    this.program = program;
  }

  override enter(task: Task, kernel: Kernel): Runnable<T> {
    const depth = task.depth;
    this.#expire = () => task.unwindTo(depth, new SyscallError("ETIMEDOUT", `not done after ${this.ms} ms`));
    kernel.timers.set(kernel.clock() + this.ms, this);
    return this.program;
  }

  override leave(_task: Task, kernel: Kernel): void {
    kernel.timers.cancel(this);
  }

  expire(): void {
    this.#expire?.();
  }
}
