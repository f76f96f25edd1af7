// Findings that a single moment shows: tasks in a deadlock, starving ones, slow turns, crashes, orphans.

import type { SlowTurn } from "../../../kernel/slow-turns.ts";
import { thrownText } from "../../../syscalls/exit-text.ts";
import type { FindingLetter } from "../records.ts";
import type { Cycle } from "./cycles.ts";
import type { Snapshot } from "./snapshot.ts";

export interface Found {
  readonly letter: FindingLetter;
  readonly tids: readonly number[];
  readonly ring?: readonly number[];
  readonly text: string;
  /** Since when it has been so, whole ms since boot. */
  readonly since: number;
}

/** Longer in the ready queue is starving, ms. */
const starvingMs = 1_000;
/** A crash is shown for so long, ms. */
const shownMs = 60_000;
/** A slow turn is. */
const slowShownMs = 10_000;
/** When so many tasks have had one, that is one finding: most likely they suffer from the same. */
const manySlow = 4;
/** Tids in a text. */
const maxNamed = 8;

/** D: the run is in a deadlock as a whole, and goes on only because somebody looks. */
export function deadlock({ watch, kernel, live }: Snapshot): Found[] {
  const at = watch?.deadlockSince;
  if (at === undefined) return [];
  const tids = live.map(({ tid }) => tid);
  const whom = tids.length === 1 ? "the only task" : `any of the ${tids.length} tasks`;
  const text = `nothing can wake ${whom}: the run ends in a deadlock when nobody watches any more`;
  return [{ letter: "D", tids, ring: [], text, since: Math.floor(at - kernel.bootedAt) }];
}

/** D: tasks that wait for each other, and that nothing else can wake. */
export function cycles(snapshot: Snapshot): Found[] {
  return snapshot.waiting.cycles.map((cycle) => ({
    letter: "D",
    tids: cycle.tids,
    ring: cycle.ring,
    text: `wait for each other: ${ringText(cycle)}. Nothing else can wake them: kill one`,
    since: closedAt(cycle, snapshot),
  }));
}

function ringText({ ring, tids }: Cycle): string {
  const named = ring.length > maxNamed ? [...ring.slice(0, maxNamed), "…"] : ring;
  const others = tids.length - ring.length;
  return [...named, ring[0]].join(" -> ") + (others > 0 ? `, and ${others} more with them` : "");
}

// By the last of them that began to wait.
function closedAt({ tids }: Cycle, { kernel }: Snapshot): number {
  return Math.max(...tids.slice(0, 1_000).map((tid) => kernel.tasks.get(tid)?.since ?? 0));
}

/** S: ready for more than a second, and has had no turn. Who is stopped is meant not to. */
export function starving(snapshot: Snapshot): Found[] {
  const found: Found[] = [];
  if ((snapshot.states.r ?? 0) === 0) return found;
  for (const { state, task, tid, forMs } of snapshot.live) {
    if (state !== "r" || forMs <= starvingMs) continue;
    found.push({
      letter: "S",
      tids: [tid],
      text: `${who(tid, task.name)} has waited for its turn for more than 1 s`,
      since: task.since,
    });
  }
  return found;
}

/** B: had a turn of more than 100 ms within the last 10 s; everybody else waited for its end. */
export function slowTurns({ kernel, uptimeMs }: Snapshot): Found[] {
  const latest = new Map<number, SlowTurn>();
  for (const turn of kernel.slowTurns.latest()) {
    const { at, ms, tid } = turn;
    if (uptimeMs - at > slowShownMs || tid === 0 || kernel.tasks.get(tid) === undefined) continue;
    const before = latest.get(tid);
    latest.set(tid, before === undefined || before.ms <= ms ? turn : { ...before, at });
  }
  const slow = [...latest.values()].sort((one, other) => other.ms - one.ms);
  if (slow.length >= manySlow) return [manySlowTurns(slow)];
  return slow.map(({ at, ms, tid, name }) => {
    const text = `${who(tid, name)} held everybody up for ${Math.round(ms)} ms in one turn`;
    return { letter: "B", tids: [tid], text, since: Math.floor(at) };
  });
}

/** @param slow the slowest first */
function manySlowTurns(slow: readonly SlowTurn[]): Found {
  const longest = Math.round(slow[0]?.ms ?? 0);
  const text =
    `${slow.length} tasks held everybody up, for up to ${longest} ms in one turn: ` +
    "either they do the same, or the whole machine is slow";
  const since = Math.floor(Math.max(...slow.map(({ at }) => at)));
  return { letter: "B", tids: slow.map(({ tid }) => tid), text, since };
}

/** X: threw within the last minute, and nobody has been told but the log. */
export function crashes({ kernel, uptimeMs }: Snapshot): Found[] {
  const found: Found[] = [];
  for (const { tid, name, exit, at } of kernel.exits.latest()) {
    if (uptimeMs - at > shownMs) break; // the newest come first
    if (exit.status !== "threw" || !kernel.exits.isUncollected(tid)) continue;
    const text = `${who(tid, name)} crashed, and nobody has asked how it ended: ${thrownText(exit.error).slice(0, 256)}`;
    found.push({ letter: "X", tids: [tid], text, since: at });
  }
  return found;
}

/** O: its parent has ended, and it belongs to the main task now. One finding for all of one parent. */
export function orphans({ kernel, live, uptimeMs }: Snapshot): Found[] {
  const byParent = new Map<number, number[]>();
  let known = 0; // a parent that is there: most tasks have the same as the one before
  for (const { task } of live) {
    const { parentTid } = task;
    if (parentTid === known || parentTid === 0) continue;
    if (kernel.tasks.get(parentTid) !== undefined) {
      known = parentTid;
      continue;
    }
    const orphaned = byParent.get(parentTid);
    if (orphaned === undefined) byParent.set(parentTid, [task.tid]);
    else orphaned.push(task.tid);
  }
  if (byParent.size === 0) return [];
  const ends = new Map(kernel.exits.latest().map((record) => [record.tid, record]));
  return Array.from(byParent, ([parentTid, tids]) => {
    const end = ends.get(parentTid) ?? kernel.exits.find(parentTid);
    const whose = end === undefined ? `task ${parentTid}` : who(parentTid, end.name);
    const rest = tids.length > 1 ? ` and ${tids.length - 1} more` : "";
    const text = `task ${tids[0]}${rest} outlived ${whose}, and now belongs to the main task`;
    return { letter: "O", tids, text, since: end?.at ?? uptimeMs };
  });
}

/** A task in a sentence. */
export function who(tid: number, name: string): string {
  return `task ${tid} (${name})`;
}
