// What can be seen and steered of a kernel that `yieldix run` boots: the agent that answers for it, the guard in front of
// that, and the monitor in the same terminal.

import { randomBytes } from "node:crypto";
import process from "node:process";
import { getHeapStatistics } from "node:v8";
import type { Heartbeat } from "../../kernel/heartbeat.ts";
import { type Kernel, printable, type Task } from "../../kernel/index.ts";
import { timeOfDay } from "../../kernel/machine/console.ts";
import { locate } from "../../kernel/machine/locations.ts";
import { Agent } from "../control/agent/agent.ts";
import type { Apps } from "../control/agent/apps.ts";
import { Guard } from "../control/guard/main.ts";
import type { TcpDoor } from "../control/guard/messages.ts";
import type { Access, FrameRecord } from "../control/records.ts";
import { UsageError } from "../lib/usage.ts";
import type { CapturedOutput } from "./capture.ts";
import { loadApp, startApp } from "./load.ts";
import { Monitor } from "./monitor.ts";

/** Frames of a task that are looked at. */
const maxFrames = 64;

/** What the command line asks for. */
export interface ControlOptions {
  readonly access: Access;
  /** A port on TCP beside the socket; 0: any that is free. */
  readonly tcpPort?: number;
  /** A turn that takes longer is ended, ms. Default: never. */
  readonly watchdogMs?: number | undefined;
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

/** What of a run can be seen and steered from outside. */
export interface OversightOptions {
  readonly kernel: Kernel;
  readonly heartbeat: Heartbeat;
  /** The kernel's name, for people. */
  readonly name: string;
  readonly apps: Apps;
  /** The control port; undefined: none. */
  readonly control: ControlOptions | undefined;
  /** What the process prints; undefined: nobody can look. */
  readonly output: CapturedOutput | undefined;
  /** There is to be a monitor in this terminal. */
  readonly hasMonitor: boolean;
  /** Asks the app to end, in good order. @param why for its log and its tasks */
  readonly stop: (why: string) => void;
}

/** The agent of a run, its control port, and its monitor. */
export class Oversight {
  readonly agent: Agent;
  readonly #options: OversightOptions;
  readonly #guard: Guard | undefined;
  #monitor: Monitor | undefined = undefined;
  #isOver = false;

  /** Opens the port, and the monitor a moment later. */
  constructor(options: OversightOptions) {
    this.#options = options;
    this.agent = makeAgent(options);
    this.#guard = this.#open();
  }

  /** Everything is closed again: the monitor first, which has the terminal. */
  async end(): Promise<void> {
    this.#isOver = true;
    await this.#monitor?.end();
    this.#guard?.close();
    this.agent.close();
    this.#options.output?.end();
  }

  // A port that cannot be had is one line on the kernel log, and the app runs without.
  #open(): Guard | undefined {
    const { control, heartbeat, kernel, output } = this.#options;
    if (control === undefined) return undefined;
    const { access, tcpPort, watchdogMs } = control;
    const tcp: TcpDoor | undefined =
      tcpPort === undefined ? undefined : { port: tcpPort, token: randomBytes(16).toString("hex") };
    const listening = (at: string): void => {
      if (at.startsWith("/")) this.#show(at);
      else if (tcp !== undefined)
        process.stderr.write(`yieldix: read-only control port on ${at}, token ${tcp.token}\n`);
    };
    try {
      return new Guard(this.agent, { access, tcp, heartbeat, watchdogMs, listening, failed: () => output?.release() });
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      kernel.log("warn", 0, `there is no control port: ${printable(why)}`);
      output?.release();
      return undefined;
    }
  }

  #show(path: string): void {
    const { output, hasMonitor, stop } = this.#options;
    if (output === undefined || !hasMonitor || this.#isOver) return;
    this.#monitor = new Monitor({ path, output, left: () => stop("the monitor was left") });
  }
}

function makeAgent({ kernel, name, apps, output, stop }: OversightOptions): Agent {
  const agent = new Agent(kernel, {
    name,
    pid: process.pid,
    node: process.versions.node,
    heapBytes: () => getHeapStatistics().used_heap_size,
    timeOfDay,
    apps,
    load: async (path, argv) => startApp(await loadApp(path), path, [...argv]),
    locate: framesOf,
    stop,
  });
  output?.listen((level, piece) => {
    const { current, bootedAt } = kernel;
    const by = { tid: current?.tid ?? 0, name: current?.name ?? "" };
    agent.output.printed({ level, ...by, at: kernel.clock() - bootedAt, piece });
  });
  return agent;
}

/** Where a task's frames stand, innermost first. */
function framesOf(task: Task, withLocals: boolean): FrameRecord[] {
  const names = task.frameNames(maxFrames);
  const programs: Generator[] = [];
  for (let frame = task.frame; frame !== undefined && programs.length < names.length; frame = frame.caller) {
    programs.push(frame.program);
  }
  return locate(programs, { withLocals }).map((location, place) => ({ name: names[place] ?? "", ...location }));
}
