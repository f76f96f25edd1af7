// Semaphores: never more than there are, first come, first served whatever each asks for, and no permit lost.

import { describe, expect, test } from "vitest";
import {
  CancelTask,
  KillTask,
  ListTasks,
  NewTask,
  type Program,
  type Runnable,
  Select,
  Semaphore,
  Sleep,
  SyscallError,
  type Tid,
  Timeout,
  WaitTask,
} from "../../apps/index.ts";
import { Holders } from "../../apps/lib/holders.ts";
import { run, runExit } from "../kit/index.ts";
import { Custom, codeOf, throwing } from "./programs.ts";
import { Deadline, type End, endedAfter, ends, runAs, schedules } from "./schedules.ts";

function* taking(semaphore: Semaphore, log: string[], name: string, n = 1, ms = 1): Program<void> {
  yield* semaphore.acquire(n);
  log.push(name);
  try {
    yield* new Sleep(ms);
  } finally {
    semaphore.release(n);
  }
}

describe("permits", () => {
  test("so many tasks at once, in the order they came", () => {
    const log: string[] = [];
    const { now } = run(function* () {
      const semaphore = new Semaphore(2);
      const tids: Tid[] = [];
      for (const name of ["a", "b", "c", "d", "e"]) {
        tids.push(yield* new NewTask(taking(semaphore, log, name, 1, 10)));
      }
      for (const tid of tids) yield* new WaitTask(tid);
      expect(semaphore.free).toBe(2);
    });
    expect(log).toEqual(["a", "b", "c", "d", "e"]);
    expect(now).toBeGreaterThanOrEqual(30);
    expect(now).toBeLessThan(31);
  });

  test("a small request never overtakes a large one", () => {
    const log: string[] = [];
    run(function* () {
      const semaphore = new Semaphore(3);
      yield* new NewTask(taking(semaphore, log, "one", 1, 5));
      yield* new NewTask(taking(semaphore, log, "three", 3, 5));
      yield* new NewTask(taking(semaphore, log, "small", 1, 5));
      yield* new Sleep(2);
      log.push(`${semaphore.free} free`);
      const { key } = yield* new Select({ permit: semaphore.acquire(), idle: new Sleep(1) });
      log.push(key);
      yield* new Sleep(20);
    });
    expect(log).toEqual(["one", "2 free", "idle", "three", "small"]);
  });

  test.each<End | "select">(["kill", "cancel", "deadline", "select"])(
    "those behind a large request go on when it leaves by a %s",
    (how) => {
      const log: string[] = [];
      run(function* () {
        const semaphore = new Semaphore(3);
        yield* semaphore.acquire();
        const scope = new Deadline(semaphore.acquire(3));
        const large =
          how === "select"
            ? yield* new NewTask(new Select({ large: semaphore.acquire(3), idle: new Sleep(2) }))
            : yield* new NewTask(scope);
        for (const name of ["a", "b", "c"]) yield* new NewTask(taking(semaphore, log, name, 1, 100));
        yield* new Sleep(1);
        log.push("now");
        if (how === "kill") yield* new KillTask(large);
        if (how === "cancel") yield* new CancelTask(large);
        if (how === "deadline") scope.expire();
        yield* new Sleep(5);
        log.push(`${semaphore.free} free`);
      });
      expect(log).toEqual(["now", "a", "b", "0 free"]);
    },
  );

  test("released by another task, or from outside of tasks: it counts what happens", () => {
    const log: string[] = [];
    run(function* () {
      const items = new Semaphore(0, { max: 3 });
      yield* new NewTask(taking(items, log, "consumer"));
      yield* new Sleep(1);
      log.push("made");
      yield* new Custom(() => items.release());
      yield* new Sleep(0.5);
      yield* new Custom(({ kernel }) =>
        kernel.timers.set(kernel.clock() + 2, { timer: -1, expire: () => items.release(2) }),
      );
      yield* new Sleep(3);
      log.push(`${items.free}`);
    });
    expect(log).toEqual(["made", "consumer", "3"]);
  });

  test("released between a select's question and its wait", () => {
    const { value } = run(function* () {
      const items = new Semaphore(0, { max: 2 });
      class Make extends Sleep {
        override handle(...args: Parameters<Sleep["handle"]>): ReturnType<Sleep["handle"]> {
          items.release();
          return super.handle(...args);
        }
      }
      const first = yield* new Select({ permit: items.acquire(), idle: new Make(50) });
      return [first.key, items.free];
    });
    expect(value).toEqual(["permit", 0]);
  });

  test("never more than max", () => {
    const { value } = run(function* () {
      const semaphore = new Semaphore(2, { name: "pool" });
      yield* semaphore.acquire(2);
      semaphore.release();
      const messages: string[] = [];
      try {
        semaphore.release(2);
      } catch (error) {
        messages.push(`${(error as SyscallError).code} ${(error as Error).message}`); // thrown above
      }
      return [...messages, semaphore.free];
    });
    expect(value).toEqual([
      "EOVERFLOW semaphore pool would have 3 free permits of 2 after release(2): release what was acquired, once, or raise max",
      1,
    ]);
  });
});

describe("hold", () => {
  test("gives the value and releases as many, whatever happens", () => {
    const { value, logs } = run(function* () {
      const semaphore = new Semaphore(3);
      const seen: unknown[] = [yield* semaphore.hold(new Custom(() => semaphore.free), 2)];
      seen.push(yield* codeOf(semaphore.hold(throwing(new SyscallError("ENOENT", "nothing")), 3)), semaphore.free);
      seen.push(yield* codeOf(new Timeout(1, semaphore.hold(new Sleep(5)))), semaphore.free);
      for (const how of ends) yield* endedAfter(3, how, semaphore.hold(new Sleep(50), 3));
      seen.push(semaphore.free);
      yield* semaphore.hold(new Custom(() => semaphore.release(2)), 2); // twice
      return [...seen, semaphore.free];
    });
    expect(value).toEqual([1, "ENOENT", 3, "ETIMEDOUT", 3, 3, 3]);
    expect(logs.map(({ text }) => text)).toEqual([expect.stringMatching(/leaving a scope threw\n.*EOVERFLOW/)]);
  });
});

describe("just as it is granted", () => {
  test.each<[End, string[]]>([
    ["kill", ["next"]],
    ["cancel", ["first", "next"]],
    ["deadline", ["first", "next"]],
  ])("a %s of the one it is granted to", (how, expected) => {
    const log: string[] = [];
    run(function* () {
      const semaphore = new Semaphore(2);
      yield* semaphore.acquire(2);
      const scope = new Deadline(taking(semaphore, log, "first", 2));
      const first = yield* new NewTask(scope);
      yield* new NewTask(taking(semaphore, log, "next", 2));
      yield* new Sleep(1);
      semaphore.release(2);
      if (how === "kill") yield* new KillTask(first);
      if (how === "cancel") yield* new CancelTask(first);
      if (how === "deadline") scope.expire();
      yield* new Sleep(10);
      expect(semaphore.free).toBe(2);
    });
    expect(log).toEqual(expected);
  });

  test("at once, to a task that is killed before it hears of it", () => {
    const permits: ((semaphore: Semaphore) => Runnable)[] = [
      (semaphore) => semaphore.acquire(2),
      (semaphore) => new Select({ permits: semaphore.acquire(2) }),
    ];
    for (const make of permits) {
      const { value } = run(
        function* () {
          const semaphore = new Semaphore(3);
          const tid = yield* new NewTask(make(semaphore));
          const before = semaphore.free;
          yield* new KillTask(tid);
          yield* new WaitTask(tid);
          return [before, semaphore.free];
        },
        { quantum: 1 },
      );
      expect(value).toEqual([1, 3]);
    }
  });
});

describe("holders", () => {
  test("are named, and what is free, in a record and in the report of a deadlock", () => {
    const { outcome } = runExit(
      function* () {
        const semaphore = new Semaphore(3, { name: "pool" });
        function* greedy(n: number, more: number): Program<void> {
          yield* semaphore.acquire(n);
          yield* new Sleep(1);
          yield* semaphore.acquire(more);
        }
        const tids = [yield* new NewTask(greedy(1, 2), "one"), yield* new NewTask(greedy(2, 1), "two")];
        yield* new Sleep(2);
        const record = (yield* new ListTasks()).find(({ name }) => name === "one");
        expect(record).toMatchObject({
          verb: "acquire",
          object: "2 of semaphore pool (0 of 3 free)",
          holders: [2, 3],
        });
        for (const tid of tids) yield* new WaitTask(tid);
      },
      { name: "main" },
    );
    expect(outcome).toMatchObject({ status: "threw", error: { name: "DeadlockError", cycle: [2] } });
    const { message } = (outcome as { error: Error }).error; // as matched above
    expect(message).toMatch(/3 {2}two .*waits: acquire semaphore pool \(0 of 3 free\) \(held by 2, 3\)/);
  });

  test("are those that have not released, and that live; nobody, once somebody has released for another", () => {
    const { value } = run(function* () {
      const semaphore = new Semaphore(4);
      const seen: unknown[] = [];
      const look = function* (): Program<void> {
        yield* new Sleep(1);
        const waiter = yield* new NewTask(semaphore.acquire(4));
        yield* new Sleep(0.5);
        seen.push((yield* new ListTasks()).find(({ tid }) => tid === waiter)?.holders);
        yield* new KillTask(waiter);
      };
      const forgetful = yield* new NewTask(semaphore.acquire(1), "forgetful");
      const keeper = yield* new NewTask(semaphore.hold(new Sleep(50), 2), "keeper");
      yield* semaphore.acquire(1);
      yield* look();
      semaphore.release();
      yield* look();
      semaphore.release(); // the forgetful one's
      yield* look();
      yield* new KillTask(keeper);
      yield* new Sleep(1);
      return [seen, [forgetful, keeper], semaphore.free];
    });
    expect(value).toEqual([[[1, 3], [3], []], [2, 3], 4]);
  });

  test("who takes what others make does not wait for itself", () => {
    const { outcome } = runExit(
      function* () {
        const items = new Semaphore(0, { max: 9, name: "items" });
        function* consume(): Program<void> {
          for (;;) yield* items.acquire();
        }
        const consumer = yield* new NewTask(consume(), "consumer");
        for (let n = 0; n < 3; n++) {
          items.release();
          yield* new Sleep(1);
          const record = (yield* new ListTasks()).find(({ tid }) => tid === consumer);
          expect(record).toMatchObject({ verb: "acquire", holders: [] });
        }
        yield* new WaitTask(consumer);
      },
      { name: "main" },
    );
    expect(outcome).toMatchObject({ status: "threw", error: { name: "DeadlockError", cycle: [] } });
  });

  test("that have ended are forgotten in the end", () => {
    const holders = new Holders();
    let most = 0;
    const { value } = run(
      function* () {
        const noting = () => new Custom((task) => holders.add(task, 1));
        for (let n = 0; n < 1_000; n++) {
          yield* new WaitTask(yield* new NewTask(noting()));
          most = Math.max(most, holders.size);
        }
        yield* noting();
        return holders.tids();
      },
      { checkEvery: 100 },
    );
    expect(value).toEqual([1]);
    expect(most).toBeLessThan(100);
  });
});

test("what is no number of permits is refused", () => {
  const code = (make: () => unknown): string => {
    try {
      make();
      return "";
    } catch (error) {
      return error instanceof SyscallError ? `${error.code} ${error.message}` : String(error);
    }
  };
  const semaphore = new Semaphore(1, { max: 3, name: "pool" });
  expect(code(() => new Semaphore(-1))).toMatch(/^EINVAL max of semaphore is -1: give a whole number, at least 1/);
  expect(code(() => new Semaphore(0))).toMatch(/^EINVAL max of semaphore is 0/);
  expect(code(() => new Semaphore(4, { max: 3 }))).toMatch(/^EINVAL count of semaphore is 4: .* 0 to 3/);
  expect(code(() => semaphore.acquire(4))).toMatch(
    /^EINVAL acquire of semaphore pool is 4: give a whole number, 1 to 3/,
  );
  for (const n of [0, 1.5, Number.NaN, "1" as unknown as number]) {
    expect(code(() => semaphore.acquire(n))).toMatch(/^EINVAL/);
    expect(code(() => semaphore.release(n))).toMatch(/^EINVAL/);
    expect(code(() => semaphore.hold(new Sleep(1), n))).toMatch(/^EINVAL/);
  }
  expect(semaphore.free).toBe(1);
});

test("whoever is ended, whenever and however: never too many, and no permit is lost", () => {
  for (const schedule of schedules) {
    for (const how of ends) {
      for (let laps = 0; laps < 20; laps++) {
        runAs(schedule, function* () {
          const semaphore = new Semaphore(3);
          let used = 0;
          function* using(sizes: readonly number[]): Program<void> {
            for (const n of sizes) {
              yield* semaphore.acquire(n);
              used += n;
              try {
                expect(used + semaphore.free).toBeLessThanOrEqual(3);
                yield;
                yield;
              } finally {
                used -= n;
                semaphore.release(n);
              }
            }
          }
          const tids: Tid[] = [
            yield* new NewTask(using([1, 3, 1])),
            yield* new NewTask(endedAfter(laps, how, using([3, 2]))),
          ];
          tids.push(yield* new NewTask(using([2, 1, 2])), yield* new NewTask(using([1, 1, 3])));
          for (const tid of tids) expect(yield* new WaitTask(tid)).toMatchObject({ status: "returned" });
          expect([semaphore.free, used]).toEqual([3, 0]);
        });
      }
    }
  }
});
