// What waiting takes up, as far as it can be counted from outside: there must be no more after a wait than before it.

import type { Kernel } from "../../../kernel/kernel.ts";

/** Counts by what they count, in the words of a report. */
export type Footprint = Readonly<Record<string, number>>;

/** The name of the user's own count. */
export const waitingCount = "wait, by the option `waiting`";

/**
 * Counts everything now.
 * @param ours how many tasks are the kit's own
 * @param waiting how many wait, by the option of that name
 */
export function footprint(kernel: Kernel, ours: number, waiting: number | undefined): Footprint {
  let endpoints = 0;
  for (const owned of kernel.owned.values()) endpoints += owned.size;
  return {
    "timers are set": kernel.timers.size,
    "tasks wait for the outside": kernel.outside,
    "endpoints are open": endpoints,
    "other tasks live": kernel.tasks.size - ours,
    ...(waiting === undefined ? {} : { [waitingCount]: waiting }),
  };
}

/** What an answer may bring. */
const brought: ReadonlySet<string> = new Set(["endpoints are open", "other tasks live"]);

/** What there is more of, as a sentence's rest; "" for nothing. @param isAnswered an answer came meanwhile */
export function leftOver(before: Footprint, after: Footprint, isAnswered: boolean): string {
  return Object.entries(after)
    .filter(([what, count]) => !(isAnswered && brought.has(what)) && count > (before[what] ?? 0))
    .map(([what, count]) => `${count} ${what}, ${before[what]} before`)
    .join("; ");
}
