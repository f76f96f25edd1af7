// A shelf of items and the syscall that takes one, as they should be; and shelves with a defect.

import {
  type Answer,
  type Kernel,
  Syscall,
  SyscallError,
  type Task,
  type Undo,
  type Wait,
  type Waiter,
} from "../../../kernel/syscall.ts";
import type { CheckOptions } from "../../kit/index.ts";

/** Items, and those that wait for one, first come, first served. */
export class Shelf {
  readonly items: string[] = [];
  readonly waiting = new Set<Waiter<string>>();
  /** What some of the defects leave behind. */
  visits = 0;
  slot: Waiter<string> | undefined = undefined;
  made = 0;

  put(item: string): void {
    for (const waiter of this.waiting) {
      this.waiting.delete(waiter);
      if (waiter.wake(item)) return;
    }
    this.items.push(item);
  }
}

/** Takes an item, or waits for one. As it should be; each defect changes one thing. */
export class Take extends Syscall<string> implements Wait<string> {
  readonly verb: string = "take";
  readonly object: string = "an item";
  readonly shelf: Shelf;

  constructor(shelf: Shelf) {
    super();
    this.shelf = shelf;
  }

  override handle(task: Task, kernel: Kernel): Answer<string> {
    return this.shelf.items.shift() ?? task.block<string>(this, (waiter) => this.arm(waiter, kernel));
  }

  arm(waiter: Waiter<string>, _kernel: Kernel): Undo<string> {
    this.shelf.waiting.add(waiter);
    return () => this.shelf.waiting.delete(waiter);
  }

  giveBack(item: string): void {
    this.shelf.put(item);
  }
}

/** Refuses what it should, before it does anything. */
export class TakeRed extends Take {
  override handle(): never {
    throw new SyscallError("EINVAL", "TakeRed: there are no red ones");
  }
}

export function* newShelf(): Generator<undefined, Shelf> {
  return new Shelf();
}

export function put(shelf: Shelf): void {
  shelf.put(`item ${++shelf.made}`);
}

export const options: CheckOptions<Shelf> = {
  setup: newShelf,
  answer: put,
  ready: put,
  refused: (shelf) => new TakeRed(shelf),
  waiting: (shelf) => shelf.waiting.size,
};

/** Serves who came last. */
export class LastComes extends Shelf {
  override put(item: string): void {
    const last = [...this.waiting].pop();
    if (last === undefined) this.items.push(item);
    else if (this.waiting.delete(last)) last.wake(item);
  }
}

/** A shelf that breaks a promise for whoever waits at it. */
export class CarelessShelf extends Shelf {
  /** Believes that the first takes it, whoever that is. */
  override put(item: string): void {
    const [first] = this.waiting;
    if (first === undefined) this.items.push(item);
    else first.wake(item);
  }
}

export class StaleShelf extends Shelf {
  override put(item: string): void {
    const [first] = this.waiting;
    if (first === undefined) this.items.push(item);
    else if (first.wake(item)) this.waiting.delete(first);
  }
}

export const nothing = (): void => {};

/** Wakes who waits, and then once more. */
export class TwiceShelf extends Shelf {
  override put(item: string): void {
    const [first] = this.waiting;
    super.put(item);
    first?.wake(item);
  }
}
