// What was measured as tables, plots and checks.

import { figureOf, median } from "../lib/figures.ts";
import type { Cell, Check, Plot, Table } from "../lib/suite.ts";
import type { Sample } from "./client.ts";
import { cpuPerRequest, cpuRatios, type Outcomes, type Point } from "./grid.ts";
import { type Beside, busyConnections, type Footprint, idleConnections } from "./idle.ts";
import { isPinned } from "./running.ts";
import { names, type Server } from "./servers.ts";

/** Where the goals on CPU time hold. */
export const checked = { connections: 100, depth: 1 } as const;

export function rowsTable(servers: readonly Server[]): Table {
  return {
    title: "Echo servers: what each row does",
    note: 'The request is {"jsonrpc":"2.0","method":"echo","params":["x" × 32],"id":N}; every server runs on one core.',
    columns: ["what it does with a request"],
    rows: servers.map(({ name, does }) => ({ name, cells: [does] })),
  };
}

export function pointTables(servers: readonly Server[], points: readonly Point[], outcomes: Outcomes): Table[] {
  const cores = isPinned ? "Server and client have a core each." : "Server and client are not pinned to cores.";
  return points.flatMap(({ connections, depths, seconds }) =>
    depths.map((depth) => ({
      title: `Echo, ${connections.toLocaleString("en")} connections, ${depth} outstanding on each`,
      note:
        `${cores} A closed loop: the client sends the next request when a reply has come, so latency is mostly the ` +
        `queue of ${(connections * depth).toLocaleString("en")} requests. Windows of ${seconds} s. Times in µs; CPU is ` +
        `the server's, user and system; the last column holds it, round by round, against "${names.callbacks}".`,
      columns: ["requests/s", "p50", "p99", "p99.9", "CPU/request", "× callbacks"],
      rows: servers.flatMap(({ name }) => {
        const cells = pointCells(outcomes, connections, depth, name);
        return cells === undefined ? [] : [{ name, cells }];
      }),
    })),
  );
}

function pointCells(outcomes: Outcomes, connections: number, depth: number, name: string): Cell[] | undefined {
  const outcome = outcomes.get(connections, depth, name);
  if (outcome === undefined) return undefined;
  const samples = outcome.samples.filter((sample) => sample !== undefined);
  if (samples.length === 0) return [outcome.failure ?? "nothing measured", "", "", "", "", ""];
  const over = (of: (sample: Sample) => number): Cell => figureOf(samples.map(of));
  const ratios = cpuRatios(outcome, outcomes.get(connections, depth, names.callbacks));
  return [
    over(({ requests, seconds }) => requests / seconds),
    over(({ p50 }) => p50),
    over(({ p99 }) => p99),
    over(({ p999 }) => p999),
    over(cpuPerRequest),
    ratios.length === 0 ? "" : figureOf(ratios),
  ];
}

const plotted = [
  names.c,
  names.go,
  names.appEpoll,
  names.appNode,
  names.rpcEpoll,
  names.callbacks,
  names.asyncio,
  names.uvloop,
];

export function plots(points: readonly Point[], outcomes: Outcomes): Plot[] {
  const of = (y: (sample: Sample) => number): Plot["series"] =>
    plotted.map((name) => ({
      name,
      points: [...new Set(points.map(({ connections }) => connections))]
        .toSorted((a, b) => a - b)
        .flatMap((connections) => {
          const samples = outcomes.get(connections, checked.depth, name)?.samples ?? [];
          const values = samples.filter((sample) => sample !== undefined).map(y);
          return values.length === 0 ? [] : [{ x: connections, y: median(values) }];
        }),
    }));
  const x = "connections";
  return [
    { file: "echo-cpu", title: "The server's CPU time per request", x, y: "µs", log: "xy", series: of(cpuPerRequest) },
    {
      file: "echo-requests",
      title: "Requests per second on one core",
      x,
      y: "requests/s",
      log: "x",
      series: of(({ requests, seconds }) => requests / seconds),
    },
  ];
}

export function besideTable(results: ReadonlyMap<Server, Beside>): Table {
  return {
    title: `Echo, ${idleConnections.toLocaleString("en")} idle connections beside ${busyConnections} busy ones`,
    note: "p99 of the busy connections, one request outstanding on each, in µs; the last column is the two, round by round.",
    columns: ["without the idle", "with them", "ratio"],
    rows: [...results].map(([{ name }, result]) => ({
      name,
      cells:
        result.failure !== undefined || result.withIdle.length === 0
          ? [result.failure ?? "nothing measured", "", ""]
          : [figureOf(result.alone), figureOf(result.withIdle), figureOf(besideRatios(result))],
    })),
  };
}

function besideRatios({ alone, withIdle }: Beside): number[] {
  return withIdle.map((p99, round) => p99 / (alone[round] ?? Number.NaN));
}

export function footprintTable(results: ReadonlyMap<Server, Footprint | string>): Table {
  const cell = (value: number | undefined): Cell => (value === undefined ? "" : figureOf([value]));
  return {
    title: "Echo, memory of an idle connection",
    note:
      `Bytes per connection with ${idleConnections.toLocaleString("en")} of them, each after one request; the system's own ` +
      "socket buffers are in none of them. Resident: of the whole process. Heap: JavaScript's after a collection; buffers: its ArrayBuffers.",
    columns: ["at the start, MB", "resident", "heap", "buffers"],
    rows: [...results].map(([{ name }, result]) => ({
      name,
      cells:
        typeof result === "string"
          ? [result, "", "", ""]
          : [
              cell(result.startBytes / 1e6),
              cell(result.residentBytes),
              cell(result.heapBytes),
              cell(result.bufferBytes),
            ],
    })),
  };
}

/** The goals on CPU time, which `--quick` measures too. */
export function cpuChecks(outcomes: Outcomes): Check[] {
  const { appEpoll, appNode, rpcEpoll, callbacks, c } = names;
  // `--quick` leaves the JSON-RPC server out.
  const onEpoll = [appEpoll, rpcEpoll].filter((name) => outcomes.get(checked.connections, checked.depth, name));
  return [
    ...onEpoll.map((name) => cpuCheck(outcomes, name, c, 1.5, floors.epollToC, remarks.toC)),
    ...onEpoll.map((name) => cpuCheck(outcomes, name, callbacks, 0.65, floors.epollToCallbacks, remarks.toCallbacks)),
    cpuCheck(outcomes, appNode, callbacks, 1.15, floors.nodeToCallbacks, remarks.nodeToCallbacks),
  ];
}

const remarks = {
  toC: "C parses no JSON and is alone in its caches. Of the gap, JSON is a third; the same system calls cost a fifth more beside a JavaScript heap; the rest is two calls through koffi and a task's turn with one wait and two routine calls. Next: serve routine calls in place, as syscalls are, so that a request suspends its task once.",
  toCallbacks:
    "The system calls are the same ones and more than half of either's time; what is saved is streams and libuv. Next: as above.",
  nodeToCallbacks: "The same callbacks, and behind each a wake-up, a lap and a task's turn.",
} as const;

/** The worst that was seen, with a fifth on top. */
const floors = { epollToC: 4.5, epollToCallbacks: 1.15, nodeToCallbacks: 1.75 } as const;

function cpuCheck(outcomes: Outcomes, one: string, other: string, atMost: number, floor: number, remark = ""): Check {
  const { connections, depth } = checked;
  const [ours, theirs] = [outcomes.get(connections, depth, one), outcomes.get(connections, depth, other)];
  const ratios = cpuRatios(ours, theirs);
  const goal = `echo, CPU per request at ${connections} connections, "${one}" to "${other}"`;
  if (ratios.length > 0) {
    return { goal, value: median(ratios), unit: "×", atMost, floor, ...(remark === "" ? {} : { remark }) };
  }
  const why = ours?.failure ?? theirs?.failure ?? "nothing was measured";
  return { goal, value: Number.NaN, unit: "×", atMost, remark: why };
}

/** The goals on idle connections. */
export function idleChecks(
  beside: ReadonlyMap<Server, Beside>,
  footprints: ReadonlyMap<Server, Footprint | string>,
): Check[] {
  const isGoal = ({ name }: Server): boolean => name === names.appEpoll || name === names.rpcEpoll;
  return [
    ...[...beside].filter(([server]) => isGoal(server)).map(([{ name }, result]) => besideCheck(name, result)),
    ...[...footprints].filter(([server]) => isGoal(server)).map(([{ name }, result]) => heapCheck(name, result)),
  ];
}

function besideCheck(name: string, result: Beside): Check {
  const [idle, busy] = [idleConnections.toLocaleString("en"), String(busyConnections)];
  const goal = `echo, p99 of ${busy} busy connections beside ${idle} idle ones to that of ${busy} alone, "${name}"`;
  const ratios = result.failure === undefined ? besideRatios(result) : [];
  const remark = result.failure === undefined ? {} : { remark: result.failure };
  return { goal, value: ratios.length === 0 ? Number.NaN : median(ratios), unit: "×", atMost: 2, ...remark };
}

function heapCheck(name: string, result: Footprint | string): Check {
  const value = typeof result === "string" ? Number.NaN : (result.heapBytes ?? Number.NaN);
  const goal = `echo, heap per idle connection, "${name}"`;
  const remark =
    typeof result === "string"
      ? result
      : "Two tasks a connection, a scanner and queues. Next: no writer task until something has to wait to be written.";
  return { goal, value, unit: "bytes", atMost: 2048, remark };
}
