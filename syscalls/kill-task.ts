// KillTask and CancelTask: the certain end and the polite one. Both only mark, so that they work whatever the target
// is doing, itself included; what follows happens at the target's next turn. KillTasks and CancelTasks do the
// same to many in one trap, which a cleanup with its bounded traps can afford however many there are.

import { type Kernel, Syscall, type Task, type Tid } from "../kernel/syscall.ts";

/**
 * Ends a task for certain: its `finally` blocks run, within bounds, and no `catch` sees it. Answers whether it was
 * alive; killing a dying or finished task changes nothing. A task may kill itself, and does not get past that yield.
 * @throws ESRCH if no task ever had this tid
 */
export class KillTask extends Syscall<boolean> {
  readonly tid: Tid;
  readonly why: string;

  /** @param why for people: exit records and logs show it */
  constructor(tid: Tid, why = "") {
    super();
    this.tid = tid;
    this.why = why;
  }

  override get family(): string {
    return "task";
  }

  override handle(task: Task, kernel: Kernel): boolean {
    return kernel.kill(this.tid, task.tid, this.why);
  }
}

/**
 * Asks a task to end: `Cancelled` is thrown into it, once, at once if it is blocked, else at its next yield, whose
 * syscall is then not made. It may catch it to tidy up, and even go on. Answers whether it was alive, without waiting.
 * @throws ESRCH if no task ever had this tid
 */
export class CancelTask extends Syscall<boolean> {
  readonly tid: Tid;
  readonly why: string;

  /** @param why for people: it is in the error's message and in exit records */
  constructor(tid: Tid, why = "") {
    super();
    this.tid = tid;
    this.why = why;
  }

  override get family(): string {
    return "task";
  }

  override handle(task: Task, kernel: Kernel): boolean {
    return kernel.cancel(this.tid, task.tid, this.why);
  }
}

/**
 * Ends many tasks for certain, as KillTask does one. Answers with how many were alive.
 * @throws ESRCH if one of them never existed; those before it are killed
 */
export class KillTasks extends Syscall<number> {
  readonly tids: Iterable<Tid>;
  readonly why: string;

  constructor(tids: Iterable<Tid>, why = "") {
    super();
    this.tids = tids;
    this.why = why;
  }

  override get family(): string {
    return "task";
  }

  override handle(task: Task, kernel: Kernel): number {
    let alive = 0;
    for (const tid of this.tids) if (kernel.kill(tid, task.tid, this.why)) alive++;
    return alive;
  }
}

/**
 * Asks many tasks to end, as CancelTask does one. Answers with how many were alive.
 * @throws ESRCH if one of them never existed; those before it are cancelled
 */
export class CancelTasks extends Syscall<number> {
  readonly tids: Iterable<Tid>;
  readonly why: string;

  constructor(tids: Iterable<Tid>, why = "") {
    super();
    this.tids = tids;
    this.why = why;
  }

  override get family(): string {
    return "task";
  }

  override handle(task: Task, kernel: Kernel): number {
    let alive = 0;
    for (const tid of this.tids) if (kernel.cancel(tid, task.tid, this.why)) alive++;
    return alive;
  }
}
