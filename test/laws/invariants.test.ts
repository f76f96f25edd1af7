// K1 to K12, each by programs that try to break it. Every run of the kit recounts all of them after every turn as well;
// that the recount would find a fault is shown in verifier.test.ts.

import { expect, test } from "vitest";
import { Kernel } from "../../kernel/kernel.ts";
import { VirtualMachine } from "../../kernel/machine/virtual.ts";
import { brand, type Exit, type Program, routine, type Tid } from "../../kernel/syscall.ts";
import {
  CancelTask,
  GetTid,
  Join,
  KillTask,
  NewTask,
  Park,
  ReadWait,
  Sleep,
  Timeout,
  WaitQueue,
  WaitTask,
} from "../../syscalls/index.ts";
import { run, runExit } from "../kit/index.ts";
import { Custom, codeOf, endOf, returning, sleeper, socketPair, throwing, waitFor } from "./programs.ts";

test("K1: a task ends once, in one of three ways, and that never changes", () => {
  const { counters, value } = run(function* () {
    const tids = [
      yield* new NewTask(returning(0)),
      yield* new NewTask(throwing(new RangeError("a crash"))),
      yield* new NewTask(sleeper([])),
    ];
    const [, , victim = 0] = tids;
    yield* new Sleep(1);
    yield* new KillTask(victim, "first");
    const before = yield* exitsOf(tids);
    for (const tid of tids) {
      yield* new KillTask(tid, "too late");
      yield* new CancelTask(tid, "too late");
    }
    const after = yield* exitsOf(tids);
    return { before, same: before.map((exit, i) => exit === after[i]) };
  });
  expect(value.before).toEqual([
    { status: "returned", value: 0 },
    { status: "threw", error: new RangeError("a crash") },
    { status: "killed", by: 1, why: "first", clean: true },
  ]);
  expect(value.same).toEqual([true, true, true]);
  expect(counters).toMatchObject({ spawned: 4, returned: 2, threw: 1, killed: 1 });
});

function* exitsOf(tids: readonly Tid[]): Program<Exit[]> {
  const exits: Exit[] = [];
  for (const tid of tids) exits.push(yield* new WaitTask(tid));
  return exits;
}

test("K2: no task is lost or counted twice, whatever place it is in", () => {
  const { counters, kernel } = run(function* () {
    const { server } = yield* socketPair();
    const kinds: (() => Program<unknown>)[] = [
      () => sleeper([]),
      () => returning(1),
      () => throwing(new Error("a crash")),
      () => spinning(),
      () => reading(server),
    ];
    for (let i = 0; i < 50; i++) {
      const tid = yield* new NewTask(kinds[i % kinds.length]?.() ?? returning(0));
      if (i % 3 === 0) yield;
      if (i % 4 === 0) yield* new KillTask(tid);
      if (i % 7 === 0) yield* new CancelTask(tid);
    }
    for (let laps = 0; laps < 20; laps++) yield; // not a sleep: some never let the clock go on
  });
  expect(counters.spawned).toBe(51);
  expect(counters.returned + counters.threw + counters.killed).toBe(51);
  expect(kernel.tasks.size).toBe(0);
});

function* spinning(): Program<never> {
  for (;;) yield;
}

function* reading(pollable: ConstructorParameters<typeof ReadWait>[0]): Program<void> {
  yield* new ReadWait(pollable);
}

test("K3: all that wait for one task are woken, once each, with one exit", () => {
  const { counters, value } = run(function* () {
    const target = yield* new NewTask(
      (function* () {
        yield* new Sleep(5);
        return { made: "once" };
      })(),
    );
    const waiters: Tid<Exit<{ made: string }>>[] = [];
    for (let i = 0; i < 6; i++) waiters.push(yield* new NewTask(new WaitTask(target)));
    const exits: Exit<{ made: string }>[] = [];
    for (const waiter of waiters) exits.push(yield* new Join(waiter));
    return { count: new Set(exits).size, exit: exits[0] };
  });
  expect(value).toEqual({ count: 1, exit: { status: "returned", value: { made: "once" } } });
  expect(counters.refusedWakes).toBe(0);
});

test("K4: tids rise, are never used again, and two kernels in one process do not touch", async () => {
  const log: string[] = [];
  const kernels = ["a", "b"].map((name) => ({ name, kernel: new Kernel(new VirtualMachine({ asynchronous: true })) }));
  await Promise.all(kernels.map(({ name, kernel }) => kernel.run(spawning(name, log))));
  const tidsOf = (name: string): number[] =>
    log.filter((line) => line.startsWith(name)).map((line) => Number(line.slice(1)));
  expect(tidsOf("a")).toEqual(Array.from({ length: 20 }, (_, i) => i + 2));
  expect(tidsOf("b")).toEqual(tidsOf("a"));
  expect(log.slice(0, 20).some((line) => line.startsWith("b"))).toBe(true); // they ran side by side
  for (const { kernel } of kernels) expect(kernel.counters).toMatchObject({ spawned: 21, returned: 21 });
});

function* spawning(name: string, log: string[]): Program<void> {
  for (let i = 0; i < 20; i++) {
    const tid = yield* new NewTask(returning(i));
    log.push(`${name}${tid}`);
    yield* new Join(tid);
    yield* new Sleep(1);
  }
}

test.each([1, 2, 32])("K5: each yield gets the answer of what it asked, once (quantum %i)", (quantum) => {
  const { value } = run(
    function* () {
      const tids: Tid<number>[] = [];
      for (let i = 0; i < 10; i++) tids.push(yield* new NewTask(asking(i)));
      let wrong = 0;
      for (const tid of tids) wrong += yield* new Join(tid);
      return wrong;
    },
    { quantum },
  );
  expect(value).toBe(0);
});

const echoed = routine(function* echoed(token: string): Program<string> {
  yield;
  return token;
});

function* asking(me: number): Program<number> {
  let wrong = 0;
  const expectAnswer = (got: unknown, wanted: unknown): void => {
    if (!Object.is(got, wanted)) wrong++;
  };
  const tid = yield* new GetTid();
  for (let i = 0; i < 20; i++) {
    const token = `${me} ${i}`;
    expectAnswer(yield* new Custom(() => token), token);
    expectAnswer(yield, undefined);
    expectAnswer(yield* new Custom((task) => task.block(waitFor("echo"), answerSoon(token))), token);
    expectAnswer(yield* new Sleep(i % 3), undefined);
    expectAnswer(yield* echoed(token), token);
    expectAnswer(yield* new Timeout(100, echoed(token)), token);
    expectAnswer(yield* new GetTid(), tid);
  }
  return wrong;
}

/** Arms a wait that is answered at once, while it is armed. */
function answerSoon(token: string): (waiter: { wake(answer: string): boolean }) => () => void {
  return (waiter) => {
    waiter.wake(token);
    waiter.wake("a second answer");
    return () => undefined;
  };
}

test("K6: a handler that throws faults its caller at that yield, and leaves nothing behind", () => {
  const { kernel, value } = run(function* () {
    const codes = [
      yield* codeOf(syscall(() => new Custom(() => fail()))),
      yield* codeOf(
        syscall(
          () =>
            new Custom((task) => {
              task.block(waitFor("left behind", { outside: true }), () => () => undefined);
              return fail();
            }),
        ),
      ),
      yield* codeOf(
        syscall(
          () =>
            new Custom((task) =>
              task.block(waitFor("armed half", { outside: true }), (waiter) => {
                task.kernel.timers.set(1e9, waiter as typeof waiter & { timer: number; expire(): void }); // every waiter is one
                return fail();
              }),
            ),
        ),
      ),
    ];
    const next = yield* new GetTid();
    const { timers, outside } = yield* new Custom((task) => ({
      timers: task.kernel.timers.size,
      outside: task.kernel.outside,
    }));
    return { codes, next, timers, outside };
  });
  expect(value).toEqual({ codes: ["RangeError", "RangeError", "RangeError"], next: 1, timers: 0, outside: 0 });
  expect(kernel.counters.crashes).toBe(0);
});

function fail(): never {
  throw new RangeError("the handler's fault");
}

function* syscall<T>(make: () => Custom<T>): Program<T> {
  return yield* make();
}

const throwingProxy = new Proxy(
  {},
  {
    get: () => {
      throw new Error("do not look");
    },
    getPrototypeOf: () => {
      throw new Error("do not ask");
    },
  },
);
const badYields: readonly (readonly [name: string, make: () => unknown])[] = [
  ["a promise", () => Promise.resolve(1)],
  ["null", () => null],
  ["0", () => 0],
  ["a string", () => "sleep"],
  ["a symbol", () => Symbol("yield")],
  ["a function", () => () => undefined],
  ["a generator", () => returning(1)],
  ["a Proxy that throws", () => throwingProxy],
  [
    "a getter that throws",
    () => ({
      get constructor(): unknown {
        return fail();
      },
    }),
  ],
  ["a look-alike without the brand", () => ({ handle: () => 1, next: () => ({ done: false }) })],
  ["a look-alike with the brand", () => ({ [brand]: "syscall", handle: "no function" })],
  ["a look-alike without a prototype", () => Object.assign(Object.create(null), { [brand]: "syscall" })],
  ["a look-alike call", () => ({ [brand]: "call" })],
  ["a frozen syscall", () => Object.freeze(new GetTid())],
  ["a frozen look-alike call", () => Object.freeze({ [brand]: "call" })],
  ["a syscall behind a Proxy that throws", () => new Proxy(new GetTid(), { set: fail })],
  ["a used syscall", () => Object.assign(new GetTid(), { "yieldix.exchange": { done: true } })],
];

test.each(badYields)("K7: yielding %s is an error of that task alone", (_name, make) => {
  const { value } = run(function* () {
    const bad = yield* new NewTask(
      codeOf(
        (function* () {
          yield make() as never; // what the types refuse
        })(),
      ),
    );
    const good = yield* new NewTask(returning("untouched"));
    return [yield* new Join(bad), yield* new Join(good)];
  });
  expect(value[0]).toMatch(/^(TypeError|RangeError)$/);
  expect(value[1]).toBe("untouched");
});

test("K8: a crash is contained, and reported exactly once", () => {
  const { counters, logs, value } = run(function* () {
    const tid = yield* new NewTask(throwing(new RangeError("nobody waits")), "crasher");
    const watched = yield* new NewTask(throwing(new RangeError("somebody waits")));
    const status = (yield* new WaitTask(watched)).status;
    yield* new Sleep(1);
    return [status, yield* codeOf(joining(tid)), yield* codeOf(joining(tid))];
  });
  expect(value).toEqual(["threw", "RangeError", "RangeError"]);
  expect(counters.crashes).toBe(1);
  expect(logs).toHaveLength(1);
  expect(logs[0]).toMatchObject({ level: "error", tid: 2, name: "crasher" });
  expect(logs[0]?.text).toContain("nobody waits");
});

function* joining(tid: Tid): Program<void> {
  yield* new Join(tid);
}

test("K9: a kill takes effect within one lap, innermost frame first, and no frame goes on", () => {
  const log: string[] = [];
  // Not called as its body is: in there that name is the generator function, and calling it plain delegation.
  const nest: (depth: number) => ReturnType<typeof echoed> = routine(function* level(depth: number): Program<string> {
    try {
      if (depth === 0) for (;;) yield;
      yield* nest(depth - 1);
    } catch {
      log.push("caught");
    } finally {
      log.push(`finally ${depth}`);
      yield* new Sleep(1);
      log.push(`over ${depth}`);
    }
    log.push("went on");
    return "";
  });
  const { value } = run(function* () {
    const tid = yield* new NewTask(nest(3));
    for (let i = 0; i < 5; i++) yield;
    yield* new KillTask(tid);
    const before = log.length;
    yield; // one lap
    const within = log.slice(before);
    return { within, exit: yield* new WaitTask(tid) };
  });
  expect(value.within).toEqual(["finally 0"]);
  expect(value.exit).toMatchObject({ status: "killed", clean: true });
  expect(log).toEqual([0, 1, 2, 3].flatMap((depth) => [`finally ${depth}`, `over ${depth}`]));
});

test("K9: inside plain delegation, where the outer function runs on, a kill is bounded all the same", () => {
  const { counters, value } = run(function* () {
    let went = 0;
    function* inner(): Program<void> {
      try {
        yield* new Sleep(Number.POSITIVE_INFINITY);
      } finally {
        yield;
      }
    }
    const tid = yield* new NewTask(
      (function* () {
        yield* inner();
        for (;;) {
          went++;
          yield;
        }
      })(),
    );
    yield* new Sleep(1);
    yield* new KillTask(tid);
    return { exit: yield* new WaitTask(tid), went };
  });
  expect(value.exit).toMatchObject({ status: "killed", clean: false });
  expect(value.went).toBeLessThanOrEqual(1_000);
  expect(counters.unclean).toBe(1);
});

test("K10: a cleanup makes 1,000 traps at most", () => {
  let traps = 0;
  const { counters, logs, value } = run(() =>
    endOf(
      (function* () {
        try {
          yield* new Sleep(Number.POSITIVE_INFINITY);
        } finally {
          for (;;) {
            yield;
            traps++;
          }
        }
      })(),
      "kill",
    ),
  );
  expect(traps).toBe(1_000);
  expect(value).toMatchObject({ status: "killed", clean: false });
  expect(counters.unclean).toBe(1);
  expect(logs.map((record) => record.text).join()).toContain("cleanup dropped");
});

test("K10: a cleanup that yields takes a second at most", () => {
  const { counters, now, value } = run(() =>
    endOf(
      (function* () {
        try {
          yield* new Sleep(Number.POSITIVE_INFINITY);
        } finally {
          yield* new Sleep(3_600_000);
        }
      })(),
      "kill",
    ),
  );
  expect(value).toMatchObject({ status: "killed", clean: false });
  expect(now).toBeGreaterThanOrEqual(1_000);
  expect(now).toBeLessThan(1_010);
  expect(counters.unclean).toBe(1);
});

test("K10: a cleanup that goes on in small steps takes a second at most, too", () => {
  let steps = 0;
  const { now, value } = run(() =>
    endOf(
      (function* () {
        try {
          yield* new Sleep(Number.POSITIVE_INFINITY);
        } finally {
          for (;;) {
            yield* new Sleep(10);
            steps++;
          }
        }
      })(),
      "kill",
    ),
  );
  expect(value).toMatchObject({ status: "killed", clean: false });
  expect(now).toBeLessThan(1_010);
  expect(steps).toBeGreaterThan(90);
});

test("K10: deadlines inside a cleanup do not give it more traps", () => {
  let deadlines = 0;
  const { value } = run(() =>
    endOf(
      (function* () {
        try {
          yield* new Sleep(Number.POSITIVE_INFINITY);
        } finally {
          for (;;) {
            yield* codeOf(timing(sleeper([]), 0));
            deadlines++;
          }
        }
      })(),
      "kill",
    ),
  );
  expect(value).toMatchObject({ status: "killed", clean: false });
  expect(deadlines).toBeGreaterThan(100);
  expect(deadlines).toBeLessThanOrEqual(500);
});

test("K10: each cleanup of a task has its own second", () => {
  const log: string[] = [];
  run(function* () {
    for (const name of ["first", "second", "third"]) {
      yield* codeOf(timing(slow(log, name), 1));
      log.push(`${name} told`);
    }
  });
  expect(log).toEqual(["first", "first told", "second", "second told", "third", "third told"]);
});

function* slow(log: string[], name: string): Program<void> {
  try {
    yield* new Sleep(Number.POSITIVE_INFINITY);
  } finally {
    yield* new Sleep(600);
    log.push(name);
  }
}

test("K11: killing and cancelling twice is killing and cancelling once", () => {
  const log: string[] = [];
  const { counters, value } = run(function* () {
    const killed = yield* new NewTask(sleeper(log, "killed"));
    const cancelled = yield* new NewTask(sleeper(log, "cancelled"));
    yield* new Sleep(1);
    const alive: boolean[] = [];
    for (const why of ["first", "second"]) {
      alive.push(yield* new KillTask(killed, why));
      alive.push(yield* new CancelTask(cancelled, why));
      alive.push(yield* new CancelTask(killed, why));
    }
    const exits = yield* exitsOf([killed, cancelled]);
    alive.push(yield* new KillTask(killed, "third"));
    return { alive, exits };
  });
  expect(value.alive).toEqual([true, true, true, true, true, true, false]);
  expect(value.exits).toEqual(Array(2).fill({ status: "killed", by: 1, why: "first", clean: true }));
  expect(log).toEqual(["killed finally", "cancelled finally"]);
  expect(counters).toMatchObject({ killed: 2, reports: 0 });
});

test.each(["kill", "cancel"] as const)("K12: after a %s nothing of the task is left anywhere", (how) => {
  const { value } = run(function* () {
    const { server, listener } = yield* socketPair();
    const queue = new WaitQueue("take from", "an empty queue");
    const target = yield* new NewTask(sleeper([]));
    const waits: (() => Program<unknown>)[] = [
      () => sleeper([]),
      () => reading(server),
      () => reading(listener),
      () => joining(target),
      () => parking(queue),
      () => timing(reading(server)),
    ];
    const left: unknown[] = [];
    for (const wait of waits) {
      yield* endOf(wait(), how);
      const kernel = yield* new Custom((task) => task.kernel);
      const watchers = kernel.find(target)?.watchers;
      left.push([kernel.timers.size, kernel.outside, queue.size, watchers, kernel.tasks.size]);
    }
    return left;
  });
  expect(value).toEqual(Array(6).fill([0, 0, 0, undefined, 2]));
});

function* parking(queue: WaitQueue): Program<void> {
  yield* new Park(queue);
}

function* timing(program: Program<unknown>, ms = 1_000): Program<void> {
  yield* new Timeout(ms, program);
}

test("K12: nothing is left when a run is over, however it ended", () => {
  const ends = { returned: returning(0), threw: throwing(new Error("the end")), killed: sleeper([]) };
  for (const [status, end] of Object.entries(ends)) {
    const { kernel, outcome } = runExit(function* () {
      const { server } = yield* socketPair();
      const me = yield* new GetTid();
      const others: Program<unknown>[] = [reading(server), sleeper([]), timing(sleeper([])), killing(me)];
      for (const other of others) yield* new NewTask(other);
      return yield* end;
    });
    expect(outcome.status).toBe(status === "returned" ? "returned" : "threw");
    expect([kernel.tasks.size, kernel.outside, [...kernel.readyTasks()].length]).toEqual([0, 0, 0]);
  }
});

function* killing(tid: Tid): Program<void> {
  yield* new Sleep(1);
  yield* new KillTask(tid);
}
