// The tables of this suite: a row a figure, a column a size.

import type { Table } from "../lib/suite.ts";
import { cellAt, type Grown } from "./grown.ts";
import type { FigureName, What } from "./what.ts";

type Row = readonly [name: string, what: What, figure: FigureName];

const liveRows: readonly Row[] = [
  ["switch between two busy tasks", "live", "switch"],
  ["the same, async functions", "asyncLive", "switch"],
  ["sleep and wake, all of them", "waking", "wake"],
  ["spawn", "killing", "spawn"],
  ["kill, to the end of the last", "killing", "kill"],
  ["start of an async function", "asyncLive", "spawn"],
  ["bytes of a task asleep", "live", "bytes"],
  ["bytes of an async function", "asyncLive", "bytes"],
];

const timerRows: readonly Row[] = [
  ["set", "timers", "set"],
  ["cancel, in another order", "timers", "cancel"],
  ["cancel one, set one, all others pending", "timers", "replace"],
  ["setTimeout", "nodeTimers", "set"],
  ["clearTimeout, in another order", "nodeTimers", "cancel"],
  ["clear one, set one, all others pending", "nodeTimers", "replace"],
];

const depthRows: readonly Row[] = [
  ["trap", "depth", "trap"],
  ["the same by native `yield*`", "bareDepth", "trap"],
  ["call + return, a frame, way down and up", "depth", "call"],
  ["kill, a frame", "depth", "killFrame"],
];

export function tablesOf(grown: Grown): Table[] {
  return [
    tableOf(
      grown,
      "Live tasks",
      "live",
      liveRows,
      "Nanoseconds of CPU time an operation (bytes where it says so) while so many tasks are asleep. Sleeping and waking is in virtual time: the work, not the waiting.",
    ),
    tableOf(
      grown,
      "Pending timers",
      "timers",
      timerRows,
      "Nanoseconds of CPU time an operation, at random times within a minute.",
    ),
    tableOf(
      grown,
      "Depth of calls",
      "depth",
      depthRows,
      "Nanoseconds of CPU time an operation, so many routine calls deep. Native `yield*` overflows the stack near 5,000.",
    ),
  ];
}

function tableOf(grown: Grown, title: string, sizesLike: What, rows: readonly Row[], note: string): Table {
  const sizes = grown.sizes[sizesLike];
  const isRun = ([, what]: Row): boolean => grown.sizes[what].length > 0;
  return {
    title,
    note,
    columns: sizes.map((size) => size.toLocaleString("en")),
    rows: rows.filter(isRun).map(([name, what, figure]) => ({
      name,
      cells: sizes.map((size) => cellAt(grown, what, size, figure)),
    })),
  };
}
