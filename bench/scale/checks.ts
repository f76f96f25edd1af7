// The goals of this suite. Floors are the worst ratio that was seen, times 1.25 or up to the goal; of bytes,
// which do not vary, times 1.05.

import type { Check } from "../lib/suite.ts";
import { compared, type Grown, middleAt, million } from "./grown.ts";
import type { FigureName, What } from "./what.ts";

export function checksOf(grown: Grown): Check[] {
  const at = (what: What, size: number, figure: FigureName): number => middleAt(grown, what, size, figure);
  const both = (what: What): number => at(what, compared, "set") + at(what, compared, "cancel");
  const switches = at("live", million, "switch") / at("live", 10, "switch");
  const deep = at("depth", 100_000, "trap") / at("depth", 1, "trap");
  return [
    { goal: "a switch with 1,000,000 live tasks / with 10", value: switches, unit: "", atMost: 2, floor: 2 },
    { goal: "to set one of 1,000,000 timers", value: at("timers", million, "set"), unit: "ns", atMost: 1_000 },
    { goal: "to cancel one of 1,000,000 timers", value: at("timers", million, "cancel"), unit: "ns", atMost: 1_000 },
    {
      goal: "set + cancel / setTimeout + clearTimeout, 100,000 pending",
      value: both("timers") / both("nodeTimers"),
      unit: "",
      atMost: 1,
      floor: 0.3,
    },
    { goal: "a trap 100,000 calls deep / 1 deep", value: deep, unit: "", atMost: 1.3, floor: 1.7 },
    {
      goal: "a task asleep, 1,000,000 at once",
      value: at("live", million, "bytes"),
      unit: "bytes",
      atMost: 500,
      floor: 530,
      remark:
        "A heap of timers holds two numbers and a place for each. Next: no frame object for a task's first frame, 24 bytes.",
    },
  ];
}
