// The control port of a kernel that `yieldix run` boots: the agent that answers for it, and the guard in front of that. A
// port that cannot be had is one line on the kernel log, and the app runs without.

import { randomBytes } from "node:crypto";
import process from "node:process";
import { getHeapStatistics } from "node:v8";
import { type Kernel, printable } from "../../kernel/index.ts";
import { timeOfDay } from "../../kernel/machine/console.ts";
import { Agent } from "../control/agent/agent.ts";
import type { Apps } from "../control/agent/apps.ts";
import { Guard } from "../control/guard/main.ts";
import type { TcpDoor } from "../control/guard/messages.ts";
import type { Access } from "../control/records.ts";
import { UsageError } from "../lib/usage.ts";
import { loadApp, startApp } from "./load.ts";

/** What the command line asks for. */
export interface ControlOptions {
  readonly access: Access;
  /** A port on TCP beside the socket; 0: any that is free. */
  readonly tcpPort?: number;
}

/**
 * What `--control` was given.
 * @param word "read-only", or "tcp:PORT"
 * @param before what it was given before this
 * @throws UsageError for anything else
 */
export function controlOption(word: string, before: ControlOptions | boolean | undefined): ControlOptions {
  const options: ControlOptions = typeof before === "object" ? before : { access: "full" };
  if (word === "read-only") return { ...options, access: "read-only" };
  const port = /^tcp:(\d{1,5})$/.exec(word)?.[1];
  if (port !== undefined && Number(port) <= 65_535) return { ...options, tcpPort: Number(port) };
  throw new UsageError(`--control ${printable(word)}: give "read-only", or "tcp:" and a port from 0 to 65535`);
}

/** Answers questions about a kernel; reached by a control port, or by nobody. */
export function makeAgent(kernel: Kernel, name: string, apps: Apps): Agent {
  return new Agent(kernel, {
    name,
    pid: process.pid,
    node: process.versions.node,
    heapBytes: () => getHeapStatistics().used_heap_size,
    timeOfDay,
    apps,
    load: async (path, argv) => startApp(await loadApp(path), path, [...argv]),
  });
}

/** Opens the control port. @returns undefined where there can be none, which the kernel log says */
export function openControl(agent: Agent, options: ControlOptions, opened: (path: string) => void): Guard | undefined {
  const tcp: TcpDoor | undefined =
    options.tcpPort === undefined ? undefined : { port: options.tcpPort, token: randomBytes(16).toString("hex") };
  const listening = (at: string): void => {
    if (at.startsWith("/")) opened(at);
    else if (tcp !== undefined) process.stderr.write(`yieldix: read-only control port on ${at}, token ${tcp.token}\n`);
  };
  try {
    return new Guard(agent, { access: options.access, tcp, listening });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    agent.kernel.log("warn", 0, `there is no control port: ${printable(why)}`);
    return undefined;
  }
}
