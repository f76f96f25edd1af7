// Time: moments, beats, and scopes with a deadline that is no error. No timer is early, drifts, or outlives its wait.

import { describe, expect, test } from "vitest";
import {
  CancelTask,
  Every,
  GetTid,
  GetTime,
  KillTask,
  ListTasks,
  MoveOn,
  NewTask,
  type Program,
  Select,
  Shield,
  Sleep,
  SleepUntil,
  Timeout,
  WaitTask,
} from "../../apps/index.ts";
import { Random } from "../../kernel/machine/random.ts";
import { run, runExit } from "../kit/index.ts";
import { codeOf, endOf, nested, returning, sleeper, throwing, ticking } from "./programs.ts";

const never = Number.POSITIVE_INFINITY;

describe("SleepUntil", () => {
  test("ends at its moment, however late it began", () => {
    const { value } = run(function* () {
      const start = yield* new GetTime();
      yield* new Sleep(30);
      yield* new SleepUntil(start + 100);
      return (yield* new GetTime()) - start;
    });
    expect(value).toBeGreaterThanOrEqual(100);
    expect(value).toBeLessThan(100.1);
  });

  test.each([-never, -1, 0])("in the past (%d) lets every other ready task have its turn, and no time pass", (at) => {
    const { value, now } = run(function* () {
      const log: string[] = [];
      yield* new NewTask(
        (function* (): Program<void> {
          log.push("other");
        })(),
      );
      yield* new SleepUntil(at);
      return [...log, "own"];
    });
    expect(value).toEqual(["other", "own"]);
    expect(now).toBeLessThan(0.1);
  });

  test("at Infinity ends by a kill or a cancel only, and sets no timer", () => {
    const { value, kernel } = run(function* () {
      const exit = yield* endOf(new SleepUntil(never), "cancel");
      return exit.status;
    });
    expect(value).toBe("killed");
    expect(kernel.timers.size).toBe(0);
  });

  test.each([Number.NaN, "soon", undefined])("refuses %s, and says so", (at) => {
    expect(() => new SleepUntil(at as number)).toThrow(
      expect.objectContaining({
        code: "EINVAL",
        message: expect.stringMatching(/SleepUntil: .*(NaN|"soon"|undefined)/),
      }),
    );
  });

  test("is shown with its moment", () => {
    const { value } = run(function* () {
      const tid = yield* new NewTask(new SleepUntil(12_345));
      yield* new Sleep(1);
      const record = (yield* new ListTasks()).find((task) => task.tid === tid);
      return [record?.verb, record?.object];
    });
    expect(value).toEqual(["sleep", "until 12345 ms"]);
  });

  test("that never comes is shown in words, as is a sleep of that length", () => {
    expect([new SleepUntil(never).object, new Sleep(never).object]).toEqual(["without end", "without end"]);
  });
});

describe("MoveOn", () => {
  test("in time: done, with the value, falsy ones included, and no timer left", () => {
    const { value, kernel } = run(function* () {
      return [yield* new MoveOn(10, returning(0)), yield* new MoveOn(never, new GetTid())];
    });
    expect(value).toEqual([
      { done: true, value: 0 },
      { done: true, value: 1 },
    ]);
    expect(kernel.timers.size).toBe(0);
  });

  test("too late: its frames are closed innermost first, no catch sees it, and the caller goes on", () => {
    const log: string[] = [];
    const { value, now } = run(() => new MoveOn(10, nested(log, 2)));
    expect(value).toEqual({ done: false });
    expect(log).toEqual(["finally 0", "finally 1", "finally 2"]);
    expect(Math.round(now)).toBe(13);
  });

  test("what the program throws is thrown", () => {
    const error = new Error("broke");
    const { outcome } = runExit(() => new MoveOn(10, throwing(error)));
    expect(outcome).toEqual({ status: "threw", error });
  });

  test("what a cleanup throws after the deadline is on the log, and the caller goes on", () => {
    function* untidy(): Program<void> {
      try {
        yield* new Sleep(1_000);
      } finally {
        yield* throwing(new Error("untidy"));
      }
    }
    const { value, logs } = run(() => new MoveOn(10, untidy()));
    expect(value).toEqual({ done: false });
    expect(logs.map(({ text }) => text)).toEqual([expect.stringMatching(/a scope was being left\n[\s\S]*untidy/)]);
  });

  test("a deadline around it goes first, a deadline inside it is an error", () => {
    const { value } = run(function* () {
      const around = yield* codeOf(new Timeout(5, new MoveOn(10, new Sleep(100))));
      const inside = yield* codeOf(new MoveOn(10, new Timeout(5, new Sleep(100))));
      const both = yield* new MoveOn(5, new MoveOn(5, new Sleep(100)));
      return [around, inside, both];
    });
    expect(value).toEqual(["ETIMEDOUT", "ETIMEDOUT", { done: false }]);
  });

  test("a shield inside it lets its part end first, and then there is no value", () => {
    const { value, now } = run(function* () {
      const moved = yield* new MoveOn(
        5,
        (function* (): Program<string> {
          yield* new Shield(new Sleep(50));
          yield* new Sleep(1_000);
          return "all of it";
        })(),
      );
      return moved;
    });
    expect(value).toEqual({ done: false });
    expect(Math.round(now)).toBe(50);
  });

  test.each(["kill", "cancel"] as const)("a %s is none of its business", (how) => {
    const log: string[] = [];
    const { value } = run(() => endOf(new MoveOn(1_000, sleeper(log)), how));
    expect(value).toMatchObject({ status: "killed", why: "the test" });
    expect(log).toEqual(["sleeper finally"]);
  });

  test.each([-1, Number.NaN, "5"])("refuses %s ms", (ms) => {
    expect(() => new MoveOn(ms as number, new Sleep(1))).toThrow(
      expect.objectContaining({ code: "EINVAL", message: expect.stringMatching(/^MoveOn: /) }),
    );
  });
});

describe("Every", () => {
  test("does not drift over 1,000,000 ticks, whatever is done between them", () => {
    const { value } = run(
      function* () {
        const every = new Every(0.1);
        const start = yield* new GetTime();
        let missed = 0;
        for (let tick = 0; tick < 1_000_000; tick++) {
          missed += yield* every.next();
          if (tick % 1_000 === 0) yield* new Sleep(0.05);
        }
        return [(yield* new GetTime()) - start, missed];
      },
      { check: false, maxTurns: 20_000_000 },
    );
    expect(value[0]).toBeGreaterThanOrEqual(100_000);
    expect(value[0]).toBeLessThan(100_000.1);
    expect(value[1]).toBe(0);
  });

  test("starts with the first wait, and ticks one period later", () => {
    const { value } = run(function* () {
      const every = new Every(10);
      yield* new Sleep(25);
      const start = yield* new GetTime();
      const missed = yield* every.next();
      return [Math.round((yield* new GetTime()) - start), missed];
    });
    expect(value).toEqual([10, 0]);
  });

  test("who is late is answered at once, with how many ticks were missed, and is back on the grid", () => {
    const { value } = run(function* () {
      const every = new Every(10);
      const start = yield* new GetTime();
      const seen: (readonly [at: number, missed: number])[] = [];
      for (const workMs of [0, 35, 3, 10, 0]) {
        const missed = yield* every.next();
        seen.push([Math.round((yield* new GetTime()) - start), missed]);
        yield* new Sleep(workMs);
      }
      return seen;
    });
    expect(value).toEqual([
      [10, 0],
      [20, 0],
      [55, 2],
      [60, 0],
      [70, 0],
    ]);
  });

  test("a clock that jumps counts what was missed", () => {
    const { value } = run(
      function* () {
        const every = new Every(1);
        const start = yield* new GetTime();
        let ticks = 0;
        for (let n = 0; n < 200; n++) ticks += 1 + (yield* every.next());
        return (yield* new GetTime()) - start - ticks;
      },
      { faults: { clockJump: 0.2 } },
    );
    expect(value).toBeGreaterThanOrEqual(0);
    expect(value).toBeLessThan(1);
  });

  test("as the losing branch of a select it keeps its tick", () => {
    const { value, kernel } = run(function* () {
      const every = new Every(10);
      const keys: string[] = [];
      for (let n = 0; n < 6; n++) {
        const first = yield* new Select({ tick: every.next(), idle: new Sleep(4) });
        keys.push(first.key === "tick" ? `tick ${first.value}` : first.key);
      }
      return keys;
    });
    expect(value).toEqual(["idle", "idle", "tick 0", "idle", "idle", "tick 0"]);
    expect(kernel.timers.size).toBe(0);
  });

  test.each(["kill", "cancel", "deadline"])("a %s leaves no timer behind, and the next wait is on the grid", (how) => {
    const { value } = run(function* () {
      const every = new Every(10);
      const start = yield* new GetTime();
      if (how === "deadline") yield* codeOf(new Timeout(5, every.next()));
      else yield* endOf(every.next(), how as "kill" | "cancel"); // one of the two
      const missed = yield* every.next();
      return [Math.round((yield* new GetTime()) - start), missed];
    });
    expect(value).toEqual([10, 0]);
  });

  test("two that wait for one beat share its ticks", () => {
    const { value } = run(function* () {
      const every = new Every(10);
      const tids = [yield* new NewTask(every.next()), yield* new NewTask(every.next())];
      const exits: unknown[] = [];
      for (const tid of tids) exits.push(yield* new WaitTask(tid));
      return exits;
    });
    expect(value).toEqual([
      { status: "returned", value: 0 },
      { status: "returned", value: 0 },
    ]);
  });

  test("at a period of Infinity never ticks", () => {
    const { value } = run(function* () {
      const first = yield* new Select({ tick: new Every(never).next(), idle: new Sleep(1e9) });
      return first.key;
    });
    expect(value).toBe("idle");
  });

  test("refuses a period that is none, and takes a microsecond", () => {
    for (const ms of [0, -1, Number.NaN, 0.000_9, "10"]) {
      expect(() => new Every(ms as number)).toThrow(
        expect.objectContaining({ code: "EINVAL", message: expect.stringContaining("at least 0.001") }),
      );
    }
    const { value } = run(function* () {
      const every = new Every(0.001);
      yield* every.next();
      yield* new Sleep(1_000);
      return yield* every.next();
    });
    expect(Math.abs(value - 1_000_000)).toBeLessThan(200);
  });

  test("counts exactly the ticks that have passed, however the period and the moment are rounded", () => {
    const random = new Random(1);
    for (let n = 0; n < 200_000; n++) {
      const ms = (1 + Math.floor(random.next() * 99)) / 10;
      const start = Math.floor(random.next() * 1e6) / 10;
      const ticks = 1 + Math.floor(random.next() * 1_000);
      const now = start + ticks * ms; // on the tick, as a timer set for it fires
      for (const [at, passed] of [
        [now, ticks],
        [now - now * 2 ** -52, ticks - 1],
      ] as const) {
        const every = new Every(ms);
        every.take(start);
        const missed = every.take(at);
        if (missed !== (passed === 0 ? undefined : passed - 1)) expect([ms, start, at, missed]).toBe(passed - 1);
      }
    }
  });

  test("a busy task beside it makes it late, not lost", () => {
    const ticks = { count: 0 };
    const { value } = run(function* () {
      const other = yield* new NewTask(ticking(ticks));
      const every = new Every(5);
      let sum = 0;
      for (let n = 0; n < 20; n++) sum += 1 + (yield* every.next());
      yield* new KillTask(other);
      yield* new CancelTask(other);
      return sum;
    });
    expect(value).toBe(20);
    expect(ticks.count).toBeGreaterThan(90);
  });

  test("is shown as a tick with its period", () => {
    const { value } = run(function* () {
      const tid = yield* new NewTask(new Every(250).next());
      yield* new Sleep(1);
      const record = (yield* new ListTasks()).find((task) => task.tid === tid);
      return [record?.verb, record?.object];
    });
    expect(value).toEqual(["tick", "every 250 ms"]);
  });
});
