// The screens that are kept as golden files: every view at both sizes, and what else has a look of its own.

import type { PlacedRow } from "../../../apps/control/records.ts";
import { taskColumns } from "../../../apps/control/records.ts";
import type { Screen, Size, ViewName } from "../../../apps/monitor/views/model.ts";
import { frame, frames, screenOf, siteRows, treeRows, waitRows } from "./fixtures.ts";

export interface Case {
  readonly name: string;
  readonly screen: Screen;
}

const large: Size = { columns: 120, rows: 40 };
const usual: Size = { columns: 80, rows: 24 };
const small: Size = { columns: 40, rows: 10 };

const counted = screenOf("trace", large).trace;
const views: readonly ViewName[] = ["tasks", "detail", "io", "syscalls", "log", "apps", "trace"];

function shaped(shape: "tree" | "waits" | "sites", rows: readonly PlacedRow[], size: Size): Screen {
  const tasks = { total: rows.length, all: 1206, first: 0, rows };
  return screenOf("tree", size, { frame: { ...frame, tasks }, query: { tasks: { shape, sort: "cpu" } } });
}

export function both(name: string, make: (size: Size) => Screen): Case[] {
  return [large, usual].map((size) => ({ name: `${name}-${size.columns}x${size.rows}`, screen: make(size) }));
}

const ascii = { glyphs: "ascii", hasColour: false, isVi: false, zoneMinutes: 0 } as const;
const stuck = {
  tid: 14,
  name: "mapper",
  forMs: 1_640,
  stack: [
    "/srv/town/words.ts:91:5 in spin",
    "/srv/town/words.ts:88:3 in mapper",
    "/srv/town/kernel/turn.ts:54:30 in resume",
  ],
};
const targets = [14, 102, 103, 104].map((tid) => ({ tid, name: tid === 14 ? "mapper" : `client-${tid}` }));
const prompt = { text: "state:W cpu>", at: 12, completions: [], choice: -1, hint: "CPU% in percent: cpu>5" } as const;
const commands = ["record", "record off", "renice", "reset"];
const frozenAt = { kind: "frozen", back: 3, kept: 60 } as const;
const readOnly = { ...frame, kernel: { ...frame.kernel, access: "read-only" } } as const;
const columnChoices = taskColumns.map((name, place) => ({ name, isShown: place < 14 }));
const crash =
  "TypeError: cart is undefined\n    at price (/srv/town/jobs.ts:31:15)\n    at job (/srv/town/jobs.ts:22:9)";

/** Tasks, with what else can be on a screen. */
const more: readonly (readonly [name: string, parts: Partial<Screen>])[] = [
  ["stuck", { connection: { kind: "stuck", stuck, ageMs: 1_700 } }],
  ["reconnecting", { connection: { kind: "reconnecting", ageMs: 4_200, why: "ECONNREFUSED unix:4021.sock" } }],
  ["gone", { connection: { kind: "gone", ageMs: 4_200, why: "the run has ended with exit code 0" } }],
  ["frozen", { connection: frozenAt, recording: "town.frames", isFollowing: true }],
  ["replay", { connection: { kind: "replay", place: 31, frames: 240, isPlaying: false }, target: "town.frames" }],
  ["read-only", { frame: readOnly, message: { kind: "bad", text: "KILL: the port is read-only" } }],
  ["filter", { prompt: { kind: "filter", ...prompt } }],
  [
    "command",
    { prompt: { ...prompt, kind: "command", text: "re", at: 2, completions: commands, choice: 1, hint: "" } },
  ],
  ["signal", { dialog: { kind: "signal", targets, choice: 1, top: 0 } }],
  ["confirm", { dialog: { kind: "confirm", question: "Send KILL to 4 tasks?", targets } }],
  ["columns", { dialog: { kind: "columns", choices: columnChoices, choice: 3 } }],
  ["sort", { dialog: { kind: "sort", choices: taskColumns, choice: 8 } }],
  ["text", { dialog: { kind: "text", title: "1200 job-42", text: crash, top: 0 } }],
  ["locals", { dialog: { kind: "locals", task: { tid: 31, name: "uploader" }, frames, top: 0 } }],
  ["help", { dialog: { kind: "help", top: 0 } }],
  ["found", { found: "client-10", message: { kind: "good", text: "1 of 8 matches" } }],
];

export const cases: readonly Case[] = [
  ...views.flatMap((view) => both(view, (size) => screenOf(view, size))),
  ...both("tree", (size) => shaped("tree", treeRows, size)),
  ...both("waits", (size) => shaped("waits", waitRows, size)),
  ...both("sites", (size) => shaped("sites", siteRows, size)),
  ...both("detail-where", (size) => screenOf("detail", size, { where: { tid: 31, turns: -1, frames } })),
  ...both("trace-counts", (size) => screenOf("trace", size, { trace: { ...counted, isCounted: true } })),
  ...more.flatMap(([name, parts]) => both(`tasks-${name}`, (size) => screenOf("tasks", size, parts))),
  { name: "tasks-40x10", screen: screenOf("tasks", small) },
  {
    name: "tasks-stuck-40x10",
    screen: screenOf("tasks", small, { connection: { kind: "stuck", stuck, ageMs: 1_700 } }),
  },
  { name: "tasks-30x6", screen: screenOf("tasks", { columns: 30, rows: 6 }) },
  ...both("tasks-ascii", (size) => screenOf("tasks", size, { look: ascii })),
];
