// GetTime: the only clock a program has, so that a run can be simulated.

import { type Kernel, Syscall, type Task } from "../kernel/syscall.ts";

/** Milliseconds on the machine's monotonic clock, fractional. Its origin is the machine's own: use differences. */
export class GetTime extends Syscall<number> {
  override get family(): string {
    return "self";
  }

  override handle(_task: Task, kernel: Kernel): number {
    return kernel.clock();
  }
}
