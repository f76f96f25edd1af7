// The lines that were typed before, kept in a file from one shell to the next. Whatever befalls the file, the shell goes on:
// it then only remembers for itself.

import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, isAbsolute, join } from "node:path";
import process from "node:process";
import { printable } from "../../../kernel/text.ts";

/** Lines that are remembered. */
export const maxHistory = 1_000;
const maxLength = 4_096;

export class History {
  readonly #path: string;
  /** Oldest first. */
  #lines: string[] = [];

  /** Reads what is in a file; one that cannot be read is empty. */
  constructor(path: string) {
    this.#path = path;
    quietly(() => {
      const lines = readFileSync(path, "utf8").split("\n").filter(isKept);
      this.#lines = lines.slice(-maxHistory);
      if (lines.length > maxHistory) this.#rewrite();
    });
  }

  /** Newest first, as readline wants them. */
  get newestFirst(): string[] {
    return this.#lines.toReversed();
  }

  /** Remembers a line, unless it is blank, the same as the one before, or begins with a space. */
  add(line: string): void {
    if (!isKept(line) || line === this.#lines.at(-1)) return;
    this.#lines.push(line);
    if (this.#lines.length > maxHistory) this.#lines.shift();
    quietly(() => {
      makeFolder(dirname(this.#path));
      appendFileSync(this.#path, `${line}\n`, { mode: 0o600 });
    });
  }

  // Whole or not at all, for a second shell may read it.
  #rewrite(): void {
    const fresh = `${this.#path}.${process.pid}`;
    writeFileSync(fresh, this.#lines.map((line) => `${line}\n`).join(""), { mode: 0o600 });
    renameSync(fresh, this.#path);
  }
}

/** Where the history is by default: `$XDG_STATE_HOME/yieldix/history`. */
export function historyPath(env: Readonly<Record<string, string | undefined>> = process.env): string {
  const state = env["XDG_STATE_HOME"];
  // The specification of XDG: a path that is not absolute is to be ignored.
  const folder = state !== undefined && isAbsolute(state) ? state : join(homedir(), ".local", "state");
  return join(folder, "yieldix", "history");
}

// Somebody else may have written the file, and a line of it goes to the terminal as it is.
function isKept(line: string): boolean {
  return line.trim() !== "" && !line.startsWith(" ") && line.length <= maxLength && printable(line, maxLength) === line;
}

// Step by step: Node's own `recursive` never returns where a folder can have no children, as in /proc.
function makeFolder(path: string): void {
  if (existsSync(path)) return;
  makeFolder(dirname(path));
  mkdirSync(path, { mode: 0o700 });
}

function quietly(work: () => void): void {
  try {
    work();
  } catch {} // a shell without a memory is still a shell
}
