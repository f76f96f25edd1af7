// The columns of the table of tasks: of what kind each is, how it is read from a row, and which way it is sorted when nobody
// says otherwise. One table for the order of rows and for filters.

import { type FindingLetter, type TaskColumn, type TaskRow, taskColumns } from "./records.ts";

export interface Column {
  readonly kind: "text" | "letter" | "number" | "percent" | "duration";
  /** Durations in ms, shares as percent; null where it is not known. */
  readonly read: (row: TaskRow) => string | number | null;
  /** Its usual order: of what is measured the largest first, of names and of numbers that only tell apart the smallest. */
  readonly isAscending: boolean;
}

/** Findings, the worst first. */
export const findingOrder: readonly FindingLetter[] = ["D", "N", "S", "B", "X", "G", "Y", "L", "O"];

/** What a task waits for, in one text: "exit of 32". */
export function waitingText({ verb, object }: Pick<TaskRow, "verb" | "object">): string {
  return object === "" ? verb : `${verb} ${object}`;
}

const text = (read: Column["read"]): Column => ({ kind: "text", read, isAscending: true });
const letter = (read: Column["read"]): Column => ({ kind: "letter", read, isAscending: true });
const name = (read: Column["read"]): Column => ({ kind: "number", read, isAscending: true });
const count = (read: Column["read"]): Column => ({ kind: "number", read, isAscending: false });
const percent = (read: Column["read"]): Column => ({ kind: "percent", read, isAscending: false });
const duration = (read: Column["read"]): Column => ({ kind: "duration", read, isAscending: false });

const columns: Readonly<Record<TaskColumn, Column>> = {
  tid: name((row) => row.tid),
  state: letter((row) => row.state),
  nice: name((row) => row.nice),
  cpu: percent((row) => (row.cpu === null ? null : 100 * row.cpu)),
  run: duration((row) => row.runMs),
  ready: duration((row) => row.readyMs),
  "turns/s": count((row) => row.turnsPerS),
  "traps/s": count((row) => row.trapsPerS),
  max: duration((row) => row.maxMs),
  history: percent((row) => {
    const mean = meanCpuOf(row);
    return mean === null ? null : 100 * mean;
  }),
  waiting: text(waitingText),
  for: duration((row) => row.forMs),
  finding: letter((row) => row.finding),
  name: text((row) => row.name),
  parent: name((row) => row.parent),
  app: text((row) => row.app),
  spawned: text((row) => row.spawnedAt),
  turns: count((row) => row.turns),
  traps: count((row) => row.traps),
  children: count((row) => row.children),
  mailbox: count((row) => row.mailbox),
  endpoints: count((row) => row.endpoints),
};

/** Whether it is one of the columns that every task has. */
export function isTaskColumn(column: string): column is TaskColumn {
  return (taskColumns as readonly string[]).includes(column); // wider, to ask
}

/** A column by its name: one that every task has, or one that waits declare, which is text or, where it is one, a number. */
export function columnOf(column: string): Column {
  if (isTaskColumn(column)) return columns[column];
  return {
    kind: "text",
    read: (row) => (Object.hasOwn(row.columns, column) ? (row.columns[column] ?? null) : null),
    isAscending: true,
  };
}

// Of a task that is alive without a list of it, which every task of ten thousand would have to make.
function meanCpuOf(row: TaskRow & { readonly meanCpu?: number | null }): number | null {
  if (row.meanCpu !== undefined) return row.meanCpu;
  let sum = 0;
  for (const share of row.cpuHistory) sum += share;
  return row.cpuHistory.length === 0 ? null : sum / row.cpuHistory.length;
}
