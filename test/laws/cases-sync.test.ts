// Waiting for a condition: Park and its queue, what locks and channels are made of. First come, first served; a wake
// is never lost to a task that does not take it.

import { expect, test } from "vitest";
import type { Program, Tid } from "../../kernel/syscall.ts";
import {
  CancelTask,
  KillTask,
  ListTasks,
  NewTask,
  Park,
  Sleep,
  Timeout,
  WaitQueue,
  WaitTask,
} from "../../syscalls/index.ts";
import { run, runExit } from "../kit/index.ts";
import { codeOf } from "./programs.ts";

function* parking(queue: WaitQueue, log: string[], name: string): Program<void> {
  yield* new Park(queue);
  log.push(name);
}

function makeQueue(): WaitQueue {
  return new WaitQueue("take from", "the test's queue");
}

test("those that wait are woken in the order they came, as many as were asked for", () => {
  const log: string[] = [];
  const { value } = run(function* () {
    const queue = makeQueue();
    for (const name of ["a", "b", "c", "d"]) yield* new NewTask(parking(queue, log, name));
    yield* new Sleep(1);
    const woken = [queue.wake(), queue.wake(2)];
    yield* new Sleep(1);
    return [...woken, queue.size, queue.wake(9), queue.wake(), queue.size];
  });
  expect(value).toEqual([1, 2, 1, 1, 0, 0]);
  expect(log).toEqual(["a", "b", "c", "d"]);
});

test("a wake that reaches a task just as it is killed goes on to the next", () => {
  const log: string[] = [];
  run(function* () {
    const queue = makeQueue();
    const tids: Tid[] = [];
    for (const name of ["a", "b", "c"]) tids.push(yield* new NewTask(parking(queue, log, name)));
    yield* new Sleep(1);
    queue.wake();
    for (const tid of tids.slice(0, 2)) yield* new KillTask(tid);
    yield* new Sleep(1);
  });
  expect(log).toEqual(["c"]);
});

test("a wake that reaches a task just as it is cancelled is that task's", () => {
  const log: string[] = [];
  run(function* () {
    const queue = makeQueue();
    const first = yield* new NewTask(parking(queue, log, "a"));
    yield* new NewTask(parking(queue, log, "b"));
    yield* new Sleep(1);
    queue.wake();
    yield* new CancelTask(first);
    yield* new Sleep(1);
    log.push(`${queue.size} left`);
    queue.wake();
    yield* new Sleep(1);
  });
  expect(log).toEqual(["a", "1 left", "b"]);
});

test("killed, cancelled or out of time, a task leaves the queue", () => {
  const { value } = run(function* () {
    const queue = makeQueue();
    const killed = yield* new NewTask(new Park(queue));
    const cancelled = yield* new NewTask(new Park(queue));
    const late = yield* new NewTask(codeOf(timing(queue)));
    yield* new Sleep(1);
    const before = queue.size;
    yield* new KillTask(killed);
    yield* new CancelTask(cancelled);
    const exit = yield* new WaitTask(late);
    return [before, exit, queue.size];
  });
  expect(value).toEqual([3, { status: "returned", value: "ETIMEDOUT" }, 0]);
});

function* timing(queue: WaitQueue): Program<void> {
  yield* new Timeout(10, new Park(queue));
}

test("what it waits for, and who could end that, is on the list and in the report of a deadlock", () => {
  const { outcome } = runExit(
    function* () {
      const queue = new WaitQueue("take from", "the test's queue", () => [1]);
      yield* new NewTask(new Park(queue), "consumer");
      yield;
      const record = (yield* new ListTasks()).find(({ name }) => name === "consumer");
      expect(record).toMatchObject({ verb: "take from", object: "the test's queue", holders: [1], state: "blocked" });
      yield* new WaitTask(record?.tid ?? 0);
    },
    { name: "main" },
  );
  expect(outcome).toMatchObject({ status: "threw", error: { code: "EDEADLK", cycle: [1, 2] } });
});
