// GetTid: who am I? The smallest syscall there is, and the pattern for one that is answered at once.

import { type Kernel, Syscall, type Task, type Tid } from "../kernel/syscall.ts";

/** The calling task's own tid. `const me = yield* new GetTid()` */
export class GetTid extends Syscall<Tid> {
  override get family(): string {
    return "self";
  }

  override handle(task: Task, _kernel: Kernel): Tid {
    return task.tid;
  }
}
