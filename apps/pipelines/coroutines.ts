// Coroutines that data is sent into, as plain generators: no kernel, no task, nothing waits. After David Beazley's course
// on coroutines, in which each stage is sent items and sends what it makes of them on to its target. What costs: all of a
// pipeline runs on the stack of whoever sends, so a stage that waits holds up everybody.
//
// - `send` goes downstream, and answers whether more is wanted: an end goes upstream by that.
// - `close` goes downstream: each stage closes its targets in its `finally`.
// - `throw` goes downstream as an item would, to the first that catches it. Caught by nobody, it comes back out of `throw`
//   to whoever threw, and has closed all it came through.

/** The body of a coroutine: `yield` gives the next item. */
export type Body<T> = Generator<undefined, void, T>;

/** Something to send items into. Not to be used again once it has ended, by its own will or because something failed. */
export class Coroutine<T> {
  readonly #body: Body<T>;
  #isOver: boolean;

  /** Runs the body up to its first `yield`: it can be sent to at once. */
  constructor(body: Body<T>) {
    this.#body = body;
    this.#isOver = false;
    this.#goOn("next", undefined); // the first `next` gives nothing to anybody
  }

  /** It takes no more items. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /**
   * Gives it an item.
   * @returns false: it has ended, before or with this one, and who sends may end too
   * @throws what the body, or one it sends to, throws
   */
  send(item: T): boolean {
    return !this.#isOver && this.#goOn("next", item);
  }

  /**
   * Throws an error into it, where it waits for an item.
   * @returns whether it caught the error and wants more
   * @throws the error, where neither the body nor one it was handed on to catches it, or where it has ended
   */
  throw(error: unknown): boolean {
    if (this.#isOver) throw error;
    return this.#goOn("throw", error);
  }

  /**
   * Ends it: its `finally` blocks run, which close those it sends to. Twice is once.
   * @throws what they throw; an Error where the body goes on all the same
   */
  close(): void {
    if (this.#isOver) return;
    this.#isOver = true; // whatever comes of it, and for a ring of targets
    const { done } = this.#body.return();
    if (done !== true)
      throw new Error("a coroutine that was closed waits for another item: leave yield out of finally");
  }

  #goOn(how: "next" | "throw", what: unknown): boolean {
    try {
      // An item of T for `next`, or an error.
      const { done } = how === "next" ? this.#body.next(what as T) : this.#body.throw(what);
      if (done === true) this.#isOver = true;
    } catch (error) {
      this.#isOver = true;
      throw error;
    }
    return !this.#isOver;
  }
}

/**
 * Makes a function that starts a coroutine from one that makes its body: it is primed, as Beazley's decorator does.
 *
 * ```ts
 * const printer = coroutine(function* (): Body<string> {
 *   for (;;) console.log(yield);
 * });
 * printer().send("hello");
 * ```
 */
export function coroutine<A extends readonly unknown[], T>(
  body: (...args: A) => Body<T>,
): (...args: A) => Coroutine<T> {
  return (...args) => new Coroutine(body(...args));
}
