// The columns of the views of tasks. Which are shown follows from the width, unless they were chosen; the first to go as
// it shrinks are RUN, TRAP/s, RDY, CPU 10s, NI, TURN/s, MAX and FOR. TID, S and NAME never go.

import { monitorColumns, type PlacedRow, type StateLetter } from "../../control/records.ts";
import { count, duration, millis, percent, seconds } from "./format.ts";
import { branchOf, signs, sparkline } from "./glyphs.ts";
import { cut, type Run, run, type Style, toLeft, widthOf } from "./line.ts";
import type { Screen } from "./model.ts";
import type { Column } from "./table.ts";
import { siteText, waitingText } from "./words.ts";

type TaskCell = Column<PlacedRow>;
type Shape = NonNullable<NonNullable<Screen["query"]["tasks"]>["shape"]>;

const shaped: Readonly<Record<Shape, readonly string[]>> = {
  flat: monitorColumns,
  tree: ["tid", "state", "name", ...monitorColumns.slice(2, -1)],
  waits: ["tid", "state", "name", "finding", "waiting", "for", "cpu", "max"],
  sites: [
    "tasks",
    "cpu",
    "run",
    "turns/s",
    "traps/s",
    "max",
    "history",
    "for p50 ms",
    "for p99 ms",
    "name",
    "finding",
    "spawned",
  ],
};

/** The columns of the view in the order that they are shown, before any is dropped. */
export function taskCells(screen: Screen): readonly TaskCell[] {
  const shape: Shape = screen.query.tasks?.shape ?? "flat";
  const chosen = shape === "sites" ? undefined : screen.columns;
  return (chosen ?? shaped[shape]).map((name) => cellOf(name, screen, shape));
}

function cellOf(name: string, screen: Screen, shape: Shape): TaskCell {
  if (name === "waiting") return waitingCell(screen);
  if (name === "name") return nameCell(screen, shape);
  if (name === "history") return historyCell(screen);
  if (name === "spawned") return { ...spawned, grows: shape === "sites" ? 3 : 0 };
  const made = simple.find((column) => column.name === name);
  if (made?.name !== "tid") return made ?? declared(name);
  const most = screen.frame?.tasks?.rows.reduce((largest, { tid }) => Math.max(largest, tid), 0) ?? 0;
  return { ...made, width: Math.max(made.width, String(most).length) };
}

const simple: readonly TaskCell[] = [
  right("tid", "TID", 5, (row) => run(String(row.tid))),
  { name: "state", title: "S", width: 1, cell: ({ state }) => run(state, styleOfState(state)) },
  right("nice", "NI", 3, ({ nice }) => run(String(nice), nice === 0 ? "dim" : "normal"), 5),
  right("cpu", "CPU%", 5, ({ cpu }) => faint(cpu, percent(cpu))),
  right("run", "RUN s", 6, ({ runMs }) => faint(runMs, seconds(runMs)), 1),
  right("ready", "RDY ms", 6, ({ readyMs }) => faint(readyMs, millis(readyMs)), 3),
  right("turns/s", "TURN/s", 6, ({ turnsPerS }) => faint(turnsPerS, count(turnsPerS)), 6),
  right("traps/s", "TRAP/s", 6, ({ trapsPerS }) => faint(trapsPerS, count(trapsPerS)), 2),
  right("max", "MAX ms", 6, ({ maxMs }) => faint(maxMs, millis(maxMs)), 7),
  right("for", "FOR", 6, ({ forMs, state }) => run(state === "R" ? "-" : duration(forMs), "dim"), 8),
  { name: "finding", title: "!", width: 1, cell: ({ finding }) => run(finding, styleOfFinding(finding)) },
  right("parent", "PPID", 5, ({ parent }) => run(parent === 0 ? "-" : String(parent)), 4),
  { name: "app", title: "APP", width: 10, drop: 4, cell: ({ app }) => run(app) },
  right("turns", "TURNS", 6, ({ turns }) => run(count(turns)), 4),
  right("traps", "TRAPS", 6, ({ traps }) => run(count(traps)), 4),
  right("children", "CHILD", 5, ({ children }) => faint(children, count(children)), 4),
  right("mailbox", "MBOX", 5, ({ mailbox }) => faint(mailbox, count(mailbox)), 4),
  right("endpoints", "FDS", 5, ({ endpoints }) => faint(endpoints, count(endpoints)), 4),
  right("for p50 ms", "FOR p50", 7, (row) => declaredDuration(row, "for p50 ms"), 4),
  right("for p99 ms", "FOR p99", 7, (row) => declaredDuration(row, "for p99 ms"), 6),
  right("tasks", "TASKS", 6, (row) => run(count(row.count), "bold")),
];

function right(name: string, title: string, width: number, cell: TaskCell["cell"], drop?: number): TaskCell {
  return { name, title, width, isRight: true, cell, ...(drop === undefined ? {} : { drop }) };
}

const spawned: TaskCell = {
  name: "spawned",
  title: "SPAWNED AT",
  width: 20,
  least: 6,
  drop: 9,
  cell: ({ spawnedAt }, width) => run(siteText(spawnedAt, width), "dim"),
};

/** What a column is called on the screen. */
export function titleOf(name: string): string {
  if (name === "waiting") return "WAITING ON";
  if (name === "spawned") return spawned.title;
  if (name === "history") return "CPU 10s";
  return simple.find((column) => column.name === name)?.title ?? name.toUpperCase();
}

/** Of a site: how long its tasks have been in their states, half of them and 99 of 100. */
function declaredDuration({ columns }: PlacedRow, name: string): Run {
  return run(Object.hasOwn(columns, name) ? duration(Number(columns[name])) : "-", "dim");
}

/** A column that waits declare. */
function declared(name: string): TaskCell {
  return {
    name,
    title: name.toUpperCase(),
    width: 10,
    drop: 4,
    cell: ({ columns }) => run(Object.hasOwn(columns, name) ? String(columns[name]) : ""),
  };
}

function historyCell({ look }: Screen): TaskCell {
  return {
    name: "history",
    title: "CPU 10s",
    width: 10,
    drop: 4,
    cell: ({ cpuHistory }, width) => sparkline(cpuHistory, 1, width, look.glyphs),
  };
}

function waitingCell(screen: Screen): TaskCell {
  const ready = screen.frame?.kernel.ready ?? 0;
  const cycle = `${signs[screen.look.glyphs].back} CYCLE`;
  return {
    name: "waiting",
    title: "WAITING ON",
    width: 28,
    grows: 1,
    least: 9,
    cell: (row, width) => {
      const style: Style = row.state === "R" ? "good" : row.state === "r" ? "warn" : "normal";
      if (!row.isInCycle) return run(waitingText(row, ready, width), style);
      const sign = width < 20 ? cycle.slice(0, 1) : cycle;
      const room = Math.max(0, width - sign.length - 1);
      return [run(toLeft(waitingText(row, ready, room), room)), run(" "), run(sign, "bad")];
    },
  };
}

function nameCell(screen: Screen, shape: Shape): TaskCell {
  const { glyphs } = screen.look;
  const isTree = shape === "tree" || shape === "waits";
  return {
    name: "name",
    title: "NAME",
    width: isTree ? 20 : 12,
    grows: shape === "sites" ? 1 : 4,
    most: isTree ? 32 : 24,
    least: 9,
    cell: (row, width) => {
      const branch = run(branchOf(row.lasts, glyphs), "rule");
      const many = row.count > 1 && shape !== "sites" ? ` ${signs[glyphs].times}${row.count}` : "";
      const back = row.isRepeat ? ` ${signs[glyphs].back} again` : "";
      const name = cut(row.name, Math.max(4, width - widthOf([branch]) - many.length - back.length));
      const style: Style = screen.born.has(row.tid) ? "born" : "normal";
      return [branch, ...marked(name, screen.found, style), run(many, "accent"), run(back, "bad")];
    },
  };
}

/** A text with what was searched for marked in it. */
export function marked(text: string, found: string, style: Style): readonly Run[] {
  const at = found === "" ? -1 : text.slice(0, 1_024).toLowerCase().indexOf(found.slice(0, 1_024).toLowerCase());
  if (at === -1) return [run(text, style)];
  const end = at + found.length;
  return [run(text.slice(0, at), style), run(text.slice(at, end), "match"), run(text.slice(end), style)];
}

export function styleOfState(state: StateLetter): Style {
  if (state === "R") return "good";
  if (state === "r" || state === "P") return "warn";
  if (state === "W" || state === "w") return "accent";
  return state === "J" || state === "M" ? "link" : state === "Z" ? "dim" : "normal";
}

export function styleOfFinding(letter: PlacedRow["finding"]): Style {
  return letter === "D" || letter === "X" || letter === "B" ? "bad" : "warn";
}

/** Nothing, and what is not known, is faint. */
function faint(value: number | null, text: string): Run {
  return run(text, value === null || Number(text) === 0 ? "dim" : "normal");
}
