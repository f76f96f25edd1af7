// The tables of this suite.

import { figureOf } from "../lib/figures.ts";
import type { Table } from "../lib/suite.ts";

/** How many filters there are between the source and the sink. */
export const stageCounts = [1, 5] as const;

/** Nanoseconds an item, by number of stages. */
export type Costs = Readonly<Record<(typeof stageCounts)[number], number>>;

const note =
  "Nanoseconds of CPU time an item, from a loop through filters that let all pass to a sink that adds them up, each style in a process of its own. Sent to: each stage calls the next, on one stack. Asked: each stage asks the one before it. Of these only async generators and tasks can wait for anything; tasks alone are seen, can be stopped one by one, and hold a bounded number of items between them.";

export function styleTable(rounds: ReadonlyMap<string, readonly Costs[]>): Table {
  return {
    title: "A filter in many styles",
    note,
    columns: stageCounts.map((stages) => (stages === 1 ? "1 stage" : `${stages} stages`)),
    rows: [...rounds].map(([name, costs]) => ({
      name,
      cells: stageCounts.map((stages) => figureOf(costs.map((cost) => cost[stages]))),
    })),
  };
}

/** How long a log is. */
export const lineCounts: readonly number[] = [100_000, 1_000_000];

/** What a log comes to. */
export interface LogCosts {
  readonly cpuSeconds: number;
  /** Of the whole process, 10^6 bytes. */
  readonly peakMb: number;
}

const logNote =
  "`apps/pipelines/access-log.ts` on a log in the combined format, 142 bytes a line, of which a third are of paths that hardly come twice: CPU time, writing the log left out, and the most memory that the process ever had.";

export function logTable(rounds: ReadonlyMap<string, readonly LogCosts[]>): Table {
  return {
    title: "A web server's log",
    note: logNote,
    columns: ["seconds of CPU time", "peak MB"],
    rows: [...rounds].map(([name, costs]) => ({
      name: name.replace(/\B(?=(\d{3})+ )/g, ","),
      cells: [figureOf(costs.map(({ cpuSeconds }) => cpuSeconds)), figureOf(costs.map(({ peakMb }) => peakMb))],
    })),
  };
}
