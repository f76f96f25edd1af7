// Columns as sort keys. Each has an order of its own: of what is measured the largest first, of names and numbers that
// only tell apart the smallest first. What is not known comes last, whatever the order; ties in order of tid.

import type { TaskColumn, TaskRow } from "../records.ts";

type Key = number | string | null;

interface Column {
  readonly key: (row: TaskRow) => Key;
  readonly isAscending: boolean;
}

const large = (key: (row: TaskRow) => Key): Column => ({ key, isAscending: false });
const small = (key: (row: TaskRow) => Key): Column => ({ key, isAscending: true });

const columns: Readonly<Record<TaskColumn, Column>> = {
  tid: small((row) => row.tid),
  state: small((row) => row.state),
  nice: small((row) => row.nice),
  cpu: large((row) => row.cpu),
  run: large((row) => row.runMs),
  ready: large((row) => row.readyMs),
  "turns/s": large((row) => row.turnsPerS),
  "traps/s": large((row) => row.trapsPerS),
  max: large((row) => row.maxMs),
  history: large((row) => row.cpuHistory.reduce((sum, share) => sum + share, 0)),
  waiting: small((row) => (row.verb === "" ? null : `${row.verb} ${row.object}`)),
  for: large((row) => row.forMs),
  finding: small((row) => (row.finding === "" ? null : "DNSBXLGYO".indexOf(row.finding))),
  name: small((row) => row.name),
  parent: small((row) => row.parent),
  app: small((row) => row.app),
  spawned: small((row) => row.spawnedAt),
  turns: large((row) => row.turns),
  traps: large((row) => row.traps),
  children: large((row) => row.children),
  mailbox: large((row) => row.mailbox),
  endpoints: large((row) => row.endpoints),
};

/** Rows, given in the order of their tids, in that of a column. */
export function ordered<R extends TaskRow>(rows: readonly R[], sort: string, isInverted: boolean): R[] {
  const column = Object.hasOwn(columns, sort) ? columns[sort as TaskColumn] : declared(sort); // it is one of them
  const isAscending = column.isAscending !== isInverted;
  const keyed = rows.map((row) => ({ row, key: column.key(row) }));
  keyed.sort((one, other) => compared(one.key, other.key, isAscending));
  return keyed.map(({ row }) => row);
}

function declared(name: string): Column {
  return small((row) => row.columns[name] ?? null);
}

function compared(one: Key, other: Key, isAscending: boolean): number {
  if (one === other) return 0;
  if (one === null) return 1;
  if (other === null) return -1;
  return one < other === isAscending ? -1 : 1;
}
