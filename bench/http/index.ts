// The suite `http`: the server of apps/lib/http on both machines, beside node:http. Every server is one process on one
// core, loaded by wrk from the other; what counts is its CPU time per request, in interleaved rounds.

import process from "node:process";
import { Build } from "../echo/build.ts";
import { guarded, isPinned, Running } from "../echo/running.ts";
import type { Server } from "../echo/servers.ts";
import { figureOf, median } from "../lib/figures.ts";
import type { Command } from "../lib/peer.ts";
import type { Cell, Check, Effort, Suite, SuiteResult, Table } from "../lib/suite.ts";
import { hasWrk, type Window, window } from "./wrk.ts";

const names = { ours: "yieldix, epoll", oursNode: "yieldix, node", node: "node:http" } as const;

interface Case {
  readonly path: string;
  readonly what: string;
  readonly connections: number;
}

const at = "a small text, answered at once";
const after = "a small text, after a timer of 1 ms";
const allCases: readonly Case[] = [
  { path: "/", what: at, connections: 1 },
  { path: "/", what: at, connections: 100 },
  { path: "/wait", what: after, connections: 100 },
];
const quickCases: readonly Case[] = allCases.slice(1);

function serversOf(build: Build): Server[] {
  const does = "keep-alive, a small text"; // not shown: all do the same
  const cli = build.compiled("apps/cli/main.ts");
  const ours = (name: string, machine: string): Server => {
    const command: Command = [
      process.execPath,
      cli,
      "run",
      "--machine",
      machine,
      build.compiled("bench/http/servers/ours.ts"),
    ];
    return { name, does, framing: "line", command, isMain: true };
  };
  const plain: Command = [process.execPath, build.compiled("bench/http/servers/node-http.ts")];
  return [
    ours(names.ours, "epoll"),
    ours(names.oursNode, "node"),
    { name: names.node, does, framing: "line", command: plain, isMain: true },
  ];
}

type Windows = ReadonlyMap<string, readonly Window[]>;

/** What each server gave in each round of a case. */
async function measure(servers: readonly Server[], one: Case, seconds: number, effort: Effort): Promise<Windows> {
  const windows = new Map<string, Window[]>(servers.map(({ name }) => [name, []]));
  const started: Running[] = [];
  try {
    for (const server of servers) {
      const running = await Running.start(server);
      if (typeof running === "string") throw new Error(`${server.name}: ${running}`);
      started.push(running);
      await window(running, one.path, one.connections, 1); // to be compiled
    }
    for (let round = 1; round <= effort.rounds; round++) {
      for (const running of started) {
        const { name } = running.server;
        effort.say(`${one.connections} connections, ${one.path}, round ${round} of ${effort.rounds}: ${name}`);
        windows.get(name)?.push(await window(running, one.path, one.connections, seconds));
        await running.rest();
      }
    }
  } finally {
    for (const running of started) await running.stop();
  }
  return windows;
}

function ratios(windows: Windows, name: string): number[] {
  const beside = windows.get(names.node) ?? [];
  return (windows.get(name) ?? []).map(({ cpu }, round) => cpu / (beside[round]?.cpu ?? Number.NaN));
}

function tableOf({ what, connections }: Case, windows: Windows, seconds: number): Table {
  const cores = isPinned ? "Server and client have a core each." : "Server and client are not pinned to cores.";
  return {
    title: `HTTP, ${connections === 1 ? "1 connection" : `${connections} connections`}: ${what}`,
    note:
      `${cores} wrk keeps each connection, with one request outstanding on each; windows of ${seconds} s. Times in µs; CPU is ` +
      `the server's, user and system; the last column holds it, round by round, against node:http. That sends a Date, ` +
      "which ours does not; ours refuses what node:http lets pass (a length twice, a blank before a colon).",
    columns: ["requests/s", "p50", "p99", "CPU/request", "× node:http"],
    rows: [...windows].map(([name, all]) => ({ name, cells: cellsOf(all, ratios(windows, name)) })),
  };
}

function cellsOf(windows: readonly Window[], beside: readonly number[]): Cell[] {
  const over = (of: (each: Window) => number): Cell => figureOf(windows.map(of));
  return [
    over(({ requestsPerSecond }) => requestsPerSecond),
    over(({ p50 }) => p50),
    over(({ p99 }) => p99),
    over(({ cpu }) => cpu),
    figureOf([...beside]),
  ];
}

/** A goal for the ratio that people ask about. */
function checkOf({ what, connections }: Case, windows: Windows): Check {
  return {
    goal: `HTTP, ${connections} connections, ${what}: CPU a request, epoll machine, × node:http`,
    value: median(ratios(windows, names.ours)),
    unit: "",
    atMost: 1,
    floor: 1.5,
    remark: "a head is taken apart in JavaScript, node:http's parser is C; 1 to 5 µs a request",
  };
}

async function run(effort: Effort): Promise<SuiteResult> {
  if (process.platform !== "linux") throw new Error("the http suite needs Linux: epoll, /proc, taskset");
  if (!hasWrk) {
    const note = "Nothing was measured: wrk, which makes the load, is not installed (Debian: apt-get install wrk).";
    return { tables: [{ title: "HTTP", note, columns: [], rows: [] }], plots: [], checks: [] };
  }
  return await guarded(async () => {
    const servers = serversOf(await Build.make());
    const seconds = effort.quick ? 1 : 2;
    const tables: Table[] = [];
    const checks: Check[] = [];
    for (const one of effort.quick ? quickCases : allCases) {
      const windows = await measure(servers, one, seconds, effort);
      tables.push(tableOf(one, windows, seconds));
      if (one.connections > 1) checks.push(checkOf(one, windows));
    }
    return { tables, plots: [], checks };
  });
}

export const suite: Suite = { name: "http", run };
