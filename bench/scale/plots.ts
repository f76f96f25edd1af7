// The plots of this suite: how each cost grows.

import type { Plot, Series } from "../lib/suite.ts";
import { type Grown, middleAt } from "./grown.ts";
import type { FigureName, What } from "./what.ts";

export function plotsOf(grown: Grown): Plot[] {
  const line = (name: string, what: What, figure: FigureName): Series => ({
    name,
    points: grown.sizes[what].map((x) => ({ x, y: middleAt(grown, what, x, figure) })),
  });
  return [
    {
      file: "scale-live",
      title: "Costs by the number of live tasks",
      x: "tasks asleep",
      y: "ns an operation",
      log: "xy",
      series: [
        line("switch between two tasks", "live", "switch"),
        line("the same, async functions", "asyncLive", "switch"),
        line("sleep and wake", "waking", "wake"),
        line("spawn", "killing", "spawn"),
        line("kill", "killing", "kill"),
      ],
    },
    {
      file: "scale-timers",
      title: "Costs by the number of pending timers",
      x: "timers pending",
      y: "ns an operation",
      log: "xy",
      series: [
        line("set", "timers", "set"),
        line("cancel", "timers", "cancel"),
        line("setTimeout", "nodeTimers", "set"),
        line("clearTimeout", "nodeTimers", "cancel"),
      ],
    },
    {
      file: "scale-depth",
      title: "Costs by the depth of calls",
      x: "calls deep",
      y: "ns an operation",
      log: "xy",
      series: [
        line("trap", "depth", "trap"),
        line("trap by native yield*", "bareDepth", "trap"),
        line("call + return, a frame", "depth", "call"),
        line("kill, a frame", "depth", "killFrame"),
      ],
    },
  ];
}
