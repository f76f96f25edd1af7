// Rows as a page has them: plain data, one for one task or one for many.

import type { PlacedRow, TaskRow } from "../records.ts";

/** A row for itself. Not spread into another object: of one with so many members that takes ten times as long. */
export function placed(row: TaskRow, lasts: readonly boolean[] = [], isRepeat = false): PlacedRow {
  return Object.assign(plainRow(row), { lasts, count: 1, isRepeat });
}

/**
 * One row for many: sums, and of what is a maximum the largest.
 * @param row the one whose name and words it has
 * @param all those that are in it, itself among them
 */
export function summed(row: TaskRow, all: readonly TaskRow[]): PlacedRow {
  const sum = new Sum();
  for (const one of all) sum.add(one);
  const { turns, traps, children, mailbox, endpoints, cpu, runMs, turnsPerS, trapsPerS, readyMs, maxMs } = sum;
  const known = { cpu, runMs, turnsPerS, trapsPerS, readyMs, maxMs };
  const counted = { turns, traps, children, mailbox, endpoints };
  return { ...placed(row), count: all.length, ...known, ...counted, cpuHistory: sum.latestFirst.reverse() };
}

class Sum {
  turns = 0;
  traps = 0;
  children = 0;
  mailbox = 0;
  endpoints = 0;
  cpu: number | null = null;
  runMs: number | null = null;
  turnsPerS: number | null = null;
  trapsPerS: number | null = null;
  readyMs: number | null = null;
  maxMs: number | null = null;
  /** Each second's shares added up: the latest of all rows are of the same second. */
  readonly latestFirst: number[] = [];

  add(row: TaskRow): void {
    this.turns += row.turns;
    this.traps += row.traps;
    this.children += row.children;
    this.mailbox += row.mailbox;
    this.endpoints += row.endpoints;
    this.cpu = plus(this.cpu, row.cpu);
    this.runMs = plus(this.runMs, row.runMs);
    this.turnsPerS = plus(this.turnsPerS, row.turnsPerS);
    this.trapsPerS = plus(this.trapsPerS, row.trapsPerS);
    this.readyMs = larger(this.readyMs, row.readyMs);
    this.maxMs = larger(this.maxMs, row.maxMs);
    const { cpuHistory } = row;
    for (let place = cpuHistory.length - 1, back = 0; place >= 0; place--, back++) {
      this.latestFirst[back] = (this.latestFirst[back] ?? 0) + (cpuHistory[place] ?? 0);
    }
  }
}

function plus(one: number | null, other: number | null): number | null {
  return other === null ? one : (one ?? 0) + other;
}

function larger(one: number | null, other: number | null): number | null {
  return one === null || (other !== null && other > one) ? other : one;
}

/** A row as plain data: all of it is read now. */
export function plainRow(row: TaskRow): TaskRow {
  return {
    tid: row.tid,
    name: row.name,
    parent: row.parent,
    app: row.app,
    state: row.state,
    nice: row.nice,
    cpu: row.cpu,
    runMs: row.runMs,
    readyMs: row.readyMs,
    turnsPerS: row.turnsPerS,
    trapsPerS: row.trapsPerS,
    maxMs: row.maxMs,
    cpuHistory: [...row.cpuHistory],
    verb: row.verb,
    object: row.object,
    holders: [...row.holders],
    isInCycle: row.isInCycle,
    forMs: row.forMs,
    place: row.place,
    finding: row.finding,
    turns: row.turns,
    traps: row.traps,
    children: row.children,
    mailbox: row.mailbox,
    endpoints: row.endpoints,
    spawnedAt: row.spawnedAt,
    columns: row.columns,
  };
}
