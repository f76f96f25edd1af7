// A shield: what comes from outside it waits until it is left; a kill, and what begins inside it, do not.

import { describe, expect, test } from "vitest";
import {
  CancelTask,
  GetTid,
  KillTask,
  NewTask,
  type Program,
  routine,
  Shield,
  Sleep,
  type SyscallError,
  Timeout,
  WaitTask,
} from "../../apps/index.ts";
import { run } from "../kit/index.ts";
import { codeOf } from "./programs.ts";

/** Notes what it gets to, and what it catches. */
const section = routine(function* section(log: string[], ms: number): Program<string> {
  try {
    log.push("in");
    yield* new Sleep(ms);
    log.push("through");
    return "value";
  } catch (error) {
    log.push(`caught ${(error as SyscallError).code}`); // a cancel's, if any
    throw error;
  } finally {
    log.push("finally");
  }
});

describe("a cancel", () => {
  test("of a shielded section comes at the first trap after it", () => {
    const log: string[] = [];
    const { value } = run(function* () {
      const tid = yield* new NewTask(
        (function* (): Program<void> {
          try {
            log.push(yield* new Shield(section(log, 10)));
            yield* new GetTid();
            log.push("went on");
          } catch (error) {
            log.push((error as SyscallError).code); // a cancel's
          }
        })(),
      );
      yield* new Sleep(1);
      yield* new CancelTask(tid);
      return yield* new WaitTask(tid);
    });
    expect(log).toEqual(["in", "through", "finally", "value", "ECANCELED"]);
    expect(value.status).toBe("returned");
  });

  test("waits for the outermost of nested shields", () => {
    const log: string[] = [];
    run(function* () {
      const tid = yield* new NewTask(
        new Shield(
          (function* (): Program<void> {
            yield* new Shield(new Sleep(5));
            yield* new Sleep(5);
            log.push("still shielded");
          })(),
        ),
      );
      yield* new Sleep(1);
      yield* new CancelTask(tid);
      yield* new WaitTask(tid);
    });
    expect(log).toEqual(["still shielded"]);
  });

  test("is held back while the section runs, ready or blocked, and by a shield that an error leaves", () => {
    const { value } = run(function* () {
      const tid = yield* new NewTask(
        (function* (): Program<string> {
          try {
            yield* new Shield(
              (function* (): Program<void> {
                for (let n = 0; n < 100; n++) yield* new GetTid();
                yield* new Sleep(5);
                throw new Error("left by an error");
              })(),
            );
          } catch (error) {
            return `${(error as Error).message}, then ${yield* codeOf(new Sleep(1))}`; // thrown above
          }
          return "unreachable";
        })(),
      );
      yield;
      yield* new CancelTask(tid);
      return yield* new WaitTask(tid);
    });
    expect(value).toEqual({ status: "returned", value: "left by an error, then ECANCELED" });
  });
});

describe("a deadline", () => {
  test("of a scope around the shield waits until it is left; then its frames are closed", () => {
    const log: string[] = [];
    const { value, now } = run(() =>
      codeOf(
        new Timeout(
          5,
          (function* (): Program<void> {
            log.push(yield* new Shield(section(log, 10)));
            yield* new Sleep(1);
            log.push("went on");
          })(),
        ),
      ),
    );
    expect(value).toBe("ETIMEDOUT");
    expect(log).toEqual(["in", "through", "finally", "value"]);
    expect(Math.round(now)).toBe(10);
  });

  test("has lost when the scope ends with its shield", () => {
    const { value, kernel } = run(() => new Timeout(5, new Shield(section([], 10))));
    expect(value).toBe("value");
    expect(kernel.timers.size).toBe(0);
  });

  test("of a scope inside the shield comes at once, whatever is held back meanwhile", () => {
    const log: string[] = [];
    const { value } = run(() =>
      codeOf(
        new Timeout(
          5,
          (function* (): Program<void> {
            const inner = routine(function* inner(): Program<void> {
              log.push(String(yield* codeOf(new Timeout(10, new Sleep(1_000)))));
              for (let n = 0; n < 3; n++) yield* new Sleep(1);
              log.push("shield ends");
            });
            yield* new Shield(inner());
            yield* new Sleep(1);
            log.push("went on");
          })(),
        ),
      ),
    );
    expect(log).toEqual(["ETIMEDOUT", "shield ends"]);
    expect(value).toBe("ETIMEDOUT");
  });

  test("of a scope between two shields comes when the inner one is left, though one further out is held back too", () => {
    const log: string[] = [];
    const { value, now } = run(function* () {
      const between = routine(function* between(): Program<void> {
        yield* new Shield(section([], 20));
        yield* new Sleep(500);
        log.push("went on");
      });
      const shielded = routine(function* shielded(): Program<void> {
        log.push(String(yield* codeOf(new Timeout(5, between()))));
      });
      const outer = routine(function* outer(): Program<void> {
        yield* new Shield(shielded());
        yield* new GetTid();
        log.push("went on");
      });
      return yield* codeOf(new Timeout(10, outer()));
    });
    expect(log).toEqual(["ETIMEDOUT"]);
    expect(value).toBe("ETIMEDOUT");
    expect(Math.round(now)).toBe(20);
  });

  test("held back by a shield in a cleanup lets that cleanup end, and leads further out", () => {
    const log: string[] = [];
    const { value } = run(() =>
      codeOf(
        new Timeout(
          20,
          (function* (): Program<void> {
            yield* codeOf(
              new Timeout(
                5,
                (function* (): Program<void> {
                  try {
                    yield* new Sleep(1_000);
                  } finally {
                    yield* new Shield(section(log, 30));
                    yield* new Sleep(1);
                    log.push("cleaned up");
                  }
                })(),
              ),
            );
            log.push("went on");
          })(),
        ),
      ),
    );
    expect(log).toEqual(["in", "through", "finally", "cleaned up"]);
    expect(value).toBe("ETIMEDOUT");
  });
});

test("a kill does not wait: the section's finally runs, and nothing else of it", () => {
  const log: string[] = [];
  const { value } = run(function* () {
    const tid = yield* new NewTask(new Shield(section(log, 1_000)));
    yield* new Sleep(1);
    yield* new CancelTask(tid, "please");
    yield* new KillTask(tid, "now");
    return yield* new WaitTask(tid);
  });
  expect(value).toEqual({ status: "killed", by: 1, why: "now", clean: true });
  expect(log).toEqual(["in", "finally"]);
});

test("the end of the main task waits for a shield, and no longer than its grace", () => {
  const log: string[] = [];
  const { now, counters } = run(function* () {
    yield* new NewTask(new Shield(section(log, 500)));
    yield* new NewTask(new Shield(section([], 100_000)));
    yield* new Sleep(1);
  });
  expect(log).toEqual(["in", "through", "finally"]);
  expect(Math.round(now)).toBe(1_001);
  expect([counters.returned, counters.killed]).toEqual([2, 1]);
});
