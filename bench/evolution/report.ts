// What was measured as tables and checks.

import { cpuPerRequest, cpuRatios, type Outcomes, type Point } from "../echo/grid.ts";
import { isPinned } from "../echo/running.ts";
import type { Server } from "../echo/servers.ts";
import { figureOf, median } from "../lib/figures.ts";
import type { Cell, Check, Table } from "../lib/suite.ts";
import { names } from "./systems.ts";

/** Where the checks hold. */
export const checked = { connections: 100, depth: 1 } as const;

export function stylesTable(servers: readonly Server[]): Table {
  return {
    title: "One server, eleven ways: what each row is",
    note:
      "The files are in apps/evolution/, each run as `yieldix run` runs it; those that need no kernel are one task of " +
      'one. The request is {"jsonrpc":"2.0","method":"foo","id":N}; all read it and answer it by the same two functions.',
    columns: ["what it is"],
    rows: servers.map(({ name, does }) => ({ name, cells: [does] })),
  };
}

export function pointTables(servers: readonly Server[], points: readonly Point[], outcomes: Outcomes): Table[] {
  const cores = isPinned ? "Server and client have a core each." : "Server and client are not pinned to cores.";
  return points.flatMap(({ connections, depths, seconds }) =>
    depths.map((depth) => ({
      title: `One server, eleven ways: ${count(connections, "connection")}, ${depth} outstanding on each`,
      note:
        `${cores} A closed loop: the next request is sent when an answer has come, so p99 is mostly the queue of ` +
        `${count(connections * depth, "request")}. Windows of ${seconds} s. Times in µs; CPU is the server's, user and ` +
        `system; the last column holds it, round by round, against "${names.callbacks}".`,
      columns: ["requests/s", "p99", "CPU/request", "× callbacks"],
      rows: servers.map(({ name }) => ({ name, cells: cells(outcomes, connections, depth, name) })),
    })),
  );
}

function count(number: number, what: string): string {
  return `${number.toLocaleString("en")} ${what}${number === 1 ? "" : "s"}`;
}

function cells(outcomes: Outcomes, connections: number, depth: number, name: string): Cell[] {
  const outcome = outcomes.get(connections, depth, name);
  const samples = (outcome?.samples ?? []).filter((sample) => sample !== undefined);
  if (samples.length === 0) return [outcome?.failure ?? "nothing measured", "", "", ""];
  const ratios = cpuRatios(outcome, outcomes.get(connections, depth, names.callbacks));
  return [
    figureOf(samples.map(({ requests, seconds }) => requests / seconds)),
    figureOf(samples.map(({ p99 }) => p99)),
    figureOf(samples.map(cpuPerRequest)),
    ratios.length === 0 ? "" : figureOf(ratios),
  ];
}

/** What coroutines cost, held against the callbacks that they spare one. */
export function cpuChecks(outcomes: Outcomes): Check[] {
  return [
    cpuCheck(
      outcomes,
      names.kernel,
      { atMost: 1, floor: 1.3 },
      "A task per client costs about what its callbacks do: now a little less, now a little more.",
    ),
    cpuCheck(
      outcomes,
      names.kernelNode,
      { atMost: 1.15, floor: 1.9 },
      "The same callbacks, and behind each a wake-up, a lap and a task's turn.",
    ),
  ];
}

type Limits = Required<Pick<Check, "atMost" | "floor">>;

function cpuCheck(outcomes: Outcomes, name: string, limits: Limits, remark = ""): Check {
  const { connections, depth } = checked;
  const [ours, theirs] = [outcomes.get(connections, depth, name), outcomes.get(connections, depth, names.callbacks)];
  const ratios = cpuRatios(ours, theirs);
  const goal = `evolution, CPU per request at ${connections} connections, "${name}" to "${names.callbacks}"`;
  if (ratios.length > 0) {
    return { goal, value: median(ratios), unit: "×", ...limits, ...(remark === "" ? {} : { remark }) };
  }
  const why = ours?.failure ?? theirs?.failure ?? "nothing was measured";
  return { goal, value: Number.NaN, unit: "×", ...limits, remark: why };
}
