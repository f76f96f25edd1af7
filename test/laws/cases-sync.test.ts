// Waiting for a condition: Park and its queue, what locks and channels are made of. First come, first served; a wake
// is never lost to a task that does not take it.

import { expect, test } from "vitest";
import { type Answer, type Program, SyscallError, type Task, type Tid } from "../../kernel/syscall.ts";
import {
  CancelTask,
  KillTask,
  ListTasks,
  NewTask,
  Park,
  Select,
  Sleep,
  Timeout,
  WaitQueue,
  WaitTask,
} from "../../syscalls/index.ts";
import { run, runExit } from "../kit/index.ts";
import { codeOf } from "./programs.ts";
import { endedAfter, ends, runAs, schedules } from "./schedules.ts";

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

/** Items on a shelf: the pattern of whatever is handed over. */
class Shelf {
  readonly items: string[] = [];
  readonly line = new WaitQueue<string>("take", "an item");

  put(item: string): void {
    if (!this.line.hand(item)) this.items.push(item);
  }
}

class Take extends Park<string> {
  readonly shelf: Shelf;
  readonly log: string[];

  constructor(shelf: Shelf, log: string[] = []) {
    super(shelf.line);
    this.shelf = shelf;
    this.log = log;
  }

  override handle(...[task, kernel]: Parameters<Park["handle"]>): Answer<string> {
    return this.shelf.items.shift() ?? super.handle(task, kernel);
  }

  override joined(): void {
    this.log.push("joined");
  }

  override left(): void {
    this.log.push("left");
  }

  override giveBack(item: string): void {
    if (!this.shelf.line.hand(item)) this.shelf.items.unshift(item);
  }
}

test("what is handed over is taken once or goes back, whoever is ended, whenever and however", () => {
  for (const schedule of schedules) {
    for (const how of ends) {
      for (let laps = 0; laps < 14; laps++) {
        const { value } = runAs(schedule, function* () {
          const shelf = new Shelf();
          const taken: string[] = [];
          function* taking(times: number): Program<void> {
            for (let n = 0; n < times; n++) {
              taken.push(yield* new Take(shelf));
              yield;
            }
          }
          const other = yield* new NewTask(taking(3));
          const victim = yield* new NewTask(endedAfter(laps, how, taking(3)));
          yield;
          for (let n = 0; n < 6; n++) {
            shelf.put(`item ${n}`);
            if (n % 2 === 1) yield;
          }
          yield* new WaitTask(other);
          yield* new WaitTask(victim);
          expect(shelf.line.size).toBe(0);
          return [...taken, ...shelf.items].toSorted();
        });
        expect(value).toEqual(["item 0", "item 1", "item 2", "item 3", "item 4", "item 5"]);
      }
    }
  }
});

test("one in the middle, the first and the last can leave, and the others keep their order", () => {
  for (const gone of [[0], [1], [3], [0, 1], [1, 2], [2, 3], [0, 3], [0, 1, 2, 3]]) {
    const log: string[] = [];
    run(function* () {
      const queue = makeQueue();
      const tids: Tid[] = [];
      for (const name of ["a", "b", "c", "d"]) tids.push(yield* new NewTask(parking(queue, log, name)));
      yield* new Sleep(1);
      for (const place of gone) yield* new KillTask(tids[place] ?? 0);
      expect(queue.size).toBe(4 - gone.length);
      expect([...queue].length).toBe(4 - gone.length);
      yield* new NewTask(parking(queue, log, "e"));
      yield* new Sleep(1);
      queue.wake(9);
      yield* new Sleep(1);
    });
    expect(log).toEqual([..."abcd"].filter((_name, place) => !gone.includes(place)).concat("e"));
  }
});

test("one that waits can be answered out of turn, refused, and moved to another queue", () => {
  const { value } = run(
    function* () {
      const [left, right] = [new Shelf(), new Shelf()];
      const takes = [0, 1, 2, 3].map(() => new Take(left));
      const tids: Tid<string>[] = [];
      for (const take of takes) tids.push(yield* new NewTask(settled(take)));
      yield* new Sleep(1);
      const [a, b, c, d] = takes as [Take, Take, Take, Take]; // four
      const done = [left.line.answer(c, "third"), left.line.answer(c, "again"), right.line.answer(a, "elsewhere")];
      done.push(left.line.refuse(b, new SyscallError("ENOENT", "none left")), left.line.move(d, right.line));
      done.push(left.line.move(d, right.line), left.line.answer(d, "gone"));
      const sizes = [left.line.size, right.line.size];
      const record = (yield* new ListTasks()).find(({ tid }) => tid === tids[3]);
      right.put("fourth");
      left.put("first");
      const values: unknown[] = [];
      for (const tid of tids) {
        const exit = yield* new WaitTask(tid);
        values.push(exit.status === "returned" && exit.value);
      }
      return { done, sizes, values, object: record?.object, left: takes.map(({ isQueued }) => isQueued) };
    },
    { quantum: 1 },
  );
  expect(value).toEqual({
    done: [true, false, false, true, true, false, false],
    sizes: [1, 1],
    values: ["first", "ENOENT", "third", "fourth"],
    object: "an item",
    left: [false, false, false, false],
  });
});

function* settled(take: Take): Program<string> {
  try {
    return yield* take;
  } catch (error) {
    return (error as SyscallError).code; // of the refusal
  }
}

test("a wait is told that it has begun, and that it has ended without an answer, and of nothing else", () => {
  const { value } = run(function* () {
    const shelf = new Shelf();
    const logs: string[][] = [[], [], [], [], [], []];
    const next = (): string[] => logs[place++] ?? [];
    let place = 0;
    const atOnce = next();
    shelf.put("now");
    yield* new Take(shelf, atOnce);
    const answered = yield* new NewTask(new Take(shelf, next()));
    yield* new Sleep(1);
    shelf.put("later");
    yield* new WaitTask(answered);
    const killed = yield* new NewTask(new Take(shelf, next()));
    yield* new Sleep(1);
    yield* new KillTask(killed);
    yield* codeOf(new Timeout(1, new Take(shelf, next())));
    yield* new Select({ take: new Take(shelf, next()), idle: new Sleep(1) });
    const granted = yield* new NewTask(new Take(shelf, next()));
    yield* new Sleep(1);
    shelf.put("granted");
    yield* new KillTask(granted);
    yield* new Sleep(1);
    return [logs, shelf.items];
  });
  expect(value).toEqual([
    [[], ["joined"], ["joined", "left"], ["joined", "left"], ["joined", "left"], ["joined"]],
    ["granted"],
  ]);
});

test("what comes between a select's question and its wait is not missed by one that looks again", () => {
  class Flag extends Park {
    isUp = false;
    override handle(task: Task): Answer<void> {
      return this.isUp ? undefined : super.handle(task, task.kernel);
    }
    override joined(): void {
      if (this.isUp) this.queue.answer(this, undefined);
    }
  }
  const { value } = run(function* () {
    const flag = new Flag(makeQueue());
    class Raise extends Sleep {
      override handle(...args: Parameters<Sleep["handle"]>): Answer<void> {
        flag.isUp = true;
        return super.handle(...args);
      }
    }
    return [(yield* new Select({ flag, raise: new Raise(50) })).key, flag.queue.size];
  });
  expect(value).toEqual(["flag", 0]);
});

test("a wait that throws as it begins is an error of its task, and stands in no queue", () => {
  class Broken extends Park {
    override joined(): void {
      throw new SyscallError("EPROTO", "the test's");
    }
  }
  const queue = makeQueue();
  const { value } = run(function* () {
    const codes = [yield* codeOf(new Broken(queue))];
    codes.push(yield* codeOf(new Select({ idle: new Sleep(1), broken: new Broken(queue) })));
    return codes;
  });
  expect(value).toEqual(["EPROTO", "EPROTO"]);
  expect(queue.size).toBe(0);
});

test("to park takes a wait queue", () => {
  expect(() => new Park({} as WaitQueue)).toThrow(/Park needs a WaitQueue/);
});
