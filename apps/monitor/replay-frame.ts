// Whether what a line of a recording says is a frame: every field that a view reads is looked at before any view does, so
// that damage is said where it is and goes no further.

import type { Frame } from "../control/protocol.ts";

/** What a value must be; "number?" is null too. A list of one is a list of any length, and `each` a record of any names. */
type Shape = "text" | "number" | "number?" | "truth" | readonly [Shape] | Each | Fields;
interface Each {
  readonly each: Shape;
}
type Fields = { readonly [name: string]: Shape };

function fields<const N extends string, S extends Shape>(shape: S, ...names: readonly N[]): Record<N, S> {
  return Object.fromEntries(names.map((name) => [name, shape])) as Record<N, S>; // these names
}

const spread = fields("number", "p50", "p90", "p99", "max");
const histogram: Fields = { ...spread, lowUs: "number", counts: ["number"] };
const texts: Each = { each: "text" };
const counts: Each = { each: "number" };

const row: Fields = {
  ...fields("number", "tid", "parent", "nice", "forMs", "place", "turns", "traps", "children", "mailbox", "endpoints"),
  ...fields("number?", "cpu", "runMs", "readyMs", "turnsPerS", "trapsPerS", "maxMs"),
  ...fields("text", "name", "app", "state", "verb", "object", "finding", "spawnedAt"),
  ...fields(["number"] as const, "cpuHistory", "holders"),
  isInCycle: "truth",
  columns: texts,
};

const placed: Fields = { ...row, lasts: ["truth"], count: "number", isRepeat: "truth" };

const finding: Fields = { letter: "text", tids: ["number"], text: "text", forMs: "number" };

const needed: Fields = {
  ...fields("number", "seq", "at", "time"),
  kernel: {
    ...fields("text", "name", "node", "machine", "access"),
    ...fields("number", "pid", "upMs", "viewers", "run", "poll", "idle", "live", "ready"),
    ...fields(
      "number",
      "turnsPerS",
      "trapsPerS",
      "pollsPerS",
      "endpoints",
      "reading",
      "writing",
      "timers",
      "heapBytes",
    ),
    ...fields(["number"] as const, "readyHistory", "lagHistory"),
    ...fields(spread, "readyWait", "lag"),
    states: counts,
  },
  findings: [finding],
  tasks: { ...fields("number", "total", "all", "first"), rows: [placed] },
};

const detail: Fields = {
  task: row,
  ...fields("text", "module", "ending"),
  totalMs: "number",
  blockedMs: "number?",
  childTids: ["number"],
  chain: [
    { ...fields("number", "depth", "tid", "forMs"), ...fields("text", "name", "state", "verb", "object", "end") },
  ],
  waitedBy: [{ ...fields("number", "tid", "forMs"), name: "text" }],
  findings: [finding],
  frames: [{ ...fields("text", "name", "at", "source"), locals: texts }],
  spawned: ["text"],
};

/** What a frame has only where it was asked for. */
const parts: Fields = {
  detail,
  syscalls: [
    {
      ...fields("text", "name", "family"),
      ...fields("number", "calls", "inside"),
      ...fields("number?", "callsPerS", "errors", "meanBlockedMs", "p99BlockedMs", "maxBlockedMs", "share"),
    },
  ],
  endpoints: {
    total: "number",
    rows: [
      {
        ...fields("text", "kind", "label", "finding", "note"),
        ...fields("number", "fd", "owner", "reader", "writer", "forMs", "bytesRead", "bytesWritten"),
      },
    ],
  },
  log: {
    ...fields("number", "last", "dropped"),
    lines: [{ ...fields("number", "seq", "at", "tid"), ...fields("text", "level", "name", "text") }],
  },
  apps: [
    {
      ...fields("text", "name", "path", "state", "exit"),
      ...fields("number", "tid", "startedAt", "tasks", "restarts"),
      argv: ["text"],
      cpu: "number?",
      gauges: [{ name: "text", tid: "number", value: "number", history: ["number"] }],
    },
  ],
};

/** The frame that a value is. @throws Error that says where it is none */
export function checkedFrame(value: unknown): Frame {
  must(value, needed, "");
  const frame = value as Frame & Fields; // what is needed is there; the parts follow
  for (const [name, shape] of Object.entries(parts)) mustIfThere(frame[name], shape, name);
  for (const [place, { ring }] of frame.findings.entries()) mustIfThere(ring, ["number"], `findings[${place}].ring`);
  for (const name of ["turnMs", "readyWait"] as const) mustIfThere(frame.detail?.[name], histogram, `detail.${name}`);
  return frame;
}

function mustIfThere(value: unknown, shape: Shape, name: string): void {
  if (value !== undefined && value !== null) must(value, shape, name);
}

function must(value: unknown, shape: Shape, name: string): void {
  const fault = faultOf(value, shape);
  if (fault !== "") throw new Error(`${name}${fault}`.replace(/^\./, ""));
}

/** ".rows[3].name is no text"; "" for a value that is as it must be. */
function faultOf(value: unknown, shape: Shape): string {
  if (typeof shape === "string") return isPlain(value, shape) ? "" : ` is no ${shape.replace("?", "")}`;
  if (isList(shape)) return Array.isArray(value) ? faultInList(value, shape[0]) : " is no list";
  if (typeof value !== "object" || value === null || Array.isArray(value)) return " is no record";
  const found = value as Readonly<Record<string, unknown>>; // an object
  for (const name of Object.keys(isEach(shape) ? found : shape)) {
    const fault = faultOf(found[name], isEach(shape) ? shape.each : (shape[name] as Shape)); // its own key
    if (fault !== "") return `.${name}${fault}`;
  }
  return "";
}

function faultInList(list: readonly unknown[], shape: Shape): string {
  for (const [place, one] of list.entries()) {
    const fault = faultOf(one, shape);
    if (fault !== "") return `[${place}]${fault}`;
  }
  return "";
}

function isPlain(value: unknown, shape: Shape & string): boolean {
  if (shape === "text") return typeof value === "string";
  if (shape === "truth") return typeof value === "boolean";
  return typeof value === "number" || (shape === "number?" && value === null);
}

function isList(shape: Shape): shape is readonly [Shape] {
  return Array.isArray(shape);
}

function isEach(shape: Each | Fields): shape is Each {
  return shape === texts || shape === counts;
}
