// Named numbers that tasks publish, for monitors to plot: the length of a queue, requests under way.

import type { Task } from "./task.ts";

export interface GaugeValue {
  readonly task: Task;
  readonly name: string;
  value: number;
}
