// Await: wait for the world of promises. Given a function, it hands out an AbortSignal that fires when the task is
// killed or cancelled or its deadline passes, so that the work outside ends with the wait.

import { type Kernel, shown } from "../kernel/syscall.ts";
import { type Asking, Outside, type Signal } from "./outside.ts";

/** A promise, or a function that starts one and is told when nobody wants it any more. */
export type PromiseSource<T> = PromiseLike<T> | ((signal: Signal) => PromiseLike<T>);

/**
 * Waits until a promise settles and answers with its value. A promise cannot be stopped: one that is given up runs on,
 * and its result is dropped; give a function to have it aborted.
 * @throws what the promise is rejected with, or the function throws; ENOTSUP in a synchronous run (`runSync`), where
 * no promise can settle; TypeError for what is neither promise nor function, and for a function that returns none
 *
 * ```ts
 * const page = yield* new Await((signal) => fetch(url, { signal }));
 * ```
 */
export class Await<T> extends Outside<T> {
  readonly source: PromiseSource<T>;

  constructor(source: PromiseSource<T>) {
    super();
    if (typeof source !== "function" && typeof source?.then !== "function") {
      throw new TypeError("Await needs a promise, or a function of an AbortSignal that returns one");
    }
    this.source = source;
    // It may be rejected before this is served, and Node would end the process: the error is not lost, it is thrown at
    // the yield.
    if (typeof source !== "function") source.then(undefined, ignore);
  }

  get verb(): string {
    return "await";
  }

  get object(): string {
    return typeof this.source === "function" ? this.source.name || "a promise, abortable" : "a promise";
  }

  override get family(): string {
    return "outside";
  }

  protected override begin(_kernel: Kernel, asking: Asking): PromiseLike<T> {
    const { source } = this;
    if (typeof source !== "function") return source;
    const promise = source(asking.signal);
    if (typeof promise?.then === "function") return promise;
    throw new TypeError(`Await: ${source.name || "the function"} has returned ${shown(promise)}, which is no promise`);
  }
}

function ignore(): void {}
