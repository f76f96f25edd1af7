// Kill: certain, whatever the task does, and whatever its finally blocks do.

import { describe, expect, test } from "vitest";
import { type Call, type Exit, type Program, routine, type Tid, type Waiter } from "../../kernel/syscall.ts";
import {
  Await,
  Connect,
  GetTid,
  Join,
  KillTask,
  KillTasks,
  Listen,
  NewTask,
  Park,
  ReadWait,
  Sleep,
  Timeout,
  WaitQueue,
  WaitTask,
  WriteWait,
} from "../../syscalls/index.ts";
import { run, runAsync } from "../kit/index.ts";
import { Custom, endOf, returning, sleeper, socketPair, throwing, waitFor } from "./programs.ts";

const clean: Exit = { status: "killed", by: 1, why: "the test", clean: true };

describe("killed in a nested routine, each frame runs its finally, innermost first, and none goes on", () => {
  const never = new WaitQueue("wait in", "a queue that nobody wakes");
  const waits: Record<string, () => Program<unknown>> = {
    "a bare yield": function* () {
      for (;;) yield;
    },
    "syscalls answered at once": function* () {
      for (;;) yield* new GetTid();
    },
    Sleep: () => sleeper([]),
    ReadWait: function* () {
      const { server } = yield* socketPair();
      yield* new ReadWait(server);
    },
    WriteWait: function* () {
      const { client } = yield* socketPair();
      for (;;) if (client.write(new Uint8Array(9_999)) === 0) yield* new WriteWait(client);
    },
    "a connect on its way": function* () {
      const listener = yield* new Listen({ port: 0 });
      for (;;) yield* new Connect(listener.address);
    },
    WaitTask: function* () {
      yield* new WaitTask(yield* new NewTask(sleeper([])));
    },
    Join: function* () {
      yield* new Join(yield* new NewTask(sleeper([])));
    },
    Park: function* () {
      yield* new Park(never);
    },
    Timeout: function* () {
      yield* new Timeout(1_000, sleeper([]));
    },
  };
  const depths = [0, 1, 2, 3, 4, 5];
  test.each(Object.keys(waits).flatMap((wait) => depths.map((depth) => [wait, depth] as const)))(
    "%s, depth %i",
    (wait, depth) => {
      const log: string[] = [];
      const { value } = run(function* () {
        const isBusy = wait.startsWith("a bare") || wait.startsWith("syscalls"); // simulated time hardly goes on beside it
        const exit = yield* endOf(nest(depth, log, waits[wait] ?? (() => returning(0))), "kill", isBusy ? 20 : 0);
        return { exit, timers: yield* new Custom(({ kernel }) => kernel.timers.size) };
      });
      expect(value).toEqual({ exit: clean, timers: 0 });
      expect(log).toEqual(Array.from({ length: depth + 1 }, (_, i) => `finally ${i}`));
      expect(never.size).toBe(0);
    },
  );
});

// Not called as its body is: in there that name is the generator function, and calling it plain delegation.
const nest: (depth: number, log: string[], wait: () => Program<unknown>) => Call<void> = routine(
  function* level(depth, log, wait): Program<void> {
    try {
      if (depth === 0) yield* wait();
      else yield* nest(depth - 1, log, wait);
    } catch {
      log.push(`caught ${depth}`);
    } finally {
      log.push(`finally ${depth}`);
      yield;
    }
    log.push(`went on ${depth}`);
  },
);

test("killed in Await, the work outside is aborted", async () => {
  const { value } = await runAsync(function* () {
    const log: unknown[] = [];
    const exit = yield* endOf(
      new Await((signal) => {
        signal.addEventListener("abort", () => log.push(signal.reason));
        return new Promise(() => undefined);
      }),
      "kill",
    );
    return { exit, log };
  });
  expect(value.exit).toEqual(clean);
  expect(value.log).toMatchObject([{ code: "ECANCELED" }]);
});

test("killed before its first step, nothing of it runs", () => {
  const log: string[] = [];
  const { value } = run(function* () {
    const victim = yield* new NewTask(sleeper(log));
    yield* new KillTask(victim, "the test");
    return yield* new WaitTask(victim);
  });
  expect(value).toEqual(clean);
  expect(log).toEqual([]);
});

test("a task that kills itself does not get past that yield", () => {
  const log: string[] = [];
  const { value } = run(function* () {
    const suicide = yield* new NewTask(
      (function* () {
        try {
          yield* new KillTask(yield* new GetTid(), "by its own hand");
          log.push("went on");
        } finally {
          log.push("finally");
        }
      })(),
    );
    return yield* new WaitTask(suicide);
  });
  expect(value).toEqual({ status: "killed", by: 2, why: "by its own hand", clean: true });
  expect(log).toEqual(["finally"]);
});

test("killed while its generator is on the JavaScript stack, it ends at its next yield", () => {
  const log: string[] = [];
  const { value } = run(function* () {
    const kernel = yield* new Custom((task) => task.kernel);
    const victim: Tid = yield* new NewTask(
      (function* () {
        try {
          const me = yield* new GetTid();
          kernel.kill(me, 0, "from under it");
          log.push("still in the same step");
          yield* new Custom(() => log.push("served"));
          log.push("went on");
        } finally {
          log.push("finally");
        }
      })(),
    );
    return yield* new WaitTask(victim);
  });
  expect(value).toEqual({ status: "killed", by: 0, why: "from under it", clean: true });
  expect(log).toEqual(["still in the same step", "finally"]);
});

test("killed while dying, it dies once", () => {
  const log: string[] = [];
  const { counters, value } = run(function* () {
    const victim = yield* new NewTask(
      (function* () {
        try {
          yield* new Sleep(Number.POSITIVE_INFINITY);
        } finally {
          log.push("begins");
          yield* new Sleep(10);
          log.push("over");
        }
      })(),
    );
    yield* new Sleep(1);
    const alive: boolean[] = [];
    for (const why of ["the test", "again", "and again"]) {
      alive.push(yield* new KillTask(victim, why));
      yield* new Sleep(2);
    }
    return { alive, exit: yield* new WaitTask(victim) };
  });
  expect(value).toEqual({ alive: [true, true, true], exit: clean });
  expect(log).toEqual(["begins", "over"]);
  expect(counters).toMatchObject({ killed: 1, reports: 0, unclean: 0 });
});

test("a finally that throws makes the kill unclean, is reported, and stops no outer finally", () => {
  const log: string[] = [];
  const inner = routine(function* inner(): Program<void> {
    try {
      yield* new Sleep(Number.POSITIVE_INFINITY);
    } finally {
      yield* throwing(new RangeError("cleaning up failed"));
    }
  });
  const { counters, logs, value } = run(() =>
    endOf(
      (function* () {
        try {
          yield* inner();
        } catch {
          log.push("caught");
        } finally {
          log.push("outer finally");
        }
      })(),
      "kill",
    ),
  );
  expect(value).toEqual({ ...clean, clean: false });
  expect(log).toEqual(["outer finally"]);
  expect(counters).toMatchObject({ reports: 1, crashes: 0, unclean: 0 });
  expect(logs[0]?.text).toContain("cleaning up failed");
});

test("a finally that returns another value does not turn a kill into a return", () => {
  const log: string[] = [];
  const inner = routine(function* inner(): Program<string> {
    try {
      yield* new Sleep(Number.POSITIVE_INFINITY);
      return "woken";
    } finally {
      log.push("inner");
      // biome-ignore lint/correctness/noUnsafeFinally: the law is about this
      return "from the finally";
    }
  });
  const { value } = run(() =>
    endOf(
      (function* () {
        const got = yield* inner();
        log.push(`went on with ${got}`);
        return got;
      })(),
      "kill",
    ),
  );
  expect(value).toEqual(clean);
  expect(log).toEqual(["inner"]);
});

test("a finally that loops with continue is dropped at the bound of cleanups", () => {
  let loops = 0;
  const { counters, value } = run(() =>
    endOf(
      (function* () {
        for (;;) {
          try {
            yield* new Sleep(Number.POSITIVE_INFINITY);
          } finally {
            loops++;
            yield;
            // biome-ignore lint/correctness/noUnsafeFinally: the law is about this
            if (loops > 0) continue;
          }
        }
      })(),
      "kill",
    ),
  );
  expect(value).toEqual({ ...clean, clean: false });
  expect(loops).toBeLessThanOrEqual(1_000);
  expect(counters.unclean).toBe(1);
});

test("a finally may call routines, catch, and have scopes of its own", () => {
  const log: string[] = [];
  const step = routine(function* step(name: string): Program<string> {
    yield* new Sleep(1);
    log.push(name);
    return name;
  });
  const { value } = run(() =>
    endOf(
      (function* () {
        try {
          yield* new Sleep(Number.POSITIVE_INFINITY);
        } finally {
          const first = yield* step("first");
          try {
            yield* new Timeout(5, new Sleep(100));
          } catch {
            log.push(`${first}, then its deadline`);
          }
          yield* step("last");
        }
      })(),
      "kill",
    ),
  );
  expect(value).toEqual(clean);
  expect(log).toEqual(["first", "first, then its deadline", "last"]);
});

test("killing a finished task does not relabel it", () => {
  const { value } = run(function* () {
    const tid = yield* new NewTask(returning("done"));
    yield* new Sleep(1);
    return { alive: yield* new KillTask(tid), exit: yield* new WaitTask(tid) };
  });
  expect(value).toEqual({ alive: false, exit: { status: "returned", value: "done" } });
});

test.each([0, -1, 1.5, 99, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, "1", null, undefined])(
  "killing tid %s, which nobody ever had, is ESRCH and kills nobody",
  (tid) => {
    const { value } = run(function* () {
      yield* new NewTask(sleeper([]));
      try {
        yield* new KillTask(tid as Tid); // what the types refuse, too
        return "killed";
      } catch (error) {
        return (error as { code?: unknown }).code; // the test says which
      }
    });
    expect(value).toBe("ESRCH");
  },
);

test("KillTasks kills those before the one that never existed, and says so", () => {
  const log: string[] = [];
  const { value } = run(function* () {
    const tids = [yield* new NewTask(sleeper(log, "a")), yield* new NewTask(sleeper(log, "b"))];
    yield* new Sleep(1);
    const count = yield* new KillTasks(tids, "the test");
    return { count, again: yield* new KillTasks(tids), exit: yield* new WaitTask(tids[0] ?? 0) };
  });
  expect(value).toEqual({ count: 2, again: 2, exit: clean });
  expect(log).toEqual(["a finally", "b finally"]);
});

describe("an answer that was granted", () => {
  interface Slot {
    readonly log: string[];
    waiter: Waiter<string> | undefined;
  }

  function take(
    slot: Slot,
    giveBack = (answer: string): unknown => slot.log.push(`given back: ${answer}`),
  ): Custom<string> {
    return new Custom((task) =>
      task.block(waitFor("slot", { giveBack }), (waiter) => {
        slot.waiter = waiter;
        return () => slot.log.push("undone");
      }),
    );
  }

  function* taking(slot: Slot): Program<string> {
    try {
      const got = yield* take(slot);
      slot.log.push(`taken: ${got}`);
      return got;
    } finally {
      slot.log.push("finally");
    }
  }

  test("just before a kill is given back", () => {
    const slot: Slot = { log: [], waiter: undefined };
    const { value } = run(function* () {
      const victim = yield* new NewTask(taking(slot));
      yield* new Sleep(1);
      slot.waiter?.wake("slot 1");
      yield* new KillTask(victim, "the test");
      return yield* new WaitTask(victim);
    });
    expect(value).toEqual(clean);
    expect(slot.log).toEqual(["given back: slot 1", "finally"]);
  });

  test("and delivered is not given back by a later kill", () => {
    const slot: Slot = { log: [], waiter: undefined };
    run(function* () {
      const victim = yield* new NewTask(
        (function* () {
          yield* taking(slot);
          yield* new Sleep(Number.POSITIVE_INFINITY);
        })(),
      );
      yield* new Sleep(1);
      slot.waiter?.wake("slot 1");
      yield* new Sleep(1);
      yield* new KillTask(victim);
    });
    expect(slot.log).toEqual(["taken: slot 1", "finally"]);
  });

  test("while it was armed, by its own hand killed, is given back too", () => {
    const log: string[] = [];
    const { value } = run(function* () {
      const victim = yield* new NewTask(
        new Custom((task) =>
          task.block(waitFor("slot", { giveBack: (answer: string) => log.push(`given back: ${answer}`) }), (waiter) => {
            waiter.wake("slot 1");
            task.kernel.kill(task.tid, 0, "while it is armed");
            return () => undefined;
          }),
        ),
      );
      return (yield* new WaitTask(victim)).status;
    });
    expect(value).toBe("killed");
    expect(log).toEqual(["given back: slot 1"]);
  });

  test("to a cleanup that is then dropped is given back", () => {
    const slot: Slot = { log: [], waiter: undefined };
    const { value } = run(
      function* () {
        const victim = yield* new NewTask(
          (function* () {
            try {
              yield* new Sleep(Number.POSITIVE_INFINITY);
            } finally {
              yield* take(slot);
            }
          })(),
        );
        yield* new Sleep(1);
        yield* new Custom(({ kernel }) => {
          // In one lap: the answer, and then the end of the cleanup's time.
          kernel.timers.set(kernel.clock() + 100, { timer: -1, expire: () => slot.waiter?.wake("slot 1") });
        });
        yield* new KillTask(victim, "the test");
        return yield* new WaitTask(victim);
      },
      { limits: { cleanupMs: 100 } },
    );
    expect(value).toEqual({ ...clean, clean: false });
    expect(slot.log).toEqual(["given back: slot 1"]);
  });

  test("and whose giveBack throws is reported, and the kill goes on", () => {
    const slot: Slot = { log: [], waiter: undefined };
    const { counters, logs, value } = run(function* () {
      const victim = yield* new NewTask(
        take(slot, () => {
          throw new Error("it does not go back");
        }),
      );
      yield* new Sleep(1);
      slot.waiter?.wake("slot 1");
      yield* new KillTask(victim, "the test");
      return yield* new WaitTask(victim);
    });
    expect(value).toEqual(clean);
    expect(counters.reports).toBe(1);
    expect(logs[0]?.text).toContain("it does not go back");
  });

  test("is undone exactly once when nobody granted it, and a late wake is refused and counted", () => {
    const slot: Slot = { log: [], waiter: undefined };
    const { counters, value } = run(function* () {
      const exit = yield* endOf(taking(slot), "kill");
      return { exit, late: [slot.waiter?.wake("late"), slot.waiter?.fail(new Error("later"))] };
    });
    expect(value).toEqual({ exit: clean, late: [false, false] });
    expect(slot.log).toEqual(["undone", "finally"]);
    expect(counters.refusedWakes).toBe(2);
  });
});

test.each(["kill", "cancel"] as const)("an undo that throws is reported, and the %s goes on", (how) => {
  const { counters, value } = run(() =>
    endOf(
      new Custom((task) =>
        task.block(waitFor("undone badly"), () => () => {
          throw new Error("the undo failed");
        }),
      ),
      how,
    ),
  );
  expect(value).toEqual(clean);
  expect(counters.reports).toBe(1);
});

test.each(["kill", "cancel"] as const)("an undo that kills its own task during a %s kills it once", (how) => {
  const { counters, value } = run(() =>
    endOf(
      new Custom((task) => task.block(waitFor("undone"), () => () => void task.kernel.kill(task.tid, 0, "the undo"))),
      how,
    ),
  );
  expect(value.status).toBe("killed");
  expect(counters).toMatchObject({ killed: 1, reports: 0 });
});

test("the reason of a kill is cut at its bound", () => {
  const { value } = run(function* () {
    const victim = yield* new NewTask(sleeper([]));
    yield* new KillTask(victim, "🙂".repeat(1_000));
    const exit = yield* new WaitTask(victim);
    return exit.status === "killed" ? Array.from(exit.why) : [];
  });
  expect(value).toHaveLength(256);
  expect(value.at(-1)).toBe("…");
});

test("a kill from outside the kernel has by 0", () => {
  const { value } = run(function* () {
    const victim = yield* new NewTask(sleeper([]));
    yield* new Custom(({ kernel }) => kernel.kill(victim, 0, "the test"));
    return yield* new WaitTask(victim);
  });
  expect(value).toEqual({ ...clean, by: 0 });
});
