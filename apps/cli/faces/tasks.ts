// The columns of the table of tasks: each field of a TaskRow by the name that `sort` and filters know, and those that
// waits declare.

import type { TaskColumn, TaskRow } from "../../control/records.ts";
import { count, duration, fineMillis, percent, seconds } from "../../monitor/views/format.ts";
import type { Column } from "../table.ts";
import { sparkText } from "./words.ts";

/** What `ps` shows unless it is told: all of it is known at once, without a second of watching. */
export const usualColumns: readonly TaskColumn[] = [
  "tid",
  "state",
  "nice",
  "turns",
  "traps",
  "waiting",
  "for",
  "finding",
  "name",
];

/** Columns that are empty until a whole second was watched. */
export const measuredColumns: ReadonlySet<string> = new Set<TaskColumn>([
  "cpu",
  "run",
  "ready",
  "turns/s",
  "traps/s",
  "max",
  "history",
]);

/**
 * All columns that these rows have.
 * @param isUnicode false: bars in ASCII
 */
export function taskColumnsOf(rows: readonly TaskRow[], isUnicode: boolean): Column<TaskRow>[] {
  const declared = new Set(rows.flatMap(({ columns }) => Object.keys(columns)));
  const known = knownColumns(isUnicode);
  for (const { name } of known) declared.delete(name);
  return [...known, ...[...declared].sort().map(declaredColumn)];
}

/** What a task waits for, or does, in words. */
export function waitText({ state, verb, object, place, isInCycle }: TaskRow): string {
  const words = [verb, object].filter((word) => word !== "").join(" ");
  if (words !== "") return isInCycle ? `${words} <- cycle` : words;
  if (state === "R") return "(running)";
  if (state === "r") return place > 0 ? `(ready, place ${place})` : "(ready)";
  return state === "P" ? "(stopped)" : "";
}

function declaredColumn(name: string): Column<TaskRow> {
  return { name, value: ({ columns }) => (Object.hasOwn(columns, name) ? (columns[name] ?? null) : null) };
}

type Known = Column<TaskRow> & { readonly name: TaskColumn };

function counted(name: TaskColumn, value: (row: TaskRow) => number): Known {
  return { name, side: "right", value };
}

function measured(
  name: TaskColumn,
  head: string,
  value: (row: TaskRow) => number | null,
  text: (value: number | null) => string,
): Known {
  return { name, head, side: "right", value, text: (row) => text(value(row)) };
}

function knownColumns(isUnicode: boolean): Known[] {
  return [
    counted("tid", ({ tid }) => tid),
    { name: "state", head: "S", value: ({ state }) => state },
    { name: "nice", side: "right", value: ({ nice }) => nice },
    measured("cpu", "CPU%", ({ cpu }) => cpu, percent),
    measured("run", "RUN s", ({ runMs }) => runMs, seconds),
    measured("ready", "READY ms", ({ readyMs }) => readyMs, fineMillis),
    measured("turns/s", "TURNS/s", ({ turnsPerS }) => turnsPerS, count),
    measured("traps/s", "TRAPS/s", ({ trapsPerS }) => trapsPerS, count),
    measured("max", "MAX ms", ({ maxMs }) => maxMs, fineMillis),
    history(isUnicode),
    {
      name: "waiting",
      head: "WAITING ON",
      isElastic: true,
      value: ({ verb, object }) => `${verb} ${object}`.trim(),
      text: waitText,
    },
    measured("for", "FOR", ({ forMs }) => forMs, duration),
    { name: "finding", head: "!", value: ({ finding }) => finding },
    { name: "name", value: ({ name }) => name },
    counted("parent", ({ parent }) => parent),
    { name: "app", value: ({ app }) => app },
    { name: "spawned", head: "SPAWNED AT", isElastic: true, value: ({ spawnedAt }) => spawnedAt },
    counted("turns", ({ turns }) => turns),
    counted("traps", ({ traps }) => traps),
    counted("children", ({ children }) => children),
    counted("mailbox", ({ mailbox }) => mailbox),
    counted("endpoints", ({ endpoints }) => endpoints),
  ];
}

function history(isUnicode: boolean): Known {
  return {
    name: "history",
    head: "CPU 10 s",
    value: ({ cpuHistory }) => cpuHistory.join(" "),
    text: ({ cpuHistory }) => sparkText(cpuHistory, isUnicode),
  };
}
