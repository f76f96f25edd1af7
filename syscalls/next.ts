// Next and Return: the steps of an async iterator, one at a time. A step cannot be taken back once it has begun: one that
// is given up (a kill, a cancel, a deadline, a select that another branch won) goes on, and what it comes to is what the
// next Next gets. An async generator's `return()` waits behind its pending `next()`, so nothing here can stop a step that
// hangs: it is left behind, and its `finally` runs when it moves again. Iterators whose `return` stops them, as those of
// Node's streams and events do, end at once.

import { type Answer, type Kernel, Syscall, type Task, type Wait } from "../kernel/syscall.ts";
import { type Iteration, iterationOf, reportEnd } from "./iteration.ts";
import { mustBeAsynchronous } from "./outside.ts";

/** One step of something that is read in a loop: an item, or its end. */
export type Step<T> = { readonly done: false; readonly value: T } | { readonly done: true };

/** What can be iterated; an iterable is iterated once, by all who give it. */
export type AsyncSource<T> = AsyncIterable<T> | AsyncIterator<T>;

/**
 * Takes the next item of an async iterator, or of the one iteration of an async iterable: `{done: false, value}`, or
 * `{done: true}` at its end and ever after. Whoever asked last owns the iteration: that task's end calls `return()`, and
 * does not wait for it. To be done with it earlier, see Return.
 * @param source an async generator, a stream of objects, the result of `events.on`, …
 * @param label for people. Default: the name of its class
 * @throws what the iterator throws; EBUSY while another Next waits for it; EBADF when the end of its task has closed it;
 * EMFILE at the caller's limit; ENOTSUP in a synchronous run (`runSync`); TypeError for what is no async iterator
 *
 * ```ts
 * const rows = database.query(text); // an async iterable
 * for (let row = yield* new Next(rows); !row.done; row = yield* new Next(rows)) yield* print(row.value.name);
 * ```
 */
export class Next<T> extends Syscall<Step<T>> implements Wait<Step<T>> {
  readonly verb = "next";
  readonly outside = true;
  readonly #iteration: Iteration<T>;

  constructor(source: AsyncSource<T>, label?: string) {
    super();
    this.#iteration = iterationOf(source, "Next", label);
  }

  get object(): string {
    return this.#iteration.label;
  }

  override get family(): string {
    return "outside";
  }

  override handle(task: Task, kernel: Kernel): Answer<Step<T>> {
    mustBeAsynchronous(kernel, "an async iterator cannot move");
    const iteration = this.#iteration;
    return iteration.ready(task) ?? task.block<Step<T>>(this, (waiter) => iteration.wait(waiter));
  }

  giveBack(step: Step<T>): void {
    this.#iteration.putBack(step);
  }
}

/**
 * Ends an iteration before its end, as leaving a `for await` does: calls the iterator's `return()` and waits until that
 * is done. Nothing happens where it is over already.
 * @throws what `return()` throws; ENOTSUP in a synchronous run; TypeError for what is no async iterator
 *
 * ```ts
 * try {
 *   // … some new Next(rows)
 * } finally {
 *   yield* new Return(rows);
 * }
 * ```
 */
export class Return extends Syscall<void> implements Wait<void> {
  readonly verb = "end";
  readonly outside = true;
  readonly #iteration: Iteration<unknown>;

  constructor(source: AsyncSource<unknown>) {
    super();
    this.#iteration = iterationOf(source, "Return", undefined);
  }

  get object(): string {
    return this.#iteration.label;
  }

  override get family(): string {
    return "outside";
  }

  override handle(task: Task, kernel: Kernel): Answer<void> {
    mustBeAsynchronous(kernel, "an async iterator cannot move");
    return task.block<void>(this, (waiter) => {
      let isWaiting = true;
      this.#iteration.end().then(
        () => waiter.wake(),
        (error: unknown) => (isWaiting ? waiter.fail(error) : reportEnd(task, this.object, error)),
      );
      return () => {
        isWaiting = false;
      };
    });
  }
}
