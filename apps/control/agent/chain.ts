// The way from a task to what would have to happen for it to go on: whom it waits for, whom those wait for, and so on, to
// somebody who runs, to the clock or the outside, to nobody, or back to where it began.

import { State } from "../../../kernel/task.ts";
import type { ChainStep } from "../records.ts";
import type { LiveEntry } from "./entry.ts";
import type { Snapshot } from "./snapshot.ts";

/** Steps of one chain. */
const maxSteps = 64;

/** A step to be taken. */
interface Next {
  readonly tid: number;
  readonly depth: number;
  /** Tasks between the first one and this. */
  readonly trail: ReadonlySet<number>;
}

/** The chain of a live task, itself first; each step is followed by those below it. */
export function chainOf(tid: number, snapshot: Snapshot): ChainStep[] {
  const steps: ChainStep[] = [];
  const seen = new Set<number>();
  const open: Next[] = [{ tid, depth: 0, trail: new Set() }];
  for (let next = open.pop(); next !== undefined && steps.length < maxSteps; next = open.pop()) {
    const entry = snapshot.entry(next.tid);
    if (entry === undefined) continue; // over, and whoever waits for it is about to be told
    const isCycle = next.trail.has(next.tid);
    const isKnown = seen.has(next.tid);
    const holders = isCycle || isKnown ? [] : entry.holders;
    steps.push(stepOf(entry, next.depth, isCycle ? "cycle" : isKnown || holders.length > 0 ? "" : endOf(entry)));
    seen.add(next.tid);
    const trail = new Set(next.trail).add(next.tid);
    for (const holder of [...holders].reverse()) open.push({ tid: holder, depth: next.depth + 1, trail });
  }
  return steps;
}

function stepOf(entry: LiveEntry, depth: number, end: ChainStep["end"]): ChainStep {
  const { tid, name, state, verb, object, forMs } = entry;
  return { depth, tid, name, state, verb, object, forMs, end };
}

function endOf({ task, state }: LiveEntry): ChainStep["end"] {
  if (task.state !== State.blocked) return state === "P" ? "nobody" : "running";
  const isOutside = task.wait?.outside === true || (task.wait?.timer ?? -1) >= 0;
  return isOutside || ["S", "W", "w", "A"].includes(state) ? "outside" : "nobody";
}
