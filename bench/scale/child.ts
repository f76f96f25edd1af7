// One measurement at one size, in a process of its own: `child.ts <what> <size>` prints figures by name as JSON.

import { bareDepth, depth } from "./measure/depth.ts";
import { asyncLive, killing, live, waking } from "./measure/live.ts";
import { nodeTimers, timers } from "./measure/timers.ts";
import { type Figures, report, type What } from "./what.ts";

const measures: Readonly<Record<What, (size: number) => Promise<Figures>>> = {
  live,
  killing,
  asyncLive,
  waking,
  timers,
  nodeTimers,
  depth,
  bareDepth,
};

const [what = "", size] = process.argv.slice(2);
const measure = measures[what as What]; // what index.ts passes
report(await measure(Number(size)));
