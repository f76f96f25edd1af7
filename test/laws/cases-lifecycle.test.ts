// Lifecycle: how tasks begin, what becomes of their values, and how the end of the main task ends the others.

import { describe, expect, test } from "vitest";
import { Kernel } from "../../kernel/kernel.ts";
import { VirtualMachine } from "../../kernel/machine/virtual.ts";
import { type Exit, type Program, type Runnable, routine, type Tid } from "../../kernel/syscall.ts";
import {
  CancelTask,
  GetTid,
  GetTime,
  Join,
  KillTask,
  ListTasks,
  NewTask,
  Sleep,
  Timeout,
  WaitTask,
} from "../../syscalls/index.ts";
import { run, runExit } from "../kit/index.ts";
import { Custom, codeOf, returning, sleeper, throwing } from "./programs.ts";

const falsy: readonly unknown[] = [undefined, null, false, 0, -0, Number.NaN, 0n, ""];

test.each(falsy.map((value) => [value]))(
  "the falsy result %s comes back unchanged, whichever way it comes",
  (value) => {
    const same = routine(function* same(): Program<unknown> {
      return value;
    });
    const { value: got } = run(function* () {
      const tid = yield* new NewTask(returning(value));
      const exit = yield* new WaitTask(tid);
      return [
        exit.status === "returned" ? exit.value : "not returned",
        yield* new Join(tid),
        yield* same(),
        yield* new Timeout(1_000, returning(value)),
        yield* new Custom(() => value),
      ];
    });
    for (const each of got) expect(each).toBe(value);
    expect(run(returning(value)).value).toBe(value);
  },
);

test("a late WaitTask answers at once, any number of times", () => {
  const { value } = run(function* () {
    const tid = yield* new NewTask(returning("early"));
    yield* new Sleep(100);
    const before = yield* new GetTime();
    const exits: Exit[] = [yield* new WaitTask(tid), yield* new WaitTask(tid)];
    return { exits, took: (yield* new GetTime()) - before };
  });
  expect(value).toEqual({ exits: Array(2).fill({ status: "returned", value: "early" }), took: 0 });
});

test("an exit is kept until it is collected, and where the latest are not kept, no longer", () => {
  const { value } = run(
    function* () {
      const tid = yield* new NewTask(returning("kept"));
      for (let i = 0; i < 50; i++) yield* new NewTask(returning(i));
      yield* new Sleep(1);
      return [yield* codeOf(joining(tid)), yield* codeOf(joining(tid))];
    },
    { limits: { recentExits: 0 } },
  );
  expect(value).toEqual(["", "ESTALE"]);
});

test("a joiner cancelled while it waits leaves the child alone, and the child's crash is reported all the same", () => {
  const { counters, value } = run(function* () {
    const child = yield* new NewTask(
      (function* () {
        yield* new Sleep(10);
        throw new Error("nobody waits any more");
      })(),
    );
    const joiners: Tid<void>[] = [];
    for (let i = 0; i < 2; i++) joiners.push(yield* new NewTask(joining(child)));
    yield* new Sleep(1);
    for (const joiner of joiners) yield* new CancelTask(joiner);
    const watchers = yield* new Custom(({ kernel }) => {
      const list = kernel.find(child)?.watchers;
      return list instanceof Set ? list.size : Number(list !== undefined);
    });
    yield* new Sleep(20);
    return { watchers, exit: yield* new WaitTask(child) };
  });
  expect(value.watchers).toBe(0);
  expect(value.exit.status).toBe("threw");
  expect(counters.crashes).toBe(1);
});

function* joining(tid: Tid): Program<void> {
  yield* new Join(tid);
}

test("a new task's first turn comes after its parent's, in the order of the spawns", () => {
  const log: string[] = [];
  run(
    function* () {
      for (const name of ["a", "b", "c"]) yield* new NewTask(saying(log, name));
      log.push("parent");
      yield;
      log.push("parent again");
    },
    { quantum: 100 },
  );
  expect(log).toEqual(["parent", "a", "b", "c", "parent again"]);
});

function* saying(log: string[], text: string): Program<void> {
  log.push(text);
}

test("a task's record says for how long it has been in its state", () => {
  const { value } = run(function* () {
    yield* new Sleep(5_000);
    yield* new NewTask(new Sleep(1e9), "blocked");
    yield* new Sleep(70);
    yield* new NewTask(returning(0), "ready");
    return (yield* new ListTasks()).map(({ name, state, forMs }) => [name, state, forMs]);
  });
  expect(value).toEqual([
    ["(anonymous)", "running", 0],
    ["blocked", "blocked", 70],
    ["ready", "ready", 0],
  ]);
});

test("a task has the name it was given, or that of its routine", () => {
  const work = routine(function* work(): Program<void> {
    yield* new Sleep(1);
  });
  const { value } = run(
    function* () {
      yield* new NewTask(work());
      yield* new NewTask(work(), "mine");
      yield* new NewTask(new Sleep(1));
      return (yield* new ListTasks()).map(({ name }) => name);
    },
    { name: "main" },
  );
  expect(value.slice(0, 3)).toEqual(["main", "work", "mine"]);
});

describe("what cannot be spawned is refused at the spawn", () => {
  const cases: Record<string, () => Program<unknown>> = {
    "itself, running": function* (): Program<unknown> {
      const programs: Program<void>[] = [];
      programs.push(
        (function* (): Program<void> {
          for (const me of programs) yield* new NewTask(me);
        })(),
      );
      for (const program of programs) yield* new Join(yield* new NewTask(program));
      return "spawned";
    },
    "a generator twice": function* (): Program<unknown> {
      const program = returning(1);
      yield* new NewTask(program);
      return yield* new NewTask(program);
    },
    "a generator that has ended": function* (): Program<unknown> {
      const program = returning(1);
      yield* new Join(yield* new NewTask(program));
      return yield* new NewTask(program);
    },
    "a routine's call twice": function* (): Program<unknown> {
      const call = routine(returning<number>)(1);
      yield* new NewTask(call);
      return yield* new NewTask(call);
    },
    "a generator that runs as a scope": function* (): Program<unknown> {
      const program = sleeper([]);
      return yield* new Timeout(1, spawningInside(program));
    },
  };
  test.each(Object.entries(cases))("%s", (_name, program) => {
    const { value } = run(() => codeOf(program()));
    expect(value).toBe("TypeError");
  });
});

function* spawningInside(program: Runnable<unknown>): Program<unknown> {
  yield* new NewTask(program);
  return yield* new NewTask(program);
}

test("what is no program is refused by run, and the kernel can still be started", () => {
  const kernel = new Kernel(new VirtualMachine());
  expect(() => kernel.runSync(7 as unknown as Program<void>)).toThrow(TypeError); // what the types refuse
  expect(kernel.runSync(returning("started"))).toBe("started");
});

test("a kernel is started once: inside its own run and after it, that is a clear error", async () => {
  const { kernel, value } = run(function* () {
    return yield* codeOf(
      (function* () {
        yield* new Custom((task) => task.kernel.runSync(returning(1)));
      })(),
    );
  });
  expect(value).toBe("EBUSY");
  expect(() => kernel.runSync(returning(1))).toThrow("make a new Kernel");
  await expect(kernel.run(returning(1))).rejects.toMatchObject({ code: "EBUSY" });
});

test("another kernel runs inside a task of this one, and they do not touch", () => {
  const { counters, value } = run(function* () {
    const inner = new Custom(() => {
      const kernel = new Kernel(new VirtualMachine());
      return [kernel.runSync(new GetTid()), kernel.counters.spawned];
    });
    yield* new NewTask(returning(0));
    const ran = yield* inner;
    return [ran, yield* new NewTask(returning(0))];
  });
  expect(value).toEqual([[1, 1], 3]);
  expect(counters.spawned).toBe(3);
});

describe("the end of the main task", () => {
  test("cancels the others at once, newest first, and waits for their cleanup", () => {
    const log: string[] = [];
    const { now, value } = run(function* () {
      for (const name of ["oldest", "middle", "newest"]) yield* new NewTask(slowly(log, name));
      yield* new Sleep(1);
      return "main's own";
    });
    expect(value).toBe("main's own");
    expect(log).toEqual([
      "newest begins",
      "middle begins",
      "oldest begins",
      "newest over",
      "middle over",
      "oldest over",
    ]);
    expect(now).toBeGreaterThanOrEqual(500);
    expect(now).toBeLessThan(600);
  });

  function* slowly(log: string[], name: string): Program<void> {
    try {
      yield* new Sleep(Number.POSITIVE_INFINITY);
    } finally {
      log.push(`${name} begins`);
      yield* new Sleep(500);
      log.push(`${name} over`);
    }
  }

  test("kills after the time of grace what has swallowed its cancel", () => {
    const { counters, now } = run(
      function* () {
        yield* new NewTask(deaf());
        yield* new Sleep(1);
      },
      { limits: { graceMs: 200 } },
    );
    expect(counters).toMatchObject({ killed: 1, unclean: 0 });
    expect(now).toBeGreaterThanOrEqual(201);
    expect(now).toBeLessThan(210);
  });

  function* deaf(): Program<never> {
    for (;;) {
      try {
        yield* new Sleep(Number.POSITIVE_INFINITY);
      } catch {
        // A task may go on after its cancel; only the kill is certain.
      }
    }
  }

  test("reports what the others' cleanup throws", () => {
    const { counters, logs } = run(function* () {
      yield* new NewTask(
        (function* () {
          try {
            yield* new Sleep(Number.POSITIVE_INFINITY);
          } finally {
            yield* throwing(new Error("cleaning up failed"));
          }
        })(),
        "clumsy",
      );
      yield* new Sleep(1);
    });
    expect(counters.crashes).toBe(1);
    expect(logs).toHaveLength(1);
    expect(logs[0]).toMatchObject({ name: "clumsy" });
    expect(logs[0]?.text).toContain("cleaning up failed");
  });

  test("comes to an end, even if each task that is ended starts another", () => {
    const { kernel } = run(
      function* () {
        yield* new NewTask(heir());
        yield* new Sleep(1);
      },
      { limits: { graceMs: 10 }, maxTurns: 10_000 },
    );
    expect(kernel.tasks.size).toBe(0);
  });

  function* heir(): Program<void> {
    try {
      yield* new Sleep(Number.POSITIVE_INFINITY);
    } finally {
      yield* new NewTask(heir());
    }
  }

  test("throws its error, or ECANCELED if it was killed, after the others have ended", () => {
    const log: string[] = [];
    const threw = runExit(function* () {
      yield* new NewTask(sleeper(log, "child of the one that threw"));
      yield* new Sleep(1);
      throw new RangeError("main's own");
    });
    expect(threw.outcome).toEqual({ status: "threw", error: new RangeError("main's own") });
    const killed = runExit(function* () {
      const me = yield* new GetTid();
      yield* new NewTask(sleeper(log, "child of the one that was killed"));
      yield* new NewTask(new KillTask(me, "from below"));
      yield* new Sleep(10);
    });
    expect(killed.outcome).toMatchObject({ status: "threw", error: { code: "ECANCELED" } });
    expect(log).toEqual(["child of the one that threw finally", "child of the one that was killed finally"]);
    expect(threw.counters.crashes + killed.counters.crashes).toBe(0);
  });
});
