// The wait-for graph as a record: the tasks that wait for tasks and those that they wait for.

import { waitingText } from "../columns.ts";
import type { GraphRecord } from "../records.ts";
import type { Snapshot } from "./snapshot.ts";

/** Nodes, and edges, of one record. */
const maxNodes = 10_000;
const maxEdges = 20_000;

export function graphRecord(snapshot: Snapshot): GraphRecord {
  const { edges: waits, cycles } = snapshot.waiting;
  const tids = new Set<number>();
  const edges: GraphRecord["edges"][number][] = [];
  for (const [from, holders] of waits) {
    const entry = snapshot.entry(from);
    if (entry === undefined) continue;
    const label = waitingText(entry);
    for (const to of holders) {
      if (edges.length === maxEdges || (tids.size >= maxNodes && !(tids.has(from) && tids.has(to)))) continue;
      edges.push({ from, to, label });
      tids.add(from).add(to);
    }
  }
  return { nodes: nodesOf(tids, snapshot), edges, cycles: cycles.map(({ ring }) => ring) };
}

function nodesOf(tids: ReadonlySet<number>, snapshot: Snapshot): GraphRecord["nodes"] {
  return [...tids]
    .sort((one, other) => one - other)
    .map((tid) => {
      const entry = snapshot.entry(tid);
      return { tid, name: entry?.name ?? "", wait: entry === undefined ? "" : waitingText(entry) };
    });
}
