// effect: fibers. The trap is `Effect.fiberId`, its GetTid.

import { Effect, Fiber, Queue } from "effect";
import { depth, type Peer } from "./peer.ts";

const traps = Effect.fnUntraced(function* (count: number) {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += yield* Effect.fiberId;
  return sum;
});

const deepTraps: (left: number, count: number) => Effect.Effect<number> = Effect.fnUntraced(function* (
  left: number,
  count: number,
) {
  return left > 0 ? yield* deepTraps(left - 1, count) : yield* traps(count);
});

const nothing = Effect.fnUntraced(function* () {});

const calls = Effect.fnUntraced(function* (count: number) {
  for (let i = 0; i < count; i++) yield* nothing();
});

const yielding = Effect.fnUntraced(function* (count: number) {
  for (let i = 0; i < count; i++) yield* Effect.yieldNow;
});

const switches = Effect.fnUntraced(function* (count: number) {
  const other = yield* Effect.forkChild(yielding(count / 2));
  yield* yielding(count / 2);
  yield* Fiber.join(other);
});

const echo = Effect.fnUntraced(function* (from: Queue.Queue<number>, to: Queue.Queue<number>, count: number) {
  for (let i = 0; i < count; i++) yield* Queue.offer(to, yield* Queue.take(from));
});

const roundTrips = Effect.fnUntraced(function* (count: number) {
  const there = yield* Queue.bounded<number>(1);
  const back = yield* Queue.bounded<number>(1);
  yield* Effect.forkChild(echo(there, back, count));
  let sum = 0;
  for (let i = 0; i < count; i++) {
    yield* Queue.offer(there, i);
    sum += yield* Queue.take(back);
  }
  return sum;
});

const worker = Effect.fnUntraced(function* () {
  return 1;
});

const spawns = Effect.fnUntraced(function* (count: number) {
  for (let i = 0; i < count; i++) yield* Fiber.join(yield* Effect.forkChild(worker()));
});

const kept: unknown[] = [];

const waiting = Effect.fnUntraced(function* () {
  yield* Effect.callback<void>((resume) => {
    kept.push(resume);
  });
});

const parking = Effect.fnUntraced(function* (count: number, parked: () => void) {
  for (let i = 0; i < count; i++) yield* Effect.forkChild(waiting());
  while (kept.length < count) yield* Effect.yieldNow;
  parked();
});

export const peer: Peer = {
  operations: {
    trap: (count) => Effect.runPromise(traps(count)),
    deepTrap: (count) => Effect.runPromise(deepTraps(depth - 1, count)),
    call: (count) => Effect.runPromise(calls(count)),
    switch: (count) => Effect.runPromise(switches(count)),
    channel: (count) => Effect.runPromise(roundTrips(count)),
    spawn: (count) => Effect.runPromise(spawns(count)),
  },
  park: (count, parked) => Effect.runPromise(parking(count, parked)),
};
