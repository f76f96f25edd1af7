// The suite `evolution`: one server written in eleven styles, all under the load client of `echo` in one run. What is
// compared is the style: callbacks alone against coroutines on callbacks, and what came in between and after.

import { Build } from "../echo/build.ts";
import { measurePoint, Outcomes, type Point } from "../echo/grid.ts";
import { guarded } from "../echo/running.ts";
import type { Server } from "../echo/servers.ts";
import type { Effort, Suite, SuiteResult } from "../lib/suite.ts";
import { checked, cpuChecks, pointTables, stylesTable } from "./report.ts";
import { allServers, beside, quickServers } from "./systems.ts";

/** Five minutes at five rounds. */
function fullPoints(rounds: number): Point[] {
  const few = Math.max(1, rounds - 2);
  return [
    { connections: 1, depths: [1, 16], rounds: few, peerRounds: 0, seconds: 0.7 },
    { connections: checked.connections, depths: [1, 16], rounds, peerRounds: 0, seconds: 1 },
    { connections: 1_000, depths: [1], rounds: few, peerRounds: 0, seconds: 1 },
  ];
}

function quickPoints(rounds: number): Point[] {
  return [{ connections: checked.connections, depths: [checked.depth], rounds, peerRounds: 0, seconds: 0.7 }];
}

async function measured(servers: readonly Server[], points: readonly Point[], build: Build, effort: Effort) {
  const client = await build.client();
  const outcomes = new Outcomes();
  for (const point of points) {
    const rows = servers.map((server) => beside(server, point.connections));
    await measurePoint(client, rows, point, outcomes, effort);
  }
  return { tables: pointTables(servers, points, outcomes), plots: [], checks: cpuChecks(outcomes) };
}

async function run(effort: Effort): Promise<SuiteResult> {
  if (process.platform !== "linux") throw new Error("the evolution suite needs Linux: /proc, taskset");
  return await guarded(async () => {
    const build = await Build.make();
    if (effort.quick) return await measured(quickServers(build), quickPoints(effort.rounds), build, effort);
    const servers = allServers(build);
    const result = await measured(servers, fullPoints(effort.rounds), build, effort);
    return { ...result, tables: [stylesTable(servers), ...result.tables] };
  });
}

export const suite: Suite = { name: "evolution", run };
