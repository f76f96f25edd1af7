// Who has what of a thing that belongs to nobody, as far as can be told: a task that releases what it has acquired has
// less. Once somebody releases what another has acquired, it is handed from task to task, as between producers and
// consumers, and nobody is said to have any: who waits for more would seem to wait for itself.

import type { Kernel, Task, Tid } from "../../kernel/syscall.ts";

/** Tasks and how much each has. Those that have ended are forgotten in the end. */
export class Holders {
  readonly #counts = new Map<Task, number>();
  #kernel: Kernel | undefined = undefined;
  #forgetAt = 64;
  #isHandedOn = false;

  /** How many are remembered. */
  get size(): number {
    return this.#counts.size;
  }

  /** Those that can still release something. */
  tids(): Tid[] {
    return [...this.#counts.keys()].filter((task) => !task.isOver).map(({ tid }) => tid);
  }

  add(task: Task, n: number): void {
    if (this.#isHandedOn) return;
    this.#kernel = task.kernel;
    this.#counts.set(task, (this.#counts.get(task) ?? 0) + n);
    if (this.#counts.size >= this.#forgetAt) this.#forgetEnded();
  }

  /** @param by who releases; default: the task whose turn it is */
  remove(n: number, by: Task | undefined = this.#kernel?.current): void {
    const has = by === undefined ? 0 : (this.#counts.get(by) ?? 0);
    if (by !== undefined && has > n) {
      this.#counts.set(by, has - n);
    } else if (by !== undefined && has === n) {
      this.#counts.delete(by);
    } else {
      this.#isHandedOn = true;
      this.#counts.clear();
    }
  }

  #forgetEnded(): void {
    for (const task of this.#counts.keys()) if (task.isOver) this.#counts.delete(task);
    this.#forgetAt = 2 * this.#counts.size + 64;
  }
}
