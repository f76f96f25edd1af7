// Gauge: a named number for monitors to plot.

import { checkGauge, type Kernel, Syscall, type Task } from "../kernel/syscall.ts";

/**
 * Publishes a number of the calling task under a name, or changes it: the apps view of the monitor plots it over the last
 * minute. It goes with its task. Cheap: nobody is told, whoever looks sees the latest.
 * @throws EINVAL for an empty name and for what is no finite number, ENAMETOOLONG for a name over 64 characters, EAGAIN when
 * all tasks together have 1,024
 *
 * ```ts
 * yield* new Gauge("queue", jobs.length);
 * ```
 */
export class Gauge extends Syscall<void> {
  readonly name: string;
  readonly value: number;

  /** @param name for people, at most 64 characters */
  constructor(name: string, value: number) {
    super();
    checkGauge(name, value);
    this.name = name;
    this.value = value;
  }

  override get family(): string {
    return "log";
  }

  override handle(task: Task, kernel: Kernel): void {
    kernel.gauges.set(task, this.name, this.value);
  }
}
