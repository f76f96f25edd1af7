// Errors: what a task throws is a value that reaches whoever asks, unchanged; it is reported when nobody does, with a
// logical stack; and no error, however made, can hurt the kernel that reports it.

import { describe, expect, test } from "vitest";
import { type Call, type Program, routine } from "../../kernel/syscall.ts";
import { GetTid, Join, NewTask, Sleep, Timeout, WaitTask } from "../../syscalls/index.ts";
import { run, runExit } from "../kit/index.ts";
import { Custom, returning, throwing } from "./programs.ts";

const thrown: readonly unknown[] = [
  undefined,
  null,
  0,
  "text",
  Symbol.for("a symbol"),
  Object.freeze({}),
  new Error("e"),
];

test.each(thrown.map((error) => [error]))("what is thrown comes back as it is: %o", (error) => {
  const raise = routine(function* raise(): Program<never> {
    throw error;
  });
  const { logs, value } = run(function* () {
    const caught: unknown[] = [];
    const tid = yield* new NewTask(throwing(error));
    const exit = yield* new WaitTask(tid);
    caught.push(exit.status === "threw" ? exit.error : exit);
    const ways: Program<unknown>[] = [raising(raise), joining(tid), timing(raise()), serving(error)];
    for (const way of ways) {
      try {
        yield* way;
        caught.push("not thrown");
      } catch (reason) {
        caught.push(reason);
      }
    }
    return caught;
  });
  expect(value).toHaveLength(5);
  for (const each of value) expect(each).toBe(error);
  expect(logs).toEqual([]);
  expect(runExit(throwing(error)).outcome).toEqual({ status: "threw", error });
});

function* raising(raise: () => Call<never>): Program<void> {
  yield* raise();
}

function* joining(tid: number): Program<void> {
  yield* new Join(tid);
}

function* timing(call: Call<never>): Program<void> {
  yield* new Timeout(10, call);
}

function* serving(error: unknown): Program<void> {
  yield* new Custom(() => {
    throw error;
  });
}

test("a caught error is not reported, one that nobody waits for is, once", () => {
  const { counters, logs } = run(function* () {
    for (let i = 0; i < 3; i++) {
      try {
        yield* throwing(new Error("caught"));
      } catch {
        // That it is caught is the point.
      }
    }
    yield* new NewTask(throwing(new Error("not caught")), "lonely");
    yield* new Sleep(1);
  });
  expect(logs.map(({ name, level }) => [name, level])).toEqual([["lonely", "error"]]);
  expect(counters.crashes).toBe(1);
});

test("a line is said once where a handler throws at once, and later", () => {
  const refused = routine(function* refused(): Program<void> {
    yield* new Join(99);
  });
  const { logs } = run(function* () {
    yield* new NewTask(refused(), "at once");
    yield* new NewTask(
      (function* later() {
        yield* new Timeout(1, new Sleep(5));
      })(),
      "later",
    );
    yield* new Sleep(5);
  });
  expect(logs.map(({ text }) => text.match(/ at (refused|later) /g))).toEqual([[" at refused "], [" at later "]]);
});

test("each error of a report has the callers that it passed below itself", () => {
  const inner = routine(function* inner(): Program<never> {
    throw new RangeError("inner broke");
  });
  const wrapping = routine(function* wrapping(): Program<void> {
    try {
      yield* inner();
    } catch (cause) {
      throw new Error("wrapped", { cause });
    }
  });
  const outer = routine(function* outer(): Program<void> {
    yield* wrapping();
  });
  const { logs } = run(function* () {
    yield* new NewTask(outer());
    yield* new Sleep(1);
  });
  const names = logs.map(({ text }) => text.match(/Error: \w+|at (?:inner|outer|wrapping) /g));
  expect(names).toEqual([["Error: wrapped", "at wrapping ", "at outer ", "Error: inner", "at inner ", "at wrapping "]]);
});

test("what was meant is said to one that runs or yields a function instead of what it makes", () => {
  const message = (wrong: () => Program<unknown>): unknown => {
    const { outcome } = runExit(wrong());
    return outcome.status === "threw" && outcome.error instanceof TypeError ? outcome.error.message : outcome;
  };
  const program = (): Program<void> => throwing(new Error("never run"));
  expect(
    message(function* () {
      yield* new NewTask(program as never);
    }),
  ).toMatch(/not a function: call it$/);
  expect(
    message(function* () {
      yield program as never;
    }),
  ).toMatch(/what it makes can be yielded: call it \(/);
  expect(
    message(function* () {
      yield Sleep as never;
    }),
  ).toMatch(/can be yielded: make one, new Sleep\(…\) \(/);
});

test("a crash is reported with a logical stack: the line of each routine it passed, and of each spawn", () => {
  const inner = routine(function* inner(): Program<never> {
    throw new RangeError("deep down");
  });
  const middle = routine(function* middle(): Program<void> {
    yield* inner();
  });
  const outer = routine(function* outer(): Program<void> {
    yield* middle();
  });
  const { logs } = run(
    function* () {
      yield* new NewTask(
        (function* parentProgram() {
          yield* new NewTask(outer(), "crasher");
          yield* new Sleep(10);
        })(),
        "parent",
      );
      yield* new Sleep(20);
    },
    { name: "main" },
  );
  const text = logs[0]?.text ?? "";
  const order = [
    "RangeError: deep down",
    "inner",
    "middle",
    "outer",
    "spawned by task 2 (parent)",
    "spawned by task 1",
  ];
  const places = order.map((part) => text.indexOf(part));
  expect(places).not.toContain(-1);
  expect(places).toEqual(places.toSorted((a, b) => a - b));
  expect(text.match(/cases-errors\.test\.ts:\d+/g)?.length).toBeGreaterThanOrEqual(5);
});

test("an error's own stack is left as it was", () => {
  const error = new Error("mine");
  const { stack } = error;
  const nest: (depth: number) => Call<void> = routine(function* level(depth: number): Program<void> {
    if (depth === 0) throw error;
    yield* nest(depth - 1);
  });
  run(function* () {
    yield* new NewTask(nest(5));
    yield* new Sleep(1);
  });
  expect(error.stack).toBe(stack);
});

describe("no error hurts the kernel that reports it", () => {
  const refuse = (): never => {
    throw new Error("do not look");
  };
  const cyclic = (): Error => {
    const error = new Error("in a circle");
    error.cause = new Error("and back", { cause: error });
    return error;
  };
  const hostile: Record<string, () => unknown> = {
    "a cause that leads back": cyclic,
    "a cause that is itself": () => {
      const error = new Error("itself");
      error.cause = error;
      return error;
    },
    "an AggregateError of itself": () => {
      const error = new AggregateError([], "all of it");
      error.errors.push(error, error);
      return error;
    },
    "an AggregateError whose errors are none": () => Object.assign(new AggregateError([], "none"), { errors: 7 }),
    "a tree of AggregateErrors": () => {
      let error = new Error("leaf");
      for (let level = 0; level < 40; level++) error = new AggregateError([error, error], `level ${level}`);
      return error;
    },
    "100,000 causes": () => {
      let error = new Error("first");
      for (let count = 0; count < 100_000; count++) error = new Error(`caused ${count}`, { cause: error });
      return error;
    },
    "a stack that throws": () => Object.defineProperty(new Error("x"), "stack", { get: refuse }),
    "a stack that is no text": () => Object.assign(new Error("x"), { stack: 5 }),
    "a name that is a symbol and no stack": () =>
      Object.assign(new Error("x"), { name: Symbol("name"), stack: undefined }),
    "a cause that throws": () => Object.defineProperty(new Error("x"), "cause", { get: refuse }),
    "a Proxy that throws": () => new Proxy({}, { get: refuse, getPrototypeOf: refuse, has: refuse }),
    "a Proxy of an error that throws": () => new Proxy(new Error("x"), { get: refuse }),
    "an object without a prototype": () => Object.create(null),
    "an object whose text throws": () => ({ toString: refuse, [Symbol.toPrimitive]: refuse }),
    "10 MB of message": () => new Error("x".repeat(10_000_000)),
  };
  test.each(Object.entries(hostile))("%s", (_name, make) => {
    const { counters, logs, value } = run(function* () {
      yield* new NewTask(throwing(make()), "hostile");
      const good = yield* new NewTask(returning("untouched"));
      const killed = yield* new NewTask(clumsy(make()));
      yield* new Sleep(1);
      yield* new Custom(({ kernel }) => kernel.kill(killed, 0, ""));
      yield* new WaitTask(killed);
      return yield* new Join(good);
    });
    expect(value).toBe("untouched");
    expect(counters).toMatchObject({ crashes: 1, reports: 1 });
    expect(logs.map(({ name }) => name).includes("hostile")).toBe(true);
    for (const { text } of logs) expect(text.length).toBeLessThanOrEqual(16_384);
  });

  function* clumsy(error: unknown): Program<void> {
    try {
      yield* new Sleep(Number.POSITIVE_INFINITY);
    } finally {
      yield* throwing(error);
    }
  }
});

test("what an AggregateError has is in the report, and so are causes", () => {
  const { logs } = run(function* () {
    const cause = new AggregateError([new Error("one of two"), new RangeError("two of two")], "both");
    yield* new NewTask(throwing(new Error("on top", { cause })));
    yield* new Sleep(1);
  });
  for (const part of ["on top", "both", "one of two", "two of two"]) expect(logs[0]?.text).toContain(part);
});

describe("a program that is no true generator cannot hurt the kernel", () => {
  const refuse = (): never => {
    throw new RangeError("its own fault");
  };
  const results: Record<string, () => unknown> = {
    "answers undefined": () => undefined,
    "answers null": () => null,
    "answers an object that throws": () => ({ done: false, value: new Proxy({}, { get: refuse }) }),
    "answers a done that throws": () => Object.defineProperty({}, "done", { get: refuse }),
    "answers a value that throws": () => Object.defineProperty({ done: true }, "value", { get: refuse }),
    throws: refuse,
  };
  test.each(Object.entries(results))("%s", (_name, next) => {
    const { value } = run(function* () {
      const program = { next, return: () => ({ done: true }), throw: refuse } as unknown as Program<void>; // a forgery
      const tid = yield* new NewTask(program);
      const { status } = yield* new WaitTask(tid);
      return [status, yield* new GetTid()];
    });
    expect(value).toEqual(["threw", 1]);
  });
});

describe("a deadlock", () => {
  test("is explained with every task, its wait, its holder and the cycle, and every finally runs", () => {
    const log: string[] = [];
    const { counters, outcome } = runExit(
      function* () {
        const me = yield* new GetTid();
        const first = yield* new NewTask(waiting(log, "first", me), "first");
        yield* new NewTask(waiting(log, "beside", first), "be\u202eside");
        yield* waiting(log, "main", first);
      },
      { name: "main" },
    );
    if (outcome.status !== "threw" || !(outcome.error instanceof Error)) throw new Error("it did not deadlock");
    const { message } = outcome.error;
    expect(outcome.error).toMatchObject({ name: "DeadlockError", code: "EDEADLK", cycle: [1, 2] });
    expect(message).toContain("3 tasks wait");
    expect(message).toMatch(/1 {2}main .*waits: exit of 2 {2}for/);
    expect(message).toMatch(/2 {2}first .*waits: exit of 1 {2}for/);
    expect(message).toContain("cycle: 1 -> 2 -> 1");
    expect(message).toContain("be\\u{202e}side");
    expect(message).not.toContain("\u202e");
    expect(log.toSorted()).toEqual(["beside finally", "first finally", "main finally"]);
    expect(counters).toMatchObject({ killed: 3, unclean: 0 });
  });

  function* waiting(log: string[], name: string, tid: number): Program<void> {
    try {
      yield* new Join(tid);
    } finally {
      log.push(`${name} finally`);
      yield* new Sleep(1);
    }
  }

  test("is none while a timer is set", () => {
    const { value } = run(function* () {
      const me = yield* new GetTid();
      const child = yield* new NewTask(waiting([], "child", me));
      yield* new Custom(({ kernel }) => {
        kernel.timers.set(kernel.clock() + 50, { timer: -1, expire: () => kernel.kill(child, 0, "in time") });
      });
      return yield* new WaitTask(child);
    });
    expect(value).toMatchObject({ status: "killed", why: "in time" });
  });

  test("with 1,000 tasks is told in a table of at most 100", () => {
    const { outcome } = runExit(
      function* () {
        for (let i = 0; i < 1_000; i++) yield* new NewTask(waiting([], "one of many", 1));
        yield* new Sleep(Number.POSITIVE_INFINITY);
      },
      { checkEvery: 100 },
    );
    const message = outcome.status === "threw" && outcome.error instanceof Error ? outcome.error.message : "";
    expect(message).toContain("1001 tasks wait");
    expect(message.split("\n").length).toBeLessThan(110);
    expect(message).toContain("and 901 more");
  });
});
