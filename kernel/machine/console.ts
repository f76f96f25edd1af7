// The process's own: its environment, its standard input and output, and the kernel log's default destination, stderr. What goes to stderr is
// escaped, because names, peers and errors come from outside.

import { readFileSync } from "node:fs";
import process from "node:process";
import type { LogRecord } from "../observer.ts";
import { printable, printableLines } from "../text.ts";
import type { Connection } from "./machine.ts";
import { StreamConnection } from "./stream.ts";
import { clearStatus, noteWritten } from "./terminal.ts";

/** "[   12.345] error task 7 (client): text key=value" */
export function logLine(record: LogRecord): string {
  const name = record.name === "" ? "" : ` (${printable(record.name, 64)})`;
  const who = record.tid === 0 ? "kernel" : `task ${record.tid}${name}`;
  const fields = Object.entries(record.fields).map(([key, value]) => ` ${quoted(key)}=${quoted(value)}`);
  const text = printableLines(record.text) + fields.join("");
  return `[${(record.at / 1000).toFixed(3).padStart(9)}] ${record.level} ${who}: ${text}`;
}

// As logfmt: in quotes where it could not be told from what follows.
function quoted(value: string): string {
  return /[\s"=]|^$/.test(value) ? JSON.stringify(printable(value)) : printable(value);
}

/** Writes a record to stderr. */
export function logToStderr(record: LogRecord): void {
  clearStatus();
  process.stderr.write(`${logLine(record)}\n`);
}

/** A variable of the process's environment. */
export function environmentVariable(name: string): string | undefined {
  return Object.hasOwn(process.env, name) ? process.env[name] : undefined; // it inherits toString and the like
}

let output: Connection | undefined;

/** All variables of the process's environment, with some set anew and some, that are undefined, not set. */
export function environmentWith(
  variables: Readonly<Record<string, string | undefined>>,
): Record<string, string | undefined> {
  return { ...process.env, ...variables };
}

/** What the clocks on the wall say, ms since 1970. Not for measuring: it may jump. */
export function timeOfDay(): number {
  return Date.now();
}

/** What local time is ahead of UTC now, minutes. */
export function zoneMinutes(): number {
  return -new Date().getTimezoneOffset();
}

/** Has something done at the very end of the process, if it ends by itself. @returns takes that back */
export function atProcessEnd(run: () => void): () => void {
  process.on("exit", run);
  return () => process.off("exit", run);
}

/** The process's standard output as a connection: one for all kernels, because a stream has one reader of its events. */
export function standardOutput(): Connection {
  if (output === undefined || output.closed) {
    output = new StandardOutput(undefined, process.stdout, "stdout", { keep: true });
  }
  return output;
}

let isFailureThrown = false;

/** Whether what befell standard output was thrown to whoever wrote the very bytes that were lost. */
export function wasOutputFailureThrown(): boolean {
  return isFailureThrown;
}

/**
 * Keeps what is printed apart from the status line, where both are on a terminal. A write that fails at once, as one to a file on
 * a full disk does, throws at once: it may be the last one.
 */
class StandardOutput extends StreamConnection {
  override write(bytes: Uint8Array): number {
    const count = process.stdout.isTTY ? this.#writeToTerminal(bytes) : super.write(bytes);
    const { errored } = process.stdout;
    if (!errored) return count;
    isFailureThrown = true;
    throw this.writeFailure(errored);
  }

  #writeToTerminal(bytes: Uint8Array): number {
    clearStatus();
    const count = super.write(bytes);
    noteWritten(bytes[count - 1]);
    return count;
  }
}

/** The process's standard input as a connection, for one task at a time; what it does not read is there for the next. */
export function openStdin(): Connection {
  const input = new StandardInput(process.stdin, undefined, "stdin", { keep: true });
  process.stdin.ref?.(); // where it is a file there is nothing to refer to
  input.begin();
  return input;
}

class StandardInput extends StreamConnection {
  protected override release(): void {
    super.release();
    // A stream that was read once goes on to fill its buffer, and would keep a process alive that is done.
    process.stdin.unref?.();
  }
}

let limit: number | undefined;

/** The soft limit of open descriptors; Infinity where the system does not say. */
export function descriptorLimit(): number {
  limit ??= readDescriptorLimit();
  return limit;
}

function readDescriptorLimit(): number {
  let limits: string;
  try {
    limits = readFileSync("/proc/self/limits", "utf8");
  } catch {
    return Number.POSITIVE_INFINITY; // not Linux: Node has no other way to ask
  }
  return Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1] ?? Number.POSITIVE_INFINITY);
}
