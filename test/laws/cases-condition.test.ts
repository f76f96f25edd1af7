// Conditions: whoever waits has released the lock, and has it again when it goes on, however the wait ended; no
// notification is lost.

import { describe, expect, test } from "vitest";
import {
  CancelTask,
  Condition,
  GetTid,
  KillTask,
  ListTasks,
  Lock,
  NewTask,
  type Program,
  RLock,
  type Routine,
  routine,
  Sleep,
  SyscallError,
  WaitTask,
} from "../../apps/index.ts";
import { run, runExit } from "../kit/index.ts";
import { Custom, codeOf } from "./programs.ts";
import { Deadline, type End, endedAfter, ends, runAs, schedules } from "./schedules.ts";

/** Waits once, and says what it has when that is over. */
const waiting = routine(function* waiting(condition: Condition, log: string[], name: string): Program<void> {
  yield* condition.lock.acquire();
  try {
    yield* condition.wait();
    log.push(`${name} notified`);
  } catch (error) {
    log.push(`${name} ${error instanceof SyscallError ? error.code : String(error)}`);
  } finally {
    log.push(`${name} has it: ${condition.lock.isMine}`);
    condition.lock.release();
  }
});

const notifying: Routine<[condition: Condition, n?: number], void> = routine(function* notifying(condition, n = 1) {
  yield* condition.lock.hold(new Custom(() => condition.notify(n)));
});

describe("a wait", () => {
  test("releases the lock, and has it again when it was notified, one task after the other, in order", () => {
    const log: string[] = [];
    run(function* () {
      const condition = new Condition();
      for (const name of ["a", "b", "c"]) yield* new NewTask(waiting(condition, log, name));
      yield* new Sleep(1);
      log.push(`owner ${condition.lock.owner}, ${condition.line.size} wait`);
      yield* condition.lock.acquire();
      condition.notify();
      condition.notify();
      log.push("still mine");
      yield* new Sleep(1);
      condition.lock.release();
      yield* new Sleep(1);
      yield* notifying(condition, 9);
      yield* new Sleep(1);
    });
    const each = (name: string): string[] => [`${name} notified`, `${name} has it: true`];
    expect(log).toEqual(["owner undefined, 3 wait", "still mine", ...each("a"), ...each("b"), ...each("c")]);
  });

  test("notified, it comes after those that waited for the lock before", () => {
    const log: string[] = [];
    run(function* () {
      const lock = new Lock();
      const condition = new Condition(lock);
      yield* new NewTask(waiting(condition, log, "notified"));
      yield* new Sleep(1);
      yield* lock.acquire();
      yield* new NewTask(lock.hold(new Custom(() => log.push("in line"))));
      yield* new Sleep(1);
      condition.notifyAll();
      lock.release();
      yield* new Sleep(1);
    });
    expect(log).toEqual(["in line", "notified notified", "notified has it: true"]);
  });

  test("releases an RLock however often it was acquired, and has it as often again", () => {
    const { value } = run(function* () {
      const lock = new RLock();
      const condition = new Condition(lock);
      const seen: unknown[] = [];
      yield* new NewTask(
        lock.hold(
          lock.hold(
            (function* (): Program<void> {
              yield* condition.wait();
              lock.release();
              seen.push(lock.isMine);
              yield* lock.acquire();
            })(),
          ),
        ),
      );
      yield* new Sleep(1);
      seen.push(lock.owner);
      yield* notifying(condition);
      yield* new Sleep(1);
      return [...seen, lock.owner];
    });
    expect(value).toEqual([undefined, true, undefined]);
  });

  test("waitFor looks first, and again after each notification", () => {
    const { value } = run(function* () {
      const lock = new Lock();
      const [filled, items, looks] = [new Condition(lock), [] as number[], { count: 0 }];
      const holds = (): boolean => {
        looks.count++;
        return items.length > 1;
      };
      const tid = yield* new NewTask(
        lock.hold(
          (function* (): Program<unknown> {
            const first = yield* filled.waitFor(holds);
            return [first, yield* filled.waitFor(holds), [...items]];
          })(),
        ),
      );
      for (const item of [1, 2]) {
        yield* new Sleep(1);
        yield* lock.hold(
          new Custom(() => {
            items.push(item);
            filled.notify();
          }),
        );
      }
      return [yield* new WaitTask(tid), looks.count];
    });
    expect(value).toEqual([{ status: "returned", value: [true, true, [1, 2]] }, 4]);
  });

  test("whose time is up goes on with the lock, however long that takes", () => {
    const { value, now } = run(function* () {
      const lock = new Lock();
      const condition = new Condition(lock);
      const late = yield* new NewTask(lock.hold(condition.wait(5)));
      const looking = yield* new NewTask(lock.hold(condition.waitFor(() => false, 5)));
      yield* new Sleep(1);
      yield* lock.hold(new Sleep(10_000));
      const exits = [yield* new WaitTask(late), yield* new WaitTask(looking)];
      const zero = yield* lock.hold(condition.wait(0));
      return [exits, zero, condition.line.size, lock.owner];
    });
    const isLate = { status: "returned", value: false };
    expect(value).toEqual([[isLate, isLate], false, 0, undefined]);
    expect(now).toBeGreaterThanOrEqual(10_000);
  });

  test("notified in time, it has no timer any more, and one that is late takes no notification", () => {
    const log: string[] = [];
    const { kernel, now } = run(function* () {
      const condition = new Condition();
      const tid = yield* new NewTask(condition.lock.hold(condition.wait(100)));
      const other = yield* new NewTask(condition.lock.hold(condition.wait(2)));
      yield* new NewTask(waiting(condition, log, "last"));
      yield* new Sleep(1);
      yield* condition.lock.acquire();
      condition.notify();
      yield* new Sleep(5); // the other one's time is up; it waits for the lock
      yield* new KillTask(other);
      condition.lock.release();
      const exit = yield* new WaitTask(tid);
      yield* new Sleep(1);
      log.push(JSON.stringify(exit));
      yield* notifying(condition);
      yield* new Sleep(1);
    });
    expect(log).toEqual(['{"status":"returned","value":true}', "last notified", "last has it: true"]);
    expect(kernel.timers.size).toBe(0);
    expect(now).toBeLessThan(50);
  });
});

test.each(ends)("a %s of one that waits for a time takes its timer along", (how) => {
  const { value } = run(function* () {
    const condition = new Condition();
    const scope = new Deadline(condition.lock.hold(condition.wait(1_000)));
    const tid = yield* new NewTask(scope);
    yield* new Sleep(1);
    if (how === "kill") yield* new KillTask(tid);
    if (how === "cancel") yield* new CancelTask(tid);
    if (how === "deadline") scope.expire();
    yield* new WaitTask(tid);
    return yield* new Custom(({ kernel }) => kernel.timers.size);
  });
  expect(value).toBe(0);
});

describe("ended while it waits to be notified, or for the lock after that", () => {
  const cases = ends.flatMap((how) => [false, true].map((isNotified) => [how, isNotified] as const));
  test.each(cases)("by a %s (notified: %s), it has the lock, and another one is notified", (how, isNotified) => {
    const log: string[] = [];
    const { counters } = run(function* () {
      const condition = new Condition();
      const scope = new Deadline(waiting(condition, log, "victim"));
      const victim = yield* new NewTask(scope);
      yield* new NewTask(waiting(condition, log, "next"));
      yield* new Sleep(1);
      yield* condition.lock.acquire();
      if (isNotified) condition.notify();
      if (how === "kill") yield* new KillTask(victim);
      if (how === "cancel") yield* new CancelTask(victim);
      if (how === "deadline") scope.expire();
      yield* new Sleep(5);
      if (!isNotified) condition.notify();
      condition.lock.release();
      yield* new Sleep(5);
      expect([condition.lock.owner, condition.line.size]).toEqual([undefined, 0]);
    });
    const victim = [...(how === "cancel" ? ["victim ECANCELED"] : []), "victim has it: true"];
    const next = ["next notified", "next has it: true"];
    // The notification goes to the next at once, and with it the place in the line for the lock.
    expect(log).toEqual(isNotified ? [...next, ...victim].sort(inOrderOf(log)) : [...victim, ...next]);
    expect(log).toHaveLength(victim.length + next.length);
    expect(counters.unclean).toBe(0);
  });

  test.each<[End, string[]]>([
    ["kill", ["victim has it: true", "next notified", "next has it: true"]],
    ["cancel", ["victim notified", "victim has it: true"]],
    ["deadline", ["victim notified", "victim has it: true"]],
  ])("by a %s just as it was granted: no notification is lost", (how, expected) => {
    const log: string[] = [];
    run(function* () {
      const condition = new Condition();
      const scope = new Deadline(waiting(condition, log, "victim"));
      const victim = yield* new NewTask(scope);
      const next = yield* new NewTask(waiting(condition, log, "next"));
      yield* new Sleep(1);
      yield* notifying(condition);
      if (how === "kill") yield* new KillTask(victim);
      if (how === "cancel") yield* new CancelTask(victim);
      if (how === "deadline") scope.expire();
      yield* new Sleep(5);
      expect([condition.lock.owner, condition.line.size]).toEqual([undefined, how === "kill" ? 0 : 1]);
      log.push("---");
      yield* new KillTask(next);
    });
    expect(log.slice(0, log.indexOf("---"))).toEqual(expected);
  });

  test("again and again, while it gets the lock back", () => {
    const log: string[] = [];
    const { counters } = run(function* () {
      const condition = new Condition();
      const outer = new Deadline(waiting(condition, log, "victim"));
      const victim = yield* new NewTask(outer);
      yield* new Sleep(1);
      yield* condition.lock.acquire();
      yield* new CancelTask(victim);
      yield* new Sleep(1);
      outer.expire();
      yield* new Sleep(1);
      yield* new KillTask(victim);
      yield* new Sleep(1);
      condition.lock.release();
      yield* new Sleep(1);
      expect(condition.lock.owner).toBe(undefined);
    });
    expect(log).toEqual(["victim has it: true"]);
    expect(counters.unclean).toBe(0);
  });
});

function inOrderOf(log: readonly string[]): (a: string, b: string) => number {
  return (a, b) => log.indexOf(a) - log.indexOf(b);
}

describe("a condition's lock", () => {
  test("must be the caller's, to wait and to notify", () => {
    const { value } = run(
      function* () {
        const condition = new Condition(new Lock({ name: "db" }), { name: "filled" });
        yield* new NewTask(condition.lock.hold(new Sleep(5)));
        yield* new Sleep(1);
        const codes = [yield* codeOf(condition.wait()), yield* codeOf(condition.wait(5))];
        let message = "";
        try {
          condition.notify();
        } catch (error) {
          message = (error as Error).message; // thrown above
        }
        return [...codes, message, condition.lock.owner];
      },
      { name: "main" },
    );
    expect(value).toEqual([
      "EPERM",
      "EPERM",
      "condition filled needs lock db, which is not held by the caller: acquire it first",
      2,
    ]);
  });

  test("that breaks after the notification is told of, and a hold does not release it again", () => {
    const { value, logs } = run(function* () {
      const lock = new Lock({ name: "db" });
      const condition = new Condition(lock);
      const tid = yield* new NewTask(codeOf(lock.hold(condition.wait())));
      yield* new Sleep(1);
      yield* new NewTask(
        (function* (): Program<void> {
          yield* lock.acquire();
          condition.notify();
        })(),
      );
      return [yield* new WaitTask(tid), lock.isBroken, lock.repair()];
    });
    expect(value).toEqual([{ status: "returned", value: "EOWNERDEAD" }, true, true]);
    expect(logs).toEqual([]);
  });

  test("is a Lock or an RLock", () => {
    expect(() => new Condition({} as Lock)).toThrow(/a Condition needs a Lock or an RLock/);
    expect(() => new Condition(new Lock(), { name: "x".repeat(65) })).toThrow(
      expect.objectContaining({ code: "ENAMETOOLONG" }),
    );
    expect(() => new Condition().wait(-1)).toThrow(expect.objectContaining({ code: "EINVAL" }));
    expect(() => new Condition().notify(Number.NaN)).toThrow(expect.objectContaining({ code: "EINVAL" }));
  });
});

test("a record says for which condition a task waits, and then for which lock", () => {
  const { value } = run(
    function* () {
      const condition = new Condition(new Lock({ name: "db" }), { name: "filled" });
      yield* new NewTask(condition.lock.hold(condition.wait()), "consumer");
      yield* new Sleep(1);
      const before = (yield* new ListTasks()).find(({ name }) => name === "consumer");
      yield* condition.lock.acquire();
      condition.notify();
      const after = (yield* new ListTasks()).find(({ name }) => name === "consumer");
      return [before, after].map((record) => [record?.verb, record?.object, record?.holders]);
    },
    { name: "main" },
  );
  expect(value).toEqual([
    ["wait for", "condition filled", []],
    ["acquire", "lock db (held by 1 main)", [1]],
  ]);
});

test("nobody left to notify is a deadlock that names the condition", () => {
  const { outcome } = runExit(function* () {
    const condition = new Condition(new Lock(), { name: "filled" });
    yield* condition.lock.hold(condition.wait());
  });
  expect(outcome).toMatchObject({ status: "threw", error: { name: "DeadlockError" } });
  expect((outcome as { error: Error }).error.message).toContain("waits: wait for condition filled");
});

// A buffer for two, two that fill it, two that empty it, and one more of either that is ended at some lap.
test.each(ends)("whoever is ended by a %s, whenever: nothing is lost, and the others get done", (how) => {
  for (const schedule of schedules) {
    for (let laps = 0; laps < 30; laps++) {
      const isConsumer = laps % 2 === 0;
      const { logs } = runAs(schedule, function* () {
        const lock = new Lock();
        const [filled, emptied] = [new Condition(lock), new Condition(lock)];
        const buffer: number[] = [];
        const [put, got] = [[] as number[], [] as number[]];
        let inside = 0;
        let isClosed = false;
        const alone = <T>(act: () => T): T => {
          expect([lock.isMine, inside]).toEqual([true, 0]);
          return act();
        };
        const putting = routine(function* putting(item: number): Program<void> {
          yield* emptied.waitFor(() => alone(() => buffer.length < 2));
          inside++;
          try {
            yield* new GetTid();
          } finally {
            inside--;
          }
          buffer.push(item);
          put.push(item);
          filled.notify();
        });
        const getting = routine(function* getting(): Program<boolean> {
          yield* filled.waitFor(() => alone(() => buffer.length > 0 || isClosed));
          const item = buffer.shift();
          if (item === undefined) return false;
          got.push(item);
          emptied.notify();
          return true;
        });
        function* producer(from: number): Program<void> {
          for (let n = from; n < from + 4; n++) yield* lock.hold(putting(n));
        }
        function* consumer(): Program<void> {
          while (yield* lock.hold(getting()));
        }
        const victim = yield* new NewTask(endedAfter(laps, how, isConsumer ? consumer() : producer(900)));
        const producers = [yield* new NewTask(producer(0)), yield* new NewTask(producer(100))];
        const consumers = [yield* new NewTask(consumer()), yield* new NewTask(consumer())];
        for (const tid of producers) expect(yield* new WaitTask(tid)).toMatchObject({ status: "returned" });
        yield* new WaitTask(victim);
        yield* lock.hold(
          new Custom(() => {
            isClosed = true;
            filled.notifyAll();
          }),
        );
        for (const tid of consumers) expect(yield* new WaitTask(tid)).toMatchObject({ status: "returned" });
        expect(put.length).toBeGreaterThanOrEqual(8);
        expect(got.toSorted()).toEqual(put.toSorted());
        expect([lock.owner, lock.ownership.line.size, filled.line.size, emptied.line.size]).toEqual([
          undefined,
          0,
          0,
          0,
        ]);
      });
      expect(logs).toEqual([]);
    }
  }
});
