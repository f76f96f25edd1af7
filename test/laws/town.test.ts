// The whole vocabulary at once, in a storm: see town.ts. Afterwards nobody and nothing is left, every item that was sent was
// received once or is still there, and every lock is free. What can be recounted is recounted by the kit meanwhile.

import { expect, test } from "vitest";
import {
  CancelTask,
  KillTask,
  ListTasks,
  type Lock,
  type Program,
  SendSignal,
  type Tid,
  WaitTask,
} from "../../apps/index.ts";
import { type Finished, type RunOptions, run } from "../kit/index.ts";
import { storm, Town } from "./town.ts";

/** Mulberry32. */
function chanceOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function* day(town: Town): Program<void> {
  yield* storm(town, 60);
  // Evening: everybody is told to go home, some roughly; who comes meanwhile, too.
  for (let tids = yield* allBut(1); tids.length > 0; tids = yield* allBut(1)) {
    for (const tid of tids) {
      yield* new SendSignal(tid, "CONT");
      yield* town.chance() < 0.5 ? new KillTask(tid, "night") : new CancelTask(tid, "night");
    }
    for (const tid of tids) {
      if (town.live.has(tid)) yield* new KillTask(tid, "night");
      yield* new WaitTask(tid);
    }
  }
}

function* allBut(tid: number): Program<readonly Tid[]> {
  return (yield* new ListTasks()).map((record) => record.tid as Tid).filter((one) => one !== tid);
}

// What must have happened.
const kinds = `sent received held notified baked group many watched supervised read letter signal gathered latched ticked`;

const worlds: [name: string, seeds: number, options: RunOptions, isClean: boolean][] = [
  ["as it is", 120, {}, true],
  ["with few tasks and small mailboxes", 60, { limits: { tasks: 30, messages: 2 } }, true],
  ["with hardly any time to clean up", 60, { limits: { graceMs: 1, cleanupTraps: 12, cleanupMs: 2 } }, false],
];

/** Whose a lock is in the end: nobody's, or, where a cleanup was dropped, a dead one's. */
const ownerOf = (lock: Lock, isClean: boolean): Tid | undefined => (isClean || !lock.isBroken ? lock.owner : undefined);

/** What is wrong when it is over. */
function faultsOf(town: Town, { kernel, counters }: Finished, isClean: boolean): unknown[] {
  const { bridge, ferry, ranks, road, works } = town;
  const faults: unknown[] = [road, bridge, ferry, works, ranks].flatMap((one) => one.ledger.faults(one.source.drain()));
  for (const lock of [town.well, town.mill]) {
    if (ownerOf(lock, isClean) !== undefined) faults.push(`${lock.ownership.label} is still held`);
  }
  if (town.oven.free !== 3) faults.push(`${town.oven.free} permits of 3`);
  const left = [kernel.timers, kernel.tasks, kernel.owned, kernel.stopped, kernel.traits].map(({ size }) => size);
  if (left.some((size) => size > 0)) faults.push({ left });
  if (!isClean) return faults;
  if (counters.unclean > 0) faults.push(`${counters.unclean} unclean`);
  if ([...town.inside.values()].some((count) => count !== 0)) faults.push("somebody is still inside");
  return [...faults, ...town.faults];
}

test.each(worlds)("nobody and nothing is left of it %s", { timeout: 120_000 }, (_name, seeds, options, isClean) => {
  const seen = new Map<string, number>();
  for (let seed = 1; seed <= seeds; seed++) {
    const town = new Town(chanceOf(seed));
    const quantum = 1 + (seed % 32);
    const finished = run(() => day(town), { seed, schedule: "shuffle", quantum, checkEvery: 8, ...options });
    expect({ seed, faults: faultsOf(town, finished, isClean) }).toEqual({ seed, faults: [] });
    for (const [what, count] of town.done) seen.set(what, (seen.get(what) ?? 0) + count);
    seen.set("unclean", (seen.get("unclean") ?? 0) + finished.counters.unclean);
  }
  // It was worth looking at.
  const bounds = [...("tasks" in (options.limits ?? {}) ? ["full"] : []), ...(isClean ? [] : ["unclean"])];
  for (const kind of [...kinds.split(" "), "told of a dead owner", ...bounds]) {
    expect([kind, seen.get(kind)]).toEqual([kind, expect.toSatisfy((count: number) => count >= 1)]);
  }
});
