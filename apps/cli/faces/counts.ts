// What `strace -c` adds up: for each kind of syscall how many there were, how many failed, and how long they blocked.

import type { TraceRecord } from "../../control/records.ts";
import { fineMillis } from "../../monitor/views/format.ts";
import type { Column } from "../table.ts";
import { nameOf } from "./trace.ts";

/** One kind of syscall. */
export interface CountRow {
  readonly syscall: string;
  readonly calls: number;
  readonly errors: number;
  readonly blockedMs: number;
  readonly maxMs: number;
  /** In its handler. */
  readonly kernelMs: number;
}

/** Kinds that are told apart; the rest is one row, "others". */
const maxKinds = 1_000;

export class Counts {
  readonly #rows = new Map<string, { -readonly [K in keyof CountRow]: CountRow[K] }>();

  /** Counts a syscall that is over; one that still blocks is none yet. */
  add({ syscall, result, isError, blockedMs, kernelMs }: TraceRecord): void {
    if (result === "") return;
    const row = this.#rowOf(nameOf(syscall));
    row.calls++;
    if (isError) row.errors++;
    row.blockedMs += blockedMs;
    row.kernelMs += kernelMs;
    row.maxMs = Math.max(row.maxMs, blockedMs);
  }

  /** What was longest blocked comes first. */
  rows(): CountRow[] {
    return [...this.#rows.values()].sort((a, b) => b.blockedMs - a.blockedMs || b.calls - a.calls);
  }

  #rowOf(name: string): { -readonly [K in keyof CountRow]: CountRow[K] } {
    const key = this.#rows.has(name) || this.#rows.size < maxKinds ? name : "others";
    let row = this.#rows.get(key);
    if (row === undefined) {
      row = { syscall: key, calls: 0, errors: 0, blockedMs: 0, maxMs: 0, kernelMs: 0 };
      this.#rows.set(key, row);
    }
    return row;
  }
}

/** The columns of the counts of these rows. */
export function countColumns(rows: readonly CountRow[]): Column<CountRow>[] {
  const all = rows.reduce((sum, { blockedMs }) => sum + blockedMs, 0);
  const share = (row: CountRow): number => (all === 0 ? 0 : row.blockedMs / all);
  return [
    { name: "share", head: "% BLOCKED", side: "right", value: share, text: (row) => (100 * share(row)).toFixed(1) },
    ms("blocked", "BLOCKED ms", ({ blockedMs }) => blockedMs),
    ms("mean", "MEAN ms", ({ blockedMs, calls }) => blockedMs / calls),
    ms("max", "MAX ms", ({ maxMs }) => maxMs),
    ms("kernel", "KERNEL ms", ({ kernelMs }) => kernelMs),
    { name: "calls", side: "right", value: ({ calls }) => calls },
    { name: "errors", side: "right", value: ({ errors }) => errors },
    { name: "syscall", value: ({ syscall }) => syscall },
  ];
}

function ms(name: string, head: string, value: (row: CountRow) => number): Column<CountRow> {
  return { name, head, side: "right", value, text: (row) => fineMillis(value(row)) };
}
