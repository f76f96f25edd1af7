// KillTask and CancelTask: the certain end and the polite one. Both only mark, so that they work whatever the target
// is doing, itself included; what follows happens at the target's next turn. KillChildren and CancelChildren do the
// same to all children in one trap, which a cleanup with its bounded traps can afford however many there are.

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

  override handle(task: Task, kernel: Kernel): boolean {
    return kernel.cancel(this.tid, task.tid, this.why);
  }
}

/** Ends all children of the calling task for certain, youngest first, as KillTask does one. Answers with their tids. */
export class KillChildren extends Syscall<Tid[]> {
  readonly why: string;

  constructor(why = "") {
    super();
    this.why = why;
  }

  override handle(task: Task, kernel: Kernel): Tid[] {
    return kernel.endChildren(task, "kill", this.why);
  }
}

/** Asks all children of the calling task to end, youngest first, as CancelTask does one. Answers with their tids. */
export class CancelChildren extends Syscall<Tid[]> {
  readonly why: string;

  constructor(why = "") {
    super();
    this.why = why;
  }

  override handle(task: Task, kernel: Kernel): Tid[] {
    return kernel.endChildren(task, "cancel", this.why);
  }
}
