// Shield: a part of a task that a polite end has to wait for: the two writes that belong together, the reply half sent.

import { Call, type Kernel, type Runnable, type Task } from "../kernel/syscall.ts";

/**
 * Runs a program and gives its value. Until it is left, no cancel is thrown into it, and no deadline of a scope around
 * it closes its frames: both come at the first trap after it. Its own scopes work as ever; a kill does not wait. The
 * idea is from trio.
 *
 * What never ends inside a shield can only be killed: put a Timeout inside it.
 *
 * ```ts
 * yield* new Shield(transfer(from, to)); // both sides, or neither
 * ```
 */
export class Shield<T> extends Call<T> {
  readonly program: Runnable<T>;
  #outer = 0;

  /** @param program a generator, a routine's call or a single syscall */
  constructor(program: Runnable<T>) {
    super();
    this.program = program;
  }

  override enter(task: Task, kernel: Kernel): Runnable<T> {
    this.#outer = kernel.shield(task, task.depth);
    return this.program;
  }

  override leave(task: Task, kernel: Kernel): void {
    kernel.shield(task, this.#outer);
  }
}
