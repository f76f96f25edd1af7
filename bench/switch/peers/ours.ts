// This project's kernel, on the node machine, with everything on that is always on: counters, trace ring, spawn sites.

import { Channel } from "../../../apps/index.ts";
import { Kernel, type Program, type Routine, routine } from "../../../kernel/index.ts";
import { NodeMachine } from "../../../kernel/machine/node.ts";
import { GetTid, NewTask, Park, WaitQueue, WaitTask } from "../../../syscalls/index.ts";
import { depth, type Peer } from "./peer.ts";

function* traps(count: number): Program<number> {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += yield* new GetTid();
  return sum;
}

const innermost = routine(traps);

const deepTraps: Routine<[depth: number, count: number], number> = routine(function* deepen(left, count) {
  return left > 0 ? yield* deepTraps(left - 1, count) : yield* innermost(count);
});

const nothing = routine(function* nothing(): Program<void> {});

function* calls(count: number): Program<void> {
  for (let i = 0; i < count; i++) yield* nothing();
}

function* yielding(count: number): Program<void> {
  for (let i = 0; i < count; i++) yield;
}

function* switches(count: number): Program<void> {
  const other = yield* new NewTask(yielding(count / 2));
  yield* yielding(count / 2);
  yield* new WaitTask(other);
}

function* echo(from: Channel<number>, to: Channel<number>, count: number): Program<void> {
  for (let i = 0; i < count; i++) yield* to.send(yield* from.receive());
}

function* roundTrips(count: number): Program<number> {
  const [there, back] = [new Channel<number>(), new Channel<number>()];
  yield* new NewTask(echo(there, back, count));
  let sum = 0;
  for (let i = 0; i < count; i++) {
    yield* there.send(i);
    sum += yield* back.receive();
  }
  return sum;
}

const worker = routine(function* worker(): Program<number> {
  return 1;
});

function* spawns(count: number): Program<void> {
  for (let i = 0; i < count; i++) yield* new WaitTask(yield* new NewTask(worker()));
}

const waiting = routine(function* waiting(queue: WaitQueue): Program<void> {
  yield* new Park(queue);
});

function* parking(count: number, parked: () => void): Program<void> {
  const queue = new WaitQueue("wait for", "nothing");
  for (let i = 0; i < count; i++) yield* new NewTask(waiting(queue));
  while (queue.size < count) yield;
  parked();
}

/** @param quantum traps in a turn */
export function oursWith(quantum: number): Peer {
  const run = (program: Program<unknown>): Promise<unknown> =>
    new Kernel(new NodeMachine(), { tasks: 1_000_001, quantum }).run(program);
  return {
    operations: {
      trap: (count) => run(traps(count)),
      deepTrap: (count) => run(deepTrapsProgram(count)),
      call: (count) => run(calls(count)),
      switch: (count) => run(switches(count)),
      channel: (count) => run(roundTrips(count)),
      spawn: (count) => run(spawns(count)),
    },
    park: (count, parked) => run(parking(count, parked)),
  };
}

function* deepTrapsProgram(count: number): Program<number> {
  return yield* deepTraps(depth - 1, count);
}

export const peer: Peer = oursWith(32);
