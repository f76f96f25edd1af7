// What a run says that can go no further, for each way to wait: which object, who holds it, and the cycle if there is one.

import { describe, expect, test } from "vitest";
import {
  Barrier,
  Channel,
  Condition,
  Group,
  Lock,
  type Members,
  NewTask,
  type Program,
  Receive,
  type Routine,
  routine,
  Select,
  Semaphore,
  SendSignal,
  Sleep,
  Tell,
  WaitTask,
} from "../../apps/index.ts";
import { DeadlockError, type Syscall } from "../../kernel/index.ts";
import { runExit } from "../kit/index.ts";

describe("a deadlock names what it is about", () => {
  /** The error of a run that must end in one. */
  function deadlockOf(program: () => Program<unknown>): DeadlockError {
    const { outcome } = runExit(function* () {
      yield* program();
      yield* new WaitTask(2); // the end of the main task would end them
    });
    if (outcome.status === "threw" && outcome.error instanceof DeadlockError) return outcome.error;
    throw new Error("the run ended in another way", { cause: outcome });
  }

  test("a ring of channels: each task, and what it waits for", () => {
    const error = deadlockOf(function* () {
      const channels = ["red", "green", "blue"].map((name) => new Channel<number>({ name }));
      for (const [place, channel] of channels.entries()) {
        yield* new NewTask(relay(channel, channels[(place + 1) % 3] as Channel<number>), `relay ${place}`);
      }
    });
    for (const name of ["red", "green", "blue"])
      expect(error.message).toMatch(new RegExp(`receive from channel ${name}`));
    expect(error.message).toMatch(/no cycle: what they wait for is held by nobody/);
  });

  test("two locks taken the other way round: the locks, their holders, the cycle", () => {
    const error = deadlockOf(function* () {
      const [left, right] = [new Lock({ name: "left" }), new Lock({ name: "right" })];
      yield* new NewTask(left.hold(both(right)), "lefty");
      yield* new NewTask(right.hold(both(left)), "righty");
    });
    expect([...error.cycle].sort()).toEqual([2, 3]);
    expect(error.message).toMatch(/lefty +waits: acquire lock right \(held by 3 righty\)/);
    expect(error.message).toMatch(/righty +waits: acquire lock left \(held by 2 lefty\)/);
    expect(error.message).toMatch(/cycle: (2 -> 3 -> 2|3 -> 2 -> 3)/);
  });

  test("a lock, a semaphore and an end, in a group and a select: one cycle through all of them", () => {
    const error = deadlockOf(function* () {
      const lock = new Lock({ name: "books" });
      const pool = new Semaphore(1, { name: "pool" });
      yield* new Group(function* (members: Members): Program<void> {
        const first = yield* members.spawn(lock.hold(inSelect(pool.acquire())), "first");
        yield* members.spawn(pool.hold(afterwards(new WaitTask(first))), "second");
      });
    });
    expect([...error.cycle].sort()).toEqual([2, 3]);
    expect(error.message).toMatch(/second +waits: exit of 2 {2}for /);
    expect(error.message).toMatch(/first +waits: select branch: acquire semaphore pool \(0 of 1 free\).*held by 3/);
    expect(error.message).toMatch(/waits: .*members?/);
  });

  test("a barrier short of one: which, and how many have come", () => {
    const error = deadlockOf(function* () {
      const barrier = new Barrier(3, { name: "step" });
      yield* new NewTask(barrier.wait(), "one");
      yield* new NewTask(barrier.wait(), "other");
    });
    expect(error.message).toMatch(/one +waits: wait at barrier step \(2 of 3 have come\)/);
    expect(error.message).toMatch(/other +waits: wait at barrier step/);
  });

  test("a mailbox that nobody tells, and a condition that nobody notifies", () => {
    const error = deadlockOf(function* () {
      yield* new NewTask(
        new Receive(function isReply(message: unknown): boolean {
          return message === 1;
        }),
        "deaf",
      );
      const condition = new Condition(new Lock({ name: "books" }), { name: "filled" });
      yield* new NewTask(condition.lock.hold(condition.wait()), "idle");
      yield* new Tell(2, "no reply");
    });
    expect(error.message).toMatch(/deaf +waits: receive a message that isReply/);
    expect(error.message).toMatch(/idle +waits: wait for condition filled/);
  });

  test("a stopped owner of a lock: who is stopped, who waits for whom", () => {
    const error = deadlockOf(function* () {
      const lock = new Lock({ name: "books" });
      const owner = yield* new NewTask(lock.hold(forever()), "owner");
      yield;
      yield;
      yield* new SendSignal(owner, "STOP");
      yield* new NewTask(lock.acquire(), "waiter");
    });
    expect(error.message).toMatch(/owner +stopped/);
    expect(error.message).toMatch(/waiter +waits: acquire lock books \(held by 2 owner\)/);
  });
});

const relay: Routine<[from: Channel<number>, to: Channel<number>], void> = routine(function* relayOn(from, to) {
  yield* to.send(yield* from.receive());
});

function* both(other: Lock): Program<void> {
  yield* new Sleep(1);
  yield* other.hold(new Sleep(1));
}

function* afterwards(wait: Syscall<unknown>): Program<void> {
  yield* new Sleep(1);
  yield* wait;
}

function* inSelect(branch: Syscall<unknown>): Program<void> {
  yield* new Sleep(1);
  yield* new Select({ branch });
}

function* forever(): Program<never> {
  for (;;) yield;
}
