// Generators and a loop, no kernel: what the language alone costs for the same shapes. A request is its own one-shot
// iterator, as a syscall is; calls are native `yield*`; a switch is a queue of two.

import { depth, type Peer } from "./peer.ts";

class Request {
  isMade = false;

  [Symbol.iterator](): this {
    return this;
  }

  next(answer?: unknown): IteratorResult<this, number> {
    if (this.isMade) return { done: true, value: Number(answer) };
    this.isMade = true;
    return { done: false, value: this };
  }
}

type Bare<T> = Generator<Request | undefined, T, unknown>;

function* traps(count: number): Bare<number> {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += yield* new Request();
  return sum;
}

function* deepTraps(left: number, count: number): Bare<number> {
  return left > 0 ? yield* deepTraps(left - 1, count) : yield* traps(count);
}

function* nothing(): Bare<void> {}

function* calls(count: number): Bare<void> {
  for (let i = 0; i < count; i++) yield* nothing();
}

function* yielding(count: number): Bare<void> {
  for (let i = 0; i < count; i++) yield;
}

function run(program: Bare<unknown>): void {
  while (program.next(1).done !== true);
}

function takeTurns(...programs: Bare<unknown>[]): void {
  for (let running = programs; running.length > 0; ) running = running.filter((each) => each.next().done !== true);
}

export const peer: Peer = {
  operations: {
    trap: (count) => run(traps(count)),
    deepTrap: (count) => run(deepTraps(depth, count)),
    call: (count) => run(calls(count)),
    switch: (count) => takeTurns(yielding(count / 2), yielding(count / 2)),
  },
  park(count, parked) {
    const programs = new Array<Bare<void> | undefined>(count).fill(undefined);
    for (let i = 0; i < count; i++) {
      const program = yielding(1);
      program.next();
      programs[i] = program;
    }
    parked();
    return programs.length;
  },
};
