// Runs the real command in a real process, from the sources, and collects what it says.

import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository's folder. */
export const root: string = fileURLToPath(new URL("../../../", import.meta.url));

const main = join(root, "apps/cli/main.ts");

/** The command line of `yieldix` with arguments, from the sources. */
export function commandOf(args: readonly string[]): string[] {
  return [process.execPath, "--import", import.meta.resolve("tsx"), main, ...args];
}

/** How a command ended, and all it wrote. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

/** A process under way. */
export class Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  #out = "";
  #err = "";
  #look: () => void = () => {};

  constructor(
    file: string,
    args: readonly string[],
    cwd: string,
    isGroup = false,
    input: "ignore" | "pipe" | number = "ignore",
  ) {
    const { NODE_OPTIONS: _, ...env } = process.env;
    this.child = spawn(file, args, { cwd, env, stdio: [input, "pipe", "pipe"], detached: isGroup });
    this.child.stdout?.on("data", (bytes: Buffer) => {
      this.#out += bytes;
      this.#look();
    });
    this.child.stderr?.on("data", (bytes: Buffer) => {
      this.#err += bytes;
      this.#look();
    });
    this.ended = new Promise((resolve, reject) => {
      this.child.on("error", reject);
      this.child.on("close", (code, signal) => resolve({ code, signal, out: this.#out, err: this.#err }));
    });
  }

  /** What it has written to stdout so far. */
  get out(): string {
    return this.#out;
  }

  /** What it has written to stderr so far. */
  get err(): string {
    return this.#err;
  }

  /** Waits until it has written a text, to either stream. Rejects if it ends before. */
  async wrote(text: string, times = 1): Promise<void> {
    const has = (): boolean => `${this.#out}\n${this.#err}`.split(text).length > times;
    const seen = new Promise<void>((resolve) => {
      this.#look = () => has() && resolve();
      this.#look();
    });
    await Promise.race([
      seen,
      this.ended.then((ended) => {
        if (!has()) throw new Error(`it ended without writing ${JSON.stringify(text)}: ${JSON.stringify(ended)}`);
      }),
    ]);
  }
}

/**
 * Starts `yieldix` with arguments.
 * @param input what its standard input is: "pipe", or an open file
 * @param descriptors how many it may have open, where it is not as many as the tests
 */
export function start(
  args: readonly string[],
  cwd: string,
  input: "ignore" | "pipe" | number = "ignore",
  descriptors?: number,
): Running {
  const command = commandOf(args);
  const limit = descriptors === undefined ? "" : `ulimit -n ${descriptors}; `;
  const [file = "", ...rest] = limit === "" ? command : ["/bin/sh", "-c", `${limit}exec "$@"`, "sh", ...command];
  return new Running(file, rest, cwd, false, input);
}

/** Runs `yieldix` with arguments to its end. */
export function yieldix(args: readonly string[], cwd: string): Promise<Ended> {
  return start(args, cwd).ended;
}

/** A folder outside the repository, with files in it. */
export class Folder {
  readonly path: string = mkdtempSync(join(tmpdir(), "yieldix-"));

  constructor(files: Readonly<Record<string, string>>) {
    this.write(files);
  }

  write(files: Readonly<Record<string, string>>): void {
    for (const [name, text] of Object.entries(files)) {
      const path = join(this.path, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
    }
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
