// effection: operations. The trap is `useScope`, answered at once; giving way is waiting for a settled promise, as it
// has nothing shorter; its queues are unbounded, so that sending never waits.

import { createQueue, type Operation, type Queue, run, spawn, suspend, until, useScope } from "effection";
import { depth, type Peer } from "./peer.ts";

type Numbers = Queue<number, void>;

function* traps(count: number): Operation<void> {
  for (let i = 0; i < count; i++) yield* useScope();
}

function* deepTraps(left: number, count: number): Operation<void> {
  if (left > 0) yield* deepTraps(left - 1, count);
  else yield* traps(count);
}

function* nothing(): Operation<void> {}

function* calls(count: number): Operation<void> {
  for (let i = 0; i < count; i++) yield* nothing();
}

const settled = Promise.resolve();

function* yielding(count: number): Operation<void> {
  for (let i = 0; i < count; i++) yield* until(settled);
}

function* switches(count: number): Operation<void> {
  const other = yield* spawn(() => yielding(count / 2));
  yield* yielding(count / 2);
  yield* other;
}

function* echo(from: Numbers, to: Numbers, count: number): Operation<void> {
  for (let i = 0; i < count; i++) to.add(Number((yield* from.next()).value));
}

function* roundTrips(count: number): Operation<number> {
  const [there, back] = [createQueue<number, void>(), createQueue<number, void>()];
  yield* spawn(() => echo(there, back, count));
  let sum = 0;
  for (let i = 0; i < count; i++) {
    there.add(i);
    sum += Number((yield* back.next()).value);
  }
  return sum;
}

function* worker(): Operation<number> {
  return 1;
}

function* spawns(count: number): Operation<void> {
  for (let i = 0; i < count; i++) yield* yield* spawn(worker);
}

let waitingNow = 0;

function* waiting(): Operation<void> {
  waitingNow++;
  yield* suspend();
}

function* parking(count: number, parked: () => void): Operation<void> {
  for (let i = 0; i < count; i++) yield* spawn(waiting);
  while (waitingNow < count) yield* until(settled);
  parked();
}

export const peer: Peer = {
  operations: {
    trap: (count) => run(() => traps(count)),
    deepTrap: (count) => run(() => deepTraps(depth - 1, count)),
    call: (count) => run(() => calls(count)),
    switch: (count) => run(() => switches(count)),
    channel: (count) => run(() => roundTrips(count)),
    spawn: (count) => run(() => spawns(count)),
  },
  park: (count, parked) => run(() => parking(count, parked)),
};
