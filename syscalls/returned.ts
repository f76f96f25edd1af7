// What was granted to tasks that were killed before taking it, and is granted again: in the order of before, in whatever
// order those tasks came to their ends.

/** An item, and its place among all that were granted. */
export interface Granted<T> {
  readonly item: T;
  readonly order: number;
}

export class Returned<T> {
  /** Sorted by their order. */
  readonly #items: Granted<T>[] = [];

  get size(): number {
    return this.#items.length;
  }

  /** Puts an item back to its place. */
  add(item: T, order: number): void {
    const earlier = this.#items.findLastIndex((other) => other.order < order); // most come in their order
    this.#items.splice(earlier + 1, 0, { item, order });
  }

  /** Takes the first; undefined when there is none. */
  shift(): Granted<T> | undefined {
    return this.#items.shift();
  }
}
