// What is gathered only while somebody watches: the exact time of each turn, waits for turns, how late the loop came round,
// what each kind of syscall costs, whole syscalls of the tasks that are traced. Without a watch all of it costs the kernel
// one comparison a turn and a trap. All times are of the machine's clock, ms, so it works on simulated time too.

import type { GaugeValue } from "./gauges.ts";
import type { Kernel } from "./kernel.ts";
import type { Task } from "./task.ts";
import type { TaskWatch } from "./task-watch.ts";
import type { Times } from "./times.ts";
import type { Tracing } from "./tracing.ts";

/** What went on between two ticks. */
export interface Window {
  /** How long it was. */
  readonly ms: number;
  /** Time in turns, in the kernel and its polls, and in polls that waited because nothing was ready: together `ms`. */
  readonly runMs: number;
  readonly pollMs: number;
  readonly idleMs: number;
  readonly turns: number;
  readonly traps: number;
  readonly polls: number;
  /** Length of the ready queue at its end. */
  readonly ready: number;
  /** Time from ready to running. */
  readonly readyWaits: Times;
  /** How late the loop came round, each time it did: how late a timer fired, or could have. */
  readonly lags: Times;
}

/** A class of syscalls. */
export interface KindWatch {
  readonly name: string;
  /** As a pledge names it; "" where it cannot be told. */
  readonly family: string;
  /** Since boot. */
  readonly calls: number;
  /** In the last window. */
  readonly windowCalls: number;
  /** Errors thrown into callers by its handler or by a failed wake. */
  readonly errors: number;
  /** Waits that have ended, in whatever way. */
  readonly blocked: Times;
  /** Time in its handlers, ms: a sample of the calls is timed, and this is their mean, times the calls. */
  readonly kernelMs: number;
  /** `kernelMs` of the last window alone. */
  readonly windowKernelMs: number;
  /** Tasks that wait in it now. */
  readonly inside: number;
}

export interface Watch {
  readonly kernel: Kernel;
  /** The last window that was closed; undefined before the first tick. */
  readonly last: Window | undefined;
  /** The last windows, oldest first; at most 60. */
  readonly windows: readonly Window[];
  /** When the watch began, on the machine's clock. */
  readonly since: number;
  /**
   * While true, a total deadlock does not end the run of an asynchronous machine: the kernel waits, as for something
   * outside, until a task is woken, killed or started, or nobody watches any more.
   */
  holdsDeadlock: boolean;
  /** Since when a total deadlock is held so, on the machine's clock; undefined: there is none. */
  readonly deadlockSince: number | undefined;
  /** Closes the window under way and begins the next. Called once a second by whoever shows what was gathered. */
  tick(): void;
  /** What is known of a task; undefined if it has done nothing since the watch began, or has ended. */
  of(task: Task): TaskWatch | undefined;
  /** Every kind of syscall that was made since boot. */
  kinds(): KindWatch[];
  /** A gauge's value at the end of each of the last windows, oldest first; at most 60. */
  gaugeHistory(gauge: GaugeValue): readonly number[];
  /** Forgets totals, maxima and histograms of tasks. @param tasks default: all */
  reset(tasks?: Iterable<Task>): void;
  /** Begins to note whole syscalls. @throws EAGAIN at the bound of 16 at the same time */
  trace(tids: Iterable<number> | "all"): Tracing;
}
