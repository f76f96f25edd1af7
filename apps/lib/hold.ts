// Holding something while a program runs: what `hold` of a lock and of a semaphore is. A scope, so that what it holds is
// released however its frame ends, a cleanup that is dropped included, to which no `finally` comes.

import { Call, type Program, type Runnable, type Syscall, type Task } from "../../kernel/syscall.ts";
import { framed } from "../../syscalls/frame.ts";

/** Acquires, runs a program, releases; gives the program's value. */
export class Hold<T> extends Call<T> {
  readonly #acquire: Syscall<void>;
  readonly #release: (task: Task) => void;
  readonly #program: Runnable<T>;
  #isHeld = false;

  /**
   * @param acquire answered once it is held
   * @param release told whose it was
   * @param program a generator, a routine's call or a single syscall
   */
  constructor(acquire: Syscall<void>, release: (task: Task) => void, program: Runnable<T>) {
    super();
    this.#acquire = acquire;
    this.#release = release;
    this.#program = program;
  }

  override enter(): Program<T> {
    return this.#held();
  }

  override leave(task: Task): void {
    if (this.#isHeld) this.#release(task);
  }

  *#held(): Program<T> {
    yield* this.#acquire;
    this.#isHeld = true; // a task that is killed between the grant and this line has given it back
    return yield* framed(this.#program, "held");
  }
}
