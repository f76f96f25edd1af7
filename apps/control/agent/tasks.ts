// The table of tasks: which of them, in what order, from where to where.

import type { TaskQuery } from "../protocol.ts";
import type { PlacedRow, TaskPage, TaskRow } from "../records.ts";
import { plainRow } from "./entry.ts";
import type { Snapshot } from "./moment.ts";
import { ordered } from "./order.ts";

const defaultLimit = 100;

export function taskPage(snapshot: Snapshot, query: TaskQuery): TaskPage {
  const entries: readonly TaskRow[] =
    query.withFinished === true ? [...snapshot.live, ...snapshot.ended()] : snapshot.live;
  const sorted = ordered(entries, query.sort ?? "cpu", query.isInverted === true);
  const limit = query.limit ?? defaultLimit;
  const at = query.cursor === undefined ? -1 : sorted.findIndex(({ tid }) => tid === query.cursor);
  const first = firstOf(query.offset ?? 0, limit, at, sorted.length);
  const rows = sorted.slice(first, first + limit).map(placed);
  return { total: sorted.length, all: entries.length, first, rows };
}

/** Where the window begins: as asked, but moved so that the cursor's row is in it, and so that it is as full as can be. */
export function firstOf(offset: number, limit: number, cursor: number, total: number): number {
  let first = Math.min(offset, Math.max(0, total - limit));
  if (cursor >= 0 && limit > 0) {
    if (cursor < first) first = cursor;
    else if (cursor >= first + limit) first = cursor - limit + 1;
  }
  return first;
}

function placed(row: TaskRow): PlacedRow {
  return { ...plainRow(row), lasts: [], count: 1, isRepeat: false };
}
