// The JSON-RPC echo server with 1,000 busy connections: without a control port, with one that nobody asks, watched once a
// second, watched as fast as can be, and with a watchdog. The server has one core, guard thread included; what counts is
// its CPU time a request, beside that of the same round without any of it.

import { setTimeout as sleep } from "node:timers/promises";
import { controlFolder, socketsIn } from "../../apps/control/guard/folder.ts";
import type { Build } from "../echo/build.ts";
import { load, type Sample } from "../echo/client.ts";
import { cpuPerRequest } from "../echo/grid.ts";
import { Running, spawnClient } from "../echo/running.ts";
import type { Effort } from "../lib/suite.ts";

/** How the server runs, and who looks at it. */
export interface Watching {
  readonly name: string;
  readonly options: readonly string[];
  /** ms between two frames of one viewer; undefined: there is none. */
  readonly everyMs?: number;
}

export const watchings: readonly Watching[] = [
  { name: "no control port", options: ["--no-control"] },
  { name: "nobody watches", options: [] },
  { name: "a viewer, every second", options: [], everyMs: 1_000 },
  { name: "a viewer, ten times a second", options: [], everyMs: 100 },
  { name: "a watchdog, nobody watches", options: ["--watchdog", "1000"] },
];

const connections = 1_000;
const [warmFirst, warmNext] = [1, 0.3];
const attachMs = 1_500;

/** CPU time a request, and requests a second, of each round. */
export type Served = ReadonlyMap<string, readonly Sample[]>;

export async function served(build: Build, effort: Effort): Promise<Served> {
  const client = await build.client();
  const samples = new Map<string, Sample[]>(watchings.map(({ name }) => [name, []]));
  const running = new Map<Watching, Running>();
  try {
    for (const watching of watchings) running.set(watching, await started(build, watching));
    for (let round = 0; round < effort.rounds; round++) {
      for (const [watching, server] of running) {
        effort.say(`round ${round + 1} of ${effort.rounds}: ${watching.name}`);
        samples.get(watching.name)?.push(await window(build, client, server, watching, round === 0));
      }
    }
  } finally {
    for (const server of running.values()) await server.stop();
  }
  return samples;
}

async function started(build: Build, { name, options }: Watching): Promise<Running> {
  const app = build.compiled("bench/echo/servers/rpc.ts");
  const command = [process.execPath, build.compiled("apps/cli/main.ts"), "run", ...options, app] as const;
  const running = await Running.start({ name, does: "", framing: "int32", command: [...command], isMain: true });
  if (typeof running === "string") throw new Error(`the server (${name}) ${running}`);
  return running;
}

async function window(
  build: Build,
  client: string,
  server: Running,
  { everyMs }: Watching,
  isFirst: boolean,
): Promise<Sample> {
  const detach = everyMs === undefined ? (): void => {} : await attach(build, server, everyMs);
  try {
    const warm = isFirst ? warmFirst : warmNext;
    const [sample] = await load(client, server, { connections, depths: [1], seconds: 1.5, warm });
    if (sample === undefined) throw new Error("the load client measured nothing");
    return sample;
  } finally {
    detach();
    await server.rest();
  }
}

/** A viewer, in a process of its own beside the client. @returns how it leaves */
async function attach(build: Build, { pid }: Running, everyMs: number): Promise<() => void> {
  const path = socketsIn(controlFolder()).find((socket) => socket.pid === pid)?.path;
  if (path === undefined) throw new Error(`kernel ${pid} has no control port`);
  const app = build.compiled("bench/monitor/apps/viewer.ts");
  const cli = build.compiled("apps/cli/main.ts");
  const viewer = spawnClient([process.execPath, cli, "run", "--no-control", app, "--", path, String(everyMs)]);
  let said = "";
  viewer.stderr?.on("data", (bytes: Buffer) => {
    said += bytes;
  });
  await sleep(attachMs);
  if (viewer.exitCode !== null) throw new Error(`the viewer has ended: ${said.slice(0, 500)}`);
  return () => viewer.kill("SIGKILL");
}

/** Round by round, what a way of watching costs: CPU time a request beside that without a control port. */
export function ratios(all: Served, name: string): number[] {
  const plain = all.get(watchings[0]?.name ?? "") ?? [];
  return (all.get(name) ?? []).flatMap((sample, round) => {
    const beside = plain[round];
    return beside === undefined ? [] : [cpuPerRequest(sample) / cpuPerRequest(beside)];
  });
}
