// What a monitor is there to find: tasks that wait for each other, a crash now and then, a mailbox that grows, connections
// that nobody reads from, an orphan; and, when asked for, a loop without end.

import type { Address, Connection } from "../../kernel/machine/machine.ts";
import { type Call, type Program, type Routine, routine, type Tid } from "../../kernel/syscall.ts";
import {
  Connect,
  Gauge,
  Log,
  NewTask,
  Receive,
  Select,
  Sleep,
  Supervise,
  Tell,
  WaitTask,
} from "../../syscalls/index.ts";
import { Lock, sendAll } from "../lib/index.ts";
import { isLost, sleepBetween } from "./common.ts";

/** Starts them. */
export const troubles: Routine<[address: Address], void> = routine(function* startTroubles(address) {
  yield* new NewTask(keepDeadlock(), "deadlock-keeper");
  yield* new NewTask(
    new Supervise({ crashes: crashes() }, { restarts: 10, backOffMs: [500, 500] }),
    "crash-supervisor",
  );
  yield* new NewTask(fillMailbox(yield* new NewTask(readSlowly(), "mailbox-grows")), "mailbox-filler");
  yield* new NewTask(leak(address), "leak");
  yield* new NewTask(neverRead(address), "never-reads");
  yield* new NewTask(leaveOrphan(), "short-lived-parent");
});

/** Makes one that crashes soon, and after that one that crashes once in a while. */
function crashes(): () => Call<void> {
  let made = 0;
  return () => (made++ === 0 ? crash(2_000, 5_000) : crash(20_000, 40_000));
}

const crash = routine(function* crash(leastMs: number, mostMs: number): Program<void> {
  yield* sleepBetween(leastMs, mostMs);
  yield* deeper();
});

const deeper = routine(function* deeper(): Program<void> {
  yield* new Sleep(1);
  throw new TypeError("this task crashes now and then, as it should");
});

// The classic: each has one lock and wants the other's. Once somebody has ended one of them, it is made anew.
const keepDeadlock = routine(function* keepDeadlock(): Program<void> {
  for (;;) {
    const [salt, pepper] = [new Lock({ name: "salt" }), new Lock({ name: "pepper" })];
    const left = yield* new NewTask(takeBoth(salt, pepper), "deadlock-left");
    const right = yield* new NewTask(takeBoth(pepper, salt), "deadlock-right");
    yield* new WaitTask(left);
    yield* new WaitTask(right);
    yield* new Sleep(10_000);
  }
});

const takeBoth = routine(function* takeBoth(first: Lock, second: Lock): Program<void> {
  yield* first.hold(thenTake(second));
});

const thenTake = routine(function* thenTake(second: Lock): Program<void> {
  yield* new Sleep(100); // so that the other has its first
  yield* second.hold(new Sleep(1));
});

/** Reads one message of four, for a minute; then all at once. */
const readSlowly = routine(function* readSlowly(): Program<void> {
  for (;;) {
    for (let n = 0; n < 120; n++) {
      yield* new Receive();
      yield* new Sleep(500);
    }
    while ((yield* new Select({ message: new Receive(), none: new Sleep(1) })).key === "message");
  }
});

const fillMailbox = routine(function* fillMailbox(reader: Tid): Program<void> {
  for (let sent = 1; yield* new Tell(reader, sent); sent++) {
    yield* new Gauge("messages sent", sent);
    yield* new Sleep(125);
  }
});

const leak = routine(function* leak(address: Address): Program<void> {
  yield* new Connect(address);
  yield* new Sleep(Number.POSITIVE_INFINITY); // and nobody remembers why it was opened
});

/** Asks, and asks, and reads no answer: soon neither side can write any more. */
const neverRead = routine(function* neverRead(address: Address): Program<void> {
  for (;;) {
    try {
      const connection = yield* new Connect(address);
      for (;;) yield* ask(connection);
    } catch (error) {
      if (!isLost(error)) throw error; // somebody has ended the session
    }
    yield* new Sleep(1_000);
  }
});

const question = new TextEncoder().encode(`${"why? ".repeat(200)}\n`.repeat(64));

const ask = routine(function* ask(connection: Connection): Program<void> {
  yield* sendAll(connection, question);
  yield* new Sleep(10);
});

const leaveOrphan = routine(function* leaveOrphan(): Program<void> {
  yield* new NewTask(new Sleep(Number.POSITIVE_INFINITY), "orphan");
  yield* new Sleep(500);
});

/** After a time, ms, a turn that does not end. Its caller's cleanup tells of the end that somebody makes to it. */
export const endlessLoop: Routine<[afterMs: number], void> = routine(function* stuckLater(afterMs) {
  try {
    yield* new Sleep(afterMs);
    yield* loopForEver();
  } finally {
    yield* new Log("the endless loop is over, and its caller has cleaned up");
  }
});

const loopForEver = routine(function* loopForEver(): Program<void> {
  for (let n = 0; ; ) n = (n + 1) | 0; // never yields: nothing else in this kernel gets a turn
});
