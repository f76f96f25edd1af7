// A scope, as Timeout is, that ends with the peer: nobody waits any more for what runs in it. Most of what runs is over at
// once, so who looks after the peer, a task of its own, is only started for what takes longer. What a client sends
// meanwhile (it may pipeline) is read, up to a bound, as its end could not be seen behind it.

import {
  Call,
  Cancelled,
  type Kernel,
  type Program,
  type Runnable,
  routine,
  SyscallError,
  type Task,
} from "../../../kernel/syscall.ts";
import type { Timed } from "../../../kernel/timers.ts";
import { Sleep } from "../../../syscalls/index.ts";
import { chunkBytes, type Reader } from "../reader.ts";
import { recv } from "../sockets.ts";

/** After so long somebody looks after the peer, ms. */
const patienceMs = 50;
/** With so many bytes that nobody has used yet, reading stops until the scope is left. */
const mostAhead = 65_536;
/** Characters that a task's name may have. */
const nameLength = 64;

/**
 * Runs a program and gives its value. When the connection breaks, its frames are closed, innermost first (their `finally` runs; no
 * `catch` sees it), and ECONNRESET and the like are thrown here. A peer that has only ended its half may still read:
 * what runs has `graceMs` more, and then ends in the same way. That is seen after 50 ms at the earliest.
 */
export class WhileConnected<T> extends Call<T> implements Timed {
  timer = -1;
  readonly #reader: Reader;
  readonly #program: Runnable<T>;
  readonly #graceMs: number;
  #task: Task | undefined = undefined;
  #depth = 0;
  #lookout: number | undefined = undefined;

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

  override get family(): string {
    return "task";
  }

  override enter(task: Task, _kernel: Kernel): Runnable<T> {
    this.#task = task;
    this.#depth = task.depth;
    this.#look();
    return this.#program;
  }

  override leave(): void {
    this.#lookAway();
    this.#task = undefined;
  }

  /** Lets go of the connection while somebody in the scope waits for it, and takes it up again. */
  hold(isHeld: boolean): void {
    if (isHeld) this.#lookAway();
    else this.#look();
  }

  /** What is in the scope takes long. */
  expire(): void {
    const task = this.#task;
    if (task === undefined) return;
    try {
      this.#lookout = task.kernel.spawn(WhileConnected.#watch(this), `${task.name} peer`.slice(0, nameLength), task);
    } catch (error) {
      // At the bound of tasks nobody is found to look: its end is then seen when it is written to.
      if (!(error instanceof SyscallError) || error.code !== "EAGAIN") throw error;
    }
  }

  #look(): void {
    const kernel = this.#task?.kernel;
    kernel?.timers.set(kernel.clock() + patienceMs, this);
  }

  #lookAway(): void {
    const task = this.#task;
    task?.kernel.timers.cancel(this);
    if (this.#lookout !== undefined) task?.kernel.kill(this.#lookout, task.tid, "nobody needs to look any more");
    this.#lookout = undefined;
  }

  #gone(error: unknown): void {
    this.#task?.unwindTo(this.#depth, error);
  }

  static readonly #watch = routine(function* watchPeer(scope: WhileConnected<unknown>): Program<void> {
    const reader = scope.#reader;
    try {
      while (reader.available < mostAhead) {
        const bytes = yield* recv(reader.connection, chunkBytes);
        if (bytes.length === 0) break;
        reader.append(bytes);
      }
      if (reader.available >= mostAhead) return;
      yield* new Sleep(scope.#graceMs);
      throw new SyscallError("ECONNRESET", `${reader.connection.label}: the peer has left`);
    } catch (error) {
      if (error instanceof Cancelled) throw error; // of this task, and not of the one in the scope
      scope.#gone(error);
    }
  });
}
