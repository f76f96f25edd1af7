// The kernel log's default destination: one line a record on stderr, escaped, because names, peers and errors come
// from outside.

import process from "node:process";
import type { LogRecord } from "../observer.ts";
import { printable, printableLines } from "../text.ts";

/** "[   12.345] error task 7 (client): text" */
export function logLine(record: LogRecord): string {
  const who = record.tid === 0 ? "kernel" : `task ${record.tid}${record.name === "" ? "" : ` (${printable(record.name, 64)})`}`;
  return `[${(record.at / 1000).toFixed(3).padStart(9)}] ${record.level} ${who}: ${printableLines(record.text)}`;
}

/** Writes a record to stderr. */
export function logToStderr(record: LogRecord): void {
  process.stderr.write(`${logLine(record)}\n`);
}
