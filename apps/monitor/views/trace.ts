// Traced syscalls, newest last, as they were made or counted by syscall; for the view of them, and below a task's detail.

import type { TraceRecord } from "../../control/records.ts";
import { marked } from "./columns.ts";
import { clock, count, duration, fineMillis, millis, several } from "./format.ts";
import type { Body } from "./layout.ts";
import { run, type StyledLine } from "./line.ts";
import { listView } from "./list.ts";
import type { Screen } from "./model.ts";
import { type Column, rowLine, tableOf, titleLine } from "./table.ts";
import { shortened } from "./words.ts";

export function traceView(screen: Screen, rows: number): Body {
  const { trace } = screen;
  const records = settled(trace.records);
  const options = {
    empty: traced(screen) ? "nothing yet" : "nothing is traced: s on a task traces it and what is tagged, S all",
  };
  const info = [[...whose(screen), run(`${records.length} kept`)], [run(`${records.length} kept`)]];
  if (trace.isCounted)
    return { ...listView(screen, rows, { columns: countColumns, rows: countsOf(records), ...options }), info };
  return {
    ...listView(screen, rows, { columns: columnsOf(screen, true), rows: records, isAtEnd: true, ...options }),
    info,
  };
}

function traced({ trace }: Screen): boolean {
  return trace.all || trace.tids.length > 0;
}

function whose({ trace }: Screen): StyledLine {
  const { all, tids, isPaused, dropped } = trace;
  const who = all
    ? "all tasks"
    : tids.length === 0
      ? "nobody"
      : tids.length > 6
        ? several(tids.length, "task")
        : tids.join(", ");
  return [
    run("traces ", "dim"),
    run(`${who}  `, "bold"),
    run(isPaused ? "PAUSED  " : "", "warn"),
    run(dropped > 0 ? `${count(dropped)} lost  ` : "", "warn"),
  ];
}

/** Without what was noted as it began and has ended since: a task waits in one syscall at a time. */
function settled(records: readonly TraceRecord[]): readonly TraceRecord[] {
  const went = new Set<number>();
  const kept: TraceRecord[] = [];
  for (const record of records.toReversed()) {
    if (record.result !== "" || !went.has(record.tid)) kept.push(record);
    went.add(record.tid);
  }
  return kept.reverse();
}

/** The last of a task's syscalls under their titles, in at most `rows` lines. */
export function traceLines(screen: Screen, tid: number, rows: number): readonly StyledLine[] {
  const records = settled(screen.trace.records.filter((record) => record.tid === tid)).slice(-Math.max(0, rows - 1));
  if (records.length === 0) return [];
  const table = tableOf(columnsOf(screen, false), screen.size.columns - 1);
  const titles = titleLine(table, { name: "", arrow: "" }).map(({ text }) => run(text, "dim"));
  return [[run(" "), ...titles], ...records.map((record) => [run(" "), ...rowLine(table, record)])];
}

function columnsOf({ frame, look, size, found }: Screen, withTask: boolean): readonly Column<TraceRecord>[] {
  const bootedAt = frame === undefined ? 0 : frame.time - frame.at;
  const task: readonly Column<TraceRecord>[] = [
    { name: "tid", title: "TID", width: 6, isRight: true, cell: ({ tid }) => run(String(tid)) },
    { name: "name", title: "NAME", width: 14, drop: 2, cell: ({ name }) => run(name, "dim") },
  ];
  return [
    {
      name: "time",
      title: "TIME",
      width: 12,
      drop: 3,
      cell: ({ at }) => run(clock(bootedAt + at, look.zoneMinutes, true), "dim"),
    },
    ...(withTask ? task : []),
    {
      name: "syscall",
      title: "SYSCALL",
      width: 20,
      least: 10,
      grows: 3,
      cell: ({ syscall }, width) => marked(shortened(syscall, width), found, "normal"),
    },
    {
      name: "result",
      title: "RESULT",
      width: size.columns >= 100 ? 16 : 12,
      least: 8,
      grows: 1,
      cell: ({ result, isError }) =>
        run(result === "" ? "= …" : result, isError ? "bad" : result === "" ? "warn" : "normal"),
    },
    {
      name: "blocked",
      title: "BLOCKED",
      width: 7,
      isRight: true,
      cell: ({ blockedMs, result }) =>
        run(blockedMs === 0 && result !== "" ? "-" : duration(blockedMs), blockedMs === 0 ? "dim" : "normal"),
    },
    {
      name: "turn",
      title: "TURN ms",
      width: 7,
      isRight: true,
      drop: 1,
      cell: ({ turnMs }) => run(fineMillis(turnMs), "dim"),
    },
    {
      name: "kernel",
      title: "KERN ms",
      width: 7,
      isRight: true,
      drop: 0,
      cell: ({ kernelMs }) => run(fineMillis(kernelMs), "dim"),
    },
  ];
}

interface Counts {
  readonly name: string;
  readonly calls: number;
  readonly errors: number;
  readonly blockedMs: number;
  readonly maxMs: number;
}

/** What was traced, by syscall, what blocked longest first. */
function countsOf(records: readonly TraceRecord[]): readonly Counts[] {
  const counts = new Map<string, Counts>();
  for (const { syscall, isError, blockedMs } of records) {
    const end = syscall.indexOf("(");
    const name = end === -1 ? syscall : syscall.slice(0, end);
    const { calls, errors, maxMs, ...before } = counts.get(name) ?? { calls: 0, errors: 0, blockedMs: 0, maxMs: 0 };
    counts.set(name, {
      name,
      calls: calls + 1,
      errors: errors + (isError ? 1 : 0),
      blockedMs: before.blockedMs + blockedMs,
      maxMs: Math.max(maxMs, blockedMs),
    });
  }
  return [...counts.values()].sort((one, other) => other.blockedMs - one.blockedMs || other.calls - one.calls);
}

const countColumns: readonly Column<Counts>[] = [
  { name: "name", title: "SYSCALL", width: 16, least: 8, grows: 1, cell: ({ name }) => run(name, "bold") },
  { name: "calls", title: "CALLS", width: 8, isRight: true, cell: ({ calls }) => run(count(calls)) },
  {
    name: "errors",
    title: "ERRORS",
    width: 8,
    isRight: true,
    cell: ({ errors }) => run(count(errors), errors > 0 ? "warn" : "dim"),
  },
  { name: "blocked", title: "BLOCKED", width: 8, isRight: true, cell: ({ blockedMs }) => run(duration(blockedMs)) },
  {
    name: "mean",
    title: "MEAN ms",
    width: 8,
    isRight: true,
    drop: 1,
    cell: ({ blockedMs, calls }) => run(millis(blockedMs / calls)),
  },
  { name: "max", title: "MAX ms", width: 8, isRight: true, drop: 2, cell: ({ maxMs }) => run(millis(maxMs)) },
];
