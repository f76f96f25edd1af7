// ListTasks and GetTask: what ps shows, as plain data.

import type { TaskRecord } from "../kernel/observer.ts";
import { type Kernel, Syscall, type Task, type Tid, taskRecord } from "../kernel/syscall.ts";

/** A record of every live task, oldest first: state, what it waits for and since when, counters, frames. */
export class ListTasks extends Syscall<TaskRecord[]> {
  override get family(): string {
    return "inspect";
  }

  override handle(_task: Task, kernel: Kernel): TaskRecord[] {
    return kernel.taskRecords();
  }
}

/**
 * The record of one task; undefined once it has ended (WaitTask says how).
 * @throws ESRCH if no task ever had this tid
 *
 * ```ts
 * const waitsFor = (yield* new GetTask(tid))?.object;
 * ```
 */
export class GetTask extends Syscall<TaskRecord | undefined> {
  readonly tid: Tid;

  constructor(tid: Tid) {
    super();
    this.tid = tid;
  }

  override get family(): string {
    return "inspect";
  }

  override handle(_task: Task, kernel: Kernel): TaskRecord | undefined {
    const target = kernel.find(this.tid);
    return target === undefined ? undefined : taskRecord(target);
  }
}
