// The load client of load/, as functions.

import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { type Running, spawnClient } from "./running.ts";

export interface Load {
  readonly connections: number;
  /** Connections beside them that made one request and then say nothing. Default 0. */
  readonly idle?: number;
  /** Requests outstanding per connection; one window each. */
  readonly depths: readonly number[];
  /** Seconds before each window, and of each. */
  readonly warm: number;
  readonly seconds: number;
}

/** One window. Times are microseconds. */
export interface Sample {
  readonly depth: number;
  readonly requests: number;
  readonly seconds: number;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
  readonly errors: number;
  readonly clientCpu: number;
  readonly serverCpu: number;
}

/** Loads a server. @throws Error with what the client said when a reply was wrong or a connection lost */
export async function load(client: string, running: Running, how: Load): Promise<Sample[]> {
  const child = start(client, running, [
    ["connections", how.connections],
    ["idle", how.idle ?? 0],
    ["depth", how.depths.join(",")],
    ["warm", how.warm],
    ["seconds", how.seconds],
    ["pid", running.pid],
  ]);
  const said = textOf(child);
  const samples: Sample[] = [];
  if (child.stdout !== null) {
    for await (const line of createInterface(child.stdout)) {
      const event = JSON.parse(line) as Sample & { event: string }; // what load/main.c prints
      if (event.event === "measured") samples.push(event);
    }
  }
  await ended(child, said);
  if (samples.some(({ errors }) => errors > 0)) throw new Error(`wrong replies: ${said().slice(0, 200)}`);
  return samples;
}

/** Opens idle connections, each with one request made, and keeps them while `body` runs. */
export async function held<T>(client: string, running: Running, idle: number, body: () => Promise<T>): Promise<T> {
  const child = start(client, running, [
    ["connections", 0],
    ["idle", idle],
    ["hold", undefined],
  ]);
  const said = textOf(child);
  let isHeld = false;
  if (child.stdout !== null) {
    for await (const line of createInterface(child.stdout)) {
      isHeld = line.includes('"held"');
      if (isHeld) break;
    }
  }
  try {
    if (isHeld) return await body();
  } finally {
    child.stdin?.end();
    await ended(child, said);
  }
  throw new Error(`the client did not hold ${idle} connections`);
}

type Option = readonly [name: string, value: string | number | undefined];

function start(client: string, running: Running, options: readonly Option[]): ChildProcess {
  const { framing, asked } = running.server;
  const asks: Option[] = asked === undefined ? [] : Object.entries(asked);
  const all: Option[] = [["port", running.port], ["framing", framing], ...asks, ...options];
  const args = all.flatMap(([name, value]) => (value === undefined ? [`--${name}`] : [`--${name}`, String(value)]));
  return spawnClient([client, ...args]);
}

function textOf(child: ChildProcess): () => string {
  let text = "";
  child.stderr?.on("data", (bytes: Buffer) => {
    text = (text + bytes.toString()).slice(0, 2_000);
  });
  return () => text.trim();
}

async function ended(child: ChildProcess, said: () => string): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  if (child.exitCode !== 0) throw new Error(said() || `the client ended with ${child.exitCode ?? child.signalCode}`);
}
