// The table of tasks: which of them, in what order and shape, from where to where.

import { codes, RpcError } from "../../rpc/errors.ts";
import { findingOrder } from "../columns.ts";
import { type Filter, FilterError, parseFilter, unknownColumn } from "../filter.ts";
import type { TaskQuery } from "../protocol.ts";
import type { PlacedRow, TaskPage, TaskRow } from "../records.ts";
import type { Entry } from "./entry.ts";
import { Forest } from "./forest.ts";
import { Order } from "./order.ts";
import { placed } from "./placed.ts";
import { sitesOf } from "./sites.ts";
import type { Snapshot } from "./snapshot.ts";

const defaultLimit = 100;
/** A filter that takes longer is given up: every task waits for it. */
const maxFilterMs = 250;
/** The clock is read once in so many rows, and these count for so much at most: a busy machine may have let others run. */
const clockRows = 8;
const maxBlockMs = 10;

/** @throws RpcError -32602 for a filter that cannot be read, names a column that nobody has, or takes too long */
export function taskPage(snapshot: Snapshot, query: TaskQuery): TaskPage {
  const all = snapshot.entries(query.withFinished === true);
  const rows = filtered(all, query.filter ?? "", snapshot);
  switch (query.shape) {
    case "tree":
      return forestPage(
        new Forest(inOrder(rows, query), (tid) => snapshot.parentOf(tid), query.folded),
        query,
        all.length,
      );
    case "waits":
      return waitsPage(rows, query, snapshot, all.length);
    case "sites":
      return flatPage(sitesOf(rows), query, all.length);
    default:
      return flatPage(rows, hasPinned(snapshot) ? query : { ...query, isPinned: false }, all.length);
  }
}

// Only those that wait for a task, or are waited for.
function waitsPage(rows: readonly Entry[], query: TaskQuery, { waiting }: Snapshot, all: number): TaskPage {
  const involved = rows.filter(({ tid }) => waiting.holderOf(tid) !== 0 || waiting.waitersOf(tid).length > 0);
  const forest = new Forest(inOrder(involved, query), (tid) => waiting.holderOf(tid), query.folded);
  return forestPage(forest, query, all);
}

function flatPage(rows: readonly TaskRow[], query: TaskQuery, all: number): TaskPage {
  const { offset = 0, limit = defaultLimit, cursor, isPinned = false, sort = "cpu", isInverted = false } = query;
  const [pinned, others] = isPinned ? divided(rows) : [[], rows];
  const order = new Order(others, sort, isInverted);
  const inPinned = pinned.findIndex(({ tid }) => tid === cursor);
  const inOthers = cursor === undefined || inPinned >= 0 ? -1 : others.findIndex(({ tid }) => tid === cursor);
  const place = inOthers >= 0 ? pinned.length + order.rankOf(inOthers) : inPinned;
  const first = windowFirst(offset, limit, place, rows.length);
  const end = first + limit;
  const shown = [
    ...pinned.slice(first, end),
    ...order.slice(Math.max(0, first - pinned.length), Math.max(0, end - pinned.length)),
  ];
  return {
    total: rows.length,
    all,
    first,
    rows: shown.map((row) => ("count" in row ? (row as PlacedRow) : placed(row))), // a site has its count
  };
}

function forestPage(forest: Forest, query: TaskQuery, all: number): TaskPage {
  const { offset = 0, limit = defaultLimit, cursor } = query;
  const place = cursor === undefined ? -1 : forest.placeOf(cursor);
  const first = windowFirst(offset, limit, place, forest.size);
  return { total: forest.size, all, first, rows: forest.slice(first, first + limit) };
}

/** Where a window begins: as asked, but so that it is as full as can be, and with the cursor's row, if there is one, in it. */
export function windowFirst(offset: number, limit: number, cursor: number, total: number): number {
  const first = Math.min(offset, Math.max(0, total - limit));
  if (cursor < 0 || limit === 0) return first;
  return Math.min(cursor, Math.max(first, cursor - limit + 1));
}

/** Siblings of a tree are in the order of a column where one is asked for, else in that of their tids. */
function inOrder(rows: readonly Entry[], { sort, isInverted = false }: TaskQuery): readonly Entry[] {
  return sort === undefined ? rows : new Order(rows, sort, isInverted).slice(0, rows.length);
}

// An orphan is worth a letter, and no more: many a server's tasks are, by design.
function isWorthPinning({ finding }: TaskRow): boolean {
  return finding !== "" && finding !== "O";
}

// Mostly there is nothing to pin, and no reason to ask each row.
function hasPinned({ findings }: Snapshot): boolean {
  for (const letter of findings.values()) if (letter !== "O") return true;
  return false;
}

/** Those to pin, the worst first, and the others. */
function divided(rows: readonly TaskRow[]): [readonly TaskRow[], readonly TaskRow[]] {
  const pinned: TaskRow[] = [];
  const others: TaskRow[] = [];
  for (const row of rows) (isWorthPinning(row) ? pinned : others).push(row);
  const severity = ({ finding }: TaskRow): number => (finding === "" ? 0 : findingOrder.indexOf(finding));
  return [pinned.sort((one, other) => severity(one) - severity(other)), others];
}

function filtered(rows: readonly Entry[], text: string, snapshot: Snapshot): readonly Entry[] {
  const filter = readFilter(text, snapshot);
  if (filter.isEmpty) return rows;
  const { kernel } = snapshot;
  let [passedMs, from] = [0, kernel.clock()];
  return rows.filter((row, place) => {
    if (place % clockRows === 0) {
      const now = kernel.clock();
      passedMs += Math.min(now - from, maxBlockMs);
      from = now;
      if (passedMs > maxFilterMs) {
        throw new RpcError(codes.invalidParams, `filter: it took more than ${maxFilterMs} ms: make it simpler`);
      }
    }
    return filter.matches(row);
  });
}

function readFilter(text: string, snapshot: Snapshot): Filter {
  try {
    const filter = parseFilter(text);
    const unknown = filter.declared.find(({ name }) => !snapshot.isDeclared(name));
    if (unknown === undefined) return filter;
    throw unknownColumn(unknown.name, unknown.position);
  } catch (error) {
    if (!(error instanceof FilterError)) throw error;
    const { message, position } = error;
    throw new RpcError(codes.invalidParams, `filter: ${message}`, { position });
  }
}
