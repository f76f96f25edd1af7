// A task in detail: what it does and since when, its times, what is wrong, what would have to happen for it to go on, who
// waits for it, where its frames stand, and its syscalls as they come.

import type { FrameRecord, Histogram, TaskDetail } from "../../control/records.ts";
import { chainLines } from "./chain.ts";
import { styleOfFinding, styleOfState } from "./columns.ts";
import { count, duration, fineMillis, percent } from "./format.ts";
import { boxes, sparkline, topOf } from "./glyphs.ts";
import type { Body } from "./layout.ts";
import { apart, type Run, run, type StyledLine, toLeft, widthOf } from "./line.ts";
import type { Region, Screen } from "./model.ts";
import { traceLines } from "./trace.ts";
import { findingWords, stateWords, waitingText, withoutFolder } from "./words.ts";

/** A line, and whose task a click on it opens; or on a part of it. */
interface Part {
  readonly line: StyledLine;
  readonly tid?: number;
  readonly spots?: readonly { readonly tid: number; readonly from: number; readonly to: number }[];
}

export function detailView(screen: Screen, rows: number): Body {
  const detail = screen.frame?.detail;
  if (detail === undefined || detail === null)
    return { lines: [[], [run(nothing(screen), "dim")]], regions: [], info: [] };
  const { columns } = screen.size;
  const { tid, name, app } = detail.task;
  const title = apart(
    [run(` TASK ${tid}  ${name}`, "header")],
    [run(app === "" ? "" : `app ${app} `, "header")],
    columns,
    "header",
  );
  const parts = partsOf(detail, screen);
  const room = Math.max(0, rows - 1);
  // The trace has what is left of the screen, and not less than a few lines: then one has to scroll.
  const trace = traceParts(detail, screen, Math.max(6, room - parts.length));
  const all = [...parts, ...trace];
  const top = Math.max(0, Math.min(screen.places.detail?.top ?? 0, all.length - room));
  const shown = all.slice(top, top + room);
  const regions = shown.flatMap((part, at) => regionsOf(part, at + 1, columns));
  const more = all.length > room ? [run(`lines ${top + 1}-${top + shown.length} of ${all.length}`, "dim")] : [];
  const scroll = { top, rows: shown.length, total: all.length };
  return { lines: [title, ...shown.map(({ line }) => line)], regions, info: [more], scroll };
}

function regionsOf({ tid, spots = [] }: Part, row: number, columns: number): readonly Region[] {
  const all = tid === undefined ? spots : [{ tid, from: 0, to: columns }];
  return all.map(({ tid: opens, from, to }) => ({ row, from, to, target: { kind: "task", tid: opens } }));
}

function nothing({ frame, query, connection }: Screen): string {
  if (query.detail === undefined) return " no task is open: Enter on a task opens it, g and its tid too";
  if (frame?.detail !== null) return " waiting for the first frame";
  return connection.kind === "replay"
    ? ` task ${query.detail} is not in full in this frame: only the one under the cursor was recorded so`
    : ` task ${query.detail} has ended and is no longer remembered, or never was`;
}

function partsOf(detail: TaskDetail, screen: Screen): readonly Part[] {
  return [
    ...facts(detail, screen).map((line) => ({ line })),
    ...section("what would have to happen", chainLines(detail.chain, screen), screen),
    ...section("waited on by", waitedParts(detail.waitedBy, screen.size.columns), screen),
    ...section("where, innermost first", wherePart(detail, screen), screen),
  ];
}

function facts(detail: TaskDetail, screen: Screen): readonly StyledLine[] {
  const { turnMs, readyWait, module, findings, spawned } = detail;
  const { size, look } = screen;
  return [
    fact("State", stateRuns(detail, screen)),
    ...findings.map(({ letter, text }) =>
      fact("Finding", [run(`${letter} ${findingWords[letter] ?? ""}: `, styleOfFinding(letter)), run(text)]),
    ),
    fact("Times", times(detail)),
    fact("Counts", counts(detail)),
    ...(turnMs === null ? [] : [fact("Turns", histogram(turnMs, look.glyphs))]),
    ...(readyWait === null ? [] : [fact("Ready", histogram(readyWait, look.glyphs))]),
    fact("Family", family(detail)),
    ...(spawned.length === 0 ? [] : [fact("Spawned", sites(spawned, size.columns - 10))]),
    ...(module === "" ? [] : [fact("Module", [run(module)])]),
  ];
}

function stateRuns({ task, ending }: TaskDetail, { frame, size }: Screen): StyledLine {
  const { state, verb, forMs } = task;
  const word = stateWords[state] ?? "";
  const room = Math.max(20, size.columns - 26);
  const isPlain = verb === "";
  // What it waits for comes first: that is what is looked for, and what the letter means can be cut.
  return [
    run(`${state} `, styleOfState(state)),
    run(isPlain ? word : waitingText(task, frame?.kernel.ready ?? 0, room), "bold"),
    run(`, for ${duration(forMs)}`),
    run(ending === "" ? "" : `   ${ending}`, "warn"),
    run(isPlain ? "" : `   ${word}`, "dim"),
  ];
}

function times({ task, totalMs, blockedMs }: TaskDetail): StyledLine {
  const timed = (word: string, ms: number | null): Run[] => {
    if (ms === null) return [];
    const share = totalMs > 0 ? ` (${percent(ms / totalMs)}%)` : "";
    return [run(`   ${word} `, "dim"), run(duration(ms) + share)];
  };
  return [
    run("watched ", "dim"),
    run(duration(totalMs)),
    ...timed("in turns", task.runMs),
    ...timed("blocked", blockedMs),
  ];
}

function family({ task, childTids }: TaskDetail): StyledLine {
  const shown = childTids.slice(0, 20);
  return [
    run("parent ", "dim"),
    run(task.parent === 0 ? "none" : String(task.parent)),
    run("   children ", "dim"),
    run(shown.length === 0 ? "none" : shown.join(" ")),
    run(childTids.length > shown.length ? ` and ${childTids.length - shown.length} more` : ""),
  ];
}

/** Where it was spawned, where its parent was, and so on; without folders where there is no room for them. */
function sites(spawned: readonly string[], room: number): StyledLine {
  const line = (all: readonly string[]): StyledLine =>
    all.flatMap((site, place) => [run(place === 0 ? "" : "  <-  ", "dim"), run(site)]);
  const full = line(spawned);
  return widthOf(full) <= room ? full : line(spawned.map((site) => withoutFolder(site.slice(-1_024))));
}

function fact(word: string, runs: StyledLine): StyledLine {
  return [run(` ${word.padEnd(8)} `, "dim"), ...runs];
}

function counts({ task }: TaskDetail): StyledLine {
  const pairs: readonly (readonly [string, number])[] = [
    ["turns", task.turns],
    ["traps", task.traps],
    ["nice", task.nice],
    ["mailbox", task.mailbox],
    ["fds", task.endpoints],
  ];
  const own = Object.entries(task.columns).slice(0, 8);
  return [...pairs.map(([word, n]) => [word, count(n)] as const), ...own].flatMap(([word, text], place) => [
    run(`${place === 0 ? "" : "   "}${word} `, "dim"),
    run(text),
  ]);
}

/** "p50 0.02  p90 0.08  p99 0.38  max 0.41 ms   ▁▃█▅▂▁▁  8us to 1.0ms" */
function histogram({ p50, p90, p99, max, lowUs, counts }: Histogram, glyphs: Screen["look"]["glyphs"]): StyledLine {
  const words = Object.entries({ p50, p90, p99, max });
  const to = lowUs * 2 ** counts.length;
  return [
    ...words.flatMap(([word, ms]) => [run(`${word} `, "dim"), run(fineMillis(ms).padEnd(6))]),
    run("ms   ", "dim"),
    ...sparkline(counts, topOf(counts, 0), Math.min(32, counts.length), glyphs),
    run(counts.length === 0 ? "" : `  ${micros(lowUs)} to ${micros(to)}`, "dim"),
  ];
}

function micros(us: number): string {
  return us < 1_000 ? `${us < 1 ? 0 : us}us` : duration(us / 1_000);
}

function section(title: string, parts: readonly Part[], { size, look }: Screen): readonly Part[] {
  if (parts.length === 0) return [];
  const { across } = boxes[look.glyphs];
  const head = [run(`${across}${across} `, "rule"), run(title, "bold"), run(" ", "rule")];
  return [{ line: [...head, run(across.repeat(Math.max(0, size.columns - title.length - 4)), "rule")] }, ...parts];
}

/** As many in a line as fit. */
function waitedParts(waitedBy: TaskDetail["waitedBy"], columns: number): readonly Part[] {
  const parts: { line: Run[]; spots: { tid: number; from: number; to: number }[] }[] = [];
  for (const { tid, name, forMs } of waitedBy) {
    const made = [run(` ${tid} `, "bold"), run(name, "accent"), run(` ${duration(forMs)}  `, "dim")];
    let last = parts.at(-1);
    if (last === undefined || widthOf(last.line) + widthOf(made) > columns) {
      last = { line: [], spots: [] };
      parts.push(last);
    }
    const from = widthOf(last.line);
    last.spots.push({ tid, from, to: Math.min(columns, from + widthOf(made)) });
    last.line.push(...made);
  }
  return parts;
}

function wherePart(detail: TaskDetail, screen: Screen): readonly Part[] {
  const asked = screen.where?.tid === detail.task.tid ? screen.where : undefined;
  const frames = asked?.frames ?? detail.frames;
  const hint = frames.length === 0 ? "" : whereHint(detail, asked);
  const lines = frames.flatMap((frame) => frameLines(frame));
  return (hint === "" ? lines : [...lines, [run(` ${hint}`, "dim")]]).map((line) => ({ line }));
}

/** What was asked is true for as long as it has had no turn since. */
function whereHint({ task }: TaskDetail, asked: Screen["where"]): string {
  if (asked === undefined) return "b asks where each stands, v for local variables too";
  return asked.turns < 0 || asked.turns === task.turns ? "" : "it has had turns since: b asks again";
}

/** A frame, where it stands and its source line; below it its local variables. */
export function frameLines({ name, at, source, locals }: FrameRecord): readonly StyledLine[] {
  const values = Object.entries(locals);
  const line = [
    run(` ${toLeft(name, Math.max(14, Math.min(24, name.length)))} `, "bold"),
    run(at, "accent"),
    run(source === "" ? "" : `  ${source.trim()}`),
  ];
  return values.length === 0
    ? [line]
    : [
        line,
        [run("   "), ...values.slice(0, 32).flatMap(([word, value]) => [run(`${word}=`, "dim"), run(`${value}  `)])],
      ];
}

function traceParts(detail: TaskDetail, screen: Screen, rows: number): readonly Part[] {
  const { tid } = detail.task;
  const { trace } = screen;
  const isTraced = trace.all || trace.tids.includes(tid);
  const made = traceLines(screen, tid, rows - 1);
  const lines = made.length > 0 ? made : [[run(isTraced ? " nothing yet" : " s traces its syscalls", "dim")]];
  const title = `syscalls${trace.isPaused ? ", paused" : isTraced ? ", live" : ""}`;
  return section(
    title,
    lines.map((line) => ({ line })),
    screen,
  );
}
