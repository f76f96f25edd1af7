// The two queues of the virtual machine: what is to happen at a time (a binary heap; ties in the order they were
// scheduled), and first in, first out. Neither has a bound of its own: whoever fills one keeps to his, and says which.

interface Scheduled {
  readonly atMs: number;
  readonly order: number;
  readonly fire: () => void;
}

/** What is to happen, earliest first. Adding and taking cost the logarithm of its size. */
export class Schedule {
  #heap: Scheduled[] = [];
  #order = 0;

  get size(): number {
    return this.#heap.length;
  }

  /** When the earliest is due; Infinity when there is none. */
  get nextMs(): number {
    return this.#heap[0]?.atMs ?? Number.POSITIVE_INFINITY;
  }

  clear(): void {
    this.#heap = [];
  }

  add(atMs: number, fire: () => void): void {
    const added: Scheduled = { atMs, order: this.#order, fire };
    this.#order += 1;
    let at = this.#heap.length;
    this.#heap.push(added);
    while (at > 0) {
      const parentAt = (at - 1) >> 1;
      const parent = this.#heap[parentAt];
      if (parent === undefined || !before(added, parent)) break;
      this.#heap[at] = parent;
      at = parentAt;
    }
    this.#heap[at] = added;
  }

  /** Takes the earliest out if it is due at `nowMs`. */
  takeDue(nowMs: number): (() => void) | undefined {
    const first = this.#heap[0];
    if (first === undefined || first.atMs > nowMs) return undefined;
    const last = this.#heap.pop();
    if (last !== undefined && last !== first) this.#sink(last);
    return first.fire;
  }

  /** Puts `moved` at the root and lets it down to its place. */
  #sink(moved: Scheduled): void {
    const heap = this.#heap;
    let at = 0;
    for (;;) {
      let childAt = 2 * at + 1;
      let child = heap[childAt];
      if (child === undefined) break;
      const right = heap[childAt + 1];
      if (right !== undefined && before(right, child)) {
        child = right;
        childAt += 1;
      }
      if (!before(child, moved)) break;
      heap[at] = child;
      at = childAt;
    }
    heap[at] = moved;
  }
}

function before(one: Scheduled, other: Scheduled): boolean {
  return one.atMs < other.atMs || (one.atMs === other.atMs && one.order < other.order);
}

/**
 * First in, first out; constant cost, unlike `Array.shift` on a long array. Takes no room while empty, unlike the
 * ready queue's ring: each connection has four of these.
 */
export class Fifo<T> {
  #items: (T | undefined)[] = [];
  #head = 0;

  get size(): number {
    return this.#items.length - this.#head;
  }

  peek(): T | undefined {
    return this.#items[this.#head];
  }

  push(item: T): void {
    this.#items.push(item);
  }

  shift(): T | undefined {
    const item = this.#items[this.#head];
    if (this.size === 0) return undefined;
    this.#items[this.#head] = undefined;
    this.#head += 1;
    if (this.size === 0) this.clear();
    // Half of the array is used up: what is left moves down, which is one move for each item taken at most.
    else if (this.#head >= 32 && this.#head * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }

  clear(): void {
    this.#items.length = 0;
    this.#head = 0;
  }
}
