// How a run ends: the main task's end takes the others with it; a deadlock ends them all and says why; a signal from
// outside begins with the main task. Each is bounded: who does not heed its cancel in time is killed.

import { type DeadlockError, KernelPanic, SyscallError } from "./errors.ts";
import { type Exit, exitValue } from "./exits.ts";
import type { Kernel } from "./kernel.ts";
import { deadlock, panicDump } from "./report.ts";
import type { Task } from "./task.ts";
import { Alarm } from "./timers.ts";
import { cancel, kill } from "./unwind.ts";

export class EndOfRun {
  readonly #kernel: Kernel;
  #mainExit: Exit | undefined = undefined;
  #fatal: DeadlockError | undefined = undefined;
  #isBroken = false;
  #isTerminated = false;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /** True once the main task has ended, a deadlock was found or the loop broke off: no task can be started any more. */
  get hasBegun(): boolean {
    return this.#mainExit !== undefined || this.#fatal !== undefined || this.#isBroken;
  }

  /**
   * The main task has ended. The others are all cancelled at once, youngest first; awaited; then killed. Who was stopped
   * goes on, to clean up: as an orphaned process group on Unix, which gets HUP and CONT.
   */
  ofMain(exit: Exit): void {
    const { limits, stopped, tasks } = this.#kernel;
    this.#mainExit = exit;
    if (tasks.size <= 1) return;
    for (const task of this.#youngestFirst()) {
      cancel(task, 1, "the main task has ended");
      stopped.free(task);
    }
    this.#after(limits.graceMs, () => {
      for (const task of this.#youngestFirst()) kill(task, 1, `still running ${limits.graceMs} ms after its cancel`);
    });
  }

  /** Nothing can ever wake anybody: says so with the whole table, and ends every task with its cleanup. */
  inDeadlock(): void {
    if (!this.hasBegun) this.#fatal = deadlock(this.#kernel);
    for (const task of this.#youngestFirst()) kill(task, 0, "deadlock");
  }

  /** The loop has broken off: there is nobody to run what is left. */
  broken(): void {
    this.#isBroken = true;
  }

  /** Cancels the main task, and kills it if it is still there after `drainMs`. True if there was one to be ended. */
  terminate(main: Task, why: string, drainMs: number): boolean {
    if (this.#isTerminated || !cancel(main, 0, why)) return false;
    this.#isTerminated = true;
    this.#kernel.stopped.free(main);
    this.#after(drainMs, () => kill(main, 0, `${why}: not over after ${drainMs} ms`));
    return true;
  }

  /** The main task's value. @throws what it threw; ECANCELED if it was killed; DeadlockError; KernelPanic */
  outcome(): unknown {
    if (this.#fatal !== undefined) throw this.#fatal;
    if (this.#mainExit !== undefined) return exitValue(this.#mainExit, "the main task");
    throw new KernelPanic("the loop ended and the main task has no exit", panicDump(this.#kernel));
  }

  /** @throws EAGAIN once it has begun */
  check(): void {
    if (this.hasBegun) throw new SyscallError("EAGAIN", "the run is ending or over: no new task can be started");
  }

  #after(ms: number, ring: () => void): void {
    this.#kernel.timers.set(this.#kernel.clock() + ms, new Alarm(ring));
  }

  #youngestFirst(): Task[] {
    return [...this.#kernel.tasks].reverse();
  }
}
