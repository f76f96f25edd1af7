// Builds what this suite runs, in a temporary folder that goes with the process: the C programs, the Go server, and the
// repository compiled as `npm run build` does. Servers never run through tsx: it compiles with `keepNames`, which costs
// a call for each closure that is made.

import { cpSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { output, root } from "../lib/child.ts";
import { type Command, goCommand } from "../lib/peer.ts";

const buildMs = 120_000;

export class Build {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Compiles the TypeScript; the rest when it is asked for. */
  static async make(): Promise<Build> {
    const folder = mkdtempSync(join(tmpdir(), "yieldix-echo-"));
    process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
    // The command line finds its package.json above its own folder.
    cpSync(`${root}package.json`, join(folder, "package.json"));
    symlinkSync(`${root}node_modules`, join(folder, "node_modules"));
    const tsc = `${root}node_modules/typescript/bin/tsc`;
    await output([process.execPath, tsc, "-p", `${root}bench/tsconfig.json`, "--outDir", `${folder}/dist`], buildMs);
    return new Build(folder);
  }

  /** The compiled form of a module of the repository, by its path in it. */
  compiled(path: string): string {
    return join(this.#folder, "dist", path.replace(/\.ts$/, ".js"));
  }

  /**
   * Compiles C.
   * @param sources files of this folder
   * @param name of the program
   * @throws Error with what the compiler said, or that there is none
   */
  async c(name: string, sources: readonly string[]): Promise<string> {
    const to = join(this.#folder, name);
    try {
      await output(["gcc", "-O2", "-o", to, ...sources.map(pathOf)], buildMs);
    } catch (error) {
      if (!isAbsent(error)) throw error;
      throw new Error("the echo suite needs a C compiler for its load client: gcc is not installed");
    }
    return to;
  }

  /** The load client. */
  async client(): Promise<string> {
    const parts = ["main", "connections", "frames", "histogram"];
    return await this.c(
      "load",
      parts.map((part) => `load/${part}.c`),
    );
  }

  async go(source: string): Promise<Command> {
    return await goCommand(new URL(source, import.meta.url), join(this.#folder, "echo-go"));
  }
}

function isAbsent(error: unknown): boolean {
  return error instanceof Error && error.message.includes("ENOENT");
}

/** A file of this folder. */
export function pathOf(file: string): string {
  return fileURLToPath(new URL(file, import.meta.url));
}
