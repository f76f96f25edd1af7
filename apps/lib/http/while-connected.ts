// A scope, as Timeout is, that ends with the peer: nobody waits any more for what runs in it. What a client sends meanwhile
// (it may pipeline) is read, up to a bound, as its end could not be seen behind it.

import type { Watcher } from "../../../kernel/machine/machine.ts";
import { Call, type Kernel, type Runnable, SyscallError, type Task } from "../../../kernel/syscall.ts";
import type { Timed } from "../../../kernel/timers.ts";
import { chunkBytes, type Reader } from "../reader.ts";

/** With so many bytes that nobody has used yet, reading stops until the scope is left. */
const mostAhead = 65_536;

/**
 * Runs a program and gives its value. When the connection breaks, its frames are closed, innermost first (their `finally` runs),
 * and ECONNRESET and the like are thrown here. A peer that has only ended its half may still read: what runs has `graceMs`
 * more, and then ends in the same way.
 */
export class WhileConnected<T> extends Call<T> implements Watcher, Timed {
  timer = -1;
  readonly #reader: Reader;
  readonly #program: Runnable<T>;
  readonly #graceMs: number;
  #task: Task | undefined = undefined;
  #depth = 0;
  #isHeld = false;
  #isOver = false;
  #failure: unknown = undefined;

  /**
   * @param reader what is sent meanwhile is put there
   * @param graceMs milliseconds
   */
  constructor(reader: Reader, program: Runnable<T>, graceMs: number) {
    super();
    this.#reader = reader;
    this.#program = program;
    this.#graceMs = graceMs;
  }

  override enter(task: Task, _kernel: Kernel): Runnable<T> {
    this.#task = task;
    this.#depth = task.depth;
    this.#watch();
    return this.#program;
  }

  override leave(_task: Task, kernel: Kernel): void {
    this.#isOver = true;
    this.#reader.connection.unwatch("read", this);
    kernel.timers.cancel(this);
  }

  /** Lets go of the connection while somebody in the scope reads from it, and takes it up again. */
  hold(isHeld: boolean): void {
    this.#isHeld = isHeld;
    if (isHeld) this.#reader.connection.unwatch("read", this);
    else this.#watch();
  }

  ready(error?: unknown): void {
    const { connection } = this.#reader;
    try {
      if (error !== undefined) throw error;
      const bytes = connection.read(chunkBytes);
      if (bytes?.length === 0) {
        this.#endIn(this.#graceMs);
        return;
      }
      if (bytes !== null) this.#reader.append(bytes);
      this.#watch();
    } catch (failure) {
      this.#failure = failure;
      this.#endIn(0);
    }
  }

  /** The peer has been away long enough. */
  expire(): void {
    this.#task?.unwindTo(
      this.#depth,
      this.#failure ?? new SyscallError("ECONNRESET", `${this.#reader.connection.label}: the peer has left`),
    );
  }

  #watch(): void {
    const { connection, available } = this.#reader;
    if (this.#isOver || this.#isHeld || available >= mostAhead || connection.closed) return;
    connection.watch("read", this);
  }

  // By a timer even when it is to be at once: the task itself may be on the stack.
  #endIn(ms: number): void {
    const kernel = this.#task?.kernel;
    if (kernel === undefined || this.#isOver) return;
    kernel.timers.cancel(this);
    kernel.timers.set(kernel.clock() + ms, this);
  }
}
