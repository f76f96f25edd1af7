// Log: a line on the kernel log, which knows the task and the time.

import { type Kernel, Syscall, type Task } from "../kernel/syscall.ts";

/** Writes a line on the kernel log at level info. It is escaped where it is shown, and cut at 16,384 characters. */
export class Log extends Syscall<void> {
  readonly text: string;

  constructor(text: string) {
    super();
    this.text = text;
  }

  override handle(task: Task, kernel: Kernel): void {
    kernel.log("info", task.tid, String(this.text));
  }
}
