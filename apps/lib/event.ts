// Event and Latch: doors that many wait before. An event opens and closes; a latch counts down, opens, and stays open.

import { type Answer, type Kernel, type Syscall, SyscallError, type Task } from "../../kernel/syscall.ts";
import { Park, WaitQueue } from "../../syscalls/index.ts";
import { checkedCount, labelOf, type NameOptions } from "./checked.ts";

/**
 * A flag to wait for. Whoever waits when it is set goes on, even if it is cleared before its turn.
 * @throws ENAMETOOLONG for a name over 64 characters
 *
 * ```ts
 * const ready = new Event({ name: "ready" });
 * yield* ready.wait(); // in any number of tasks
 * ready.set(); // in another
 * ```
 */
export class Event {
  /** What monitors call it: "event ready". */
  readonly label: string;
  readonly #door: Door;

  constructor(options: NameOptions = {}) {
    this.label = labelOf("event", options.name);
    this.#door = new Door(() => this.label);
  }

  get isSet(): boolean {
    return this.#door.isOpen;
  }

  /** Waits until it is set; answers at once if it is. */
  wait(): Syscall<void> {
    return new WaitEvent(this.#door);
  }

  /** Sets it, and wakes all that wait. Callable from anywhere. */
  set(): void {
    this.#door.open();
  }

  /** From now on whoever waits for it waits for the next `set`. */
  clear(): void {
    this.#door.isOpen = false;
  }
}

/**
 * Opens once it has been counted down so often, for good. As Java's CountDownLatch.
 *
 * ```ts
 * const loaded = new Latch(files.length, { name: "loaded" });
 * loaded.countDown(); // after each file
 * yield* loaded.wait(); // all of them are there
 * ```
 */
export class Latch {
  /** What monitors and errors call it: "latch loaded". */
  readonly label: string;
  readonly #door: Door;
  #count: number;

  /**
   * @param count how often; 0: it is open
   * @throws EINVAL for what is no such number; ENAMETOOLONG for a name over 64 characters
   */
  constructor(count: number, options: NameOptions = {}) {
    this.label = labelOf("latch", options.name);
    this.#count = checkedCount(count, `count of ${this.label}`, 0, Number.MAX_SAFE_INTEGER);
    this.#door = new Door(() => `${this.label} (${this.#count} to go)`);
    this.#door.isOpen = count === 0;
  }

  /** How often it must still be counted down. */
  get count(): number {
    return this.#count;
  }

  /** Waits until it is open; answers at once if it is. */
  wait(): Syscall<void> {
    return new WaitEvent(this.#door);
  }

  /**
   * One less to go; wakes all that wait when that was the last. Callable from anywhere.
   * @throws EOVERFLOW when fewer than that are to go, and counts none; EINVAL for less than 1
   */
  countDown(n = 1): void {
    checkedCount(n, `countDown of ${this.label}`, 1, Number.MAX_SAFE_INTEGER);
    if (n > this.#count) {
      throw new SyscallError(
        "EOVERFLOW",
        `countDown(${n}) of ${this.label}: only ${this.#count} to go; count each thing once`,
      );
    }
    this.#count -= n;
    if (this.#count === 0) this.#door.open();
  }
}

/** What is waited before. */
class Door {
  isOpen = false;
  readonly line: WaitQueue;

  constructor(object: () => string) {
    this.line = new WaitQueue("wait for", object);
  }

  open(): void {
    this.isOpen = true;
    this.line.wake(Number.POSITIVE_INFINITY);
  }
}

class WaitEvent extends Park {
  readonly #door: Door;

  constructor(door: Door) {
    super(door.line);
    this.#door = door;
  }

  override handle(task: Task, kernel: Kernel): Answer<void> {
    return this.#door.isOpen ? undefined : super.handle(task, kernel);
  }

  override joined(): void {
    if (this.#door.isOpen) this.queue.answer(this, undefined);
  }

  /** Nobody else has less for it. To wake the next, as a Park does, could open a door that has been closed since. */
  override giveBack(): void {}
}
