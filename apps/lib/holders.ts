// Who has what of a thing that belongs to nobody, as far as can be told: a task that releases what it has acquired has
// less; what anybody else releases is taken from those that have had something longest.

import type { Kernel, Task, Tid } from "../../kernel/syscall.ts";

/** Tasks and how much each has. Those that have ended are forgotten in the end. */
export class Holders {
  readonly #counts = new Map<Task, number>();
  #kernel: Kernel | undefined = undefined;
  #forgetAt = 64;

  /** How many are remembered. */
  get size(): number {
    return this.#counts.size;
  }

  /** Those that can still release something. */
  tids(): Tid[] {
    return [...this.#counts.keys()].filter((task) => !task.isOver).map(({ tid }) => tid);
  }

  add(task: Task, n: number): void {
    this.#kernel = task.kernel;
    this.#counts.set(task, (this.#counts.get(task) ?? 0) + n);
    if (this.#counts.size >= this.#forgetAt) this.#forgetEnded();
  }

  /** @param by who releases; default: the task whose turn it is */
  remove(n: number, by: Task | undefined = this.#kernel?.current): void {
    let left = by === undefined ? n : this.#take(by, n);
    if (left === 0) return;
    for (const holder of this.#counts.keys()) {
      left = this.#take(holder, left);
      if (left === 0) return;
    }
  }

  /** Gives how much is still to be taken from others. */
  #take(holder: Task, n: number): number {
    const has = this.#counts.get(holder);
    if (has === undefined) return n;
    if (has > n) this.#counts.set(holder, has - n);
    else this.#counts.delete(holder);
    return Math.max(0, n - has);
  }

  #forgetEnded(): void {
    for (const task of this.#counts.keys()) if (task.isOver) this.#counts.delete(task);
    this.#forgetAt = 2 * this.#counts.size + 64;
  }
}
