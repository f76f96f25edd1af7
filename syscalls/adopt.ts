// Adopt: take over an endpoint, so that it is closed with this task and no longer with the one that opened it.

import type { Closable } from "../kernel/machine/machine.ts";
import { type Kernel, Syscall, type Task } from "../kernel/syscall.ts";

/**
 * Makes the calling task the owner of an endpoint, and answers with it.
 * @throws EBADF if it is closed, EMFILE at the task's own Limit; it then stays whose it was
 */
export class Adopt<E extends Closable> extends Syscall<E> {
  readonly endpoint: E;

  constructor(endpoint: E) {
    super();
    this.endpoint = endpoint;
  }

  override get family(): string {
    return "io";
  }

  override handle(task: Task, kernel: Kernel): E {
    kernel.adopt(this.endpoint, task);
    return this.endpoint;
  }
}
