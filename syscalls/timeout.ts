// Timeout and MoveOn: scopes with a deadline, on the task's own stack: same task, same tid, same locks. They differ in
// what the caller gets when the time is up: an error, or a word.

import { Call, type Kernel, type Program, type Runnable, SyscallError, type Task } from "../kernel/syscall.ts";
import type { Timed } from "../kernel/timers.ts";
import { Frame } from "./frame.ts";
import { checkedMs } from "./sleep.ts";

abstract class Deadline<T, A> extends Call<A> implements Timed {
  readonly ms: number;
  readonly program: Runnable<T>;
  timer = -1;
  #task: Task | undefined = undefined;
  #depth = 0;

  /**
   * @param ms how long the program may take, milliseconds; Infinity: no deadline
   * @param program a generator, a routine's call or a single syscall
   */
  constructor(ms: number, program: Runnable<T>) {
    super();
    this.ms = checkedMs(ms, new.target.name);
    this.program = program;
  }

  override enter(task: Task, kernel: Kernel): Runnable<A> {
    this.#task = task;
    this.#depth = task.depth;
    kernel.timers.set(kernel.clock() + this.ms, this);
    return this.run();
  }

  override leave(_task: Task, kernel: Kernel): void {
    kernel.timers.cancel(this);
  }

  expire(): void {
    if (this.#task !== undefined) this.tooLate(this.#task, this.#depth);
  }

  protected abstract run(): Runnable<A>;

  /** Ends the program, down to the depth of the caller. */
  protected abstract tooLate(task: Task, depth: number): void;
}

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
export class Timeout<T> extends Deadline<T, T> {
  protected override run(): Runnable<T> {
    return this.program;
  }

  protected override tooLate(task: Task, depth: number): void {
    task.unwindTo(depth, new SyscallError("ETIMEDOUT", `not done after ${this.ms} ms`));
  }
}

/** What became of a program under `MoveOn`. */
export type Moved<T> = { readonly done: true; readonly value: T } | { readonly done: false };

/**
 * Runs a program as Timeout does, but being late is no error: answers `{done: true, value}` or, once its frames are
 * closed, `{done: false}`. The idea is trio's `move_on_after`. What a cleanup throws after the deadline is reported on
 * the kernel log.
 * @throws what the program throws; EINVAL for a negative time or NaN
 *
 * ```ts
 * const hint = yield* new MoveOn(50, askCache(key));
 * if (hint.done) return hint.value;
 * ```
 */
export class MoveOn<T> extends Deadline<T, Moved<T>> {
  protected override *run(): Program<Moved<T>> {
    return { done: true, value: yield* new Frame(this.program, "moving on") };
  }

  protected override tooLate(task: Task, depth: number): void {
    task.returnTo(depth, { done: false });
  }
}
