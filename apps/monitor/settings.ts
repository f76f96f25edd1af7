// What the viewer remembers between two runs: the columns that were chosen. A file of the user's, looked at with care: one
// that cannot be read, or is not as it should be, is as none, with a sentence on the screen.

import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";

export interface Settings {
  /** Of the views of tasks, in order; undefined: those that fit. */
  readonly columns?: readonly string[] | undefined;
  readonly sort?: string | undefined;
  readonly isPinned?: boolean | undefined;
  /** Between two frames, ms. */
  readonly everyMs?: number | undefined;
}

const maxBytes = 65_536;
const maxColumns = 64;
const maxNameLength = 64;

/** Where they are: `$XDG_CONFIG_HOME/yieldix/top.json`, or below `~/.config`. */
export function settingsPath(environment: Readonly<Record<string, string | undefined>>): string {
  const folder = environment["XDG_CONFIG_HOME"];
  // One that is not absolute is to be ignored, as its specification says.
  return join(folder?.startsWith("/") === true ? folder : join(homedir(), ".config"), "yieldix", "top.json");
}

/** Reads them. Never throws. @returns `problem` is a sentence about what was wrong; "" for nothing */
export function readSettings(path: string): { settings: Settings; problem: string } {
  try {
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats === undefined) return { settings: {}, problem: "" };
    if (!stats.isFile() || stats.size > maxBytes) throw new Error(`it is no file of at most ${maxBytes} bytes`);
    return { settings: checked(JSON.parse(readFileSync(path, "utf8"))), problem: "" };
  } catch (error) {
    return { settings: {}, problem: `${path} is ignored: ${error instanceof Error ? error.message : error}` };
  }
}

/** Writes them, in one step. @throws what the file system says */
export function writeSettings(path: string, settings: Settings): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const beside = `${path}.tmp`;
  writeFileSync(beside, `${JSON.stringify(settings, undefined, 2)}\n`, { mode: 0o600 });
  renameSync(beside, path);
}

function checked(value: unknown): Settings {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Error("it is no object");
  const { columns, sort, isPinned, everyMs } = value as Record<string, unknown>; // looked at below
  if (columns !== undefined && !isNames(columns)) throw new Error("columns is no list of names");
  if (sort !== undefined && !isName(sort)) throw new Error("sort is no name");
  if (isPinned !== undefined && typeof isPinned !== "boolean") throw new Error("isPinned is neither true nor false");
  if (everyMs !== undefined && !(typeof everyMs === "number" && everyMs >= 0 && everyMs <= 3_600_000)) {
    throw new Error("everyMs is no number from 0 to 3600000");
  }
  return { columns, sort, isPinned, everyMs };
}

function isNames(value: unknown): value is string[] {
  return Array.isArray(value) && value.length <= maxColumns && value.every(isName);
}

function isName(value: unknown): value is string {
  return typeof value === "string" && value !== "" && value.length <= maxNameLength;
}
