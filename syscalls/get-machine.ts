// GetMachine: what the kernel runs on, as far as a program may care.

import type { Connection } from "../kernel/machine/machine.ts";
import { type Kernel, Syscall, type Task } from "../kernel/syscall.ts";

/** What a program may know of its machine. */
export interface MachineInfo {
  /** "node", "epoll", "virtual". */
  readonly name: string;
  /** How many descriptors the process may have open; Infinity where that is not known. */
  readonly descriptors: number;
  /** The process's standard output. `print` of apps/lib writes lines to it, one task at a time. */
  readonly stdout: Connection;
}

/** The machine's name, its descriptor limit and its standard output. */
export class GetMachine extends Syscall<MachineInfo> {
  override get family(): string {
    return "env";
  }

  override handle(_task: Task, kernel: Kernel): MachineInfo {
    const { name, descriptors, stdout } = kernel.machine;
    return { name, descriptors, stdout };
  }
}
