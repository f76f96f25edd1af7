// One row for all tasks of one spawn site: a thousand clients are a line with a count.

import { findingOrder } from "../columns.ts";
import type { PlacedRow, StateLetter, TaskRow } from "../records.ts";
import { type Entry, LiveEntry } from "./entry.ts";
import { numbersOf } from "./order.ts";
import { summed } from "./placed.ts";

/** Rows for the sites of some tasks, in the order of their oldest. Those that have ended are of no site any more. */
export function sitesOf(entries: readonly Entry[]): PlacedRow[] {
  const sites = new Map<object, LiveEntry[]>();
  for (const entry of entries) {
    if (!(entry instanceof LiveEntry)) continue;
    const { spawn } = entry.task.origin;
    const site = sites.get(spawn);
    if (site === undefined) sites.set(spawn, [entry]);
    else site.push(entry);
  }
  return Array.from(sites.values(), siteRow);
}

// Its tid is that of the oldest, its words those of the oldest that does what most of them do.
function siteRow(entries: readonly LiveEntry[]): PlacedRow {
  const [oldest] = entries as readonly [LiveEntry]; // a site is there because of one
  const state = commonest(entries);
  const typical = entries.find((entry) => entry.state === state) ?? oldest;
  const times = numbersOf(entries, ({ forMs }) => forMs).sort();
  const columns: Record<string, string> = { "for p50 ms": ranked(times, 0.5), "for p99 ms": ranked(times, 0.99) };
  if (oldest.cpu !== null) {
    const shares = numbersOf(entries, ({ cpu }) => 100 * (cpu ?? 0)).sort();
    Object.assign(columns, { "cpu p50 %": ranked(shares, 0.5), "cpu p99 %": ranked(shares, 0.99) });
  }
  const row = summed(typical, entries);
  const own = { tid: oldest.tid, name: commonName(entries), finding: worstFinding(entries), columns };
  return entries.length === 1 ? { ...row, ...own } : { ...row, ...own, object: commonObject(entries), holders: [] };
}

function commonest(entries: readonly LiveEntry[]): StateLetter | undefined {
  const counts = new Map<StateLetter, number>();
  for (const { state } of entries) counts.set(state, (counts.get(state) ?? 0) + 1);
  const [most] = [...counts].sort(([, one], [, other]) => other - one);
  return most?.[0];
}

/** "client-*" for client-1, client-2, … */
function commonName(entries: readonly LiveEntry[]): string {
  const [{ name: first }] = entries as readonly [LiveEntry]; // as above
  let common = first;
  for (const { name } of entries) while (!name.startsWith(common)) common = common.slice(0, -1);
  return common === first ? first : `${common}*`;
}

/** How many are asked for their words, to say whether they wait for the same: it is anybody's code. */
const maxAsked = 16;

function commonObject(entries: readonly LiveEntry[]): string {
  const [first = "", ...others] = entries.slice(0, maxAsked).map(({ object }) => object);
  return others.every((object) => object === first) ? first : "";
}

function worstFinding(entries: readonly LiveEntry[]): TaskRow["finding"] {
  let worst: number = findingOrder.length;
  for (const { finding } of entries) if (finding !== "") worst = Math.min(worst, findingOrder.indexOf(finding));
  return findingOrder[worst] ?? "";
}

/** The nearest-rank percentile of sorted values, with at most one digit after the point. */
function ranked(values: Float64Array, share: number): string {
  const value = values[Math.max(0, Math.ceil(share * values.length) - 1)] ?? 0;
  return String(Math.round(10 * value) / 10);
}
