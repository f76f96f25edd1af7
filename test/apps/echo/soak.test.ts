// Peers that call, notify, cancel and break off at random on a network where everything goes wrong that can: each call
// gets its own answer or an error, nothing is reported, and nothing is left.

import { expect, test } from "vitest";
import { methods as echoMethods } from "../../../apps/echo.ts";
import { type Methods, methodTable, type Peer, RpcError } from "../../../apps/rpc/index.ts";
import { SyscallError } from "../../../kernel/errors.ts";
import { type Program, routine } from "../../../kernel/syscall.ts";
import { Join, NewTask, Sleep, Timeout } from "../../../syscalls/index.ts";
import { framings } from "./wire.ts";
import { Reset, type World, world } from "./world.ts";

/** Small numbers, the same for the same seed. */
class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  below(limit: number): number {
    this.#state = (Math.imul(this.#state, 1_103_515_245) + 12_345) >>> 0;
    return (this.#state >>> 8) % limit;
  }
}

const nap = routine(function* nap(): Program<string> {
  yield* new Sleep(20);
  return "rested";
});

/** Asks the caller back before it answers. */
const back = routine(function* back(peer: Peer): Program<unknown> {
  return yield* peer.call("echo", ["back"]);
});

const methods: Methods = new Map([
  ...echoMethods,
  ...methodTable({ nap: () => nap(), back: (_, { peer }) => back(peer) }),
]);

/** One thing a client does; what it expects is checked where an answer comes. */
const act = routine(function* act(peer: Peer, what: number, place: number): Program<boolean> {
  const text = `${place} ${"é".repeat(what * 97)}`;
  if (what === 0) return isEqual(yield* peer.call("nap"), "rested");
  if (what === 1) return isEqual(yield* new Timeout(5, peer.call("nap")), "rested");
  if (what === 2) return isEqual(yield* peer.call("back"), ["back"]);
  if (what === 3) return (yield* peer.notify("nap")) === undefined;
  if (what === 4) {
    const outcomes = yield* peer.batch([{ method: "echo", params: [text] }, { method: "nap" }, { method: "foobar" }]);
    return isEqual(outcomes.slice(0, 2), [{ result: [text] }, { result: "rested" }]) && "error" in (outcomes[2] ?? {});
  }
  return isEqual(yield* peer.call("echo", [text]), [text]);
});

function isEqual(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** A client's whole life; how much it got, how much failed, how much was wrong. */
const life = routine(function* life(world: World, dice: Dice, place: number): Program<[number, number, number]> {
  const counts: [number, number, number] = [0, 0, 0];
  const tried = routine(function* tried(peer: Peer, what: number): Program<void> {
    try {
      counts[(yield* act(peer, what, place)) ? 0 : 2]++;
    } catch (error) {
      counts[error instanceof SyscallError || error instanceof RpcError ? 1 : 2]++;
    }
  });
  try {
    const client = yield* world.peer(framings[place % 3], { maxInFlight: 4 }, methods);
    const tids = [];
    for (let i = 0; i < 12; i++) tids.push(yield* new NewTask(tried(client.peer, dice.below(9))));
    if (dice.below(4) === 0) {
      yield* new Sleep(dice.below(30));
      yield* new Reset(client.peer.connection);
    }
    for (const tid of tids) yield* new Join(tid);
    yield* client.close();
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error;
    counts[1]++;
  }
  return counts;
});

test.each(["none", "benign", "all"] as const)(
  "with %s of the faults there are, calls are answered rightly or fail",
  (faults) => {
    const totals = [0, 0, 0];
    for (let seed = 1; seed <= 60; seed++) {
      const dice = new Dice(seed);
      const { value } = world(
        function* (world) {
          const tids = [];
          for (let place = 0; place < 5; place++) tids.push(yield* new NewTask(life(world, dice, place)));
          const all = [];
          for (const tid of tids) all.push(yield* new Join(tid));
          return all;
        },
        {
          methods,
          seed,
          faults,
          limits: { maxInFlight: 3, maxConnections: 4 },
          quantum: 1 + (seed % 6),
          checkEvery: 20,
        },
      );
      for (const counts of value)
        for (const kind of [0, 1, 2]) totals[kind] = (totals[kind] ?? 0) + (counts[kind] ?? 0);
    }
    const [right = 0, failed = 0, wrong] = totals;
    expect(wrong).toBe(0);
    expect(right).toBeGreaterThan(300);
    expect(failed).toBeGreaterThan(50);
  },
);
