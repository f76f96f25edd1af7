// A server that runs: started on its own core with as many descriptors as the system allows, found by the port it
// prints, watched through /proc, and ended with this process, however that ends.

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus } from "node:os";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import type { Server } from "./servers.ts";

const startMs = 15_000;
const probeMs = 20_000;
/** A server that used less than this part of a core for a moment is at rest. */
const restingPart = 0.1;
const restMs = 100;
const mostRests = 40;
const ticksPerSecond = 100; // USER_HZ, on every Linux

const alive = new Set<ChildProcess>();

function has(program: string): boolean {
  try {
    execFileSync("sh", ["-c", `command -v ${program}`], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** Whether server and client have a core each. */
export const isPinned: boolean = cpus().length > 1 && has("taskset");
const dies: readonly string[] = has("setpriv") ? ["setpriv", "--pdeathsig", "KILL"] : [];

/** A command on a core of its own, which ends when this process is killed. */
export function pinned(core: number, command: readonly string[]): string[] {
  const place = isPinned ? ["taskset", "-c", String(core)] : [];
  return ["sh", "-c", 'ulimit -n "$(ulimit -H -n)"; exec "$@"', "sh", ...dies, ...place, ...command];
}

/** What a Node server that was started with heap-probe.ts says of its memory, bytes. */
export interface Heap {
  readonly heapUsed: number;
  readonly arrayBuffers: number;
}

export class Running {
  readonly server: Server;
  readonly port: number;
  readonly #child: ChildProcess;
  readonly #printed: () => string;

  private constructor(server: Server, child: ChildProcess, port: number, printed: () => string) {
    this.server = server;
    this.#child = child;
    this.port = port;
    this.#printed = printed;
  }

  /**
   * Starts a server.
   * @param probe a module for Node to load before it
   * @returns the server; or, in words, why there is none
   */
  static async start(server: Server, probe?: string): Promise<Running | string> {
    const { command } = server;
    if (typeof command === "string") return command;
    const [program, ...args] = command;
    const loads = probe === undefined || program !== process.execPath ? [] : ["--import", probe];
    const [shell = "", ...rest] = pinned(0, [program, ...loads, ...args]);
    const child = spawn(shell, rest, { stdio: ["ignore", "pipe", "pipe"] });
    alive.add(child);
    child.once("exit", () => alive.delete(child));
    let text = "";
    child.stdout.on("data", (bytes: Buffer) => (text += bytes.toString()));
    child.stderr.on("data", (bytes: Buffer) => (text = (text + bytes.toString()).slice(-20_000)));
    const port = await until(startMs, () => {
      const found = /127\.0\.0\.1:(\d+)/.exec(text)?.[1];
      return found === undefined && child.exitCode === null ? undefined : Number(found ?? 0);
    });
    if (port !== undefined && port > 0) return new Running(server, child, port, () => text);
    await end(child);
    return port === undefined ? `printed no port within ${startMs} ms` : reasonOf(text);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Resident memory, bytes. */
  rssBytes(): number {
    const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${this.pid}/status`, "utf8"))?.[1];
    return Number(kib ?? Number.NaN) * 1024;
  }

  /** CPU time it has used, user and system, ms, to 10 ms. */
  cpuMs(): number {
    return (this.#ticks() * 1000) / ticksPerSecond;
  }

  /** Waits until it has done what the last client left behind, such as closing 10,000 connections. */
  async rest(): Promise<void> {
    let before = this.#ticks();
    for (let rests = 0; rests < mostRests; rests++) {
      await sleep(restMs);
      const now = this.#ticks();
      if (now - before <= (restingPart * ticksPerSecond * restMs) / 1000) return;
      before = now;
    }
  }

  /** Its heap after a collection; undefined where the server was not started with the probe. */
  async heap(): Promise<Heap | undefined> {
    const printed = this.#printed().length;
    this.#child.kill("SIGUSR2");
    const line = await until(probeMs, () => /^heap (\{.*\})$/m.exec(this.#printed().slice(printed))?.[1]);
    return line === undefined ? undefined : (JSON.parse(line) as Heap); // what heap-probe.ts prints
  }

  async stop(): Promise<void> {
    await end(this.#child);
  }

  #ticks(): number {
    try {
      const fields = readFileSync(`/proc/${this.pid}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? [];
      return Number(fields[11]) + Number(fields[12]);
    } catch {
      return 0; // it has ended, and so it rests
    }
  }
}

/** Ends every server and client at once; for the end of this process. */
export function killAll(): void {
  for (const child of alive) child.kill("SIGKILL");
}

/** Runs `body`; whatever ends it or this process, no child outlives it. */
export async function guarded<T>(body: () => Promise<T>): Promise<T> {
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  const quit = (signal: NodeJS.Signals): never => {
    killAll();
    process.exit(signal === "SIGINT" ? 130 : 143);
  };
  for (const signal of signals) process.on(signal, quit);
  process.on("exit", killAll);
  try {
    return await body();
  } finally {
    killAll();
    process.off("exit", killAll);
    for (const signal of signals) process.off(signal, quit);
  }
}

/** A client on the other core; ended with this process too. */
export function spawnClient(command: readonly string[]): ChildProcess {
  const [shell = "", ...rest] = pinned(1, command);
  const child = spawn(shell, rest, { stdio: ["pipe", "pipe", "pipe"] });
  alive.add(child);
  child.once("exit", () => alive.delete(child));
  return child;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await ended;
}

async function until<T>(ms: number, found: () => T | undefined): Promise<T | undefined> {
  for (const end = performance.now() + ms; performance.now() < end; await sleep(10)) {
    const value = found();
    if (value !== undefined) return value;
  }
  return undefined;
}

function reasonOf(text: string): string {
  if (/Cannot find package|No module named|not found/.test(text)) return "not installed";
  return `does not start: ${text.trim().split("\n").at(-1)?.slice(0, 80) ?? ""}`;
}
