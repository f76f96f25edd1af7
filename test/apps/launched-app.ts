// An app in a real process, started as its users start it.

import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { HostMachineName } from "../kernel/machine/host-machines.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

export interface AppEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface LaunchOptions {
  /** Default: the one that `yieldix run` takes. */
  readonly machine?: HostMachineName;
  /** Further options of `yieldix run`. */
  readonly run?: readonly string[];
  readonly stdin?: "ignore" | "pipe";
  /** Where it runs; default: the repository's folder. */
  readonly cwd?: string;
}

/** `yieldix run <app> -- <args>` in a process of its own. Stop it, or wait for its end, in every test. */
export class LaunchedApp {
  readonly process: ChildProcess;
  readonly ended: Promise<AppEnd>;
  /** All it wrote, to either stream. */
  output = "";

  /** @param app by its path in the repository */
  constructor(
    app: string,
    args: readonly string[],
    { machine, run = [], stdin = "ignore", cwd = root }: LaunchOptions = {},
  ) {
    const { NODE_OPTIONS: _, PORT: __, ...env } = process.env;
    const main = fileURLToPath(new URL("../../apps/cli/main.ts", import.meta.url));
    const options = machine === undefined ? run : ["--machine", machine, ...run];
    const path = fileURLToPath(new URL(`../../${app}`, import.meta.url));
    const command = ["--import", import.meta.resolve("tsx"), main, "run", ...options, path, "--", ...args];
    this.process = spawn(process.execPath, command, { cwd, env, stdio: [stdin, "pipe", "pipe"] });
    this.ended = new Promise((resolve, reject) => {
      this.process.on("error", reject);
      this.process.on("close", (code, signal) => resolve({ code, signal }));
    });
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream?.on("data", (bytes: Buffer) => {
        this.output += bytes.toString("latin1");
        this.process.emit("wrote");
      });
    }
  }

  get pid(): number {
    if (this.process.pid === undefined) throw new Error("the app has no process");
    return this.process.pid;
  }

  /** Waits until its output matches. */
  async wrote(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.output);
      if (match !== null) return match;
      const more = new Promise<undefined>((resolve) => this.process.once("wrote", () => resolve(undefined)));
      const end = await Promise.race([more, this.ended]);
      if (end !== undefined) throw new Error(`it ended with ${JSON.stringify(end)}: ${this.output}`);
    }
  }

  /** Bytes of memory that are resident. Linux only. */
  get residentBytes(): number {
    const status = readFileSync(`/proc/${this.pid}/status`, "latin1");
    return 1024 * Number(/^VmRSS:\s+([0-9]+) kB$/m.exec(status)?.[1]);
  }

  /** Descriptors it has open. Linux only. */
  get descriptors(): number {
    return readdirSync(`/proc/${this.pid}/fd`).length;
  }

  stop(signal: NodeJS.Signals = "SIGTERM"): Promise<AppEnd> {
    this.process.kill(signal);
    return this.ended;
  }
}
