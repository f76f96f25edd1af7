// The tasks of the little town, flat and as trees: clients, a pipeline, sleepers, a deadlock of two, one that starves, one
// that crashed, a leak.

import type { PlacedRow, StateLetter } from "../../../apps/control/records.ts";
import { chance, series, upMs } from "./town-time.ts";

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

export const uploader = task(31, "uploader", {
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
