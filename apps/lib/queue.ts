// Queue and PriorityQueue: work to be done. A queue is a buffered channel that also knows what is unfinished: an item
// that was received is so until `done` says it is not. So somebody can wait for all the work to be done, and not merely
// handed out. Without a use for that, take a Channel.

import { type Answer, type Kernel, SyscallError, type Task } from "../../kernel/syscall.ts";
import { shown } from "../../kernel/text.ts";
import { Park, WaitQueue } from "../../syscalls/index.ts";
import { Channel, type Preference } from "./channel.ts";
import type { NameOptions } from "./checked.ts";
import type { Store } from "./source.ts";

/** What a queue can be told. */
export interface QueueOptions extends NameOptions {
  /** Items that may wait in it; who sends one more waits for room. Default 1,024. */
  readonly capacity?: number;
  /** As a channel's. */
  readonly preference?: Preference;
}

/**
 * Work for any number of tasks: `send`, `receive`, `next`, `close` and the rest as a Channel has them, and an account of
 * what is unfinished (the idea is of Python's `queue.Queue`: `task_done` and `join`).
 *
 * ```ts
 * const worker = routine(function* worker(jobs: Queue<Job>): Program<void> {
 *   for (let job = yield* jobs.next(); !job.done; job = yield* jobs.next()) {
 *     try {
 *       yield* work(job.value);
 *     } finally {
 *       jobs.done(); // whatever became of it
 *     }
 *   }
 * });
 *
 * yield* jobs.send(job);
 * yield* jobs.join(); // all that was sent is done
 * jobs.close();
 * ```
 */
export class Queue<T> extends Channel<T> {
  readonly #joining: WaitQueue;
  #done = 0;

  /**
   * @param kind for subclasses: as a Channel's
   * @param store for subclasses: as a Channel's
   * @throws EINVAL for a capacity that is no whole number from 1 to 16,777,216; as a Channel for the rest
   */
  constructor(options: QueueOptions = {}, kind = "queue", store?: Store<T>) {
    super({ capacity: 1_024, ...options }, kind, 1, store);
    this.#joining = new WaitQueue("join", () => `${this.label}, ${this.unfinished} unfinished`);
  }

  /** How many items were sent and are not done; what a killed task gave back counts once. */
  get unfinished(): number {
    return this.granted + (this.store?.size ?? 0) - this.#done;
  }

  /** Items that were received are done with. @throws EINVAL for more than were received and not done */
  done(count = 1): void {
    const open = this.unfinished - this.size;
    if (!Number.isInteger(count) || count < 0 || count > open) {
      throw new SyscallError(
        "EINVAL",
        `${this.label}: ${shown(count)} cannot be done, ${open} were received and are not`,
      );
    }
    this.#done += count;
    if (this.unfinished === 0) this.#joining.wake(this.#joining.size);
  }

  /** Waits until nothing is unfinished. */
  join(): JoinQueue {
    return new JoinQueue(this, this.#joining);
  }

  /** Takes out all that can be had now, and counts it as done. After `close`, to stop at once. Callable from anywhere. */
  override drain(): T[] {
    const items = super.drain();
    this.done(items.length);
    return items;
  }
}

/** Waits until a queue's work is done: what `join` of a queue gives. */
export class JoinQueue extends Park {
  readonly #queue: { readonly unfinished: number };

  constructor(queue: { readonly unfinished: number }, joining: WaitQueue) {
    super(joining);
    this.#queue = queue;
  }

  override handle(task: Task, kernel: Kernel): Answer<void> {
    return this.#queue.unfinished === 0 ? undefined : super.handle(task, kernel);
  }

  /** All are woken: none has to wake another. */
  override giveBack(): void {}
}

/** What a priority queue must be told, and can be. */
export interface PriorityQueueOptions<T> extends QueueOptions {
  /** What comes first: the item with the smallest number, as a nice value or a deadline is read. */
  readonly rank: (item: T) => number;
}

/**
 * A Queue whose next item is the one of the smallest rank, and of several the one that was sent first. `send` and
 * `receive` take O(log n). Who waits for room has his place in the line, not in the ranks; and what a killed task gave
 * back comes first.
 *
 * The rank is a number and not a comparison of two, so that the function runs once an item, in the task that sends it,
 * and what it throws hurts nobody else.
 *
 * ```ts
 * const jobs = new PriorityQueue<Job>({ rank: (job) => job.deadline, capacity: 100 });
 * ```
 */
export class PriorityQueue<T> extends Queue<T> {
  readonly #rank: (item: T) => number;

  /** @throws TypeError for a rank that is no function; as a Queue for the rest */
  constructor({ rank, ...options }: PriorityQueueOptions<T>) {
    super(options, "priority queue", new Heap<T>());
    if (typeof rank !== "function")
      throw new TypeError("a PriorityQueue needs a rank, a function from items to numbers");
    this.#rank = rank;
  }

  /** @throws EINVAL for a rank that is no number; what the function throws */
  override rankOf(item: T): number {
    const rank = this.#rank(item);
    if (typeof rank === "number" && !Number.isNaN(rank)) return rank;
    throw new SyscallError("EINVAL", `${this.label}: a rank is a number, not ${shown(rank)}`);
  }
}

interface Ranked<T> {
  readonly item: T;
  readonly rank: number;
  /** Among equals the first to come is the first to go. */
  readonly order: number;
}

/** A binary heap, stable. */
class Heap<T> implements Store<T> {
  readonly #heap: Ranked<T>[] = [];
  #pushed = 0;

  get size(): number {
    return this.#heap.length;
  }

  push(item: T, rank: number): void {
    const heap = this.#heap;
    const entry = { item, rank, order: this.#pushed++ };
    let place = heap.length;
    while (place > 0) {
      const above = (place - 1) >> 1;
      const parent = heap[above] as Ranked<T>; // inside
      if (isBefore(parent, entry)) break;
      heap[place] = parent;
      place = above;
    }
    heap[place] = entry;
  }

  shift(): T | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first?.item;
    let place = 0;
    for (let below = 1; below < heap.length; below = 2 * place + 1) {
      const right = heap[below + 1];
      if (right !== undefined && isBefore(right, heap[below] as Ranked<T>)) below++; // inside
      const child = heap[below] as Ranked<T>; // as above
      if (isBefore(last, child)) break;
      heap[place] = child;
      place = below;
    }
    heap[place] = last;
    return first.item;
  }
}

function isBefore<T>(one: Ranked<T>, other: Ranked<T>): boolean {
  return one.rank < other.rank || (one.rank === other.rank && one.order < other.order);
}
