// Park: the one primitive that locks, queues and channels are made of, as Linux makes them of wait queues and futexes.
// Look at your condition, park while it does not hold, look again; whoever changes it wakes the queue. Between the look
// and the park nobody else runs, so no wake is lost.

import { type Answer, type Kernel, Syscall, type Task, type Tid, type Wait, type Waiter } from "../kernel/syscall.ts";

/** Tasks that wait for a condition of yours, first come, first served. Plain data: it needs no closing. */
export class WaitQueue {
  /** What monitors show of those that wait: a verb and what it is about. */
  readonly verb: string;
  readonly #object: string | (() => string);
  readonly #holders: (() => readonly Tid[]) | undefined;
  /** None until somebody waits: there are many more queues than waiters. */
  #waiters: Set<Waiter<void>> | undefined = undefined;

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
    return this.#waiters?.size ?? 0;
  }

  /** Wakes the first `count` of those that wait, and says how many there were. Callable from anywhere. */
  wake(count = 1): number {
    if (this.#waiters === undefined) return 0;
    let woken = 0;
    for (const waiter of this.#waiters) {
      if (woken >= count) break;
      this.#waiters.delete(waiter);
      if (waiter.wake()) woken++;
    }
    return woken;
  }

  /** For Park. */
  join(waiter: Waiter<void>): void {
    this.#waiters ??= new Set();
    this.#waiters.add(waiter);
  }

  /** For Park. */
  leave(waiter: Waiter<void>): void {
    this.#waiters?.delete(waiter);
  }
}

/**
 * Waits in a wait queue until it is woken. A wake that reaches a task just as it is killed goes on to the next.
 *
 * ```ts
 * while (items.length === 0) yield* new Park(notEmpty);
 * ```
 */
export class Park extends Syscall<void> implements Wait<void> {
  readonly queue: WaitQueue;

  constructor(queue: WaitQueue) {
    super();
    if (!(queue instanceof WaitQueue)) throw new TypeError("Park needs a WaitQueue");
    this.queue = queue;
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

  override handle(task: Task, _kernel: Kernel): Answer<void> {
    return task.block<void>(this, (waiter) => {
      this.queue.join(waiter);
      return leaveQueue;
    });
  }

  giveBack(): void {
    this.queue.wake();
  }
}

// One function for every wait: the waiter knows its wait, and so its queue.
function leaveQueue(waiter: Waiter<void>): void {
  (waiter.wait as Park).queue.leave(waiter); // only armed above
}
