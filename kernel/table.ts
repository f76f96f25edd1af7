// The task table: tids rise and are never reused, so tasks sit in pages of 1,024 by tid, and a page goes when its
// last task does. Eight bytes an entry, in the order of age; a Map takes 37 and rehashes.

import type { Task } from "./task.ts";

const pageSize = 1024;

interface Page {
  readonly slots: (Task | undefined)[];
  used: number;
}

export class TaskTable {
  readonly #pages = new Map<number, Page>();
  #size = 0;
  #last: Page | undefined = undefined;
  #lastNumber = -1;
  #newest = 0;

  get size(): number {
    return this.#size;
  }

  get(tid: number): Task | undefined {
    return this.#page(pageOf(tid))?.slots[tid & (pageSize - 1)];
  }

  /** Adds a task, or moves nothing: a tid is added once. */
  add(task: Task): void {
    const number = pageOf(task.tid);
    let page = this.#page(number);
    if (page === undefined) {
      page = { slots: new Array<Task | undefined>(pageSize).fill(undefined), used: 0 };
      if (this.#pages.get(this.#newest)?.used === 0) this.#pages.delete(this.#newest);
      this.#pages.set(number, page);
      this.#newest = number;
      this.#last = page;
      this.#lastNumber = number;
    }
    page.slots[task.tid & (pageSize - 1)] = task;
    page.used++;
    this.#size++;
  }

  remove(task: Task): void {
    const number = pageOf(task.tid);
    const page = this.#page(number);
    if (page === undefined) return;
    page.slots[task.tid & (pageSize - 1)] = undefined;
    this.#size--;
    // The page that new tids fall into stays, or spawning and ending one task would make a page each time.
    if (--page.used > 0 || number === this.#newest) return;
    this.#pages.delete(number);
    if (this.#last === page) {
      this.#last = undefined;
      this.#lastNumber = -1;
    }
  }

  /** Every live task, oldest first. */
  *[Symbol.iterator](): Generator<Task> {
    for (const page of [...this.#pages.values()]) {
      for (const task of page.slots) if (task !== undefined) yield task;
    }
  }

  #page(number: number): Page | undefined {
    if (number === this.#lastNumber) return this.#last;
    const page = this.#pages.get(number);
    if (page !== undefined) {
      this.#last = page;
      this.#lastNumber = number;
    }
    return page;
  }
}

// Not a shift: after 2^32 spawns (half an hour at full speed) that would wrap onto pages of the oldest tasks.
function pageOf(tid: number): number {
  return Math.floor(tid / pageSize);
}
