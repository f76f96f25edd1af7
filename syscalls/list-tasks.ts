// ListTasks: what ps shows, as plain data.

import type { TaskRecord } from "../kernel/observer.ts";
import { type Kernel, Syscall, type Task } from "../kernel/syscall.ts";

/** A record of every live task, oldest first: state, what it waits for and since when, counters, frames. */
export class ListTasks extends Syscall<TaskRecord[]> {
  override handle(_task: Task, kernel: Kernel): TaskRecord[] {
    return kernel.taskRecords();
  }
}
