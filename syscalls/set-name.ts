// SetName: what people see of the caller from now on.

import { checkName, type Kernel, Syscall, type Task } from "../kernel/syscall.ts";

/**
 * Names the calling task. What it starts later has names of its own.
 * @param name for people: monitors, logs and reports show it, escaped
 * @throws ENAMETOOLONG over 64 characters, TypeError for what is no text
 *
 * ```ts
 * yield* new SetName(`client ${connection.peer}`);
 * ```
 */
export class SetName extends Syscall<void> {
  readonly name: string;

  constructor(name: string) {
    super();
    this.name = name;
  }

  override get family(): string {
    return "self";
  }

  override handle(task: Task, kernel: Kernel): void {
    checkName(this.name, kernel.limits);
    task.origin = { name: this.name, spawn: task.origin.spawn };
  }
}
