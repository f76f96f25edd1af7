// Timeouts: a deadline for a part of a task. Of completion and deadline exactly one wins; the loser leaves nothing.

import { expect, test } from "vitest";
import {
  Call,
  type Kernel,
  type Program,
  type Runnable,
  routine,
  type Task,
  type Waiter,
} from "../../kernel/syscall.ts";
import { CancelTask, GetTid, GetTime, KillTask, NewTask, Sleep, Timeout, WaitTask } from "../../syscalls/index.ts";
import { run } from "../kit/index.ts";
import { Custom, codeOf, codeText, nested, sleeper, throwing, waitFor } from "./programs.ts";

function* timing<T>(ms: number, program: Runnable<T>): Program<T> {
  return yield* new Timeout(ms, program);
}

test("in time, it gives the value and leaves no timer", () => {
  const { value } = run(function* () {
    const got = yield* new Timeout(10, new Custom(() => "in time"));
    return [got, yield* new Custom(({ kernel }) => kernel.timers.size)];
  });
  expect(value).toEqual(["in time", 0]);
});

test("too late, it closes the frames innermost first, then throws ETIMEDOUT, and no catch inside sees it", () => {
  const log: string[] = [];
  const { now, value } = run(() => codeOf(timing(10, nested(log, 3))));
  expect(value).toBe("ETIMEDOUT");
  expect(log).toEqual(["finally 0", "finally 1", "finally 2", "finally 3"]);
  expect(now).toBeGreaterThanOrEqual(14);
  expect(now).toBeLessThan(15);
});

test("completion and deadline in one lap have one winner, whoever is first, and no stray timeout", () => {
  for (const [sleepMs, deadlineMs] of [
    [10, 10],
    [9.999, 10],
    [10, 9.999],
  ] as const) {
    const { counters, value } = run(
      function* () {
        const code = yield* codeOf(timing(deadlineMs, new Sleep(sleepMs)));
        yield* new Sleep(100);
        return [code, yield* new Custom(({ kernel }) => kernel.timers.size)];
      },
      { faults: { clockJump: 1 } },
    );
    expect(["", "ETIMEDOUT"]).toContain(value[0]);
    expect(value[1]).toBe(0);
    expect(counters.refusedWakes).toBe(0);
  }
});

test("an answer granted before the deadline, in the same lap, is delivered", () => {
  const log: string[] = [];
  let waiter: Waiter<string> | undefined;
  const { value } = run(function* () {
    yield* new Custom(({ kernel }) => {
      kernel.timers.set(kernel.clock() + 10, { timer: -1, expire: () => waiter?.wake("slot 1") });
    });
    return yield* codeOf(
      timing(
        10,
        (function* () {
          const slot = yield* new Custom((task) =>
            task.block<string>(waitFor("slot", { giveBack: () => log.push("given back") }), (place) => {
              waiter = place;
              return () => log.push("undone");
            }),
          );
          try {
            log.push(`taken: ${slot}`);
            yield;
            log.push("went on");
          } finally {
            log.push(`put back: ${slot}`);
          }
        })(),
      ),
    );
  });
  expect(log).toEqual(["taken: slot 1", "put back: slot 1"]);
  expect(value).toBe("ETIMEDOUT");
});

test("a program that ends by itself when its deadline has passed has won", () => {
  let waiter: Waiter<string> | undefined;
  const { value } = run(function* () {
    yield* new Custom(({ kernel }) => {
      kernel.timers.set(kernel.clock() + 10, { timer: -1, expire: () => waiter?.wake("in time") });
    });
    const got = yield* new Timeout(
      10,
      new Custom((task) =>
        task.block<string>(waitFor("slot"), (place) => {
          waiter = place;
          return () => undefined;
        }),
      ),
    );
    yield* new Sleep(100);
    return got;
  });
  expect(value).toBe("in time");
});

test.each([
  [5, 50, "inner"],
  [50, 5, "outer"],
  [5, 5, "outer"],
] as const)("of nested deadlines (inner %i ms, outer %i ms) the %s one is told, once", (innerMs, outerMs, who) => {
  const log: string[] = [];
  const { value } = run(function* () {
    const outer = yield* codeOf(timing(outerMs, innerScope(innerMs, log)));
    yield* new Sleep(200);
    return [outer, yield* new Custom(({ kernel }) => kernel.timers.size)];
  });
  expect(value).toEqual([who === "outer" ? "ETIMEDOUT" : "", 0]);
  expect(log).toEqual(who === "inner" ? ["sleeper finally", "inner ETIMEDOUT"] : ["sleeper finally"]);
});

function* innerScope(ms: number, log: string[]): Program<void> {
  const code = yield* codeOf(timing(ms, sleeper(log)));
  log.push(`inner ${code}`);
}

test("nested deadlines that are both overdue after a jump of the clock: the outer one is told, both are cleaned up", () => {
  const log: string[] = [];
  const { value } = run(function* () {
    yield* new NewTask(
      (function* () {
        yield* new Sleep(1);
        yield* new Custom((task) => task.kernel.machine.poll(1_000, () => {})); // the clock alone goes on
      })(),
    );
    return yield* codeOf(timing(20, innerScope(10, log)));
  });
  expect(value).toBe("ETIMEDOUT");
  expect(log).toEqual(["sleeper finally"]);
});

test("a deadline of 0 lets through what needs no waiting, and nothing else", () => {
  const { value } = run(function* () {
    return [
      yield* codeOf(timing(0, new GetTid())),
      yield* codeOf(timing(0, new Sleep(0))),
      yield* codeOf(timing(0, new Sleep(1))),
    ];
  });
  expect(value[0]).toBe("");
  expect(value[2]).toBe("ETIMEDOUT");
});

test("an infinite deadline is none", () => {
  const { value } = run(() => codeOf(timing(Number.POSITIVE_INFINITY, new Sleep(1e9))));
  expect(value).toBe("");
});

test.each([-1, Number.NaN, "5", undefined])("a deadline of %s is EINVAL", (ms) => {
  expect(() => new Timeout(ms as number, new GetTid())).toThrow(expect.objectContaining({ code: "EINVAL" })); // types refuse some
});

test("a deadline around what is no program is a TypeError, and leaves no timer", () => {
  const { value } = run(function* () {
    const code = yield* codeOf(timing(10, 7 as unknown as Program<void>)); // what the types refuse
    return [code, yield* new Custom(({ kernel }) => kernel.timers.size)];
  });
  expect(value).toEqual(["TypeError", 0]);
});

test("100,000 deadlines that were met leave no timer", () => {
  const { value } = run(
    function* () {
      for (let i = 0; i < 100_000; i++) yield* new Timeout(1_000 + i, new GetTid());
      return yield* new Custom(({ kernel }) => kernel.timers.size);
    },
    { checkEvery: 1_000 },
  );
  expect(value).toBe(0);
});

test("a task that is always ready meets its deadline too", () => {
  let turns = 0;
  const { value } = run(() => codeOf(timing(1, counting())), { checkEvery: 1_000 });
  function* counting(): Program<never> {
    for (;;) {
      yield;
      turns++;
    }
  }
  expect(value).toBe("ETIMEDOUT");
  expect(turns).toBeGreaterThan(0);
});

test("the error of a cleanup is the cause of ETIMEDOUT, the errors of several are all there", () => {
  const failing: (depth: number) => Call<void> = routine(function* level(depth: number): Program<void> {
    try {
      if (depth === 0) yield* new Sleep(100);
      else yield* failing(depth - 1);
    } finally {
      yield* throwing(new RangeError(`cleanup ${depth}`));
    }
  });
  const { counters, value } = run(function* () {
    const errors: unknown[] = [];
    for (const depth of [0, 1]) {
      try {
        yield* new Timeout(1, failing(depth));
      } catch (error) {
        errors.push(error);
      }
    }
    return errors as Error[]; // ETIMEDOUT each, says the test
  });
  expect(value.map(codeText)).toEqual(["ETIMEDOUT", "ETIMEDOUT"]);
  expect(value[0]?.cause).toEqual(new RangeError("cleanup 0"));
  expect(value[1]?.cause).toMatchObject({ errors: [{ message: "cleanup 0" }, { message: "cleanup 1" }] });
  expect(counters.crashes).toBe(0);
});

test.each([
  ["that is frozen", Object.freeze(new RangeError("unwound"))],
  ["that has a cause already", new RangeError("unwound", { cause: "another" })],
  ["that is no Error", "unwound"],
])("where an error %s cannot carry the error of a cleanup, that is reported", (_name, unwound) => {
  class Scope extends Call<void> {
    override enter(task: Task, kernel: Kernel): Program<void> {
      const { depth } = task;
      kernel.timers.set(kernel.clock() + 5, { timer: -1, expire: () => task.unwindTo(depth, unwound) });
      return (function* () {
        try {
          yield* new Sleep(100);
        } finally {
          yield* throwing(new Error("the cleanup's"));
        }
      })();
    }
  }
  const { logs, value } = run(function* () {
    try {
      yield* new Scope();
      return "went on";
    } catch (error) {
      return error;
    }
  });
  expect(value).toBe(unwound);
  expect(logs[0]?.text).toContain("the cleanup's");
});

test("a cleanup that does not end is dropped, and ETIMEDOUT comes all the same", () => {
  const { counters, now, value } = run(function* () {
    const code = yield* codeOf(
      timing(
        10,
        (function* () {
          try {
            yield* new Sleep(100);
          } finally {
            yield* new Sleep(Number.POSITIVE_INFINITY);
          }
        })(),
      ),
    );
    return [code, yield* new GetTid()];
  });
  expect(value).toEqual(["ETIMEDOUT", 1]);
  expect(now).toBeLessThan(1_020);
  expect(counters).toMatchObject({ unclean: 1, returned: 1 });
});

test("a kill during the cleanup of a timeout lets it end, and then goes on to the bottom", () => {
  const log: string[] = [];
  const { value } = run(function* () {
    const victim = yield* new NewTask(
      (function* () {
        try {
          yield* new Timeout(5, cleaning(log));
        } catch {
          log.push("caught");
        } finally {
          log.push("outer finally");
        }
      })(),
    );
    yield* new Sleep(10);
    yield* new KillTask(victim, "the test");
    return yield* new WaitTask(victim);
  });
  expect(value).toEqual({ status: "killed", by: 1, why: "the test", clean: true });
  expect(log).toEqual(["cleanup begins", "cleanup over", "outer finally"]);
});

function* cleaning(log: string[]): Program<void> {
  try {
    yield* new Sleep(100);
  } finally {
    log.push("cleanup begins");
    yield* new Sleep(20);
    log.push("cleanup over");
  }
}

test("a cancel during the cleanup of a timeout comes after it", () => {
  const log: string[] = [];
  const { value } = run(function* () {
    const victim = yield* new NewTask(
      (function* () {
        log.push(yield* codeOf(timing(5, cleaning(log))));
        yield;
        log.push("went on");
      })(),
    );
    yield* new Sleep(10);
    yield* new CancelTask(victim, "the test");
    return yield* new WaitTask(victim);
  });
  expect(value).toEqual({ status: "killed", by: 1, why: "the test", clean: true });
  expect(log).toEqual(["cleanup begins", "cleanup over", "ETIMEDOUT"]);
});

test("an outer deadline during the cleanup of an inner one lets it end, and only the outer one is told", () => {
  const log: string[] = [];
  const { value } = run(() =>
    codeOf(
      timing(
        10,
        (function* () {
          log.push(yield* codeOf(timing(5, cleaning(log))));
        })(),
      ),
    ),
  );
  expect(value).toBe("ETIMEDOUT");
  expect(log).toEqual(["cleanup begins", "cleanup over"]);
});

test("a deadline inside a finally holds during a kill, a timeout and a cancel", () => {
  for (const how of ["kill", "cancel", "timeout"] as const) {
    const log: string[] = [];
    const { value } = run(function* () {
      const victim = yield* new NewTask(codeOf(timing(how === "timeout" ? 5 : 1e6, hurriedCleanup(log))));
      yield* new Sleep(5);
      if (how === "kill") yield* new KillTask(victim);
      if (how === "cancel") yield* new CancelTask(victim);
      return yield* new WaitTask(victim);
    });
    expect(log).toEqual(["inner ETIMEDOUT", "cleaned up"]);
    expect(value.status).toBe(how === "kill" ? "killed" : "returned");
  }
});

function* hurriedCleanup(log: string[]): Program<void> {
  try {
    yield* new Sleep(Number.POSITIVE_INFINITY);
  } finally {
    log.push(`inner ${yield* codeOf(timing(2, new Sleep(50)))}`);
    yield* new Sleep(1);
    log.push("cleaned up");
  }
}

test("a deadline inside a finally holds though the scope's own had come in the same lap as the kill", () => {
  const log: string[] = [];
  let waiter: Waiter<void> | undefined;
  const { value } = run(function* () {
    const victim = yield* new NewTask(
      new Timeout(
        10,
        (function* () {
          try {
            yield* new Custom((task) =>
              task.block<void>(waitFor("wake"), (place) => {
                waiter = place;
                return () => undefined;
              }),
            );
            log.push("went on");
          } finally {
            // Always ready, so that the deadline has to wait for a trap.
            log.push(yield* codeOf(timing(1, laps(900))));
          }
        })(),
      ),
    );
    yield;
    yield* new Custom(({ kernel }) => {
      const at = kernel.clock() + 10;
      kernel.timers.set(at - 0.001, { timer: -1, expire: () => waiter?.wake() });
      kernel.timers.set(at, { timer: -1, expire: () => kernel.kill(victim, 0, "in the same lap") });
    });
    yield* new Custom((task) => task.kernel.machine.poll(50, () => {})); // the clock alone goes on
    return (yield* new WaitTask(victim)).status;
  });
  expect(value).toBe("killed");
  expect(log).toEqual(["ETIMEDOUT"]);
});

function* laps(count: number): Program<void> {
  for (let lap = 0; lap < count; lap++) {
    yield;
    yield* new Custom((task) => task.kernel.machine.poll(1, () => {})); // the clock alone goes on
  }
}

test("one Timeout object is one scope: used twice it is a TypeError, and the first one keeps its deadline", () => {
  const { value } = run(function* () {
    const scope: Timeout<void>[] = [];
    scope.push(
      new Timeout(
        10,
        (function* () {
          for (const same of scope) {
            try {
              yield same;
            } catch {
              // What is asserted is that it does not disarm the one that is under way.
            }
          }
          yield* new Sleep(1_000);
        })(),
      ),
    );
    const before = yield* new GetTime();
    const code = yield* codeOf(scope[0]?.[Symbol.iterator]() as never); // one that is there
    return [code, (yield* new GetTime()) - before < 20];
  });
  expect(value).toEqual(["ETIMEDOUT", true]);
});
