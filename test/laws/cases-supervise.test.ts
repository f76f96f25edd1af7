// Supervise, case by case: who is started again, with whom, how often, and that nobody is left behind.

import { describe, expect, test } from "vitest";
import type { Program, Tid } from "../../kernel/syscall.ts";
import {
  CancelTask,
  type ChildProgram,
  GetTime,
  KillTask,
  ListTasks,
  NewTask,
  Sleep,
  Supervise,
  type SuperviseOptions,
  Timeout,
  WaitTask,
} from "../../syscalls/index.ts";
import { run, runExit } from "../kit/index.ts";
import { codeOf, sleeper } from "./programs.ts";

/** Notes its start, lives for so long, and then throws, `times` times; after that it stays for ever. */
function failing(log: string[], name: string, times: number, afterMs = 10): ChildProgram {
  let left = times;
  return function* failing() {
    log.push(`${name} starts`);
    try {
      yield* new Sleep(left-- > 0 ? afterMs : Number.POSITIVE_INFINITY);
    } finally {
      log.push(`${name} ends`);
    }
    throw new Error(`${name} failed`);
  };
}

/** Supervises for a while, and says what the log has then. */
function* supervisedFor(
  ms: number,
  log: string[],
  children: ConstructorParameters<typeof Supervise>[0],
  options?: SuperviseOptions,
): Program<string[]> {
  const tid = yield* new NewTask(new Supervise(children, options), "supervisor");
  yield* new Sleep(ms);
  const before = [...log];
  yield* new KillTask(tid, "the test is over");
  yield* new WaitTask(tid);
  expect((yield* new ListTasks()).map(({ name }) => name)).toEqual(["(anonymous)"]);
  return before;
}

const stay: ChildProgram = () => sleeper([]);

describe("who is started again", () => {
  test("one-for-one: nobody but the child that failed", () => {
    const log: string[] = [];
    const children = { a: failing(log, "a", 0), b: failing(log, "b", 1), c: failing(log, "c", 0) };
    const { value } = run(() => supervisedFor(100, log, children));
    expect(value).toEqual(["a starts", "b starts", "c starts", "b ends", "b starts"]);
  });

  test("all-for-one: all of them, in order, once the others are over, youngest first", () => {
    const log: string[] = [];
    const children = { a: failing(log, "a", 0), b: failing(log, "b", 1), c: failing(log, "c", 0) };
    const { value } = run(() => supervisedFor(100, log, children, { strategy: "all-for-one" }));
    const starts = ["a starts", "b starts", "c starts"];
    expect(value).toEqual([...starts, "b ends", "c ends", "a ends", ...starts]);
  });

  test("rest-for-one: those after it as well", () => {
    const log: string[] = [];
    const children = { a: failing(log, "a", 0), b: failing(log, "b", 1), c: failing(log, "c", 0) };
    const { value } = run(() => supervisedFor(100, log, children, { strategy: "rest-for-one" }));
    expect(value).toEqual(["a starts", "b starts", "c starts", "b ends", "c ends", "b starts", "c starts"]);
  });

  test("a permanent child that returned, too; a transient one not; a temporary one not even when it threw", () => {
    const starts = { permanent: 0, transient: 0, temporary: 0 };
    const child = (name: keyof typeof starts, isFailing: boolean): ChildProgram =>
      function* child() {
        starts[name]++;
        yield* new Sleep(starts[name] === 1 ? 10 : Number.POSITIVE_INFINITY);
        if (isFailing) throw new Error(name);
      };
    const { logs } = run(() =>
      supervisedFor(100, [], {
        permanent: child("permanent", false),
        transient: { run: child("transient", false), restart: "transient" },
        temporary: { run: child("temporary", true), restart: "temporary" },
      }),
    );
    expect(starts).toEqual({ permanent: 2, transient: 1, temporary: 1 });
    expect(logs.filter(({ text }) => text.startsWith("crashed")).length).toBe(1);
  });

  test("a transient child that threw, and one that somebody killed", () => {
    const log: string[] = [];
    const { value } = run(function* () {
      const children = {
        thrower: { run: failing(log, "thrower", 1), restart: "transient" },
        victim: { run: failing(log, "victim", 0), restart: "transient" },
      } as const;
      const tid = yield* new NewTask(new Supervise(children, { restarts: 2 }));
      yield* new Sleep(50);
      const victim = (yield* new ListTasks()).find(({ name }) => name === "victim");
      yield* new KillTask(victim?.tid as Tid, "somebody");
      yield* new Sleep(50);
      const live = (yield* new ListTasks()).map(({ name }) => name);
      yield* new KillTask(tid);
      return live;
    });
    expect(value.filter((name) => name === "victim" || name === "thrower")).toEqual(["thrower", "victim"]);
    expect(log.filter((line) => line === "victim starts").length).toBe(2);
  });

  test("all-for-one: not a temporary sibling, but a transient one that had returned", () => {
    const log: string[] = [];
    const brief: ChildProgram = function* brief() {
      log.push("brief");
    };
    const { value } = run(() =>
      supervisedFor(
        100,
        log,
        {
          temporary: { run: failing(log, "temporary", 0), restart: "temporary" },
          brief: { run: brief, restart: "transient" },
          a: failing(log, "a", 1),
        },
        { strategy: "all-for-one" },
      ),
    );
    expect(value).toEqual(["temporary starts", "brief", "a starts", "a ends", "temporary ends", "brief", "a starts"]);
  });

  test("two that fail at once are one restart each, or one for both when it is for all", () => {
    for (const [strategy, restarts] of [
      ["one-for-one", 2],
      ["all-for-one", 1],
    ] as const) {
      const log: string[] = [];
      const children = { a: failing(log, "a", 1), b: failing(log, "b", 1) };
      const { value } = run(() => supervisedFor(100, log, children, { strategy, restarts }));
      expect(value.filter((line) => line.endsWith("starts")).length).toBe(4);
    }
  });
});

describe("how often, and when", () => {
  test("one restart in 5 s by default: with the second it fails, the child's error is the cause, nobody is left", () => {
    const log: string[] = [];
    const { value, now } = run(function* () {
      try {
        yield* new Supervise({ other: failing(log, "other", 0), a: failing(log, "a", 5) });
      } catch (error) {
        const { code, message, cause } = error as { code?: string; message: string; cause?: Error };
        return { code, message, cause: cause?.message, live: (yield* new ListTasks()).length };
      }
      return undefined;
    });
    expect(value).toEqual({
      code: "ELOOP",
      message: "child a threw a failed, and there were 1 restarts in 5000 ms already",
      cause: "a failed",
      live: 1,
    });
    expect(log.at(-1)).toBe("other ends");
    expect(now).toBeLessThan(100);
  });

  test("restarts that lie further apart than that are forgotten", () => {
    const log: string[] = [];
    const { value } = run(() => supervisedFor(60_000, log, { a: failing(log, "a", 100, 5_000) }));
    expect(value.filter((line) => line === "a starts").length).toBe(12);
  });

  test("no restart at all: restarts 0", () => {
    const log: string[] = [];
    const { outcome } = runExit(new Supervise({ a: failing(log, "a", 1) }, { restarts: 0 }));
    expect(outcome).toMatchObject({ status: "threw", error: { code: "ELOOP" } });
    expect(log).toEqual(["a starts", "a ends"]);
  });

  test("the back-off doubles up to its most, and begins anew with a child that has lived long enough", () => {
    const starts: number[] = [];
    const child: ChildProgram = function* child() {
      starts.push(yield* new GetTime());
      yield* new Sleep(starts.length === 6 ? 1_000 : 0);
      throw new Error("again");
    };
    run(() => supervisedFor(5_000, [], { child }, { restarts: 100, withinMs: 1_000, backOffMs: [100, 400] }));
    const gaps = starts.slice(1, 8).map((at, place) => Math.round(at - (starts[place] ?? 0)));
    expect(gaps).toEqual([100, 200, 400, 400, 400, 1_100, 200]);
  });

  test("while one waits for its restart, the others are watched over", () => {
    const log: string[] = [];
    const children = { slow: failing(log, "slow", 1, 0), quick: failing(log, "quick", 1, 20) };
    const { value } = run(() => supervisedFor(30, log, children, { restarts: 9, backOffMs: [1_000, 1_000] }));
    expect(value).toEqual(["slow starts", "quick starts", "slow ends", "quick ends"]);
  });
});

describe("its end", () => {
  test("returns when no child is left and none is to be started again", () => {
    const { value } = run(function* () {
      yield* new Supervise({ a: { run: () => new Sleep(10), restart: "transient" } });
      yield* new Supervise({});
      return "over";
    });
    expect(value).toBe("over");
  });

  test.each(["kill", "cancel", "deadline"] as const)("%s: the children are over before it is", (how) => {
    const log: string[] = [];
    const { value } = run(function* () {
      const supervise = new Supervise({ a: () => sleeper(log, "a"), b: () => sleeper(log, "b") });
      if (how === "deadline") {
        log.push(yield* codeOf(new Timeout(10, supervise)));
      } else {
        const tid = yield* new NewTask(supervise);
        yield* new Sleep(10);
        yield* how === "kill" ? new KillTask(tid) : new CancelTask(tid);
        log.push((yield* new WaitTask(tid)).status);
      }
      return (yield* new ListTasks()).length;
    });
    expect(value).toBe(1);
    expect(log).toEqual(["b finally", "a finally", how === "deadline" ? "ETIMEDOUT" : "killed"]);
  });

  test("killed at any turn, with children that fail all the time, it leaves nobody behind", () => {
    for (let turns = 0; turns < 60; turns++) {
      const log: string[] = [];
      const { value } = run(
        function* () {
          const children = { a: failing(log, "a", 99, 0), b: failing(log, "b", 99, 1), c: stay };
          const tid = yield* new NewTask(new Supervise(children, { strategy: "all-for-one", restarts: 1_000 }));
          for (let turn = 0; turn < turns; turn++) yield;
          yield* new KillTask(tid);
          yield* new WaitTask(tid);
          return (yield* new ListTasks()).length;
        },
        { quantum: 1 },
      );
      expect({ turns, left: value }).toEqual({ turns, left: 1 });
      expect(log.filter((line) => line.endsWith("starts")).length).toBe(
        log.filter((line) => line.endsWith("ends")).length,
      );
    }
  });

  test("a child whose program cannot even be made is a child that failed", () => {
    const { outcome } = runExit(
      new Supervise({
        broken: () => {
          throw new Error("no program");
        },
      }),
    );
    expect(outcome).toMatchObject({ error: { code: "ELOOP", cause: { message: "no program" } } });
  });

  test("a supervisor of a supervisor starts it again", () => {
    const log: string[] = [];
    const inner: ChildProgram = () => new Supervise({ a: failing(log, "a", 3) });
    const { value } = run(() => supervisedFor(100, log, { inner, other: stay }));
    expect(value.filter((line) => line === "a starts").length).toBe(4);
  });
});

test("it waits in words: whom it supervises, and who can end the wait", () => {
  const { value } = run(function* () {
    const tid = yield* new NewTask(new Supervise({ store: stay, web: stay }), "supervisor");
    yield* new Sleep(1);
    const tasks = yield* new ListTasks();
    yield* new KillTask(tid);
    return tasks.map(({ name, verb, object, holders }) => ({ name, wait: `${verb} ${object}`, holders }));
  });
  expect(value[1]).toEqual({ name: "supervisor", wait: "supervise store, web", holders: [3, 4] });
});

test("each restart is on the kernel log, with the crash before it", () => {
  const { logs } = run(() => supervisedFor(100, [], { a: failing([], "a", 1) }, { backOffMs: [5, 5] }));
  expect(logs.map(({ level, text }) => `${level} ${text.split("\n")[0]}`)).toEqual([
    "error crashed",
    "warn child a threw a failed: started again in 5 ms",
  ]);
});

test.each([
  [{ strategy: "none" }, "strategy"],
  [{ restarts: -1 }, "restarts"],
  [{ restarts: 1.5 }, "restarts"],
  [{ withinMs: 0 }, "withinMs"],
  [{ backOffMs: [2, 1] }, "backOffMs"],
  [{ backOffMs: [0, Number.POSITIVE_INFINITY] }, "backOffMs"],
])("options that cannot be are refused at once: %j", (options, named) => {
  expect(() => new Supervise({}, options as SuperviseOptions)).toThrow(named);
});

test("a child that is none is refused at once", () => {
  const none = { a: { run: "a" } } as unknown as Record<string, ChildProgram>;
  expect(() => new Supervise(none)).toThrow("child a");
});
