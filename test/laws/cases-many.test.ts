// All, Any and Race: several programs at once and one answer, and nobody is left when it comes.

import { describe, expect, test } from "vitest";
import {
  All,
  Any,
  Cancelled,
  GetTid,
  KillTask,
  ListTasks,
  NewTask,
  Pledge,
  type Program,
  Race,
  type Runnable,
  Sleep,
  SyscallError,
  type Tid,
  Timeout,
  WaitTask,
} from "../../apps/index.ts";
import { run, runExit } from "../kit/index.ts";
import { failing, never, slow, slowly, thrownBy } from "./members.ts";
import { codeOf, endOf, returning, throwing } from "./programs.ts";

/** Returns a value some time from now. */
function* later<T>(ms: number, value: T): Program<T> {
  yield* new Sleep(ms);
  return value;
}

/** Kills the task of a name. */
function* killing(name: string): Program<void> {
  yield* new Sleep(5);
  const found = (yield* new ListTasks()).find((task) => task.name === name);
  yield* new KillTask(found?.tid as Tid); // it is there
}

const scopes = [
  ["All", (programs: Runnable<unknown>[]) => new All(programs)],
  ["Any", (programs: Runnable<unknown>[]) => new Any(programs)],
  ["Race", (programs: Runnable<unknown>[]) => new Race(programs)],
] as const;

describe("All", () => {
  test("gives the values in the order of the programs, whoever is first", () => {
    const { value, now } = run(() => new All([later(30, "a"), later(10, "b"), returning(undefined), new GetTid()]));
    expect(value).toEqual(["a", "b", undefined, expect.any(Number)]);
    expect(Math.round(now)).toBe(30);
  });

  test("gives the values of a record by the same names, in the same order", () => {
    const programs = { slow: later(30, 1), ["__proto__"]: returning(2), fast: later(10, 3) };
    const { value } = run(() => new All(programs));
    expect(Object.entries(value)).toEqual([
      ["slow", 1],
      ["__proto__", 2],
      ["fast", 3],
    ]);
  });

  test("of nothing is nothing", () => {
    const { value } = run(function* () {
      return [yield* new All([]), yield* new All({})];
    });
    expect(value).toEqual([[], {}]);
  });

  test("fails with the first that does, once the others are over", () => {
    const log: string[] = [];
    const { value } = run(function* () {
      const errors = yield* thrownBy(new All([slow(log, "a"), failing(5), slow(log, "b")]));
      log.push("told");
      return errors;
    });
    expect(value).toEqual([new Error("failed after 5 ms")]);
    expect(log).toEqual(["b ends", "a ends", "b over", "a over", "told"]);
  });

  test("fails when one is killed, of which there is no value", () => {
    const { value } = run(() => thrownBy(new All([slowly([], "a"), killing("slow")])));
    expect(value).toEqual([expect.objectContaining({ code: "ECANCELED" })]);
  });

  test("keeps to its limit, and to the order", () => {
    let now = 0;
    let most = 0;
    function* counted(n: number): Program<number> {
      most = Math.max(most, ++now);
      yield* new Sleep(10 - n);
      now--;
      return n;
    }
    const { value } = run(() => new All([0, 1, 2, 3, 4, 5, 6, 7].map(counted), { limit: 3 }));
    expect(value).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(most).toBe(3);
    expect(() => new All([], { limit: 0 })).toThrow(expect.objectContaining({ code: "EINVAL" }));
  });

  test("of a hundred thousand, ten at a time, has them all", () => {
    const { value, counters } = run(
      function* () {
        const programs = Array.from({ length: 100_000 }, (_, n) => returning(n));
        const values = yield* new All(programs, { limit: 10 });
        return values.every((got, n) => got === n);
      },
      { check: false },
    );
    expect(value).toBe(true);
    expect(counters.spawned).toBe(100_001);
  });
});

describe("Any", () => {
  test("gives the first success; failures before it do not matter", () => {
    const log: string[] = [];
    const { value, logs } = run(() => new Any({ bad: failing(1), good: later(10, "good"), slow: slow(log, "slow") }));
    expect(value).toBe("good");
    expect(log).toEqual(["slow ends", "slow over"]);
    expect(logs).toEqual([]);
  });

  test("fails when all have, with the errors in the order of the programs", () => {
    const { value } = run(() => thrownBy(new Any([failing(5), slowly([], "a"), throwing(undefined), killing("slow")])));
    expect(value).toEqual({ returned: undefined }); // who kills succeeds
    const { value: errors } = run(() => thrownBy(new Any([failing(5), failing(3), throwing(undefined)])));
    expect(errors).toEqual([new Error("failed after 5 ms"), new Error("failed after 3 ms"), undefined]);
  });
});

describe("Race", () => {
  test("gives the value of the first to end; the losers are over before the winner's code goes on", () => {
    const log: string[] = [];
    const { value, now } = run(function* () {
      const first = yield* new Race([slow(log, "a", 20), later(10, 0), slow(log, "b")]);
      log.push("winner goes on");
      return first;
    });
    expect(value).toBe(0);
    expect(log).toEqual(["b ends", "a ends", "b over", "a over", "winner goes on"]);
    expect(Math.round(now)).toBe(30);
  });

  test("throws the error of the first to end, as it is", () => {
    const error = new Error("first");
    const { outcome } = runExit(() => new Race([failing(5, error), later(10, "late")]));
    expect(outcome).toEqual({ status: "threw", error });
    const { outcome: primitive } = runExit(() => new Race([throwing(undefined), new Sleep(1)]));
    expect(primitive).toEqual({ status: "threw", error: undefined });
  });

  test("a racer that is killed is the first to end", () => {
    const { value } = run(function* () {
      yield* new NewTask(killing("slow"));
      return yield* codeOf(new Race([slowly([], "a"), new Sleep(50)]));
    });
    expect(value).toBe("ECANCELED");
  });

  test("two that end in one lap: one wins, and neither is lost in silence", () => {
    const { value, logs } = run(() => new Race([later(5, "first"), failing(5)]));
    expect(value).toBe("first");
    expect(logs.map(({ text }) => text)).toEqual([
      expect.stringMatching(/^program 1, which had lost, threw\nError: failed/),
    ]);
  });

  test("a loser's cleanup that fails is on the log, and changes nothing", () => {
    function* untidy(): Program<void> {
      try {
        yield* new Sleep(never);
      } catch {
        throw new SyscallError("EPIPE", "could not tidy up");
      }
    }
    const { value, logs } = run(() => new Race([untidy(), later(5, "fine")]));
    expect(value).toBe("fine");
    expect(logs.map(({ text }) => text)).toEqual([expect.stringContaining("could not tidy up")]);
  });

  test("ended before anybody has won, a program whose cleanup fails is on the log", () => {
    function* untidy(): Program<void> {
      try {
        yield* new Sleep(never);
      } finally {
        yield* failing(0);
      }
    }
    const { value, logs } = run(() => endOf(new Race([later(never, 0), untidy()]), "cancel"));
    expect(value.status).toBe("killed");
    expect(logs.map(({ text }) => text)).toEqual([
      expect.stringMatching(/^program 1, which was ended, threw\nError: failed/),
    ]);
  });

  test("is won at once by who needs no time, and the rest are not even started", () => {
    const { value, counters } = run(() => new Race(Array.from({ length: 100 }, (_, n) => returning(n))), {
      quantum: 4,
    });
    expect(value).toBe(0);
    expect(counters.spawned).toBeLessThan(10);
  });
});

describe.each(scopes)("%s", (name, make) => {
  test.each(["kill", "cancel"] as const)("a %s of its task ends all, and is told when they are over", (how) => {
    const log: string[] = [];
    const { value, kernel } = run(function* () {
      const exit = yield* endOf(make([slow(log, "a"), slow(log, "b")]), how);
      log.push("told");
      return exit;
    });
    expect(value).toEqual({ status: "killed", by: 1, why: "the test", clean: true });
    expect(log).toEqual(["b ends", "a ends", "b over", "a over", "told"]);
    expect(kernel.timers.size).toBe(0);
  });

  test("a deadline around it ends all, and is thrown as it is", () => {
    const log: string[] = [];
    const { value } = run(() => codeOf(new Timeout(5, make([slow(log, "a"), slow(log, "b")]))));
    expect(value).toBe("ETIMEDOUT");
    expect(log).toEqual(["b ends", "a ends", "b over", "a over"]);
  });

  test("what is no program is an error of the caller, and those before it are ended", () => {
    const log: string[] = [];
    const { value } = run(() => thrownBy(make([slow(log, "a"), 7 as unknown as Program<void>])));
    expect(value).toEqual([expect.objectContaining({ name: "TypeError" })]);
  });

  test("a task that has pledged to use tasks only may use it", () => {
    const { value } = run(function* () {
      const tid = yield* new NewTask(
        (function* (): Program<unknown> {
          yield* new Pledge(["task"]);
          return yield* make([later(5, 1), new Sleep(5)]);
        })(),
      );
      return yield* new WaitTask(tid);
    });
    expect(value).toMatchObject({ status: "returned" });
  });

  test("says what it waits for, and who could end that", () => {
    const { value } = run(function* () {
      const tid = yield* new NewTask(make([new Sleep(20), new Sleep(30)]));
      yield* new Sleep(1);
      const record = (yield* new ListTasks()).find((task) => task.tid === tid);
      return [`${record?.verb} ${record?.object}`, record?.holders];
    });
    expect(value).toEqual([name === "All" ? "exit of 2 members" : "first of 2 programs", [3, 4]]);
  });
});

test("no program at all never wins: it is refused", () => {
  for (const make of [() => new Any([]), () => new Race({})]) {
    expect(make).toThrow(
      expect.objectContaining({ code: "EINVAL", message: expect.stringMatching(/^(Any|Race): give/) }),
    );
  }
});

test("they nest", () => {
  const log: string[] = [];
  const { value } = run(function* () {
    const nested = yield* new All({
      race: new Race([slow(log, "loser"), new Any([failing(1), later(5, "any")])]),
      all: new All([later(2, 1), new Race([later(3, 2)])]),
    });
    return nested;
  });
  expect(value).toEqual({ race: "any", all: [1, 2] });
  expect(log).toEqual(["loser ends", "loser over"]);
});

test("a cancel passes through as it is", () => {
  const seen: unknown[] = [];
  run(function* () {
    yield* endOf(
      (function* (): Program<void> {
        try {
          yield* new Race([new Sleep(never), new Sleep(never)]);
        } catch (error) {
          seen.push(error);
          throw error;
        }
      })(),
      "cancel",
    );
  });
  expect(seen).toEqual([expect.any(Cancelled)]);
});
