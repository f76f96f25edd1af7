// The goals of this suite. Those in time are the machine's, and have no floor; a ratio's floor is the worst that was seen
// and a quarter.

import { median } from "../lib/figures.ts";
import type { Check } from "../lib/suite.ts";
import { ratios, type Served, watchings } from "./served.ts";
import { type Rounds, valuesOf } from "./tables.ts";
import type { FigureName, What } from "./what.ts";

export function checksOf(rounds: Rounds, all: Served): Check[] {
  const of = (what: What, name: FigureName): number => middle(valuesOf(rounds, what, name));
  const [, idle, second, fast, dog] = watchings.map(({ name }) => middle(ratios(all, name)));
  const ratio = (goal: string, value = Number.NaN): Check => ({ goal, value, unit: "", atMost: 1.03 });
  return [
    { goal: "counters, a trap", value: of("plain", "trap") - of("uncounted", "trap"), unit: "ns", atMost: 5 },
    ratio("echo with a control port / without", idle),
    ratio("echo with a viewer at 1 s / without a control port", second),
    ratio("echo with a viewer at 0.1 s / without a control port", fast),
    ratio("echo with a watchdog / without a control port", dog),
    { goal: "a frame of 10,000 tasks, in the kernel", value: of("frames", "byCpu"), unit: "ms", atMost: 2 },
    {
      goal: "a frame of 10,000 tasks, in the viewer",
      value: of("drawing", "draw") + of("drawing", "screen"),
      unit: "ms",
      atMost: 5,
    },
    { goal: "bytes for a screen that has not changed", value: of("drawing", "unchangedBytes"), unit: "", atMost: 0 },
    { goal: "bytes that a viewer keeps of 10,000 frames", value: of("drawing", "growth"), unit: "", atMost: 1e6 },
    { goal: "a task that sticks the kernel is named", value: of("ending", "named"), unit: "ms", atMost: 1_000 },
    { goal: "it is ended, and the kernel answers", value: of("ending", "ended"), unit: "ms", atMost: 1_000 },
    { goal: "growth by a viewer that reads nothing", value: of("deaf", "deafGrowth"), unit: "bytes", atMost: 64e6 },
  ];
}

/** NaN, which meets no goal, of what was not measured. */
function middle(values: readonly number[]): number {
  return values.length === 0 ? Number.NaN : median(values);
}
