// GetRandom: the only chance a program has, so that a run can be repeated from its seed.

import { type Kernel, Syscall, type Task } from "../kernel/syscall.ts";

/** A number in [0, 1) from the machine's source of chance. Not for secrets: on the virtual machine a seed decides it. */
export class GetRandom extends Syscall<number> {
  override get family(): string {
    return "random";
  }

  override handle(_task: Task, kernel: Kernel): number {
    return kernel.machine.random();
  }
}
