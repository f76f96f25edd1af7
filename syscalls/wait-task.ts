// WaitTask and Join: wait for a task's end. WaitTask answers with the exit record, whatever it says; Join answers with
// the value, or throws.

import {
  type Answer,
  type Exit,
  exitValue,
  type Kernel,
  Syscall,
  SyscallError,
  type Task,
  type Tid,
  type Undo,
  untold,
  type Wait,
  type Waiter,
} from "../kernel/syscall.ts";
import type { ExitWatcher } from "../kernel/task.ts";

abstract class ExitWait<T, A> extends Syscall<A> implements Wait<A>, ExitWatcher {
  readonly tid: Tid<T>;
  #target: Task | undefined = undefined;
  #waiter: Waiter<A> | undefined = undefined;
  /** Once it has been told. */
  #exit: Exit | undefined = undefined;

  constructor(tid: Tid<T>) {
    super();
    this.tid = tid;
  }

  get verb(): string {
    return "exit of";
  }

  get object(): string {
    return String(this.tid);
  }

  holders(): readonly Tid[] {
    return [this.tid];
  }

  override get family(): string {
    return "task";
  }

  override handle(task: Task, kernel: Kernel): Answer<A> {
    if (this.tid === task.tid) {
      throw new SyscallError("EDEADLK", `task ${task.tid} waits for its own end: it would wait for ever`);
    }
    const target = kernel.find(this.tid);
    if (target === undefined) return this.answerTo(kernel.exitOf(this.tid) as Exit<T>); // the tid is of a task that returns T
    this.#target = target;
    return task.block<A>(this, ExitWait.#watch);
  }

  // Shared by all: to make and call a function for each wait costs more.
  static #watch<A>(waiter: Waiter<A>): Undo<A> {
    const it = waiter.wait as ExitWait<unknown, A>; // what `block` was given above
    it.#waiter = waiter;
    it.#target?.watchExit(it);
    return ExitWait.#unwatch;
  }

  static #unwatch<A>(waiter: Waiter<A>): void {
    const it = waiter.wait as ExitWait<unknown, A>; // as above
    it.#target?.unwatchExit(it);
  }

  exited(exit: Exit): void {
    this.#exit = exit;
    if (this.#told(exit) !== true) untold(exit); // a Select that another branch has won just now
  }

  #told(exit: Exit): boolean | undefined {
    let answer: A;
    try {
      answer = this.answerTo(exit as Exit<T>); // as above
    } catch (error) {
      return this.#waiter?.fail(error);
    }
    return this.#waiter?.wake(answer);
  }

  giveBack(): void {
    if (this.#exit !== undefined) untold(this.#exit);
  }

  untold(): void {
    if (this.#exit !== undefined) untold(this.#exit);
  }

  protected abstract answerTo(exit: Exit<T>): A;
}

/**
 * Waits until a task has ended and answers with how: `{status: "returned", value}`, `{status: "threw", error}` or
 * `{status: "killed", by, why, clean}`. Any number of tasks may wait for one; a late call answers at once.
 * @throws EDEADLK for one's own tid, ESRCH if no task ever had it, ESTALE if its end is no longer remembered
 */
export class WaitTask<T> extends ExitWait<T, Exit<T>> {
  protected override answerTo(exit: Exit<T>): Exit<T> {
    return exit;
  }
}

/**
 * Waits until a task has ended and answers with its value.
 * @throws what the task threw; ECANCELED if it was killed; EDEADLK, ESRCH, ESTALE as WaitTask
 */
export class Join<T> extends ExitWait<T, T> {
  protected override answerTo(exit: Exit<T>): T {
    return exitValue(exit, `task ${this.tid}`) as T; // the value of an Exit<T>
  }
}
