// One measurement in a process of its own: `child.ts <what>` prints figures by name as JSON.

import { counters } from "./measure/counters.ts";
import { deaf } from "./measure/deaf.ts";
import { drawing } from "./measure/drawing.ts";
import { ending } from "./measure/ending.ts";
import { frames } from "./measure/frames.ts";
import { type Figures, report, type What } from "./what.ts";

const minMs = 60;

const measures: Readonly<Record<What, () => Promise<Figures>>> = {
  plain: () => counters("plain", minMs),
  uncounted: () => counters("uncounted", minMs),
  watched: () => counters("watched", minMs),
  traced: () => counters("traced", minMs),
  frames,
  drawing,
  ending,
  deaf,
};

report(await measures[process.argv[2] as What]()); // what index.ts passes
