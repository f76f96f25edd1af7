// A kernel in a process of its own, started as users do, and found by its control port.

import type { ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { createInterface, type Interface } from "node:readline";
import { fileURLToPath } from "node:url";
import { controlFolder, socketsIn } from "../../apps/control/guard/folder.ts";
import { spawnClient } from "../echo/running.ts";

const startMs = 15_000;
const compiled = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

export class KernelProcess {
  readonly lines: Interface;
  readonly #child: ChildProcess;

  /**
   * Starts one. It goes with this process, however that ends.
   * @param app a module, by its path in the compiled repository
   * @param options of `yieldix run`
   */
  constructor(app: string, ...options: readonly string[]) {
    const args = [compiled("apps/cli/main.js"), "run", ...options, compiled(app)];
    this.#child = spawnClient([process.execPath, ...args]);
    this.#child.stderr?.resume();
    if (this.#child.stdout === null) throw new Error("a child that was started with a pipe has none");
    this.lines = createInterface(this.#child.stdout);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** The path of its control port, once it is there. @throws Error when it is not within 15 s */
  async socket(): Promise<string> {
    for (const end = performance.now() + startMs; performance.now() < end; ) {
      const found = socketsIn(controlFolder()).find(({ pid }) => pid === this.pid);
      if (found !== undefined) return found.path;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error(`kernel ${this.pid} opened no control port within ${startMs} ms`);
  }

  /** Resident memory, bytes. */
  rssBytes(): number {
    const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${this.pid}/status`, "utf8"))?.[1];
    return Number(kib ?? Number.NaN) * 1_024;
  }

  stop(): void {
    this.#child.kill("SIGKILL");
  }
}
