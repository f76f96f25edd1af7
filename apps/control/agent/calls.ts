// What kinds of syscall are made, a row each; and those of traced tasks, one by one.

import type { KindWatch } from "../../../kernel/kind-watch.ts";
import type { Tracing } from "../../../kernel/tracing.ts";
import { codes, RpcError } from "../../rpc/errors.ts";
import type { TraceQuery } from "../protocol.ts";
import type { SyscallRow, TracePage } from "../records.ts";
import type { Snapshot } from "./snapshot.ts";

const columns = [
  "name",
  "family",
  "calls",
  "callsPerS",
  "errors",
  "meanBlockedMs",
  "p99BlockedMs",
  "maxBlockedMs",
  "share",
  "inside",
] as const satisfies readonly (keyof SyscallRow)[];

/** @throws RpcError -32602 for a column that there is not */
export function syscallRows({ watch, last }: Snapshot, sort = "calls", isInverted = false): SyscallRow[] {
  const column = columns.find((each) => each === sort);
  if (column === undefined) {
    throw new RpcError(codes.invalidParams, `frame: syscalls: sort must be one of ${columns.join(", ")}`);
  }
  const rows = (watch?.kinds() ?? []).map((kind) => rowOf(kind, last?.ms));
  return rows.sort((one, other) => {
    const [a, b] = [one[column], other[column]];
    if (a === b) return 0;
    if (a === null) return 1;
    if (b === null) return -1;
    return a < b === ((typeof a === "string") !== isInverted) ? -1 : 1;
  });
}

function rowOf(kind: KindWatch, windowMs: number | undefined): SyscallRow {
  const { name, family, calls, windowCalls, errors, blocked, windowKernelMs, inside } = kind;
  const isMeasured = windowMs !== undefined && windowMs > 0;
  const hasBlocked = blocked.count > 0;
  return {
    name,
    family,
    calls,
    callsPerS: isMeasured ? (1_000 * windowCalls) / windowMs : null,
    errors: isMeasured ? errors : null,
    meanBlockedMs: hasBlocked ? blocked.mean : null,
    p99BlockedMs: hasBlocked ? blocked.p99 : null,
    maxBlockedMs: hasBlocked ? blocked.max : null,
    share: isMeasured ? windowKernelMs / windowMs : null,
    inside,
  };
}

/** Records at a time out of a trace of which only some are wanted. */
const step = 1_000;

/** What a trace has after a record. @param tracing undefined where nothing is traced */
export function tracePage(tracing: Tracing | undefined, { tids, after = 0, limit = 100 }: TraceQuery): TracePage {
  const wanted = new Set(tids);
  const records: TracePage["records"][number][] = [];
  let last = after;
  let dropped = 0;
  while (tracing !== undefined && records.length < limit) {
    const page = tracing.page(last, wanted.size === 0 ? limit - records.length : step);
    if (last === after) dropped = page.dropped;
    if (page.records.length === 0) break;
    for (const record of page.records) {
      last = record.seq;
      if (wanted.size > 0 && !wanted.has(record.tid)) continue;
      records.push(record);
      if (records.length === limit) break;
    }
  }
  return { records, last, dropped };
}
