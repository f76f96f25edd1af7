// What else there is to be known of the little town: a task in detail, traced syscalls, endpoints, the log, apps and their
// gauges.

import type {
  AppRow,
  ChainStep,
  EndpointRow,
  Finding,
  FrameRecord,
  Histogram,
  LogLine,
  Spread,
  SyscallRow,
  TaskDetail,
  TaskRow,
  TraceRecord,
} from "../../../apps/control/records.ts";
import { uploader } from "./town-tasks.ts";
import { chance, minutes, series, spread, upMs } from "./town-time.ts";

export const findings: readonly Finding[] = [
  {
    letter: "D",
    tids: [31, 32],
    text: "31 uploader waits for 32, 32 writer waits for 31: nothing else can wake them",
    forMs: 252_000,
  },
  { letter: "S", tids: [77], text: "77 stats-cron is ready and got no turn for 4.2 s", forMs: 4_210 },
  { letter: "X", tids: [1200], text: "1200 job-42 threw TypeError: cart is undefined", forMs: 5_000 },
  { letter: "L", tids: [88], text: "88 session-leak has 3 endpoints open that nobody waits for", forMs: 41_000 },
];

const histogram = (spreadOf: Spread, lowUs: number, counts: readonly number[]): Histogram => ({
  ...spreadOf,
  lowUs,
  counts,
});
const chain: readonly ChainStep[] = [
  { depth: 0, tid: 31, name: "uploader", state: "J", verb: "exit of", object: "32", forMs: 252_000, end: "" },
  { depth: 1, tid: 32, name: "writer", state: "J", verb: "exit of", object: "31", forMs: 252_000, end: "" },
  { depth: 2, tid: 31, name: "uploader", state: "J", verb: "exit of", object: "32", forMs: 252_000, end: "cycle" },
];
export const frames: readonly FrameRecord[] = [
  {
    name: "uploadAll",
    at: "/srv/town/uploads.ts:58:7",
    source: "yield* new WaitTask(writer);",
    locals: { writer: "32", done: "2" },
  },
  {
    name: "main",
    at: "/srv/town/uploads.ts:44:19",
    source: "const ok = yield* uploadAll(files);",
    locals: { files: "[3]", ok: "undefined" },
  },
];
export const detail: TaskDetail = {
  task: uploader as TaskRow,
  module: "/srv/town/uploads.ts",
  totalMs: 12 * minutes + 40_000,
  blockedMs: 12 * minutes + 39_880,
  turnMs: histogram(spread(0.02, 0.08, 0.38, 0.41), 8, [4, 12, 61, 30, 8, 2, 1]),
  readyWait: histogram(spread(0.02, 0.09, 0.3, 0.31), 16, [20, 96, 3, 2, 1]),
  ending: "",
  childTids: [32],
  chain,
  waitedBy: [
    { tid: 32, name: "writer", forMs: 252_000 },
    { tid: 1, name: "town", forMs: upMs },
  ],
  findings: findings.slice(0, 1),
  frames: frames.map((frame) => ({ ...frame, at: "", source: "", locals: {} })),
  spawned: ["/srv/town/uploads.ts:41:19 in main", "/srv/town/town.ts:12:9 in town"],
};

export const traced: readonly TraceRecord[] = series(24, (n) => n).map((n) => {
  const calls = [
    ["ReadWait(tcp 127.0.0.1:7000 <- 127.0.0.1:51200)", "= ready", 14.2],
    ["GetTime()", "= 760812.4", 0],
    ["WriteWait(tcp 127.0.0.1:7000 <- 127.0.0.1:51200)", "= ready", 0.1],
    ['KillTask(99, "late")', "= ESRCH no task 99", 0],
    ['NewTask(session, "session")', `= ${1_190 + n}`, 0],
    ["Sleep(20)", "= undefined", 20.4],
  ] as const;
  const [syscall, result, blockedMs] = calls[n % calls.length] ?? calls[0];
  const isLast = n === 23;
  return {
    seq: 4_000 + n,
    at: upMs - 900 + 37 * n,
    tid: isLast || n % 4 === 2 ? 31 : n % 3 === 0 ? 102 : 14,
    name: isLast || n % 4 === 2 ? "uploader" : n % 3 === 0 ? "client-102" : "mapper",
    syscall: isLast ? "WaitTask(32)" : syscall,
    result: isLast ? "" : result,
    isError: result.includes("ESRCH") && !isLast,
    blockedMs: isLast ? 252_000 : blockedMs,
    turnMs: 0.02 + 0.3 * chance(n) ** 4,
    kernelMs: 0.01,
  };
});

export const syscalls: readonly SyscallRow[] = [
  ["ReadWait", "io", 812_004, 9_120, 12, 14.2, 88, 4_210, 0.04, 1120],
  ["WriteWait", "io", 790_110, 8_990, 3, 0.1, 2.2, 41, 0.03, 21],
  ["Sleep", "self", 12_001, 34, 0, 1_000, 1_002, 60_000, 0.001, 34],
  ["NewTask", "task", 2_204, 3, 0, 0, 0, 0, 0.002, 0],
  ["WaitTask", "task", 1_020, 2, 4, 210, 4_000, 252_000, 0, 6],
  ["Receive", "sync", 48_220, 120, 0, 8.4, 31, 1_200, 0.004, 1],
  ["TakeTicket", "sync", 4_410, 12, 1, 2.1, 9, 30, 0.001, 7],
  ["Await", "outside", 310, 1, 9, 210, 900, 2_100, 0, 1],
  ["GetTime", "self", 91_310, 310, 0, 0, 0, 0, 0.001, 0],
].map(([name, family, calls, callsPerS, errors, meanBlockedMs, p99BlockedMs, maxBlockedMs, share, inside]) => ({
  name,
  family,
  calls,
  callsPerS,
  errors,
  meanBlockedMs,
  p99BlockedMs,
  maxBlockedMs,
  share,
  inside,
})) as SyscallRow[]; // each in the order of the names

const endpoint = (fd: number, kind: string, label: string, parts: Partial<EndpointRow>): EndpointRow => ({
  fd,
  kind,
  label,
  owner: 0,
  reader: 0,
  writer: 0,
  forMs: 0,
  bytesRead: 0,
  bytesWritten: 0,
  finding: "",
  note: "",
  ...parts,
});
export const endpoints: readonly EndpointRow[] = [
  endpoint(11, "listener", "tcp 0.0.0.0:7000", { owner: 3, reader: 3, forMs: 80 }),
  ...series(12, (n) => n).map((n) =>
    endpoint(19 + n, "tcp", `tcp 127.0.0.1:7000 <- 127.0.0.1:${51_200 + 7 * n}`, {
      owner: 102 + n,
      ...(n % 5 === 1 ? { writer: 102 + n, note: "64.0 KiB wait to be written" } : { reader: 102 + n }),
      forMs: 12 + 9 * n,
      bytesRead: 812_000 * (12 - n),
      bytesWritten: 791_000 * (12 - n),
    }),
  ),
  endpoint(44, "tcp", "tcp 127.0.0.1:7000 <- 127.0.0.1:50990", {
    owner: 88,
    forMs: 41_000,
    bytesRead: 120,
    finding: "L",
    note: "open, and nobody waits for it",
  }),
  endpoint(-1, "timer", "every 1000 ms", { owner: 9, reader: 9, forMs: 588 }),
  endpoint(52, "process", "process 8120 tar", { owner: 23, forMs: 95_000 }),
];

const line = (seq: number, ago: number, level: LogLine["level"], tid: number, name: string, text: string): LogLine => ({
  seq,
  at: upMs - ago,
  level,
  tid,
  name,
  text,
});
export const logLines: readonly LogLine[] = [
  line(1, upMs - 2, "info", 0, "", "up on epoll, node 20.20.2, pid 4021"),
  line(2, upMs - 11, "info", 3, "acceptor", "listens on tcp 0.0.0.0:7000"),
  line(3, 95_000, "info", 23, "nightly backup", "stopped by 1 town"),
  line(4, 41_100, "warn", 88, "session-leak", "3 endpoints open, and nobody waits for them"),
  line(5, 12_000, "stdout", 9, "ticker", "tick 748"),
  line(6, 11_000, "stdout", 9, "ticker", "tick 749"),
  line(7, 9_300, "debug", 20, "job runner", "takes job 42"),
  line(
    8,
    5_000,
    "error",
    1200,
    "job-42",
    "threw TypeError: cart is undefined\n    at price (/srv/town/jobs.ts:31:15)\n    at job (/srv/town/jobs.ts:22:9)",
  ),
  line(9, 4_800, "stderr", 20, "job runner", "job 42 failed, trying again in 10 s"),
  line(10, 2_100, "info", 1199, "job-41", 'returned "done"'),
  line(11, 900, "stdout", 9, "ticker", "tick 760"),
];

const gauge = (name: string, tid: number, value: number, at: (n: number) => number) => ({
  name,
  tid,
  value,
  history: series(60, at),
});
export const apps: readonly AppRow[] = [
  {
    tid: 1,
    name: "town",
    path: "apps/demo.ts",
    argv: ["--clients", "1100"],
    state: "running",
    exit: "",
    startedAt: 12,
    tasks: 1198,
    restarts: 0,
    cpu: 0.31,
    gauges: [
      gauge("queue", 20, 12, (n) => Math.round(30 * chance(n + 3) ** 2)),
      gauge("orders a second", 14, 812.4, (n) => 600 + 250 * chance(n)),
      gauge("cache hits", 14, 0.931, (n) => (n < 20 ? 0 : 0.9 + 0.05 * chance(n))),
    ],
  },
  {
    tid: 1150,
    name: "echo",
    path: "apps/echo.ts",
    argv: ["--port", "7001"],
    state: "running",
    exit: "",
    startedAt: upMs - 95_000,
    tasks: 4,
    restarts: 1,
    cpu: 0.002,
    gauges: [],
  },
  {
    tid: 1090,
    name: "importer",
    path: "/srv/town/import.ts",
    argv: [],
    state: "threw",
    exit: "Error: no such file: /srv/orders.csv",
    startedAt: upMs - 300_000,
    tasks: 0,
    restarts: 3,
    cpu: null,
    gauges: [],
  },
];
