// The endpoints of a kernel, as rows.

import type { EndpointRow } from "../records.ts";
import type { IdleEndpoints } from "./idle-endpoints.ts";
import { type Open, openEndpoints } from "./polls.ts";
import type { Snapshot } from "./snapshot.ts";

interface EndpointQuery {
  readonly tid?: number;
  readonly offset?: number;
  readonly limit?: number;
}

/** @param query `tid`: those that the task owns or waits for */
export function endpointPage(
  snapshot: Snapshot,
  idle: IdleEndpoints,
  { tid, offset = 0, limit = 100 }: EndpointQuery,
): { readonly total: number; readonly rows: readonly EndpointRow[] } {
  const all = openEndpoints(snapshot).filter((open) => tid === undefined || concerns(open, tid));
  return { total: all.length, rows: all.slice(offset, offset + limit).map((open) => rowOf(open, idle, snapshot)) };
}

function concerns({ owner, waiters: { reader, writer } }: Open, tid: number): boolean {
  return owner?.tid === tid || reader?.tid === tid || writer?.tid === tid;
}

function rowOf(open: Open, idle: IdleEndpoints, { uptimeMs }: Snapshot): EndpointRow {
  const { fd, kind, label, owner, waiters, bytesRead, bytesWritten } = open;
  const { reader, writer } = waiters;
  const waitMs = Math.max(reader?.forMs ?? 0, writer?.forMs ?? 0);
  const isLeak = idle.isLeak(open, uptimeMs);
  return {
    fd,
    kind,
    label,
    owner: owner?.tid ?? 0,
    reader: reader?.tid ?? 0,
    writer: writer?.tid ?? 0,
    forMs: open.isWaitedFor ? waitMs : Math.max(0, uptimeMs - (idle.since(open.endpoint) ?? uptimeMs)),
    bytesRead,
    bytesWritten,
    finding: isLeak ? "L" : "",
    note: noteOf(open, isLeak),
  };
}

function noteOf(open: Open, isLeak: boolean): string {
  if (isLeak) return "open, nobody waits: leak?";
  if (open.waiters.writer !== undefined && open.kind !== "listener") return "waits until the other end takes more";
  if (open.owner === undefined) return "nobody's";
  return "";
}
