// A busy little town of tasks, as records: what the views are drawn from in tests. Everything that a monitor can meet is
// in it: clients, a pipeline, sleepers, a deadlock of two, one that starves, one that crashed, a leak, gauges.

import type { Frame } from "../../../apps/control/protocol.ts";
import type {
  AppRow,
  ChainStep,
  EndpointRow,
  Finding,
  FrameRecord,
  Histogram,
  KernelRecord,
  LogLine,
  PlacedRow,
  Spread,
  StateLetter,
  SyscallRow,
  TaskDetail,
  TaskRow,
  TraceRecord,
} from "../../../apps/control/records.ts";
import type { Screen, Size, ViewName } from "../../../apps/monitor/views/model.ts";

const minutes = 60_000;
/** 12:41:07.250 on a day in 2026, and how long the kernel has been up then. */
const time = Date.UTC(2026, 4, 14, 12, 41, 7, 250);
const upMs = 12 * minutes + 41_000;

/** Always the same numbers that look like chance, 0 to 1. */
const chance = (n: number): number => {
  const mixed = Math.imul(n + 1, 0x9e37_79b1) >>> 0;
  return ((Math.imul(mixed ^ (mixed >>> 15), 0x85eb_ca6b) >>> 0) % 10_007) / 10_007;
};
const series = (length: number, at: (n: number) => number): number[] => Array.from({ length }, (_, n) => at(n));
const spread = (p50: number, p90: number, p99: number, max: number): Spread => ({ p50, p90, p99, max });

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

export function task(tid: number, name: string, parts: Partial<PlacedRow> = {}): PlacedRow {
  return {
    tid,
    name,
    parent: 1,
    app: "town",
    state: "W",
    nice: 0,
    cpu: 0,
    runMs: 10,
    readyMs: 0.1,
    turnsPerS: 0,
    trapsPerS: 0,
    maxMs: 0.3,
    cpuHistory: series(10, () => 0),
    verb: "read",
    object: "",
    holders: [],
    isInCycle: false,
    forMs: 0,
    place: 0,
    finding: "",
    turns: 118,
    traps: 117,
    children: 0,
    mailbox: 0,
    endpoints: 0,
    spawnedAt: "main (/srv/town/town.ts:41:19)",
    columns: {},
    lasts: [],
    count: 1,
    isRepeat: false,
    ...parts,
  };
}

const waits = (state: StateLetter, verb: string, object: string, forMs: number): Partial<PlacedRow> => ({
  state,
  verb,
  object,
  forMs,
});

function client(n: number): PlacedRow {
  const tid = 102 + n;
  const isBusy = n < 4;
  const cpu = isBusy ? 0.031 - 0.003 * n : 0.002 * chance(n) ** 2;
  const label = `tcp 127.0.0.1:7000 <- 127.0.0.1:${51_200 + 7 * n}`;
  return task(tid, `client-${tid}`, {
    ...(n % 5 === 1 ? waits("w", "write", label, 3 + n) : waits("W", "read", label, 12 + 9 * n)),
    parent: 3,
    cpu,
    runMs: isBusy ? 1_880 - 90 * n : 102 - n,
    readyMs: 0.2,
    turnsPerS: Math.round(cpu * 13_000),
    trapsPerS: Math.round(cpu * 13_400),
    maxMs: isBusy ? 1 : 0.3,
    cpuHistory: series(n === 9 ? 4 : 10, (second) =>
      isBusy ? cpu * 10 * chance(second + n) : second % 4 === n % 4 ? 0.09 * chance(second + n) ** 2 : 0,
    ),
    endpoints: 1,
    spawnedAt: "acceptor (/srv/town/server.ts:28:14)",
  });
}

const uploader = task(31, "uploader", {
  ...waits("J", "exit of", "32", 252_000),
  runMs: 20,
  maxMs: 0.41,
  holders: [32],
  isInCycle: true,
  finding: "D",
  children: 1,
  spawnedAt: "main (/srv/town/uploads.ts:41:19)",
});
const writer = task(32, "writer", {
  ...waits("J", "exit of", "31", 252_000),
  parent: 31,
  runMs: 10,
  maxMs: 0.2,
  holders: [31],
  isInCycle: true,
  finding: "D",
  spawnedAt: "uploader (/srv/town/uploads.ts:52:20)",
});
const mapper = task(14, "mapper", {
  state: "R",
  verb: "",
  cpu: 0.182,
  runMs: 94_110,
  readyMs: 0.3,
  turnsPerS: 8_801,
  trapsPerS: 8_802,
  maxMs: 6.1,
  cpuHistory: [0.11, 0.17, 0.34, 0.42, 0.56, 0.38, 0.61, 0.44, 0.2, 0.182],
  turns: 91_204,
  traps: 91_310,
});
const starving = task(77, "stats-cron", {
  ...waits("r", "", "", 4_210),
  nice: 5,
  readyMs: 4_210,
  runMs: 0.4,
  place: 12,
  finding: "S",
  spawnedAt: "main (/srv/town/town.ts:60:12)",
});
const crashed = task(1200, "job-42", {
  ...waits("Z", "exit", "threw TypeError: cart is undefined", 5_000),
  parent: 20,
  cpu: null,
  readyMs: null,
  turnsPerS: null,
  trapsPerS: null,
  cpuHistory: [0.04, 0.02],
  finding: "X",
});
const leaking = task(88, "session-leak", { ...waits("S", "sleep", "600000 ms", 41_000), finding: "L", endpoints: 3 });

const others: readonly PlacedRow[] = [
  task(3, "acceptor", {
    ...waits("W", "accept", "tcp 0.0.0.0:7000", 80),
    nice: -5,
    cpu: 0.012,
    runMs: 900,
    turnsPerS: 51,
    trapsPerS: 51,
    children: 1101,
    endpoints: 1,
    cpuHistory: series(10, (n) => 0.1 * chance(n)),
  }),
  task(1, "town", { ...waits("J", "exit of", "3", upMs), parent: 0, children: 14, spawnedAt: "" }),
  task(9, "ticker", { ...waits("S", "sleep", "1000 ms", 588), cpu: 0.001, turnsPerS: 1, trapsPerS: 1 }),
  task(20, "job runner", {
    ...waits("M", "receive", "a message", 1_200),
    children: 1,
    mailbox: 3,
    columns: { job: "43" },
  }),
  task(21, "reducer", {
    ...waits("M", "acquire", "lock totals", 12),
    holders: [14],
    cpu: 0.004,
    turnsPerS: 420,
    trapsPerS: 840,
  }),
  task(22, "mail", { ...waits("A", "await", "fetch https://mail.example/send", 310), app: "town" }),
  task(23, "nightly backup", { ...waits("P", "sleep", "3600000 ms", 95_000), nice: 19 }),
  task(1199, "job-41", {
    ...waits("Z", "exit", 'returned "done"', 2_100),
    parent: 20,
    cpu: null,
    readyMs: null,
    turnsPerS: null,
    trapsPerS: null,
    cpuHistory: [],
  }),
];

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

/** The first rows of 1204, as sorted by CPU with findings on top. */
const pinned = [uploader, writer, starving, crashed, leaking];
const sorted = [mapper, ...series(60, (n) => n).map(client), ...others].sort((a, b) => (b.cpu ?? -1) - (a.cpu ?? -1));
export const rows: readonly PlacedRow[] = [...pinned, ...sorted];

const placed = (row: PlacedRow, lasts: readonly boolean[], parts: Partial<PlacedRow> = {}): PlacedRow => ({
  ...row,
  lasts,
  ...parts,
});
const named = (name: string): PlacedRow => rows.find((row) => row.name === name) ?? task(0, name);

export const treeRows: readonly PlacedRow[] = [
  placed(named("town"), [true], { cpu: 0.331, turnsPerS: 18_214, trapsPerS: 18_930 }),
  placed(named("acceptor"), [true, false]),
  placed(client(0), [true, false, false]),
  placed(client(1), [true, false, false]),
  placed(
    task(104, "client", {
      ...waits("W", "read", "tcp 127.0.0.1:7000 <- 127.0.0.1:51214", 30),
      cpu: 0.064,
      turnsPerS: 811,
      trapsPerS: 902,
    }),
    [true, false, true],
    { count: 1099 },
  ),
  placed(named("ticker"), [true, false]),
  placed(mapper, [true, false]),
  placed(named("job runner"), [true, false]),
  placed(crashed, [true, false, true]),
  placed(named("reducer"), [true, false]),
  placed(named("mail"), [true, false]),
  placed(named("nightly backup"), [true, false]),
  placed(uploader, [true, false]),
  placed(writer, [true, false, true]),
  placed(starving, [true, false]),
  placed(leaking, [true, true]),
];

export const waitRows: readonly PlacedRow[] = [
  placed(uploader, [false]),
  placed(writer, [false, true]),
  placed(uploader, [false, true, true], { isRepeat: true }),
  placed(named("town"), [false]),
  placed(named("acceptor"), [false, true]),
  placed(named("reducer"), [false]),
  placed(mapper, [false, true]),
  placed(named("mail"), [true]),
];

export const siteRows: readonly PlacedRow[] = [
  placed(mapper, [], { name: "mapper", spawnedAt: "main (/srv/town/town.ts:41:19)" }),
  placed(client(0), [], {
    name: "client-*",
    count: 1101,
    cpu: 0.136,
    runMs: 41_200,
    turnsPerS: 2_410,
    trapsPerS: 2_502,
    maxMs: 1.9,
    cpuHistory: series(10, (n) => 0.3 * chance(n)),
    columns: { "for p50 ms": "212", "for p99 ms": "4310" },
  }),
  placed(uploader, []),
  placed(writer, []),
  placed(crashed, [], { name: "job-42", count: 2, spawnedAt: "job runner (/srv/town/jobs.ts:17:11)" }),
  placed(starving, []),
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
