// Kills a subject in the very moment in which it is granted its answer, wherever the answer comes from.

import type { Observer } from "../../../kernel/observer.ts";
import { Resume, type Task } from "../../../kernel/task.ts";
import type { Subject } from "./subject.ts";

export class GrantTrap implements Observer {
  /** Whom it waits for; undefined: it is not set. */
  subjects: readonly Subject[] | undefined = undefined;
  /** Who was granted an answer first, and is killed. */
  caught: Subject | undefined = undefined;

  ready(task: Task): void {
    const subject = this.subjects?.find((one) => one.task === task && one.state === "asks");
    if (subject === undefined || this.caught !== undefined || task.resume !== Resume.next) return;
    this.caught = subject;
    task.kernel.kill(task.tid, 0, "just as it is granted its answer");
  }
}
