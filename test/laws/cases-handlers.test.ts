// Syscalls and scopes of other people: whatever their handler does wrong is an error of the task that asked, and of
// nobody else. Scopes are left once, however they end.

import { describe, expect, test } from "vitest";
import {
  type Answer,
  type Blocked,
  Call,
  type Program,
  type Runnable,
  routine,
  Syscall,
  type Task,
  type Wait,
  type Waiter,
} from "../../kernel/syscall.ts";
import { Alarm } from "../../kernel/timers.ts";
import { GetTid, Join, KillTask, ListTasks, NewTask, Sleep, Timeout, WaitTask } from "../../syscalls/index.ts";
import { run, runExit } from "../kit/index.ts";
import { Custom, codeOf, returning, sleeper, waitFor } from "./programs.ts";

function* asking<T>(serve: (task: Task) => Answer<T>): Program<T> {
  return yield* new Custom(serve);
}

const idle = waitFor<void>("wait for nothing");
const undo = (): void => undefined;
let leaked: Blocked<void> | undefined;
let leakedTask: Task | undefined;

describe("each of these is an error of the caller alone, and leaves nothing", () => {
  const wrong: Record<string, (task: Task) => unknown> = {
    "throwing undefined": () => {
      throw undefined;
    },
    "blocking twice": (task) => [task.block(idle, () => undo), task.block(idle, () => undo)][1],
    "blocking twice and returning the first": (task) => {
      const first = task.block(idle, () => undo);
      try {
        task.block(idle, () => undo);
      } catch {
        // Refused, and that is all: the first is as good as ever. What follows spoils it.
      }
      void first;
      return "not what block returned";
    },
    "blocking and answering": (task) => {
      task.block(idle, () => undo);
      return "an answer";
    },
    "blocking and throwing": (task) => {
      task.block(idle, () => undo);
      throw new RangeError("the handler's fault");
    },
    "returning a Blocked of an earlier time": () => leaked,
    "blocking another task": (task) => leakedTask?.block(idle, () => undo) ?? task.tid,
    "blocking on nothing": (task) => task.block(undefined as unknown as Wait<void>, () => undo), // types refuse it
    "an arm that throws": (task) =>
      task.block(idle, () => {
        throw new RangeError("the arm's fault");
      }),
    "an arm that returns no undo": (task) => task.block(idle, () => undefined as unknown as () => void), // types refuse it
    "an arm that is no function": (task) => task.block(idle, "arm" as unknown as () => () => void), // types refuse it
    "an arm that blocks": (task) =>
      task.block(idle, () => {
        task.block(idle, () => undo);
        return undo;
      }),
    "an arm that sets its timer, then throws": (task) =>
      task.block(idle, (waiter) => {
        task.kernel.timers.set(1e9, waiter as typeof waiter & { timer: number; expire(): void }); // every waiter is one
        throw new RangeError("the arm's fault");
      }),
    "a wait whose outside throws": (task) =>
      task.block(
        {
          ...idle,
          get outside(): boolean {
            throw new RangeError("the wait's fault");
          },
        },
        () => undo,
      ),
    "a timer for NaN": (task) =>
      task.block(idle, (waiter) => {
        task.kernel.timers.set(Number.NaN, waiter as typeof waiter & { timer: number; expire(): void }); // every waiter is one
        return undo;
      }),
  };
  test.each(Object.entries(wrong))("%s", (_name, serve) => {
    const { counters, value } = run(function* () {
      leakedTask = yield* new Custom((task) => task);
      yield* new Custom((task) => {
        leaked = task.block(idle, (waiter) => {
          waiter.wake();
          return undo;
        });
        return leaked;
      });
      const bad = yield* new NewTask(
        (function* () {
          try {
            yield* asking(serve);
            return "went on";
          } catch {
            return "an error";
          }
        })(),
      );
      const good = yield* new NewTask(sleeping());
      const answers = [yield* new Join(bad), yield* new Join(good)];
      const { timers, outside } = yield* new Custom(({ kernel }) => kernel);
      return { answers, left: [timers.size, outside] };
    });
    expect(value).toEqual({ answers: ["an error", "untouched"], left: [0, 0] });
    expect(counters).toMatchObject({ crashes: 0, reports: 0 });
  });

  function* sleeping(): Program<string> {
    yield* new Sleep(5);
    return "untouched";
  }
});

describe("a wake while the wait is armed answers at once", () => {
  test.each(["wake", "fail"] as const)("%s, once, and the undo is called", (how) => {
    const log: string[] = [];
    const { counters, value } = run(function* () {
      try {
        return yield* asking<string>((task) =>
          task.block(waitFor("answer"), (waiter) => {
            log.push(String(how === "wake" ? waiter.wake("answer") : waiter.fail("error")));
            log.push(String(waiter.wake("again")));
            return () => log.push("undone");
          }),
        );
      } catch (error) {
        return error;
      }
    });
    expect(value).toBe(how === "wake" ? "answer" : "error");
    expect(log).toEqual(["true", "false", "undone"]);
    expect(counters).toMatchObject({ refusedWakes: 1, polls: 1 });
  });
});

test.each(["kill", "cancel", "unwind"] as const)(
  "a handler that makes its own task %s, and blocks, does not hold it",
  (how) => {
    const log: string[] = [];
    class Ending extends Call<void> {
      override enter(task: Task): Program<void> {
        const { depth } = task;
        return (function* () {
          try {
            yield* new Custom((me) => {
              if (how === "kill") me.kernel.kill(me.tid, 0, "");
              else if (how === "cancel") me.kernel.cancel(me.tid, 0, "");
              else me.unwindTo(depth, new RangeError("unwound"));
              return me.block(idle, () => () => log.push("undone"));
            });
            log.push("went on");
          } finally {
            log.push("finally");
          }
        })();
      }
    }
    const { value } = run(function* () {
      const child = yield* new NewTask(
        codeOf(
          (function* () {
            yield* new Ending();
          })(),
        ),
      );
      return yield* new WaitTask(child);
    });
    expect(log).toEqual(["undone", "finally"]);
    if (how === "kill") expect(value.status).toBe("killed");
    else expect(value).toEqual({ status: "returned", value: how === "cancel" ? "ECANCELED" : "RangeError" });
  },
);

test("of several wakes the first counts; the others are refused and counted", () => {
  let waiter: Waiter<string> | undefined;
  const { counters, value } = run(function* () {
    const child = yield* new NewTask(
      asking<string>((task) =>
        task.block(waitFor("answer"), (place) => {
          waiter = place;
          return undo;
        }),
      ),
    );
    yield* new Sleep(1);
    const taken = [waiter?.wake("first"), waiter?.fail(new Error("second")), waiter?.wake("third")];
    const answer = yield* new Join(child);
    return { taken, answer, late: waiter?.wake("late") };
  });
  expect(value).toEqual({ taken: [true, false, false], answer: "first", late: false });
  expect(counters.refusedWakes).toBe(3);
});

test("a stale wake does not end a later wait", () => {
  let waiter: Waiter<void> | undefined;
  const { value } = run(function* () {
    yield* new Custom(({ kernel }) => {
      kernel.timers.set(20, new Alarm(() => waiter?.wake()));
    });
    yield* codeOf(
      (function* () {
        yield* new Timeout(
          10,
          new Custom((task) =>
            task.block<void>(waitFor("answer"), (place) => {
              waiter = place;
              return undo;
            }),
          ),
        );
      })(),
    );
    yield* new Sleep(50);
    return yield* new Custom((task) => task.kernel.clock());
  });
  expect(value).toBeGreaterThanOrEqual(60);
});

test("a wait that throws when it is looked at spoils neither the list of tasks nor the report of a deadlock", () => {
  const refuse = (): never => {
    throw new RangeError("do not look");
  };
  const hostile: Wait<void> = {
    verb: "wait",
    get object(): string {
      return refuse();
    },
    holders: refuse,
  };
  const { outcome } = runExit(function* () {
    yield* new NewTask(
      asking((task) => task.block(hostile, () => undo)),
      "hostile",
    );
    yield;
    const names = (yield* new ListTasks()).map(({ name }) => name);
    expect(names).toContain("hostile");
    yield* new Sleep(Number.POSITIVE_INFINITY);
  });
  expect(outcome).toMatchObject({ status: "threw", error: { code: "EDEADLK" } });
});

class Scope extends Call<string> {
  readonly log: string[];
  readonly inside: (task: Task) => Runnable<string>;

  constructor(log: string[], inside: (task: Task) => Runnable<string>) {
    super();
    this.log = log;
    this.inside = inside;
  }

  override enter(task: Task): Runnable<string> {
    return this.inside(task);
  }

  override leave(): void {
    this.log.push("left");
  }
}

describe("a scope is left once", () => {
  function* scoped(log: string[], inside: (task: Task) => Runnable<string>): Program<string> {
    return yield* new Scope(log, inside);
  }

  const ends: Record<string, () => Program<string>> = {
    "when it returns": () => returning("value"),
    "when it throws": () =>
      codeOf(
        (function* (): Program<string> {
          throw new RangeError("inside");
        })(),
      ),
    "when it is killed": () => sleeper([]),
    "when its cleanup is dropped": function* () {
      try {
        yield* new Sleep(Number.POSITIVE_INFINITY);
      } finally {
        yield* new Sleep(Number.POSITIVE_INFINITY);
      }
      return "";
    },
  };
  test.each(Object.entries(ends))("%s", (_name, inside) => {
    const log: string[] = [];
    run(function* () {
      const child = yield* new NewTask(scoped(log, inside));
      yield* new Sleep(1);
      yield* new KillTask(child);
      yield* new WaitTask(child);
    });
    expect(log).toEqual(["left"]);
  });

  const enters: Record<string, (task: Task) => unknown> = {
    "when enter throws": () => {
      throw new RangeError("enter's fault");
    },
    "when enter returns no program": () => 42,
    "when enter blocks": (task) => {
      task.block(idle, () => undo);
      return returning("value");
    },
  };
  test.each(Object.entries(enters))("%s, which is an error at that yield", (_name, enter) => {
    const log: string[] = [];
    const { value } = run(function* () {
      const code = yield* codeOf(scoped(log, enter as (task: Task) => Runnable<string>)); // what the types refuse
      return [code === "" ? "went on" : "an error", yield* new GetTid()];
    });
    expect(value).toEqual(["an error", 1]);
    expect(log).toEqual(["left"]);
  });

  test("and when leaving throws, that is reported, and the value stays", () => {
    class Clumsy extends Scope {
      override leave(): void {
        throw new RangeError("leave's fault");
      }
    }
    const { counters, value } = run(function* () {
      const got = yield* new Clumsy([], () => returning("value"));
      const both = yield* codeOf(
        (function* () {
          yield* new Clumsy([], () => {
            throw new TypeError("enter's fault");
          });
        })(),
      );
      return [got, both];
    });
    expect(value).toEqual(["value", "TypeError"]);
    expect(counters.reports).toBe(2);
  });
});

test("a routine that calls itself 100,000 deep returns, and throws, through all of it", () => {
  const sum: (n: number) => Call<number> = routine(function* level(n: number): Program<number> {
    if (n < 0) throw new RangeError("below the bottom");
    return n === 0 ? 0 : 1 + (yield* sum(n - 1));
  });
  const { value } = run(
    function* () {
      return [yield* sum(100_000), yield* codeOf(calling(() => sum(-1)))];
    },
    { checkEvery: 1_000 },
  );
  expect(value).toEqual([100_000, "RangeError"]);
});

function* calling(make: () => Call<number>): Program<number> {
  return yield* make();
}

describe("one request is used once", () => {
  const uses: Record<string, () => Program<unknown>> = {
    "a syscall, by yield*": function* () {
      const request = new GetTid();
      yield* request;
      yield* request;
    },
    "a syscall, by yield": function* () {
      const request = new GetTid();
      yield request;
      yield request;
    },
    "a routine's call": function* () {
      const call = routine(returning<number>)(1);
      yield* call;
      yield* call;
    },
    "a syscall by two tasks": function* () {
      const request = new Sleep(1);
      yield* new NewTask(request);
      yield;
      yield request;
    },
  };
  test.each(Object.entries(uses))("%s, and the second use is a TypeError that says so", (_name, use) => {
    const { value } = run(function* () {
      try {
        yield* use();
        return "went on";
      } catch (error) {
        return (error as Error).message; // a TypeError, or the test fails
      }
    });
    expect(value).toContain("twice");
  });
});

test("a syscall made elsewhere with the same brand works as our own", () => {
  class Foreign extends Syscall<string> {
    override handle(task: Task): string {
      return `served for ${task.tid}`;
    }
  }
  const { kernel, value } = run(function* () {
    return yield* new Foreign();
  });
  expect(value).toBe("served for 1");
  expect(kernel.trace.byKind().get("Foreign")).toBe(1);
});

test("a subclass is counted under its own name", () => {
  class Base extends GetTid {}
  class Derived extends Base {}
  const { kernel } = run(function* () {
    for (let i = 0; i < 3; i++) yield* new Base();
    yield* new Derived();
    yield* new GetTid();
  });
  const counts = kernel.trace.byKind();
  expect([counts.get("Base"), counts.get("Derived"), counts.get("GetTid")]).toEqual([3, 1, 1]);
});
