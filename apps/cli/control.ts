// What can be seen and steered of a kernel that `yieldix run` boots: the agent that answers for it, the guard in front of
// that, and the monitor in the same terminal. Each is loaded when it is needed: the agent by whoever looks first.

import process from "node:process";
import type { Heartbeat } from "../../kernel/heartbeat.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import { printable } from "../../kernel/text.ts";
import type { Agent } from "../control/agent/agent.ts";
import type { Apps } from "../control/agent/apps.ts";
import { OutputRing } from "../control/agent/output-ring.ts";
import { Guard } from "../control/guard/main.ts";
import type { CapturedOutput } from "./capture.ts";
import type { ControlOptions } from "./control-option.ts";
import type { Monitor } from "./monitor.ts";

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
  readonly #options: OversightOptions;
  readonly #printed: OutputRing;
  #agent: Promise<Agent> | undefined = undefined;
  #guard: Guard | undefined = undefined;
  #monitor: Promise<Monitor> | undefined = undefined;
  /** A total deadlock is held for a monitor that has not gone yet. */
  #isHeld = false;
  #isOver = false;

  /** Opens the port, and the monitor a moment later: a total deadlock is held for it from the start. */
  constructor(options: OversightOptions) {
    const { kernel, apps, control, output, hasMonitor } = options;
    this.#options = options;
    this.#isHeld = hasMonitor;
    if (hasMonitor) kernel.watch().holdsDeadlock = true;
    this.#printed = new OutputRing(kernel, (tid) => apps.of(tid, kernel));
    output?.listen((level, piece) => {
      const { current, bootedAt } = kernel;
      const by = { tid: current?.tid ?? 0, name: current?.name ?? "" };
      this.#printed.printed({ level, ...by, at: kernel.clock() - bootedAt, piece });
    });
    if (control !== undefined) this.#open(control);
  }

  /** The agent, which is loaded for whoever asks first. */
  readonly agent = (): Promise<Agent> => {
    const isAwaited = (): boolean => this.#isHeld;
    this.#agent ??= import("./run-agent.ts").then(({ makeAgent }) => {
      return makeAgent(this.#options, this.#printed, isAwaited);
    });
    return this.#agent;
  };

  /** Everything is closed again: the monitor first, which has the terminal. */
  async end(): Promise<void> {
    this.#isOver = true;
    await (await this.#monitor)?.end();
    this.#guard?.close();
    (await this.#agent)?.close();
    this.#options.output?.end();
  }

  // A port that cannot be had is one line on the kernel log, and the app runs without.
  #open({ access, tcp, watchdogMs }: ControlOptions): void {
    const { heartbeat, kernel, name, output } = this.#options;
    const listening = (at: string): void => {
      if (at.startsWith("/")) this.#show(at);
      else if (tcp !== undefined) {
        const said = tcp.isTold ? "its token is in the file" : `token ${tcp.token}`;
        process.stderr.write(`yieldix: read-only control port on ${at}, ${said}\n`);
      }
    };
    const guarded = { kernel, name, pid: process.pid, agent: this.agent };
    try {
      const failed = (): void => {
        output?.release();
        this.#letGo();
      };
      this.#guard = new Guard(guarded, { access, tcp, heartbeat, watchdogMs, listening, failed });
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      kernel.log("warn", 0, `there is no control port: ${printable(why)}`);
      output?.release();
      this.#letGo();
    }
  }

  #show(path: string): void {
    const { output, hasMonitor, stop } = this.#options;
    if (output === undefined || !hasMonitor || this.#isOver) return;
    const left = (): void => stop("the monitor was left");
    this.#monitor = import("./monitor.ts").then(({ Monitor }) => new Monitor({ path, output, left }));
    void this.#monitor.then(({ gone }) => gone.then(this.#letGo));
  }

  // The monitor has gone, or does not come: from here on a deadlock is held while somebody else looks.
  readonly #letGo = async (): Promise<void> => {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    const { kernel } = this.#options;
    const agent = await this.#agent;
    if (kernel.watching !== undefined) kernel.watching.holdsDeadlock = agent !== undefined && agent.viewers > 0;
    kernel.unwatch();
  };
}
