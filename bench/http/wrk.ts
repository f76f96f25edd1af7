// The load: wrk, on a core of its own. It keeps each connection and sends the next request when a response has come.

import { spawnSync } from "node:child_process";
import { pinned, type Running } from "../echo/running.ts";
import { output } from "../lib/child.ts";

/** One window. */
export interface Window {
  readonly requestsPerSecond: number;
  /** Microseconds. */
  readonly p50: number;
  readonly p99: number;
  /** The server's CPU time per request, user and system, microseconds. */
  readonly cpu: number;
}

export const hasWrk: boolean = spawnSync("wrk", ["--version"]).error === undefined;

/**
 * Loads a server.
 * @param seconds whole ones
 * @throws Error when a response was not as it should be
 */
export async function window(running: Running, path: string, connections: number, seconds: number): Promise<Window> {
  const url = `http://127.0.0.1:${running.port}${path}`;
  const before = running.cpuMs();
  const command = pinned(1, ["wrk", "-t1", `-c${connections}`, `-d${seconds}s`, "--latency", url]);
  const { stdout } = await output(command, 1_000 * seconds + 10_000);
  const spent = running.cpuMs() - before;
  const wrong = /Non-2xx.*|Socket errors.*/.exec(stdout)?.[0];
  if (wrong !== undefined) throw new Error(wrong);
  const requests = Number(/(\d+) requests in/.exec(stdout)?.[1]);
  return {
    requestsPerSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]),
    p50: latency(stdout, "50"),
    p99: latency(stdout, "99"),
    cpu: (1_000 * spent) / requests,
  };
}

const inMicroseconds: Readonly<Record<string, number>> = { us: 1, ms: 1_000, s: 1_000_000 };

function latency(text: string, percent: string): number {
  const [, value, unit = ""] = new RegExp(`^\\s+${percent}%\\s+([\\d.]+)(us|ms|s)$`, "m").exec(text) ?? [];
  return Number(value) * (inMicroseconds[unit] ?? Number.NaN);
}
