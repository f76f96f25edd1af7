// Groups whose task is cancelled, killed or late: whatever the end, its members are over first.

import { describe, expect, test } from "vitest";
import {
  Cancelled,
  CancelTask,
  GetTime,
  Group,
  KillTask,
  type Members,
  NewTask,
  type Program,
  routine,
  SendSignal,
  Sleep,
  type SyscallError,
  Timeout,
  WaitTask,
} from "../../apps/index.ts";
import type { Call, Wait } from "../../kernel/index.ts";
import { run } from "../kit/index.ts";
import { body, deaf, failing, never, slow, thrownBy } from "./members.ts";
import { Custom, codeOf, endOf } from "./programs.ts";

describe("the end of the group's task", () => {
  const inBody = (log: string[]) =>
    body(function* (members) {
      yield* members.spawn(slow(log, "elder"));
      yield* members.spawn(slow(log, "younger"));
      yield* slow(log, "body");
    });
  const inWait = (log: string[]) =>
    body(function* (members) {
      yield* members.spawn(slow(log, "elder"));
      yield* members.spawn(slow(log, "younger"));
    });

  test.each(["kill", "cancel"] as const)("a %s in the body: its frames first, then the members", (how) => {
    const log: string[] = [];
    const { value } = run(function* () {
      const exit = yield* endOf(inBody(log), how);
      log.push("told");
      return exit;
    });
    expect(value).toEqual({ status: "killed", by: 1, why: "the test", clean: true });
    expect(log).toEqual(["body ends", "body over", "younger ends", "elder ends", "younger over", "elder over", "told"]);
  });

  test.each(["kill", "cancel"] as const)("a %s in the wait for the members", (how) => {
    const log: string[] = [];
    const { value } = run(function* () {
      const exit = yield* endOf(inWait(log), how);
      log.push("told");
      return exit;
    });
    expect(value).toEqual({ status: "killed", by: 1, why: "the test", clean: true });
    expect(log).toEqual(["younger ends", "elder ends", "younger over", "elder over", "told"]);
  });

  test.each([inBody, inWait])("a deadline cancels the members, and is thrown when they are over (%#)", (make) => {
    const log: string[] = [];
    const { value } = run(() => codeOf(new Timeout(5, make(log))));
    expect(value).toBe("ETIMEDOUT");
    expect(log.slice(-4)).toEqual(["younger ends", "elder ends", "younger over", "elder over"]);
  });

  test("a cancel says who and why; members see that it was for their group's task", () => {
    const seen: unknown[] = [];
    function* member(): Program<void> {
      try {
        yield* new Sleep(never);
      } catch (error) {
        if (error instanceof Cancelled) seen.push(error.by, error.why);
        throw error;
      }
    }
    const { value } = run(() =>
      endOf(
        body(function* (members) {
          yield* members.spawn(member());
        }),
        "cancel",
      ),
    );
    expect(value).toMatchObject({ by: 1, why: "the test" });
    expect(seen).toEqual([2, "task 2 was cancelled"]);
  });

  test("a cancel beside failures is one of the errors", () => {
    const { value } = run(() =>
      endOf(
        (function* (): Program<unknown> {
          return yield* thrownBy(
            body(function* (members) {
              yield* members.spawn(
                (function* (): Program<void> {
                  try {
                    yield* new Sleep(never);
                  } catch {
                    throw new Error("could not tidy up");
                  }
                })(),
              );
            }),
          );
        })(),
        "cancel",
      ),
    );
    expect(value).toEqual({ status: "returned", value: [expect.any(Cancelled), new Error("could not tidy up")] });
  });

  test("a cancel that comes while a failed group ends is not lost", () => {
    const log: string[] = [];
    const { value } = run(function* () {
      const tid = yield* new NewTask(
        thrownBy(
          body(function* (members) {
            yield* members.spawn(slow(log, "slow", 50));
            yield* members.spawn(failing(5));
          }),
        ),
      );
      yield* new Sleep(20);
      yield* new CancelTask(tid, "late");
      return yield* new WaitTask(tid);
    });
    expect(value).toEqual({
      status: "returned",
      value: [new Error("failed after 5 ms"), expect.objectContaining({ why: "late" })],
    });
    expect(log).toEqual(["slow ends", "slow over"]);
  });

  test.each([
    ["kill", 20],
    ["cancel then kill", 20],
  ])("a %s while it waits for cancelled members kills them, and waits on", (how, ms) => {
    const log: string[] = [];
    const { value, now } = run(function* () {
      const tid = yield* new NewTask(
        body(function* (members) {
          yield* members.spawn(deaf(log));
          yield* members.spawn(failing(5));
        }),
      );
      yield* new Sleep(ms);
      if (how !== "kill") yield* new CancelTask(tid, "first");
      yield* new KillTask(tid, "now");
      const exit = yield* new WaitTask(tid);
      log.push("told");
      return exit;
    });
    expect(value).toMatchObject({ status: "killed", why: "now" });
    expect(log).toEqual(["deaf goes on", "deaf killed", "told"]);
    expect(Math.round(now)).toBe(20);
  });

  test("members' cleanups have their full time when the parent is killed: nobody outlives it", () => {
    const log: string[] = [];
    const { value, now, counters } = run(() =>
      endOf(
        body(function* (members) {
          yield* members.spawn(slow(log, "patient", 900));
          yield* members.spawn(slow(log, "endless", never));
          yield* members.spawn(
            body(function* (inner) {
              yield* inner.spawn(slow(log, "grandchild", never));
            }),
          );
        }),
        "kill",
      ),
    );
    expect(value).toMatchObject({ status: "killed", clean: true });
    expect(log).toEqual(["endless ends", "patient ends", "grandchild ends", "patient over"]);
    expect(counters.unclean).toBe(2); // the two that had to be dropped, and nobody who waited for them
    expect(now).toBeLessThan(1_010);
  });

  test("past a deadline the members have their grace time and their cleanup", () => {
    const log: string[] = [];
    const { value, now, counters } = run(() =>
      codeOf(
        new Timeout(
          5,
          body(function* (members) {
            yield* members.spawn(deaf(log));
            yield* members.spawn(slow(log, "endless", never));
          }),
        ),
      ),
    );
    expect(value).toBe("ETIMEDOUT");
    expect(log).toEqual(["endless ends", "deaf goes on", "deaf killed"]);
    expect(counters.unclean).toBe(0); // a cancelled task has no cleanup's clock: it was killed in its finally
    expect(Math.round(now)).toBe(1_005);
  });

  test("failures are a deadline's cause", () => {
    const { value } = run(function* () {
      try {
        return yield* new Timeout(
          5,
          body(function* (members) {
            yield* members.spawn(
              (function* (): Program<void> {
                try {
                  yield* new Sleep(never);
                } catch {
                  throw new Error("could not tidy up");
                }
              })(),
            );
          }),
        );
      } catch (error) {
        const { code, cause } = error as SyscallError; // thrown by the Timeout
        return [code, (cause as AggregateError).errors]; // by the group
      }
    });
    expect(value).toEqual(["ETIMEDOUT", [new Error("could not tidy up")]]);
  });

  test("a body whose cleanup is dropped kills the members, and says so", () => {
    const log: string[] = [];
    function* busy(): Program<void> {
      try {
        yield* new Sleep(never);
      } finally {
        for (;;) yield;
      }
    }
    const { value, counters } = run(function* () {
      const exit = yield* endOf(
        body(function* (members) {
          yield* members.spawn(slow(log, "member", 1));
          yield* busy();
        }),
        "kill",
      );
      yield* new Sleep(10);
      return exit;
    });
    expect(value).toMatchObject({ status: "killed", clean: false });
    expect(log).toEqual(["member ends", "member over"]);
    expect(counters.unclean).toBe(1);
  });

  test("once it is dropped, nothing of the group touches its task any more, and no failure is silent", () => {
    const log: string[] = [];
    const ended = (): void => {
      throw new Error("told too late");
    };
    function* late(members: Members): Program<void> {
      try {
        yield* slow(log, "member", 20);
      } finally {
        yield* members.cancel();
      }
    }
    const untidy = routine(function* untidy(members: Members): Program<void> {
      yield* members.spawn(late(members), "member", { ended });
      try {
        yield* new Sleep(never);
      } finally {
        for (;;) yield;
      }
    });
    const deeper: (depth: number) => Call<void> = routine(function* down(depth: number): Program<void> {
      yield* depth === 0 ? new Sleep(50) : deeper(depth - 1);
      log.push(`depth ${depth}`);
    });
    const { logs } = run(function* () {
      log.push(yield* codeOf(new Timeout(5, new Group(untidy))));
      yield* deeper(5);
    });
    const depths = [0, 1, 2, 3, 4, 5].map((depth) => `depth ${depth}`);
    expect(log).toEqual(["ETIMEDOUT", "member ends", "member over", ...depths]);
    expect(logs.map(({ text }) => text)).toEqual([
      expect.stringContaining("cleanup dropped"),
      expect.stringMatching(/of a group whose cleanup was dropped\nError: told too late/),
    ]);
  });

  test("a stopped member is thawed by its kill", () => {
    const log: string[] = [];
    const { now } = run(() =>
      thrownBy(
        body(function* (members) {
          const tid = yield* members.spawn(slow(log, "frozen", 0));
          yield* members.spawn(failing(5));
          yield;
          yield* new SendSignal(tid, "STOP");
        }),
      ),
    );
    expect(log).toEqual(["frozen ends", "frozen over"]);
    expect(Math.round(now)).toBe(1_005);
  });
});

test("a group in a cleanup has no more time than the cleanup, as long as nobody ends it", () => {
  const log: string[] = [];
  function* tidy(): Program<void> {
    try {
      yield* new Sleep(never);
    } finally {
      yield* body(function* (members) {
        yield* members.spawn(slow(log, "helper"));
      });
    }
  }
  const { value, counters } = run(function* () {
    const exit = yield* endOf(tidy(), "kill");
    yield* new Sleep(10);
    return exit;
  });
  expect(value).toMatchObject({ status: "killed", clean: false });
  expect([log, counters.unclean]).toEqual([["helper ends", "helper over"], 1]);
});

test("a cleanup may take longer than its time for a wait that says it is bounded, and for no other", () => {
  const waits: Wait<void>[] = [
    { verb: "wait for", object: "the bounded", bounded: true },
    { verb: "wait for", object: "the unbounded", bounded: false },
    {
      verb: "wait for",
      object: "a liar",
      get bounded(): boolean {
        throw new Error("not to be asked");
      },
    },
  ];
  for (const [place, wait] of waits.entries()) {
    const { value, counters } = run(function* () {
      const patient = new Custom<void>((task) =>
        task.block<void>(wait, (waiter) => {
          task.kernel.timers.set(task.kernel.clock() + 2_500, waiter);
          return () => {};
        }),
      );
      const start = yield* new GetTime();
      const { status } = yield* endOf(cleaningUpWith(patient), "kill");
      return [status, Math.round((yield* new GetTime()) - start)];
    });
    expect([value, counters.unclean]).toEqual(place === 0 ? [["killed", 2_501], 0] : [["killed", 1_001], 1]);
  }
});

function* cleaningUpWith(wait: Custom<void>): Program<void> {
  try {
    yield* new Sleep(never);
  } finally {
    yield* wait;
  }
}
