// The top of every screen: the kernel as a whole.

import type { Access, KernelRecord, Spread } from "../records.ts";
import type { Agent } from "./agent.ts";
import type { Snapshot } from "./moment.ts";

const nothing: Spread = { p50: 0, p90: 0, p99: 0, max: 0 };

export function kernelRecord(snapshot: Snapshot, agent: Agent, access: Access): KernelRecord {
  const { kernel, states, live, uptimeMs } = snapshot;
  const { name, pid, node, heapBytes } = agent.options;
  let endpoints = 0;
  for (const owned of kernel.owned.values()) endpoints += owned.size;
  return {
    name,
    pid,
    node,
    machine: kernel.machine.name,
    upMs: uptimeMs,
    access,
    viewers: agent.viewers,
    run: 0,
    poll: 0,
    idle: 0,
    live: live.length,
    states,
    ready: states.r ?? 0,
    readyWait: nothing,
    readyHistory: [],
    lag: nothing,
    lagHistory: [],
    turnsPerS: 0,
    trapsPerS: 0,
    pollsPerS: 0,
    endpoints,
    reading: states.W ?? 0,
    writing: states.w ?? 0,
    timers: kernel.timers.size,
    heapBytes: heapBytes(),
  };
}
