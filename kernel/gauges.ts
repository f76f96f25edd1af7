// Named numbers that tasks publish, for monitors to plot: the length of a queue, requests under way. Each is its task's
// and goes with it. Here and not in the tasks, of which few have any.

import { SyscallError } from "./errors.ts";
import type { Task } from "./task.ts";
import { isLonger, shown } from "./text.ts";

/** Gauges of all tasks together. */
const maxGauges = 1_024;
const maxNameLength = 64;

/** One gauge: always the same object while its task lives. */
export interface GaugeValue {
  readonly task: Task;
  readonly name: string;
  readonly value: number;
}

export class Gauges {
  readonly #gauges = new Map<Task, Map<string, { readonly task: Task; readonly name: string; value: number }>>();
  #size = 0;

  /** How many there are. */
  get size(): number {
    return this.#size;
  }

  /** Sets a task's gauge, which is made if it has none of this name. @throws EAGAIN at the bound of 1,024 in all */
  set(task: Task, name: string, value: number): void {
    const own = this.#gauges.get(task);
    const gauge = own?.get(name);
    if (gauge !== undefined) {
      gauge.value = value;
      return;
    }
    if (this.#size >= maxGauges) {
      throw new SyscallError("EAGAIN", `gauge ${shown(name)}: there are ${maxGauges} gauges, as many as can be`);
    }
    this.#size++;
    if (own !== undefined) own.set(name, { task, name, value });
    else this.#gauges.set(task, new Map([[name, { task, name, value }]]));
  }

  /** A task has ended. */
  remove(task: Task): void {
    this.#size -= this.#gauges.get(task)?.size ?? 0;
    this.#gauges.delete(task);
  }

  /** All of them, those of one task together. */
  *[Symbol.iterator](): Generator<GaugeValue> {
    for (const own of this.#gauges.values()) yield* own.values();
  }
}

/** @throws ENAMETOOLONG, EINVAL for a name that cannot be, EINVAL for a value that cannot be plotted */
export function checkGauge(name: string, value: number): void {
  if (typeof name !== "string" || name === "") {
    throw new SyscallError("EINVAL", `Gauge: a name is text that is not empty, not ${shown(name)}`);
  }
  if (isLonger(name, maxNameLength)) {
    throw new SyscallError("ENAMETOOLONG", `Gauge: a name has at most ${maxNameLength} characters`);
  }
  if (!Number.isFinite(value)) {
    throw new SyscallError("EINVAL", `Gauge ${shown(name)}: the value is a finite number, not ${shown(value)}`);
  }
}
