// What the commands print, as golden texts: records in, lines out.

import { describe, expect, test } from "vitest";
import { Counts, countColumns } from "../../../apps/cli/faces/counts.ts";
import { dotLines, graphLines } from "../../../apps/cli/faces/graph.ts";
import { logLines } from "../../../apps/cli/faces/log.ts";
import { taskColumnsOf, usualColumns } from "../../../apps/cli/faces/tasks.ts";
import { frameLines } from "../../../apps/cli/faces/top.ts";
import { TraceText } from "../../../apps/cli/faces/trace.ts";
import { branchText, treeColumns, usualTreeColumns } from "../../../apps/cli/faces/tree.ts";
import { whereLines } from "../../../apps/cli/faces/where.ts";
import { sparkText } from "../../../apps/cli/faces/words.ts";
import { chosen, tableLines } from "../../../apps/cli/table.ts";
import type { FrameRecord, GraphRecord, PlacedRow } from "../../../apps/control/records.ts";
import { acts, frameOf, hostileTexts, kernelRecord, row, syscall } from "./records.ts";

// 1970-01-01, 12:36:55.101 UTC: what a kernel that has just booted calls 0.
const bootTime = ((12 * 60 + 36) * 60 + 55) * 1_000 + 101;

describe("ps", () => {
  const rows: PlacedRow[] = [
    row({ tid: 14, name: "mapper", state: "R", turns: 8_801, traps: 8_802 }),
    row({
      tid: 31,
      name: "uploader",
      state: "J",
      verb: "exit of",
      object: "32",
      isInCycle: true,
      forMs: 252_000,
      finding: "D",
    }),
    row({ tid: 77, name: "stats", state: "r", nice: 5, place: 12, forMs: 4_210, finding: "S" }),
    row({ tid: 102, name: "client-102", state: "W", verb: "read", object: "tcp 10.0.0.9:5123", forMs: 12 }),
  ];

  test("shows the tasks, each with what it waits for and for how long", () => {
    expect(tableLines(rows, chosen(taskColumnsOf(rows, true), undefined, usualColumns), {})).toEqual([
      "TID  S  NICE  TURNS  TRAPS  WAITING ON                FOR  !  NAME",
      " 14  R     0   8801   8802  (running)                 0ms     mapper",
      " 31  J     0      0      0  exit of 32 <- cycle     4m12s  D  uploader",
      " 77  r     5      0      0  (ready, place 12)        4.2s  S  stats",
      "102  W     0      0      0  read tcp 10.0.0.9:5123   12ms     client-102",
    ]);
  });

  test("has a column for what waits declare, and dashes for what is not measured", () => {
    const declaring = [row({ tid: 1, columns: { queue: "7 jobs" } }), row({ tid: 2, cpu: 0.182, runMs: 94_110 })];
    const columns = chosen(taskColumnsOf(declaring, true), "tid,queue,cpu,run");
    expect(tableLines(declaring, columns, {})).toEqual([
      "TID  QUEUE   CPU%  RUN s",
      "  1  7 jobs     -      -",
      "  2  -       18.2  94.11",
    ]);
    expect(tableLines(declaring, columns, { csv: true })).toEqual([
      "tid,queue,cpu,run",
      "1,7 jobs,,",
      "2,,0.182,94110",
    ]);
  });

  test("takes no declared name for a member that every object has", () => {
    expect(taskColumnsOf([row({ tid: 1 })], true).map(({ name }) => name)).not.toContain("constructor");
    const odd = [row({ tid: 1, columns: { toString: "mine", tid: "not mine" } }), row({ tid: 2 })];
    const columns = taskColumnsOf(odd, true);
    expect(columns.filter(({ name }) => name === "tid")).toHaveLength(1);
    expect(tableLines(odd, chosen(columns, "tid,toString"), { csv: true })).toEqual(["tid,toString", "1,mine", "2,"]);
  });
});

describe("tree", () => {
  const rows = [
    row({ tid: 1, name: "main", state: "J", verb: "exit of", object: "2", lasts: [true], forMs: 900 }),
    row({ tid: 2, name: "listener", state: "W", verb: "accept", object: "tcp :7000", lasts: [true, false] }),
    row({ tid: 3, name: "session", lasts: [true, false, true], count: 40 }),
    row({ tid: 4, name: "clock", lasts: [true, true] }),
    row({ tid: 1, name: "main", lasts: [true, true, true], isRepeat: true }),
  ];

  test("joins each task to its parent, in Unicode or in ASCII", () => {
    const lines = (isUnicode: boolean): string[] =>
      tableLines(rows, chosen(treeColumns(isUnicode), "task"), { header: false });
    expect(lines(true)).toEqual([
      "1 main",
      "├─ 2 listener",
      "│  └─ 3 session  (and 39 more)",
      "└─ 4 clock",
      "   └─ 1 main  (above: a cycle)",
    ]);
    expect(lines(false)[2]).toBe("|  `- 3 session  (and 39 more)");
  });

  test("says beside it what each does", () => {
    expect(tableLines(rows.slice(0, 2), chosen(treeColumns(true), undefined, usualTreeColumns), {})).toEqual([
      "TASK           S    FOR  !  WAITING ON",
      "1 main         J  900ms     exit of 2",
      "├─ 2 listener  W    0ms     accept tcp :7000",
    ]);
  });

  test("of great depth stays narrow", () => {
    expect(
      branchText(
        Array.from({ length: 5_000 }, () => true),
        true,
      ),
    ).toBe("(4999 deep) ");
  });
});

test("where shows each frame with its place and line, and its locals", () => {
  const frames: FrameRecord[] = [
    {
      name: "uploadAll",
      at: "app.ts:58:7",
      source: "  yield new WaitTask(writer);",
      locals: { writer: "32", done: "2" },
    },
    { name: "main", at: "", source: "", locals: {} },
  ];
  const task = row({ tid: 31, name: "uploader", state: "J", verb: "exit of", object: "32", forMs: 252_000 });
  expect(whereLines(task, frames)).toEqual([
    "task 31 uploader: J exit of 32, for 4m12s",
    "  uploadAll  app.ts:58:7        yield new WaitTask(writer);",
    "      writer = 32",
    "      done = 2",
    "  main       (place not known)",
  ]);
  expect(whereLines(task, [])[1]).toBe("  (no frames: it has ended, or has not begun)");
});

describe("strace", () => {
  const lines = (text: TraceText, ...records: Parameters<TraceText["lines"]>[0]): string[] =>
    text.lines(records, bootTime);
  const begun = syscall({ at: 0, result: "" });
  const ended = syscall({ at: 0, seq: 2, blockedMs: 14.2 });

  test("shows a syscall with its result and how long it blocked", () => {
    const text = new TraceText("UTC");
    const error = syscall({ at: 5, syscall: "KillTask(99)", result: "= ESRCH no task 99", isError: true });
    expect(lines(text, begun, ended, error)).toEqual([
      "12:36:55.101 31 uploader  ReadWait(tcp 127.0.0.1:7000) = ready <14.2 ms>",
      "12:36:55.106 31 uploader  KillTask(99) = ESRCH no task 99",
    ]);
    expect(text.flush()).toEqual([]);
  });

  test("shows one that blocks as unfinished once another comes, and then as resumed", () => {
    const other = syscall({ at: 3, tid: 32, name: "writer", syscall: "GetTid()", result: "= 32" });
    expect(lines(new TraceText("UTC"), begun, other, ended)).toEqual([
      "12:36:55.101 31 uploader  ReadWait(tcp 127.0.0.1:7000) <unfinished ...>",
      "12:36:55.104 32 writer  GetTid() = 32",
      "12:36:55.115 31 uploader  <... ReadWait resumed> = ready <14.2 ms>",
    ]);
  });

  test("never goes back in time where one task wakes another", () => {
    const other = syscall({ at: 3, tid: 32, name: "writer", syscall: "GetTid()", result: "= 32" });
    const waker = syscall({ at: 13, tid: 32, name: "writer", syscall: "Tell(31)", result: "= ok", kernelMs: 2 });
    const seen = lines(new TraceText("UTC"), begun, other, ended, waker).map((line) => line.slice(0, 15));
    expect(seen).toEqual(["12:36:55.101 31", "12:36:55.104 32", "12:36:55.115 31", "12:36:55.115 32"]);
  });

  test("holds one back that has just begun, until nothing comes", () => {
    const text = new TraceText("UTC");
    expect(lines(text, begun)).toEqual([]);
    expect(text.flush()).toEqual(["12:36:55.101 31 uploader  ReadWait(tcp 127.0.0.1:7000) <unfinished ...>"]);
    expect(text.flush()).toEqual([]);
    expect(lines(text, ended)).toEqual(["12:36:55.115 31 uploader  <... ReadWait resumed> = ready <14.2 ms>"]);
  });

  test("shows the end of one whose beginning it never saw as a whole", () => {
    expect(lines(new TraceText("UTC"), ended)[0]).toContain("ReadWait(tcp 127.0.0.1:7000) = ready <14.2 ms>");
  });

  test("says how many were dropped", () => {
    const text = new TraceText();
    expect([text.dropped(1), text.dropped(12)]).toEqual([
      "--- 1 syscall dropped: there were more than could be kept ---",
      "--- 12 syscalls dropped: there were more than could be kept ---",
    ]);
  });

  test("counts by kind, the longest blocked first, and not what still blocks", () => {
    const counts = new Counts();
    const sleep = syscall({ at: 9, syscall: "Sleep(30)", result: "= undefined", blockedMs: 30, kernelMs: 0.02 });
    const failed = syscall({ at: 4, result: "= EPIPE", isError: true });
    for (const record of [begun, ended, failed, sleep, sleep]) counts.add(record);
    const rows = counts.rows();
    expect(tableLines(rows, countColumns(rows), {})).toEqual([
      "% BLOCKED  BLOCKED ms  MEAN ms  MAX ms  KERNEL ms  CALLS  ERRORS  SYSCALL",
      "     80.9        60.0     30.0    30.0       0.04      2       0  Sleep",
      "     19.1        14.2      7.1    14.2       0.02      2       1  ReadWait",
    ]);
  });

  test("keeps a bounded number of kinds", () => {
    const counts = new Counts();
    for (let n = 0; n < 1_500; n++) counts.add(syscall({ at: n, syscall: `Odd${n}()` }));
    expect(counts.rows()).toHaveLength(1_001);
    expect(counts.rows().find(({ syscall: name }) => name === "others")?.calls).toBe(500);
  });
});

const graph: GraphRecord = {
  nodes: [
    { tid: 5, name: "client", wait: "exit of 31" },
    { tid: 31, name: "uploader", wait: "exit of 32" },
    { tid: 32, name: "writer", wait: "exit of 31" },
    { tid: 7, name: "asker", wait: 'lock "db"' },
    { tid: 8, name: "asker", wait: 'lock "db"' },
    { tid: 9, name: "holder", wait: "" },
  ],
  edges: [
    { from: 5, to: 31, label: "exit of" },
    { from: 31, to: 32, label: "exit of" },
    { from: 32, to: 31, label: "exit of" },
    { from: 7, to: 9, label: "lock" },
    { from: 8, to: 9, label: "lock" },
  ],
  cycles: [[31, 32]],
};

describe("graph", () => {
  test("draws each cycle, then each chain to its end", () => {
    expect(graphLines(graph)).toEqual([
      "deadlock: 31 -> 32 -> 31",
      "  -> 31 uploader  exit of 32",
      "    -> 32 writer  exit of 31",
      "      -> 31 uploader  <- back to the start",
      "",
      "5 client  exit of 31",
      "  -> 31 uploader  <- in the deadlock above",
      "",
      '7 asker  lock "db"',
      "  -> 9 holder",
      "",
      '8 asker  lock "db"',
      "  -> 9 holder  <- see above",
    ]);
  });

  test("draws a chain as long as there are tasks, each line short", () => {
    const length = 20_000;
    const nodes = Array.from({ length }, (_, at) => ({ tid: at + 1, name: "t", wait: "exit" }));
    const edges = nodes.slice(1).map(({ tid }) => ({ from: tid - 1, to: tid, label: "" }));
    const lines = graphLines({ nodes, edges, cycles: [] });
    expect(lines).toHaveLength(length);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(80);
  });

  test("writes each node and edge once in Graphviz's language, with cycles in red", () => {
    expect(dotLines(graph)).toEqual([
      "digraph yieldix {",
      "  rankdir=LR;",
      '  node [shape=box, fontname="monospace"];',
      '  edge [fontname="monospace"];',
      '  5 [label="5 client\\nexit of 31"];',
      '  31 [label="31 uploader\\nexit of 32", color=red, fontcolor=red];',
      '  32 [label="32 writer\\nexit of 31", color=red, fontcolor=red];',
      '  7 [label="7 asker\\nlock \\"db\\""];',
      '  8 [label="8 asker\\nlock \\"db\\""];',
      '  9 [label="9 holder"];',
      '  5 -> 31 [label="exit of"];',
      '  31 -> 32 [label="exit of", color=red, fontcolor=red];',
      '  32 -> 31 [label="exit of", color=red, fontcolor=red];',
      '  7 -> 9 [label="lock"];',
      '  8 -> 9 [label="lock"];',
      "}",
    ]);
  });

  test.each(hostileTexts)("is still Graphviz's language with hostile text %#", (text) => {
    const hostile: GraphRecord = {
      nodes: [{ tid: 1, name: text, wait: text }],
      edges: [{ from: 1, to: 1, label: text }],
      cycles: [[1]],
    };
    for (const line of dotLines(hostile)) expect(line).toMatch(statement);
  });
});

// What a line of our graphs may be: a string ends at its first quote that is not escaped, and holds no lone ampersand.
const text = String.raw`"(?:[^"\\&]|\\["\\n]|&amp;)*"`;
const attribute = String.raw`\w+=(?:\w+|${text})`;
const attributes = String.raw`\[${attribute}(?:, ${attribute})*\]`;
const statement = new RegExp(
  String.raw`^(?:digraph yieldix \{|\}|  rankdir=LR;|  (?:node|edge|\d+|\d+ -> \d+) ${attributes};)$`,
);

test("log shows when, how grave, who and what; a text of several lines goes on further in", () => {
  const line = { seq: 1, at: 5, level: "warn", tid: 31, name: "uploader", text: "slow\u001b[2J\n" } as const;
  expect(logLines(line, bootTime, "UTC")).toEqual(["12:36:55.106 warn   31 uploader  slow\\u{1b}[2J"]);
  expect(logLines({ ...line, tid: 0, level: "error", text: "a\nb" }, bootTime, "UTC")).toEqual([
    "12:36:55.106 error  kernel  a",
    "    b",
  ]);
});

test("top --batch shows the kernel, what is wrong, and the tasks", () => {
  const rows = [row({ tid: 14, name: "mapper", state: "R", cpu: 0.182 })];
  const findings = [{ letter: "D", tids: [31, 32], text: "deadlock: 31 -> 32 -> 31", forMs: 252_000 }] as const;
  const columns = chosen(taskColumnsOf(rows, true), "tid,cpu,name");
  expect(frameLines({ ...frameOf(rows), time: bootTime, findings }, columns, { zone: "UTC" })).toEqual([
    "12:36:55.101  echo-server  pid 4021  up 12m41s  node 20.20.2  epoll  full",
    "run 33.1%  poll 2.0%  idle 64.9%   tasks 1204: R1 r12 W1191",
    "ready 12, wait p50 0.20 p99 1.8 max 41.0 ms   lag p50 0.20 p99 1.8 max 41.0 ms   turns 18.2k/s  traps 18.9k/s  polls 400/s",
    "endpoints 1160 (reading 1158, writing 2)  timers 38  heap 48.2 MiB",
    "! D deadlock: 31 -> 32 -> 31, for 4m12s",
    "",
    "TID  CPU%  NAME",
    " 14  18.2  mapper",
  ]);
});

test.each(hostileTexts)("no face lets hostile text %# act on a terminal", (text) => {
  const task = row({
    tid: 1,
    name: text,
    app: text,
    verb: text,
    object: text,
    spawnedAt: text,
    columns: { [text]: text },
    lasts: [true],
  });
  const names = taskColumnsOf([task], true);
  const frame: FrameRecord = { name: text, at: text, source: text, locals: { [text]: text } };
  const traced = new TraceText().lines([syscall({ at: 1, name: text, syscall: text, result: `= ${text}` })], 0);
  const counts = new Counts();
  counts.add(syscall({ at: 1, syscall: text }));
  const kinds = counts.rows();
  const hostile: GraphRecord = {
    nodes: [{ tid: 1, name: text, wait: text }],
    edges: [{ from: 1, to: 2, label: text }],
    cycles: [[1, 2]],
  };
  const kernel = { ...kernelRecord, name: text, node: text, machine: text };
  const lines = [
    ...tableLines([task], names, {}),
    ...tableLines([task], treeColumns(true), { width: 60 }),
    ...whereLines(task, [frame]),
    ...traced,
    ...tableLines(kinds, countColumns(kinds), {}),
    ...graphLines(hostile),
    ...dotLines(hostile),
    ...logLines({ seq: 1, at: 0, level: "info", tid: 1, name: text, text }, 0),
    ...frameLines({ ...frameOf([task]), kernel, findings: [{ letter: "X", tids: [1], text, forMs: 0 }] }, names),
  ];
  for (const line of lines) expect(line).not.toMatch(acts);
});

test("shares over time are a bar for each, in Unicode or in ASCII", () => {
  expect([sparkText([0, 0.5, 1, 7], true), sparkText([0, 1], false)]).toEqual(["▁▅██", "_#"]);
});
