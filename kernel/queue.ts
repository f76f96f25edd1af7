// A ring of items in order, for the ready queue: constant time at both ends, no shifting (`Array.shift` moves
// everything: 14 µs a call at 100,000 entries). It grows as it must, and gives a burst's memory back when it is empty.

/** Up to so many places, less one, are kept when it is empty. */
const keptMask = 4_095;

export class Ring<T> {
  #items: (T | undefined)[] = new Array<T | undefined>(64).fill(undefined);
  #mask = 63;
  #head = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  push(item: T): void {
    if (this.#size > this.#mask) this.#resize(2 * this.#items.length);
    this.#items[(this.#head + this.#size) & this.#mask] = item;
    this.#size++;
  }

  /** Takes the oldest; undefined when empty. */
  shift(): T | undefined {
    if (this.#size === 0) return undefined;
    const item = this.#items[this.#head];
    this.#items[this.#head] = undefined;
    this.#head = (this.#head + 1) & this.#mask;
    if (--this.#size === 0 && this.#mask > keptMask) this.#resize(keptMask + 1);
    return item;
  }

  /**
   * Puts all of them into an order of chance (Fisher and Yates).
   * @param chance gives numbers in [0, 1); is told among how many the number chooses
   */
  shuffle(chance: (among: number) => number): void {
    for (let left = this.#size; left > 1; left--) {
      const last = (this.#head + left - 1) & this.#mask;
      const chosen = (this.#head + Math.floor(chance(left) * left)) & this.#mask;
      [this.#items[last], this.#items[chosen]] = [this.#items[chosen], this.#items[last]];
    }
  }

  /** Oldest first, for reports and checkers. */
  *[Symbol.iterator](): Generator<T> {
    for (let i = 0; i < this.#size; i++) yield this.#items[(this.#head + i) & this.#mask] as T; // i is inside
  }

  #resize(capacity: number): void {
    const items = new Array<T | undefined>(capacity).fill(undefined);
    for (let i = 0; i < this.#size; i++) items[i] = this.#items[(this.#head + i) & this.#mask];
    this.#items = items;
    this.#mask = items.length - 1;
    this.#head = 0;
  }
}
