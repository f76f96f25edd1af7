// Cancel: the polite end. It is an error, thrown once, that says who asked and why; a task may catch it, and go on.

import { expect, test } from "vitest";
import { Cancelled } from "../../kernel/errors.ts";
import { type Program, routine, type Tid, type Waiter } from "../../kernel/syscall.ts";
import {
  Await,
  CancelTask,
  CancelTasks,
  GetTid,
  Join,
  KillTask,
  NewTask,
  Sleep,
  WaitTask,
} from "../../syscalls/index.ts";
import { run, runAsync, runExit } from "../kit/index.ts";
import { Custom, endOf, returning, sleeper, throwing, waitFor } from "./programs.ts";

test("it carries who and why, and the first reason wins", () => {
  const { value } = run(function* () {
    const caught: unknown[] = [];
    const victim = yield* new NewTask(catching(caught));
    yield* new Sleep(1);
    for (const why of ["the first", "the second"]) yield* new CancelTask(victim, why);
    const exit = yield* new WaitTask(victim);
    return { caught, exit };
  });
  expect(value.exit).toEqual({ status: "returned", value: "tidied up" });
  expect(value.caught).toHaveLength(1);
  expect(value.caught[0]).toBeInstanceOf(Cancelled);
  expect(value.caught[0]).toMatchObject({ by: 1, why: "the first", code: "ECANCELED" });
});

function* catching(caught: unknown[]): Program<string> {
  try {
    yield* new Sleep(Number.POSITIVE_INFINITY);
    return "woken";
  } catch (error) {
    caught.push(error);
    yield* new Sleep(1);
    return "tidied up";
  }
}

test("not caught, it makes the exit one of killed, by whom and why", () => {
  const { counters, logs, value } = run(() => endOf(sleeper([]), "cancel"));
  expect(value).toEqual({ status: "killed", by: 1, why: "the test", clean: true });
  expect(counters).toMatchObject({ killed: 1, threw: 0, crashes: 0 });
  expect(logs).toEqual([]);
});

test("thrown on inside another error, it makes the exit one of threw", () => {
  const { value } = run(() =>
    endOf(
      (function* () {
        try {
          yield* new Sleep(Number.POSITIVE_INFINITY);
        } catch (cause) {
          throw new Error("wrapped", { cause });
        }
      })(),
      "cancel",
    ),
  );
  expect(value).toMatchObject({ status: "threw", error: { message: "wrapped" } });
});

test("thrown by another task and passed on, it is that task's error and not one's own end", () => {
  const { value } = run(function* () {
    const child = yield* new NewTask(throwing(new Cancelled(9, "somebody else's")));
    const joiner = yield* new NewTask(new Join(child));
    return (yield* new WaitTask(joiner)).status;
  });
  expect(value).toBe("threw");
});

test("before the first step, it comes at the first yield, whose syscall is not made", () => {
  const log: string[] = [];
  const { value } = run(function* () {
    const victim = yield* new NewTask(
      (function* () {
        log.push("first step");
        yield* new Custom(() => log.push("served"));
        log.push("went on");
      })(),
    );
    yield* new CancelTask(victim, "the test");
    return (yield* new WaitTask(victim)).status;
  });
  expect(value).toBe("killed");
  expect(log).toEqual(["first step"]);
});

test("of oneself, it is delivered at the next yield", () => {
  const log: string[] = [];
  const { value } = run(function* () {
    const victim = yield* new NewTask(
      (function* () {
        log.push(String(yield* new CancelTask(yield* new GetTid(), "by its own hand")));
        yield* new Custom(() => log.push("served"));
        log.push("went on");
      })(),
    );
    return yield* new WaitTask(victim);
  });
  expect(value).toEqual({ status: "killed", by: 2, why: "by its own hand", clean: true });
  expect(log).toEqual(["true"]);
});

test("the timer of a cancelled sleeper is gone at once", () => {
  const { value } = run(function* () {
    const victim = yield* new NewTask(new Sleep(1_000_000));
    yield;
    const before = yield* new Custom(({ kernel }) => kernel.timers.size);
    yield* new CancelTask(victim);
    return [before, yield* new Custom(({ kernel }) => kernel.timers.size)];
  });
  expect(value).toEqual([1, 0]);
});

test("in Await, the work outside is aborted, and what it still answers is refused", async () => {
  let settle: (value: string) => void = () => undefined;
  const { counters, value } = await runAsync(function* () {
    const log: unknown[] = [];
    const exit = yield* endOf(
      new Await((signal) => {
        signal.addEventListener("abort", () => log.push("aborted"));
        return new Promise<string>((resolve) => {
          settle = resolve;
        });
      }),
      "cancel",
    );
    settle("too late");
    yield* new Sleep(1);
    return { exit, log };
  });
  expect(value).toEqual({ exit: { status: "killed", by: 1, why: "the test", clean: true }, log: ["aborted"] });
  expect(counters.refusedWakes).toBe(1);
});

test("swallowed, it does not come again; only a kill ends the task then", () => {
  let swallowed = 0;
  const { value } = run(function* () {
    const victim = yield* new NewTask(
      (function* () {
        for (;;) {
          try {
            yield* new Sleep(Number.POSITIVE_INFINITY);
          } catch {
            swallowed++;
          }
        }
      })(),
    );
    yield* new Sleep(1);
    for (let i = 0; i < 3; i++) {
      yield* new CancelTask(victim);
      yield* new Sleep(1);
    }
    yield* new KillTask(victim, "the test");
    return yield* new WaitTask(victim);
  });
  expect(swallowed).toBe(1);
  expect(value).toEqual({ status: "killed", by: 1, why: "the test", clean: true });
});

test("an answer granted just before a cancel is delivered, and not given back", () => {
  const log: string[] = [];
  let waiter: Waiter<string> | undefined;
  run(function* () {
    const victim = yield* new NewTask(
      (function* () {
        const slot = yield* new Custom((task) =>
          task.block<string>(waitFor("slot", { giveBack: () => log.push("given back") }), (place) => {
            waiter = place;
            return () => log.push("undone");
          }),
        );
        log.push(`taken: ${slot}`);
        try {
          yield;
        } catch (error) {
          log.push(String((error as Error).name)); // a Cancelled, or the test fails
        }
      })(),
    );
    yield* new Sleep(1);
    waiter?.wake("slot 1");
    yield* new CancelTask(victim);
    yield* new WaitTask(victim);
  });
  expect(log).toEqual(["taken: slot 1", "Cancelled"]);
});

test("a request that waits for its turn is not made any more", () => {
  const log: string[] = [];
  run(
    function* () {
      const victim = yield* new NewTask(
        (function* () {
          yield* new GetTid();
          yield* new Custom(() => log.push("served")); // beyond its quantum: made in its next turn
        })(),
      );
      yield* new CancelTask(victim); // beyond this one's quantum too, so made in the lap after
      yield* new WaitTask(victim);
    },
    { quantum: 1 },
  );
  expect(log).toEqual([]);
});

test("a long run of syscalls that are answered at once can be cancelled", () => {
  const { value } = run(() =>
    endOf(
      (function* () {
        for (;;) yield* new GetTid();
      })(),
      "cancel",
      3,
    ),
  );
  expect(value).toMatchObject({ status: "killed", clean: true });
});

test("it passes through every frame as an error does, and a frame that catches it goes on", () => {
  const log: string[] = [];
  const inner = routine(function* inner(): Program<string> {
    try {
      yield* new Sleep(Number.POSITIVE_INFINITY);
      return "woken";
    } finally {
      log.push("inner finally");
    }
  });
  const middle = routine(function* middle(): Program<string> {
    try {
      return yield* inner();
    } catch (error) {
      return `caught ${(error as Error).name}`; // a Cancelled, or the test fails
    }
  });
  const { value } = run(() => endOf(middle(), "cancel"));
  expect(value).toEqual({ status: "returned", value: "caught Cancelled" });
  expect(log).toEqual(["inner finally"]);
});

test("while a killed task cleans up, it changes nothing", () => {
  const log: string[] = [];
  const { value } = run(function* () {
    const victim = yield* new NewTask(
      (function* () {
        try {
          yield* new Sleep(Number.POSITIVE_INFINITY);
        } finally {
          yield* new Sleep(10);
          log.push("cleaned up");
        }
      })(),
    );
    yield* new Sleep(1);
    yield* new KillTask(victim, "first");
    yield* new Sleep(1);
    yield* new CancelTask(victim, "second");
    return yield* new WaitTask(victim);
  });
  expect(value).toEqual({ status: "killed", by: 1, why: "first", clean: true });
  expect(log).toEqual(["cleaned up"]);
});

test("a kill after a cancel that is still being tidied up ends the task, by the killer", () => {
  const { value } = run(function* () {
    const victim = yield* new NewTask(
      (function* () {
        try {
          yield* new Sleep(Number.POSITIVE_INFINITY);
        } finally {
          yield* new Sleep(Number.POSITIVE_INFINITY);
        }
      })(),
    );
    yield* new Sleep(1);
    yield* new CancelTask(victim, "please");
    yield* new Sleep(1);
    yield* new KillTask(victim, "now");
    return yield* new WaitTask(victim);
  });
  expect(value).toEqual({ status: "killed", by: 1, why: "now", clean: true });
});

test("thrown on by the finally of a task that is killed meanwhile, it is no fault of the cleanup", () => {
  const { counters, value } = run(function* () {
    const victim = yield* new NewTask(
      (function* () {
        let cancelled: unknown;
        try {
          try {
            yield* new Sleep(Number.POSITIVE_INFINITY);
          } catch (error) {
            cancelled = error;
            yield* new Sleep(Number.POSITIVE_INFINITY);
          }
        } finally {
          yield* throwing(cancelled);
        }
      })(),
    );
    yield* new Sleep(1);
    yield* new CancelTask(victim, "please");
    yield* new Sleep(1);
    yield* new KillTask(victim, "now");
    return yield* new WaitTask(victim);
  });
  expect(value).toEqual({ status: "killed", by: 1, why: "now", clean: true });
  expect(counters.reports).toBe(0);
});

test("of a task that has ended it says so, of one that never was it is ESRCH", () => {
  const { outcome, value } = { ...run(() => cancelling()), ...runExit(() => new CancelTask(77)) };
  expect(value).toBe(false);
  expect(outcome).toMatchObject({ status: "threw", error: { code: "ESRCH" } });
});

function* cancelling(): Program<boolean> {
  const tid = yield* new NewTask(returning(0));
  yield* new Sleep(1);
  return yield* new CancelTask(tid);
}

test("of many at once, each gets its own, in the order they were named", () => {
  const log: string[] = [];
  const { value } = run(function* () {
    const tids: Tid[] = [];
    for (const name of ["a", "b", "c"]) tids.push(yield* new NewTask(sleeper(log, name)));
    yield* new Sleep(1);
    const alive = yield* new CancelTasks(tids.toReversed());
    yield* new Sleep(1);
    return { alive, again: yield* new CancelTasks(tids) };
  });
  expect(value).toEqual({ alive: 3, again: 0 });
  expect(log).toEqual(["c finally", "b finally", "a finally"]);
});

test("from outside, the main task is cancelled first, and killed when its time is up", () => {
  const log: string[] = [];
  for (const isDeaf of [false, true]) {
    const { outcome } = runExit(function* () {
      yield* new Custom(({ kernel }) =>
        kernel.timers.set(10, { timer: -1, expire: () => kernel.terminate("SIGTERM", 100) }),
      );
      try {
        yield* new Sleep(Number.POSITIVE_INFINITY);
      } catch {
        log.push("caught");
        if (isDeaf) yield* new Sleep(Number.POSITIVE_INFINITY);
      } finally {
        log.push("finally");
      }
      return "tidied up";
    });
    if (isDeaf) expect(outcome).toMatchObject({ status: "threw", error: { code: "ECANCELED" } });
    else expect(outcome).toEqual({ status: "returned", value: "tidied up" });
  }
  expect(log).toEqual(["caught", "finally", "caught", "finally"]);
});
