// The task table: tids rise and are never reused, so tasks sit in pages of 1,024 by tid, and a page goes when its
// last task does. Eight bytes an entry, in the order of age; a Map takes 37 and rehashes.

import type { Task } from "./task.ts";

const pageSize = 1024;

interface Page {
  readonly slots: (Task | undefined)[];
  used: number;
}

export class TaskTable {
  /** By the first tid that could be in it. */
  readonly #pages = new Map<number, Page>();
  #size = 0;
  #last: Page | undefined = undefined;
  #lastFirst = -1;
  #newest = 0;

  get size(): number {
    return this.#size;
  }

  get(tid: number): Task | undefined {
    return this.#page(firstOf(tid))?.slots[tid & (pageSize - 1)];
  }

  /** Adds a task, or moves nothing: a tid is added once. */
  add(task: Task): void {
    const first = firstOf(task.tid);
    let page = this.#page(first);
    if (page === undefined) {
      page = { slots: new Array<Task | undefined>(pageSize).fill(undefined), used: 0 };
      if (this.#pages.get(this.#newest)?.used === 0) this.#pages.delete(this.#newest);
      this.#pages.set(first, page);
      this.#newest = first;
      this.#last = page;
      this.#lastFirst = first;
    }
    page.slots[task.tid & (pageSize - 1)] = task;
    page.used++;
    this.#size++;
  }

  remove(task: Task): void {
    const first = firstOf(task.tid);
    const page = this.#page(first);
    if (page === undefined) return;
    page.slots[task.tid & (pageSize - 1)] = undefined;
    this.#size--;
    // The page that new tids fall into stays, or spawning and ending one task would make a page each time.
    if (--page.used > 0 || first === this.#newest) return;
    this.#pages.delete(first);
    if (this.#last === page) {
      this.#last = undefined;
      this.#lastFirst = -1;
    }
  }

  /** Every live task, oldest first. */
  *[Symbol.iterator](): Generator<Task> {
    for (const page of [...this.#pages.values()]) {
      for (const task of page.slots) if (task !== undefined) yield task;
    }
  }

  /** As iterating, ten times faster: for who looks at all of them again and again. */
  toArray(): Task[] {
    const tasks: Task[] = [];
    for (const { slots } of this.#pages.values()) {
      for (let slot = 0; slot < pageSize; slot++) {
        const task = slots[slot];
        if (task !== undefined) tasks.push(task);
      }
    }
    return tasks;
  }

  #page(first: number): Page | undefined {
    if (first === this.#lastFirst) return this.#last;
    const page = this.#pages.get(first);
    if (page !== undefined) {
      this.#last = page;
      this.#lastFirst = first;
    }
    return page;
  }
}

// No shifts and no masking of what is kept: after 2^32 spawns (half an hour at full speed) those would wrap onto pages of
// the oldest tasks. The low bits are right at any size.
function firstOf(tid: number): number {
  return tid - (tid & (pageSize - 1));
}
