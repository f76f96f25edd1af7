// co: generators driven by promises. It knows no request but a promise, no call but another co, and no channel.

import co from "co";
import { depth, type Peer } from "./peer.ts";

type Coroutine<T> = Generator<unknown, T, unknown>;

function* traps(count: number): Coroutine<void> {
  for (let i = 0; i < count; i++) yield Promise.resolve(i);
}

function* deepTraps(left: number, count: number): Coroutine<void> {
  yield left > 0 ? deepTraps(left - 1, count) : traps(count);
}

function* nothing(): Coroutine<void> {}

function* calls(count: number): Coroutine<void> {
  for (let i = 0; i < count; i++) yield nothing();
}

const kept: (() => void)[] = [];

function* waiting(): Coroutine<void> {
  yield new Promise<void>((resolve) => kept.push(resolve));
}

export const peer: Peer = {
  operations: {
    trap: (count) => co(traps(count)),
    deepTrap: (count) => co(deepTraps(depth - 1, count)),
    call: (count) => co(calls(count)),
    switch: (count) => Promise.all([co(traps(count / 2)), co(traps(count / 2))]),
  },
  park(count, parked) {
    for (let i = 0; i < count; i++) void co(waiting());
    parked();
    return kept.length;
  },
};
