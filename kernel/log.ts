// The kernel log: one record a line, bounded, to observers and to one destination. Nothing that goes wrong there reaches
// whoever logs.

import { inspect } from "node:util";
import type { Kernel } from "./kernel.ts";
import { maxLogLength } from "./limits.ts";
import { LogRing } from "./log-ring.ts";
import { logToStderr } from "./machine/console.ts";
import type { LogFields, LogLevel, LogRecord } from "./observer.ts";
import { shown, truncated } from "./text.ts";

export type { RecentLog } from "./log-ring.ts";

/** Fields of one record; those beyond are left out. */
const maxFields = 32;
const maxFieldName = 64;
const maxFieldLength = 1_024;

export class KernelLog {
  readonly #kernel: Kernel;
  readonly #write: (record: LogRecord) => void;
  /** The latest records. */
  readonly recent: LogRing = new LogRing();

  /** @param write where records go; default: stderr, escaped */
  constructor(kernel: Kernel, write: (record: LogRecord) => void = logToStderr) {
    this.#kernel = kernel;
    this.#write = write;
  }

  /** Writes one record. What the fields hold is made text now, and cut. */
  add(level: LogLevel, tid: number, name: string, text: string, fields?: Readonly<Record<string, unknown>>): void {
    const kernel = this.#kernel;
    const at = kernel.clock() - kernel.bootedAt;
    const record: LogRecord = { level, tid, name, text: truncated(text, maxLogLength), at, fields: bounded(fields) };
    this.recent.add(record);
    if (kernel.observers.length !== 0) kernel.observe("log", record, undefined);
    try {
      this.#write(record);
    } catch (error) {
      logToStderr(record);
      const failure = `the log option threw: ${shown(error)}`;
      logToStderr({ ...record, level: "error", tid: 0, name: "", text: failure, fields: {} });
    }
  }
}

const none: LogFields = {};

function bounded(fields: Readonly<Record<string, unknown>> | undefined): LogFields {
  if (fields === undefined) return none;
  const names = namesIn(fields).slice(0, maxFields);
  return Object.fromEntries(
    names.map((name) => [truncated(name, maxFieldName), truncated(valueText(fields, name), maxFieldLength)]),
  );
}

// Fields are whatever the program has: a Proxy, getters, texts of their own that throw.
function namesIn(fields: object): readonly string[] {
  try {
    return Object.keys(fields);
  } catch {
    return [];
  }
}

function valueText(fields: Readonly<Record<string, unknown>>, name: string): string {
  try {
    const value = fields[name];
    if (typeof value === "string") return value;
    return typeof value !== "object" || value instanceof Error ? shown(value) : inspect(value, looked);
  } catch {
    return "something that cannot be shown";
  }
}

/** How far an object in a field is looked into. */
const looked = { depth: 2, maxArrayLength: 16, maxStringLength: 256, breakLength: Number.POSITIVE_INFINITY } as const;
