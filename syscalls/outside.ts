// Outside: what all waits for a promise share, be it a promise of the program's own (Await) or one that the machine's host
// makes (LookUp, Open, Read, Offload). A promise cannot be stopped and may settle long after nobody waits for it: it is told
// by a signal, and what still comes of it goes to `giveBack`, which closes, removes or forgets it.

import {
  type Answer,
  type Kernel,
  Syscall,
  SyscallError,
  type Task,
  type Wait,
  type Waiter,
} from "../kernel/syscall.ts";

// Structural where the compiler knows no AbortSignal (neither DOM nor Node types), the real one where it does.
export type Signal = typeof globalThis extends { AbortSignal: { prototype: infer S } }
  ? S
  : { readonly aborted: boolean };

/** One question to the outside, for as long as a task waits for its answer. */
export class Asking {
  readonly #fail: (error: unknown) => boolean;
  #isOver = false;
  #isGivenUp = false;
  #controller: AbortController | undefined = undefined;

  constructor(fail: (error: unknown) => boolean) {
    this.#fail = fail;
  }

  /** True once nobody waits any more, because it was answered or given up. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Fires when it is given up. Made when it is first asked for: little of what can be asked can be aborted. */
  get signal(): Signal {
    this.#controller ??= new AbortController();
    if (this.#isGivenUp) this.#abort();
    return this.#controller.signal as Signal; // made on the line above
  }

  /** Ends the wait with an error, if it is not over. */
  fail(error: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#fail(error);
  }

  /** For Outside: it was answered. */
  end(): void {
    this.#isOver = true;
  }

  /** For Outside: its task does not wait any more. */
  giveUp(): void {
    if (this.#isOver) return;
    this.#isOver = this.#isGivenUp = true;
    this.#abort();
  }

  #abort(): void {
    this.#controller?.abort(new SyscallError("ECANCELED", "nobody waits for it any more"));
  }
}

/**
 * Waits until a promise settles; it is begun when the wait is. Extend it for what your host does: `begin` asks, `giveBack`
 * takes what came too late, or to a task that was killed before it took it.
 *
 * ```ts
 * class Measure extends Outside<number> {
 *   readonly verb = "measure";
 *   readonly object = "the load";
 *   protected override begin(_kernel: Kernel, asking: Asking): PromiseLike<number> {
 *     return measureLoad({ signal: asking.signal });
 *   }
 * }
 * ```
 */
export abstract class Outside<T> extends Syscall<T> implements Wait<T> {
  abstract readonly verb: string;
  abstract readonly object: string;

  get outside(): boolean {
    return true;
  }

  /** @throws ENOTSUP in a synchronous run (`runSync`), where no promise can settle */
  override handle(task: Task, kernel: Kernel): Answer<T> {
    mustBeAsynchronous(kernel, "a promise cannot settle");
    return task.block<T>(this, (waiter) => {
      const asking = new Asking((error) => waiter.fail(error));
      this.begin(kernel, asking, task).then(
        (answer) => this.#answer(waiter, asking, answer),
        (error: unknown) => {
          asking.end();
          waiter.fail(error);
        },
      );
      return () => asking.giveUp();
    });
  }

  /** What becomes of an answer that nobody takes: it came too late, or its task was killed before taking it. */
  giveBack?(answer: T): void;

  /** Asks. What it throws, or rejects with, is thrown at the yield. */
  protected abstract begin(kernel: Kernel, asking: Asking, task: Task): PromiseLike<T>;

  /** The task has been granted the answer, just now. */
  protected granted?(answer: T): void;

  #answer(waiter: Waiter<T>, asking: Asking, answer: T): void {
    asking.end();
    if (waiter.wake(answer)) {
      this.granted?.(answer);
      return;
    }
    try {
      this.giveBack?.(answer);
    } catch (error) {
      waiter.task.kernel.report(waiter.task, "giveBack of an answer that came too late threw", error);
    }
  }
}

/** @param what what cannot be. @throws ENOTSUP in a synchronous run (`runSync`), where nothing comes from outside */
export function mustBeAsynchronous(kernel: Kernel, what: string): void {
  if (kernel.machine.asynchronous) return;
  throw new SyscallError("ENOTSUP", `${what} in a synchronous run: use the asynchronous one`);
}
