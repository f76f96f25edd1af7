// Whether the guard's thread has made its socket: known to both threads, without a message. The process may end while the
// thread is about to bind, and then there must be no file left of it: either the thread has bound and the main thread
// removes the file, or the main thread was first and the thread never binds.

const [idle, binding, bound, over] = [0, 1, 2, 3];

/** How long the main thread waits for a bind under way, ms. It takes some microseconds. */
const longestMs = 100;

export class Binding {
  /** To be handed to the other thread. */
  readonly shared: SharedArrayBuffer;
  readonly #state: Int32Array;

  constructor(shared: SharedArrayBuffer = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)) {
    this.shared = shared;
    this.#state = new Int32Array(shared);
  }

  /** For the thread: binds, unless it is over. @param bind says whether that worked */
  attempt(bind: () => boolean): void {
    if (Atomics.compareExchange(this.#state, 0, idle, binding) !== idle) return;
    Atomics.store(this.#state, 0, bind() ? bound : idle);
    Atomics.notify(this.#state, 0);
  }

  /** For the main thread: nothing is bound from now on. @returns true when it was: the file is there */
  end(): boolean {
    for (;;) {
      if (Atomics.compareExchange(this.#state, 0, idle, over) === idle) return false;
      if (Atomics.compareExchange(this.#state, 0, bound, over) === bound) return true;
      if (Atomics.load(this.#state, 0) === over) return false;
      if (Atomics.wait(this.#state, 0, binding, longestMs) === "timed-out") return true;
    }
  }
}
