// Many idle connections: what they cost the busy ones beside them, and what memory each takes.

import type { Effort } from "../lib/suite.ts";
import { held, load } from "./client.ts";
import { type Heap, Running } from "./running.ts";
import type { Server } from "./servers.ts";

export const idleConnections = 10_000;
export const busyConnections = 500;
const seconds = 1.2;

/** p99 in microseconds, round by round. */
export interface Beside {
  readonly alone: readonly number[];
  readonly withIdle: readonly number[];
  readonly failure?: string;
}

/** Bytes per idle connection; the heap's where the server is one of Node. */
export interface Footprint {
  readonly startBytes: number;
  readonly residentBytes: number;
  readonly heapBytes?: number;
  readonly bufferBytes?: number;
}

/** The busy alone, then the busy beside the idle, in interleaved rounds. */
export async function besideIdle(
  client: string,
  servers: readonly Server[],
  rounds: number,
  effort: Effort,
): Promise<Map<Server, Beside>> {
  const results = new Map<Server, { alone: number[]; withIdle: number[]; failure?: string }>();
  const started = new Map<Server, Running>();
  try {
    for (const server of servers) {
      const running = await Running.start(server);
      if (typeof running !== "string") started.set(server, running);
      results.set(server, { alone: [], withIdle: [], ...(typeof running === "string" ? { failure: running } : {}) });
    }
    for (let round = 0; round < rounds; round++) {
      for (const [server, running] of started) {
        const result = results.get(server);
        if (result === undefined || result.failure !== undefined) continue;
        effort.say(`idle connections, round ${round + 1} of ${rounds}: ${server.name}`);
        try {
          result.alone.push(await p99(client, running, 0));
          result.withIdle.push(await p99(client, running, idleConnections));
        } catch (error) {
          result.failure = `failed: ${error instanceof Error ? error.message.slice(0, 80) : String(error)}`;
        }
      }
    }
    return results;
  } finally {
    for (const running of started.values()) await running.stop();
  }
}

async function p99(client: string, running: Running, idle: number): Promise<number> {
  const how = { connections: busyConnections, idle, depths: [1], warm: 0.5, seconds };
  const [sample] = await load(client, running, how);
  await running.rest();
  if (sample === undefined) throw new Error("the client measured nothing");
  return sample.p99;
}

/** Memory per idle connection of a server that has served some before. @param probe the compiled heap-probe.ts */
export async function footprint(client: string, server: Server, probe: string): Promise<Footprint | string> {
  const running = await Running.start(server, probe);
  if (typeof running === "string") return running;
  const isNode = server.command[0] === process.execPath;
  const look = async (): Promise<{ rss: number; heap: Heap | undefined }> => {
    const heap = isNode ? await running.heap() : undefined;
    return { rss: running.rssBytes(), heap };
  };
  try {
    const startBytes = running.rssBytes();
    await load(client, running, { connections: 100, depths: [1], warm: 0, seconds: 0.5 });
    await running.rest();
    const before = await look();
    const after = await held(client, running, idleConnections, look);
    const each = (most?: number, least?: number) => ((most ?? 0) - (least ?? 0)) / idleConnections;
    const residentBytes = each(after.rss, before.rss);
    if (after.heap === undefined) return { startBytes, residentBytes };
    const heapBytes = each(after.heap.heapUsed, before.heap?.heapUsed);
    return {
      startBytes,
      residentBytes,
      heapBytes,
      bufferBytes: each(after.heap.arrayBuffers, before.heap?.arrayBuffers),
    };
  } catch (error) {
    return `failed: ${error instanceof Error ? error.message.slice(0, 80) : String(error)}`;
  } finally {
    await running.stop();
  }
}
