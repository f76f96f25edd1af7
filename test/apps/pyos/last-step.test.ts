// The last step's server under the faults of a network: fragments, delays, false alarms, and a client that resets. And
// waits that end while they are being armed.

import { expect, test } from "vitest";
import { recv, sendAll } from "../../../apps/lib/index.ts";
import { echo, Scheduler, Sleep, SystemCall, type Task, Wait } from "../../../apps/pyos/16.ts";
import type { Address, Connection } from "../../../kernel/machine/machine.ts";
import type { Program, Tid } from "../../../kernel/syscall.ts";
import { Connect, Join, Listen, NewTask, Sleep as RealSleep } from "../../../syscalls/index.ts";
import { run } from "../../kit/index.ts";
import { resetting } from "../../laws/programs.ts";
import { beside, driven, type Target } from "./steps.ts";

const seeds = Array.from({ length: 30 }, (_, place) => place + 1);

function* sends(connection: Connection, bytes: Uint8Array): Program<void> {
  yield* sendAll(connection, bytes);
  connection.shutdown();
}

// Sends and receives at once, and gives what came back.
function* talks(address: Address, bytes: Uint8Array): Program<Uint8Array> {
  const connection = yield* new Connect(address);
  const sender = yield* new NewTask(sends(connection, bytes));
  const parts: Uint8Array[] = [];
  for (;;) {
    const part = yield* recv(connection, 65_536);
    if (part.length === 0) break;
    parts.push(part);
  }
  yield* new Join(sender);
  return Buffer.concat(parts);
}

function* resets(address: Address): Program<void> {
  const connection = yield* new Connect(address);
  yield* sendAll(connection, new Uint8Array(1_000));
  yield* new RealSleep(2);
  yield* resetting(connection);
}

function* clients(address: Address, sizes: readonly number[]): Program<boolean[]> {
  const sent = sizes.map((size, place) => new Uint8Array(size).fill(place + 1));
  const tids: Tid<Uint8Array>[] = [];
  for (const bytes of sent) {
    tids.push(yield* new NewTask(talks(address, bytes)));
    yield* new Join(yield* new NewTask(resets(address)));
  }
  const same: boolean[] = [];
  for (const [place, bytes] of sent.entries()) same.push(Buffer.from(bytes).equals(yield* new Join(tids[place] ?? 0)));
  return same;
}

test.each(seeds)("each client gets back what it sent, and those that reset hurt nobody: seed %i", (seed) => {
  const reports: string[] = [];
  const sizes = [1, 100, 10_000, 200_000, 70_000];
  const { value } = run(
    function* () {
      const listener = yield* new Listen({ port: 0 });
      const scheduler = new Scheduler((line) => reports.push(line));
      scheduler.spawn(echo(() => {}, listener));
      return yield* beside(scheduler, clients(listener.address, sizes));
    },
    { seed, faults: "benign", check: false }, // those who watch its sockets are no tasks of the kernel below
  );
  expect(value).toEqual(sizes.map(() => true));
  expect(reports.length).toBeGreaterThan(0);
  expect(reports.filter((line) => !line.includes("reset by the peer"))).toEqual([]);
});

/** Its wait has ended before it is armed, and arming may throw besides. */
class EndsAtOnce extends SystemCall {
  readonly throws: boolean;

  constructor(throws: boolean) {
    super();
    this.throws = throws;
  }

  override handle(_task: Task, scheduler: Scheduler): Wait {
    return new Wait("for nothing", true, (wait) => {
      scheduler.wake(wait, "an answer");
      if (this.throws) throw new RangeError("badly armed");
      return () => {};
    });
  }
}

test("a wait that ends while it is being armed is one answer, or one error, and leaves the task in one place", () => {
  const log: unknown[] = [];
  const asks = function* (scheduler: Scheduler, throws: boolean): Target<void> {
    try {
      log.push(yield new EndsAtOnce(throws));
    } catch (error) {
      log.push(String(error));
    }
    const began = scheduler.now;
    yield new Sleep(1_000);
    log.push(Math.round(scheduler.now - began));
  };
  for (const throws of [false, true]) {
    const scheduler = new Scheduler((line) => log.push(line));
    scheduler.spawn(asks(scheduler, throws));
    run(() => driven(scheduler.mainloop()), { check: false }); // as above
  }
  expect(log).toEqual(["an answer", 1_000, "RangeError: badly armed", 1_000]);
});
