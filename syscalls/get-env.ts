// GetEnv: one variable of the environment the machine was started in, an input from outside like any other.

import { type Kernel, Syscall, type Task } from "../kernel/syscall.ts";

/** The value of an environment variable; undefined where it is not set. Empty on the virtual machine. */
export class GetEnv extends Syscall<string | undefined> {
  readonly name: string;

  constructor(name: string) {
    super();
    this.name = name;
  }

  override handle(_task: Task, kernel: Kernel): string | undefined {
    return kernel.machine.environment(this.name);
  }
}
