// Park: the one primitive that locks, queues and channels are made of, as Linux makes them of wait queues and futexes.
// In its plain form: look at your condition, park while it does not hold, look again; whoever changes it wakes the
// queue. Between the look and the park nobody else runs, so no wake is lost. What is to go from hand to hand, so that
// nobody can barge in between a wake and its turn, extends it: `handle` takes what is there or waits, and whoever has
// something hands it to the first that waits.

import { type Answer, type Kernel, Syscall, type Task, type Tid, type Wait, type Waiter } from "../kernel/syscall.ts";

/** Tasks that wait for a condition of yours, first come, first served. Plain data: it needs no closing. */
export class WaitQueue<T = void> {
  /** What monitors show of those that wait: a verb and what it is about. */
  readonly verb: string;
  readonly #object: string | (() => string);
  readonly #holders: (() => readonly Tid[]) | undefined;
  // A list through the waits themselves: to join and to leave cost the same however many wait, and allocate nothing.
  #first: Park<T> | undefined = undefined;
  #last: Park<T> | undefined = undefined;
  #size = 0;

  /**
   * @param object text, or a function that makes it when somebody looks
   * @param holders who could make the condition hold, for the wait-for graph
   */
  constructor(verb: string, object: string | (() => string), holders?: () => readonly Tid[]) {
    this.verb = verb;
    this.#object = object;
    this.#holders = holders;
  }

  get object(): string {
    return typeof this.#object === "string" ? this.#object : this.#object();
  }

  /** Who could make the condition hold, as far as that is known. */
  holders(): readonly Tid[] {
    return this.#holders?.() ?? [];
  }

  /** How many wait. */
  get size(): number {
    return this.#size;
  }

  /** Who has waited longest. */
  get first(): Park<T> | undefined {
    return this.#first;
  }

  /** Each wait, in order. Take none out while looking. */
  *[Symbol.iterator](): Generator<Park<T>> {
    for (let wait = this.#first; wait !== undefined; wait = wait.next) yield wait;
  }

  /** Answers the first that takes it. False when nobody waits. Callable from anywhere. */
  hand(answer: T): boolean {
    for (let first = this.#first; first !== undefined; first = this.#first) {
      if (this.answer(first, answer)) return true;
    }
    return false;
  }

  /** Lets one that waits here wait at the end of another queue instead. False when it does not wait here. */
  move(wait: Park<T>, to: WaitQueue<T>): boolean {
    if (!this.leave(wait)) return false;
    wait.queue = to;
    to.join(wait);
    return true;
  }

  /** Answers one that waits here, out of turn. False when it does not, or did not take it. */
  answer(wait: Park<T>, answer: T): boolean {
    return this.leave(wait) && wait.waiter?.wake(answer) === true;
  }

  /** Throws an error into one that waits here. False when it does not, or did not take it. */
  refuse(wait: Park<T>, error: unknown): boolean {
    return this.leave(wait) && wait.waiter?.fail(error) === true;
  }

  /**
   * Throws an error into each that waits, and says how many took it.
   * @param makeError called for each of them: an error of its own, which gets that task's logical stack
   */
  refuseAll(makeError: () => unknown): number {
    let refused = 0;
    for (let first = this.#first; first !== undefined; first = this.#first) {
      if (this.refuse(first, makeError())) refused++;
    }
    return refused;
  }

  /** Wakes the first `count` of those that wait, and says how many there were. Callable from anywhere. */
  wake(this: WaitQueue<void>, count = 1): number {
    let woken = 0;
    // Those that wait now: a wake may lead to another wait.
    for (let left = Math.min(count, this.size); left > 0 && this.hand(); left--) woken++;
    return woken;
  }

  /** For Park. */
  join(wait: Park<T>): void {
    wait.previous = this.#last;
    if (this.#last === undefined) this.#first = wait;
    else this.#last.next = wait;
    this.#last = wait;
    this.#size++;
  }

  /** For Park. False when it does not wait here. */
  leave(wait: Park<T>): boolean {
    if (wait.queue !== this || !wait.isQueued) return false;
    const { next, previous } = wait;
    if (previous === undefined) this.#first = next;
    else previous.next = next;
    if (next === undefined) this.#last = previous;
    else next.previous = previous;
    wait.next = wait.previous = undefined;
    this.#size--;
    return true;
  }
}

/**
 * Waits in a wait queue until it is woken, or handed something. A wake that reaches a task just as it is killed goes on
 * to the next.
 *
 * ```ts
 * while (items.length === 0) yield* new Park(notEmpty);
 * ```
 *
 * A subclass answers at once when it can, in `handle`, and else waits by `super.handle`. One that is handed something
 * says in `giveBack` where it goes if its task is killed before taking it.
 *
 * ```ts
 * class Take<T> extends Park<T> {
 *   override handle(task: Task, kernel: Kernel): Answer<T> {
 *     return this.shelf.items.shift() ?? super.handle(task, kernel);
 *   }
 *   override giveBack(item: T): void {
 *     if (!this.queue.hand(item)) this.shelf.items.unshift(item);
 *   }
 * }
 * ```
 */
export class Park<T = void> extends Syscall<T> implements Wait<T> {
  // Declared here and assigned below: to define a field costs V8 190 ns (Node 20), once many classes extend this one.
  /** Where it waits. Only `move` of that queue changes it. */
  declare queue: WaitQueue<T>;
  /** Its task's place, once it waits. */
  declare waiter: Waiter<T> | undefined;
  /** The queue's own fields: nobody else writes them. */
  declare next: Park<T> | undefined;
  declare previous: Park<T> | undefined;

  constructor(queue: WaitQueue<T>) {
    super();
    // Not by instanceof, which is half of what making one costs: a round trip through two channels takes 30 ns more.
    if (typeof queue?.join !== "function") throw new TypeError("Park needs a WaitQueue");
    this.queue = queue;
    this.waiter = undefined;
    this.next = undefined;
    this.previous = undefined;
  }

  /** Whether it waits now. */
  get isQueued(): boolean {
    return this.previous !== undefined || this.queue.first === this;
  }

  get verb(): string {
    return this.queue.verb;
  }

  get object(): string {
    return this.queue.object;
  }

  holders(): readonly Tid[] {
    return this.queue.holders();
  }

  override get family(): string {
    return "sync";
  }

  override handle(task: Task, _kernel: Kernel): Answer<T> {
    return task.block<T>(this, joinQueue);
  }

  giveBack(answer: T): void {
    this.queue.hand(answer);
  }

  /**
   * It waits from now on. A Select asks each of its branches first and has them wait afterwards: look again here, if what
   * it waits for may have come between.
   */
  joined?(): void;

  /** It no longer waits, and was not answered: killed, cancelled, out of time, or a Select took another branch. */
  left?(): void;
}

// One function for every wait: the waiter knows its wait, and so its queue.
function joinQueue<T>(waiter: Waiter<T>): (waiter: Waiter<T>) => void {
  const wait = waiter.wait as Park<T>; // only armed above
  wait.waiter = waiter;
  wait.queue.join(wait);
  try {
    wait.joined?.();
  } catch (error) {
    wait.queue.leave(wait);
    throw error;
  }
  return leaveQueue;
}

function leaveQueue<T>(waiter: Waiter<T>): void {
  const wait = waiter.wait as Park<T>; // as above
  if (wait.queue.leave(wait)) wait.left?.();
}
