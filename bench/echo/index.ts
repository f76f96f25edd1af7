// The suite `echo`: JSON-RPC echo servers, ours, Node's, and other systems', under a load client in C. Every server is
// one process on one core, loaded from the other; what counts is its CPU time per request, in interleaved rounds.

import { readFileSync } from "node:fs";
import type { Effort, Suite, SuiteResult } from "../lib/suite.ts";
import { Build } from "./build.ts";
import { measurePoint, Outcomes, type Point } from "./grid.ts";
import { besideIdle, busyConnections, type Footprint, footprint, idleConnections } from "./idle.ts";
import {
  besideTable,
  checked,
  cpuChecks,
  footprintTable,
  idleChecks,
  plots,
  pointTables,
  rowsTable,
} from "./report.ts";
import { guarded } from "./running.ts";
import { allServers, names, quickServers, type Server } from "./servers.ts";

/** Rounds that `--quick` has at least: its checks are ratios of rounds. */
const quickRounds = 5;

async function quick(effort: Effort): Promise<SuiteResult> {
  const build = await Build.make();
  const [client, servers] = [await build.client(), await quickServers(build)];
  const rounds = Math.max(quickRounds, effort.rounds);
  const point: Point = { connections: checked.connections, depths: [1, 16], rounds, peerRounds: 0, seconds: 0.7 };
  const outcomes = new Outcomes();
  await measurePoint(client, servers, point, outcomes, effort);
  return { tables: pointTables(servers, [point], outcomes), plots: [], checks: cpuChecks(outcomes) };
}

/** Eleven minutes at five rounds. */
function fullPoints(rounds: number): Point[] {
  const depths = [1, 16];
  const [some, few] = [Math.max(1, rounds - 2), Math.max(1, rounds - 3)];
  const points: Point[] = [
    { connections: checked.connections, depths, rounds, peerRounds: few, seconds: 1.3 },
    { connections: 1, depths, rounds: some, peerRounds: 1, seconds: 0.7 },
    { connections: 1000, depths, rounds: some, peerRounds: 1, seconds: 1 },
    { connections: 10_000, depths: [1], rounds: few, peerRounds: 1, seconds: 1 },
    // 160,000 requests outstanding take most peers several seconds.
    { connections: 10_000, depths: [16], rounds: 1, peerRounds: 0, seconds: 1 },
  ];
  return points.filter(({ connections }) => hasDescriptors(connections));
}

async function full(effort: Effort): Promise<SuiteResult> {
  const build = await Build.make();
  const [client, servers] = [await build.client(), await allServers(build)];
  const points = fullPoints(effort.rounds);
  const outcomes = new Outcomes();
  const sameFraming = servers.filter(({ framing }) => framing === "int32");
  for (const point of points) {
    const rows = point.connections === checked.connections ? servers : sameFraming;
    await measurePoint(client, rows, point, outcomes, effort);
  }
  const withIdle = hasDescriptors(idleConnections + busyConnections) ? sameFraming : [];
  const beside = await besideIdle(client, withIdle.filter(isAboutIdle), 3, effort);
  const footprints = await allFootprints(client, withIdle, build.compiled("bench/echo/heap-probe.ts"), effort);
  return {
    tables: [
      rowsTable(servers),
      ...pointTables(servers, points, outcomes),
      besideTable(beside),
      footprintTable(footprints),
    ],
    plots: plots(points, outcomes),
    checks: [...cpuChecks(outcomes), ...idleChecks(beside, footprints)],
  };
}

const aboutIdle: readonly string[] = [
  names.c,
  names.appEpoll,
  names.appNode,
  names.rpcEpoll,
  names.rpcNode,
  names.callbacks,
];

function isAboutIdle({ name }: Server): boolean {
  return aboutIdle.includes(name);
}

async function allFootprints(
  client: string,
  servers: readonly Server[],
  probe: string,
  effort: Effort,
): Promise<Map<Server, Footprint | string>> {
  const footprints = new Map<Server, Footprint | string>();
  for (const server of servers) {
    effort.say(`memory of idle connections: ${server.name}`);
    footprints.set(server, await footprint(client, server, probe));
  }
  return footprints;
}

/** Whether a process may have that many connections, and 100 descriptors for everything else. */
function hasDescriptors(connections: number): boolean {
  const most = /^Max open files\s+\S+\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1];
  return connections + 100 <= Number(most ?? Number.POSITIVE_INFINITY);
}

async function run(effort: Effort): Promise<SuiteResult> {
  if (process.platform !== "linux") throw new Error("the echo suite needs Linux: epoll, /proc, taskset");
  return await guarded(() => (effort.quick ? quick(effort) : full(effort)));
}

export const suite: Suite = { name: "echo", run };
