// The top of every screen: the kernel as a whole.

import type { Times } from "../../../kernel/times.ts";
import type { Access, KernelRecord, Spread } from "../records.ts";
import type { Snapshot } from "./snapshot.ts";

/** What the snapshot does not know. */
export interface Host {
  readonly name: string;
  readonly pid: number;
  readonly node: string;
  readonly heapBytes: number;
  readonly access: Access;
  readonly viewers: number;
}

export function kernelRecord(snapshot: Snapshot, { name, pid, node, heapBytes, access, viewers }: Host): KernelRecord {
  const { kernel, states, live, uptimeMs, last, watch } = snapshot;
  const ms = last?.ms ?? 0;
  const perS = (count = 0): number => (ms > 0 ? (1_000 * count) / ms : 0);
  const share = (part = 0): number => (ms > 0 ? part / ms : 0);
  const windows = watch?.windows ?? [];
  return {
    name,
    pid,
    node,
    machine: kernel.machine.name,
    upMs: uptimeMs,
    access,
    viewers,
    run: share(last?.runMs),
    poll: share(last?.pollMs),
    idle: share(last?.idleMs),
    live: live.length,
    states,
    ready: states.r ?? 0,
    readyWait: spread(last?.readyWaits),
    readyHistory: windows.map((window) => window.ready),
    lag: spread(last?.lags),
    lagHistory: windows.map((window) => window.lags.max),
    turnsPerS: perS(last?.turns),
    trapsPerS: perS(last?.traps),
    pollsPerS: perS(last?.polls),
    endpoints: endpointCount(snapshot),
    reading: states.W ?? 0,
    writing: states.w ?? 0,
    timers: kernel.timers.size,
    heapBytes,
  };
}

const nothing: Spread = { p50: 0, p90: 0, p99: 0, max: 0 };

function spread(times: Times | undefined): Spread {
  if (times === undefined) return nothing;
  const { p50, p90, p99, max } = times;
  return { p50, p90, p99, max };
}

// Those with an owner, and those of the machine without one.
function endpointCount({ kernel }: Snapshot): number {
  let count = 0;
  for (const owned of kernel.owned.values()) count += owned.size;
  for (const { owner } of kernel.machine.endpoints?.() ?? []) if (owner === undefined) count++;
  return count;
}
