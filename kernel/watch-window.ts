// What went on in a kernel between two ticks of a watch.

import type { Kernel } from "./kernel.ts";
import { Times } from "./times.ts";

/** What went on between two ticks. */
export interface Window {
  /** How long it was. */
  readonly ms: number;
  /** Time in turns; in the kernel and its polls; in polls that waited because nothing was ready: together `ms`. */
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
  /** How late the loop came round, each time it did: how late a timer fired, or would have. */
  readonly lags: Times;
}

/** The window under way. The first four numbers are what the kernel's counters stood at when it began. */
export class OpenWindow {
  readonly from: number;
  readonly turns: number;
  readonly traps: number;
  readonly polls: number;
  runMs = 0;
  idleMs = 0;
  readonly readyWaits: Times = new Times();
  readonly lags: Times = new Times();

  constructor({ counters, trace }: Kernel, from: number) {
    this.from = from;
    this.turns = counters.turns;
    this.polls = counters.polls;
    this.traps = trace.traps;
  }

  closed(kernel: Kernel, to: number): Window {
    const { counters, trace } = kernel;
    const ready = kernel.readyTasks().size;
    const { runMs, idleMs, readyWaits, lags } = this;
    const ms = to - this.from;
    const pollMs = Math.max(0, ms - runMs - idleMs); // sums of many differences may round
    const [turns, polls] = [counters.turns - this.turns, counters.polls - this.polls];
    return {
      ms,
      runMs,
      pollMs,
      idleMs,
      turns,
      traps: trace.traps - this.traps,
      polls,
      ready,
      readyWaits,
      lags,
    };
  }
}
