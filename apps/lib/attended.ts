// A task that somebody keeps a place for, from its first moment to its last: also where it never has a turn, because it is
// killed before, or where whoever has made it is.

import type { Kernel, Runnable, Task, Tid } from "../../kernel/syscall.ts";
import { NewTask } from "../../syscalls/index.ts";

/** Who keeps a place for a task. What it does must be quick, and not throw. */
export interface Attendant {
  /** The task is there; it has not had a turn. */
  began(tid: Tid): void;
  /** It is over, however that came. */
  ended(): void;
}

/** Starts a task as NewTask does, and tells an attendant of it. A crash of it is one that nobody waits for. */
export class Attended<T> extends NewTask<T> {
  readonly #attendant: Attendant;

  constructor(program: Runnable<T>, name: string, attendant: Attendant) {
    super(program, name);
    this.#attendant = attendant;
  }

  override handle(task: Task, kernel: Kernel): Tid<T> {
    const tid = super.handle(task, kernel);
    this.#attendant.began(tid);
    kernel.find(tid)?.watchExit({ passive: true, exited: () => this.#attendant.ended() });
    return tid;
  }
}
