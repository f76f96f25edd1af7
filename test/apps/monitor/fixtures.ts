// A busy little town of tasks, as records: what the views are drawn from in tests. Everything that a monitor can meet is
// in it.

import type { Frame } from "../../../apps/control/protocol.ts";
import type { KernelRecord } from "../../../apps/control/records.ts";
import type { Screen, Size, ViewName } from "../../../apps/monitor/views/model.ts";
import { apps, detail, endpoints, findings, logLines, syscalls, traced } from "./town-records.ts";
import { rows } from "./town-tasks.ts";
import { chance, series, spread, time, upMs } from "./town-time.ts";

export { frames } from "./town-records.ts";
export { siteRows, task, treeRows, waitRows } from "./town-tasks.ts";

export const kernelRecord: KernelRecord = {
  name: "town",
  pid: 4021,
  node: "20.20.2",
  machine: "epoll",
  upMs,
  access: "full",
  viewers: 2,
  run: 0.331,
  poll: 0.02,
  idle: 0.649,
  live: 1204,
  states: { R: 1, r: 12, W: 1120, w: 21, J: 6, M: 8, S: 34, A: 1, P: 1, Z: 2 },
  ready: 12,
  readyWait: spread(0.21, 0.9, 1.8, 41.2),
  readyHistory: series(40, (n) => Math.round(12 * chance(n) ** 3)),
  lag: spread(0.08, 0.4, 3.1, 41.2),
  lagHistory: series(40, (n) => (n === 31 ? 41.2 : n % 5 === 0 ? 3 * chance(n) : 0)),
  turnsPerS: 18_214,
  trapsPerS: 18_930,
  pollsPerS: 2_101,
  endpoints: 1160,
  reading: 1158,
  writing: 2,
  timers: 38,
  heapBytes: 50_541_000,
};

export const frame: Frame = {
  seq: 748,
  at: upMs,
  time,
  kernel: kernelRecord,
  findings,
  tasks: { total: 1206, all: 1206, first: 0, rows },
};

/** A screen as it is after some seconds, of a view. */
export function screenOf(view: ViewName, size: Size, parts: Partial<Screen> = {}): Screen {
  return {
    size,
    look: { glyphs: "unicode", hasColour: true, isVi: false, zoneMinutes: 0 },
    view,
    target: "unix:4021.sock",
    connection: { kind: "live" },
    everyMs: 1_000,
    frame: { ...frame, detail, syscalls, endpoints: { total: 1160, rows: endpoints }, apps },
    query: { tasks: { sort: "cpu", isPinned: true, shape: "flat" }, detail: 31 },
    cursor: 14,
    tagged: new Set([103, 104]),
    born: new Set([111]),
    places: {},
    columns: undefined,
    isOwner: false,
    isFollowing: false,
    trace: { tids: [14, 31, 102], all: false, isPaused: false, isCounted: false, records: traced, dropped: 0 },
    log: { lines: logLines, dropped: 0 },
    where: undefined,
    recording: "",
    message: undefined,
    prompt: undefined,
    dialog: undefined,
    found: "",
    ...parts,
  };
}
