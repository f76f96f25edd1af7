// What a query wants of a recorded frame: its tasks filtered, ordered and shaped as a kernel's agent does it, by the same
// code as far as that works on records alone.

import { Forest } from "../control/agent/forest.ts";
import { Order } from "../control/agent/order.ts";
import { placed, summed } from "../control/agent/placed.ts";
import { windowFirst } from "../control/agent/tasks.ts";
import { FilterError, parseFilter } from "../control/filter.ts";
import type { Frame, FrameQuery, TaskQuery } from "../control/protocol.ts";
import type { PlacedRow, TaskPage, TaskRow } from "../control/records.ts";
import { codes, RpcError } from "../rpc/index.ts";

/** A frame as the query wants it. @throws RpcError -32602 for a filter that cannot be read */
export function cutTo(frame: Frame, query: FrameQuery): Frame {
  const { tasks, detail, syscalls, endpoints, log, apps, graph, trace: _, ...rest } = frame;
  return {
    ...rest,
    ...(query.tasks && tasks && { tasks: pageOf(tasks.rows, query.tasks) }),
    ...(query.detail !== undefined && { detail: detail?.task.tid === query.detail ? detail : null }),
    ...(query.syscalls && syscalls && { syscalls }),
    ...(query.endpoints && { endpoints: endpointsOf(endpoints?.rows ?? [], query.endpoints) }),
    ...(query.log && log && { log }),
    ...(query.apps === true && apps && { apps }),
    ...(query.graph === true && graph && { graph }),
  };
}

function endpointsOf(
  all: NonNullable<Frame["endpoints"]>["rows"],
  { tid, offset = 0, limit = 100 }: NonNullable<FrameQuery["endpoints"]>,
): NonNullable<Frame["endpoints"]> {
  const rows = tid === undefined ? all : all.filter((row) => [row.owner, row.reader, row.writer].includes(tid));
  return { total: rows.length, rows: rows.slice(offset, offset + limit) };
}

function pageOf(all: readonly TaskRow[], query: TaskQuery): TaskPage {
  const { offset = 0, limit = 100, shape = "flat", cursor, folded } = query;
  const rows = filtered(all, query);
  if (shape === "tree" || shape === "waits") {
    const above = new Map(rows.map((row) => [row.tid, shape === "tree" ? row.parent : (row.holders[0] ?? 0)]));
    const ordered = query.sort === undefined ? rows : inOrder(rows, query);
    const forest = new Forest(ordered, (tid) => above.get(tid) ?? 0, folded);
    const place = cursor === undefined ? -1 : forest.placeOf(cursor);
    const first = windowFirst(offset, limit, place, forest.size);
    return { total: forest.size, all: all.length, first, rows: forest.slice(first, first + limit) };
  }
  const ordered = inOrder(shape === "sites" ? bySite(rows) : rows, query);
  const place = ordered.findIndex(({ tid }) => tid === cursor);
  const first = windowFirst(offset, limit, place, ordered.length);
  const shown = ordered.slice(first, first + limit).map((row) => (isPlaced(row) ? row : placed(row)));
  return { total: ordered.length, all: all.length, first, rows: shown };
}

function filtered(all: readonly TaskRow[], { filter = "", withFinished = false }: TaskQuery): readonly TaskRow[] {
  const rows = withFinished ? all : all.filter(({ state }) => state !== "Z");
  try {
    const { isEmpty, matches } = readFilter(filter);
    return isEmpty ? rows : rows.filter(matches);
  } catch (error) {
    if (!(error instanceof FilterError)) throw error;
    throw new RpcError(codes.invalidParams, `filter: ${error.message}`);
  }
}

function readFilter(text: string): { isEmpty: boolean; matches: (row: TaskRow) => boolean } {
  const filter = parseFilter(text);
  return { isEmpty: filter.isEmpty, matches: (row) => filter.matches(row) };
}

function inOrder(rows: readonly TaskRow[], query: TaskQuery): readonly TaskRow[] {
  const { sort = "cpu", isInverted = false, isPinned = false } = query;
  const sorted = new Order(
    [...rows].sort((one, other) => one.tid - other.tid),
    sort,
    isInverted,
  ).slice(0, rows.length);
  if (!isPinned) return sorted;
  return [...sorted.filter(isWorthPinning), ...sorted.filter((row) => !isWorthPinning(row))];
}

function isWorthPinning({ finding }: TaskRow): boolean {
  return finding !== "" && finding !== "O";
}

// One row for all tasks that were spawned at one place.
function bySite(rows: readonly TaskRow[]): readonly PlacedRow[] {
  const sites = new Map<string, TaskRow[]>();
  for (const row of rows) {
    const site = sites.get(row.spawnedAt);
    if (site === undefined) sites.set(row.spawnedAt, [row]);
    else site.push(row);
  }
  return Array.from(sites.values(), (all) => summed(all[0] as TaskRow, all)); // none is empty
}

function isPlaced(row: TaskRow | PlacedRow): row is PlacedRow {
  return "count" in row;
}
