// Semaphore: so many at once, first come, first served, whatever each of them asks for: a small request never overtakes a
// large one, which would wait for ever otherwise. Permits belong to nobody: any task, and code outside of tasks, may
// release. Who has them is kept all the same, for those who look into a deadlock, until one is released by another task.

import {
  type Answer,
  type Call,
  type Kernel,
  type Runnable,
  type Syscall,
  SyscallError,
  type Task,
} from "../../kernel/syscall.ts";
import { Park, WaitQueue } from "../../syscalls/index.ts";
import { checkedCount, labelOf, type NameOptions } from "./checked.ts";
import { Hold } from "./hold.ts";
import { Holders } from "./holders.ts";

/** What a semaphore can be told. */
export interface SemaphoreOptions extends NameOptions {
  /** How many permits there may be. Default: as many as at first. */
  readonly max?: number;
}

/**
 * A number of permits. Dijkstra's, with bounds.
 *
 * ```ts
 * const pool = new Semaphore(4, { name: "pool" });
 * yield* pool.hold(query(text)); // at most four queries at once
 *
 * const items = new Semaphore(0, { max: 1_000 }); // counts what others have made
 * items.release(); // one more
 * yield* items.acquire(); // in another task
 * ```
 */
export class Semaphore {
  /** What monitors and errors call it: "semaphore pool". */
  readonly label: string;
  readonly max: number;
  /** Permits, and nothing else, wait in it. */
  readonly line: WaitQueue;
  readonly #holders = new Holders();
  #free: number;

  /**
   * @param count permits at first
   * @throws EINVAL for what is no such number, and for none at all of none at most; ENAMETOOLONG
   */
  constructor(count: number, options: SemaphoreOptions = {}) {
    this.label = labelOf("semaphore", options.name);
    this.max = checkedCount(options.max ?? count, `max of ${this.label}`, 1, Number.MAX_SAFE_INTEGER);
    this.#free = checkedCount(count, `count of ${this.label}`, 0, this.max);
    this.line = new WaitQueue(
      "acquire",
      () => this.label,
      () => this.#holders.tids(),
    );
  }

  /** How many permits nobody has. */
  get free(): number {
    return this.#free;
  }

  /**
   * Waits for permits, runs a program with them, releases them, and gives the program's value; as `hold` of a Lock.
   * @param n how many permits
   * @throws what the program throws; EINVAL as `acquire`
   */
  hold<T>(program: Runnable<T>, n = 1): Call<T> {
    return new Hold(this.acquire(n), (task) => this.#release(n, task), program);
  }

  /**
   * Waits until so many permits are the caller's, all of them at once.
   * @throws EINVAL for less than 1 and more than there can be
   */
  acquire(n = 1): Syscall<void> {
    return new AcquirePermits(this, this.line, checkedCount(n, `acquire of ${this.label}`, 1, this.max));
  }

  /**
   * Adds permits, and hands them to those who have waited longest. A plain function, callable from anywhere.
   * @throws EOVERFLOW when there would be more than `max`, and adds none; EINVAL for less than 1
   */
  release(n = 1): void {
    this.#release(checkedCount(n, `release of ${this.label}`, 1, Number.MAX_SAFE_INTEGER), undefined);
  }

  /** For a permit: true when so many are the task's from now on. */
  take(n: number, task: Task): boolean {
    if (this.#free < n || this.line.size > 0) return false;
    this.#free -= n;
    this.#holders.add(task, n);
    return true;
  }

  /** For a permit that was granted to a task that will not take it. */
  putBack(n: number, task: Task | undefined): void {
    this.#holders.remove(n, task);
    this.#free += n;
    this.serve();
  }

  /** For a permit: hands out what there is, in the order of the line. */
  serve(): void {
    for (let first = this.#first; first !== undefined && first.n <= this.#free; first = this.#first) {
      const task = first.waiter?.task as Task; // it waits
      this.#free -= first.n;
      this.#holders.add(task, first.n);
      if (this.line.answer(first)) continue;
      this.#holders.remove(first.n, task);
      this.#free += first.n;
    }
  }

  #release(n: number, task: Task | undefined): void {
    if (this.#free + n <= this.max) {
      this.putBack(n, task);
      return;
    }
    throw new SyscallError(
      "EOVERFLOW",
      `${this.label} would have ${this.#free + n} free permits of ${this.max} after release(${n}): release what was acquired, once, or raise max`,
    );
  }

  get #first(): AcquirePermits | undefined {
    return this.line.first as AcquirePermits | undefined; // nothing else waits in it
  }
}

class AcquirePermits extends Park {
  readonly semaphore: Semaphore;
  readonly n: number;
  #task: Task | undefined = undefined;

  constructor(semaphore: Semaphore, line: WaitQueue, n: number) {
    super(line);
    this.semaphore = semaphore;
    this.n = n;
  }

  override get object(): string {
    const { n, semaphore } = this;
    return `${n === 1 ? "" : `${n} of `}${semaphore.label} (${semaphore.free} of ${semaphore.max} free)`;
  }

  override handle(task: Task, kernel: Kernel): Answer<void> {
    this.#task = task;
    return this.semaphore.take(this.n, task) ? undefined : super.handle(task, kernel);
  }

  override joined(): void {
    this.semaphore.serve();
  }

  /** It may have been in the way of smaller ones. */
  override left(): void {
    this.semaphore.serve();
  }

  override giveBack(): void {
    this.semaphore.putBack(this.n, this.#task);
  }
}
