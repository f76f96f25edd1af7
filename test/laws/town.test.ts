// The whole vocabulary at once, in a storm: see town.ts. Afterwards nobody and nothing is left, every item that was sent was
// received once or is still there, and every lock is free. What can be recounted is recounted by the kit meanwhile.

import { expect, test } from "vitest";
import { CancelTask, KillTask, ListTasks, type Program, SendSignal, type Tid, WaitTask } from "../../apps/index.ts";
import { run } from "../kit/index.ts";
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

// What must have happened, and often.
const kinds = `sent received held notified baked group many watched supervised read letter signal gathered latched ticked`;

test("nobody and nothing is left of it", () => {
  const seen = new Map<string, number>();
  for (let seed = 1; seed <= 120; seed++) {
    const town = new Town(chanceOf(seed));
    const { kernel, counters } = run(() => day(town), {
      seed,
      schedule: "shuffle",
      quantum: 1 + (seed % 32),
      checkEvery: 8,
    });
    const found = {
      seed,
      faults: town.faults,
      road: town.road.ledger.faults(town.road.source.drain()),
      bridge: town.bridge.ledger.faults(town.bridge.source.drain()),
      ferry: town.ferry.ledger.faults(town.ferry.source.drain()),
      works: town.works.ledger.faults(town.works.source.drain()),
      ranks: town.ranks.ledger.faults(town.ranks.source.drain()),
      inside: [...town.inside.values()].filter((count) => count !== 0),
      well: [town.well.owner, town.mill.owner, town.oven.free],
      left: [kernel.timers.size, kernel.tasks.size, kernel.owned.size, kernel.stopped.size, kernel.traits.size],
      unclean: counters.unclean,
    };
    expect(found).toEqual({
      seed,
      faults: [],
      road: [],
      bridge: [],
      ferry: [],
      works: [],
      ranks: [],
      inside: [],
      well: [undefined, undefined, 3],
      left: [0, 0, 0, 0, 0],
      unclean: 0,
    });
    for (const [what, count] of town.done) seen.set(what, (seen.get(what) ?? 0) + count);
  }
  // It was worth looking at.
  for (const kind of [...kinds.split(" "), "told of a dead owner"]) {
    expect([kind, seen.get(kind)]).toEqual([kind, expect.toSatisfy((count: number) => count >= 10)]);
  }
});
