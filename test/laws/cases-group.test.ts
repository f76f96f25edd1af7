// Groups: whoever belongs to a part of a program is over before that part is, and the first failure ends the rest.

import { describe, expect, test } from "vitest";
import {
  CancelTask,
  type Exit,
  GetTid,
  Group,
  Join,
  KillTask,
  KillTasks,
  type Members,
  NewTask,
  Park,
  Pledge,
  type Program,
  Shield,
  Sleep,
  type Tid,
  WaitQueue,
  WaitTask,
} from "../../apps/index.ts";
import { DeadlockError } from "../../kernel/index.ts";
import { run, runExit } from "../kit/index.ts";
import { body, deaf, failing, never, slow, slowly, thrownBy } from "./members.ts";
import { Custom, codeOf, endOf, returning, sleeper, throwing } from "./programs.ts";

/** Watches the end of a task without waiting for it. */
function noting(tid: Tid): Custom<void> {
  return new Custom(({ kernel }) => kernel.find(tid)?.watchExit({ passive: true, exited: () => {} }));
}

/** Fails as it is ended. */
function* untidy(): Program<void> {
  try {
    yield* new Sleep(never);
  } finally {
    yield* failing(0);
  }
}

describe("a group is over when all are", () => {
  test("it gives its body's value, once the last member has ended", () => {
    const log: string[] = [];
    const { value, now } = run(
      body(function* (members) {
        yield* members.spawn(
          (function* (): Program<void> {
            yield* new Sleep(30);
            log.push("member");
          })(),
        );
        log.push("body");
        return 0;
      }),
    );
    expect(value).toBe(0);
    expect(log).toEqual(["body", "member"]);
    expect(Math.round(now)).toBe(30);
  });

  test("without members it is its body, which may be any program", () => {
    const { value } = run(function* () {
      return [yield* new Group(() => new GetTid()), yield* new Group(() => returning(undefined))];
    });
    expect(value).toEqual([1, undefined]);
  });

  test("members may spawn others, and are waited for when the body is long over", () => {
    const log: string[] = [];
    function* generation(members: Members, left: number): Program<void> {
      yield* new Sleep(1);
      log.push(`${left} left, ${members.size} there`);
      if (left > 0) yield* members.spawn(generation(members, left - 1));
    }
    const { now } = run(
      body(function* (members) {
        yield* members.spawn(generation(members, 3));
      }),
    );
    expect(log).toEqual(["3 left, 1 there", "2 left, 1 there", "1 left, 1 there", "0 left, 1 there"]);
    expect(Math.round(now)).toBe(4);
  });

  test("a daemon keeps nobody waiting, and is cancelled when the others are over", () => {
    const log: string[] = [];
    const { value, now } = run(
      body(function* (members) {
        yield* members.spawnDaemon(slow(log, "daemon"));
        yield* members.spawn(
          (function* (): Program<void> {
            yield* new Sleep(20);
            log.push("member over");
          })(),
        );
        return "value";
      }),
    );
    expect(value).toBe("value");
    expect(log).toEqual(["member over", "daemon ends", "daemon over"]);
    expect(Math.round(now)).toBe(25);
  });

  test("ten thousand members are kept, ended and joined in their turn", () => {
    const { value, counters } = run(
      () =>
        new Group(function* (members): Program<number> {
          const tids: Tid<number>[] = [];
          for (let n = 0; n < 10_000; n++) {
            const tid = yield* members.spawn(returning(n));
            yield* noting(tid); // and that collects nothing
            tids.push(tid);
          }
          yield* new Sleep(1); // all have ended: more than the latest exits that are kept of all
          let sum = 0;
          for (const tid of tids) sum += yield* new Join(tid);
          return sum;
        }),
      { checkEvery: 1_000 },
    );
    expect(value).toBe(49_995_000);
    expect(counters.returned).toBe(10_001);
  });
});

describe("the first failure ends the rest", () => {
  test("siblings are cancelled all at once, youngest first, and awaited", () => {
    const log: string[] = [];
    const { value, now } = run(() =>
      thrownBy(
        body(function* (members) {
          for (const [n, cleanupMs] of [30, 20, 10].entries()) yield* members.spawn(slow(log, `${n}`, cleanupMs));
          yield* members.spawn(failing(5));
        }),
      ),
    );
    expect(value).toEqual([new Error("failed after 5 ms")]);
    expect(log).toEqual(["2 ends", "1 ends", "0 ends", "2 over", "1 over", "0 over"]);
    expect(Math.round(now)).toBe(35);
  });

  test("the body's frames are closed; no catch in it sees why", () => {
    const log: string[] = [];
    const { value } = run(() =>
      thrownBy(
        body(function* (members) {
          yield* members.spawn(failing(5));
          try {
            yield* slowly(log, "body");
          } catch {
            log.push("caught");
          }
          log.push("went on");
        }),
      ),
    );
    expect(value).toEqual([new Error("failed after 5 ms")]);
    expect(log).toEqual(["body ends", "body over"]);
  });

  test("siblings begin to end while the body's cleanup still runs", () => {
    const log: string[] = [];
    const { now } = run(() =>
      thrownBy(
        body(function* (members) {
          yield* members.spawn(slow(log, "sibling", 40));
          yield* members.spawn(failing(5));
          yield* slow(log, "body", 40);
        }),
      ),
    );
    expect(log).toEqual(["sibling ends", "body ends", "sibling over", "body over"]);
    expect(Math.round(now)).toBe(45);
  });

  test("a failure is always an AggregateError, that of the body alone too, and is reported by nobody else", () => {
    const { outcome, logs, counters } = runExit(() => body(() => failing(1)));
    expect(outcome).toMatchObject({ status: "threw", error: { name: "AggregateError" } });
    expect((outcome as { error: Error }).error.message).toBe("the group of task 1 failed: failed after 1 ms");
    expect([logs, counters.crashes]).toEqual([[], 0]);
    const { value } = run(() => thrownBy(body(() => throwing(undefined))));
    expect(value).toEqual([undefined]);
  });

  test("the failures of those that are being ended do not have the others looked at again and again", () => {
    const iterate = Set.prototype[Symbol.iterator];
    let looks = 0;
    Set.prototype[Symbol.iterator] = function (this: Set<unknown>): SetIterator<unknown> {
      if (this.size > 100) looks++;
      return iterate.call(this);
    };
    try {
      const { outcome } = runExit(
        body(function* (members) {
          for (let n = 0; n < 1_000; n++) yield* members.spawn(untidy());
          yield* new Sleep(1);
          yield* failing(0);
        }),
        { check: false },
      );
      expect(outcome).toMatchObject({ error: { errors: { length: 1_001 } } });
      expect(looks).toBeLessThan(10);
    } finally {
      Set.prototype[Symbol.iterator] = iterate;
    }
  });

  test("two failures both surface, in their order, and so do those of cleanups", () => {
    function* untidy(name: string): Program<void> {
      try {
        yield* new Sleep(never);
      } catch {
        throw new Error(name);
      }
    }
    const { value, logs } = run(() =>
      thrownBy(
        body(function* (members) {
          yield* members.spawn(untidy("elder"));
          yield* members.spawn(failing(5, "primitive"));
          yield* members.spawn(failing(5, undefined));
          try {
            yield* new Sleep(never);
          } finally {
            yield* throwing(new Error("of the body's cleanup"));
          }
        }),
      ),
    );
    expect(value).toEqual(["primitive", undefined, new Error("elder"), new Error("of the body's cleanup")]);
    expect(logs).toEqual([]);
  });

  test("a member's error that passes through the body counts once", () => {
    const error = new Error("one");
    const { value } = run(() =>
      thrownBy(
        body(function* (members) {
          const tid = yield* members.spawn(failing(5, error));
          return yield* new Join(tid);
        }),
      ),
    );
    expect(value).toEqual([error]);
    const { value: both } = run(() =>
      thrownBy(
        body(function* (members) {
          yield* members.spawn(failing(5, error));
          yield;
          yield* new Sleep(5); // woken after the member, in one lap: too late to be closed
          throw error;
        }),
      ),
    );
    expect(both).toEqual([error]);
  });

  test("a failure when the body is over, or of a daemon, is one as well", () => {
    const { value } = run(function* () {
      const log: string[] = [];
      const late = yield* thrownBy(
        body(function* (members) {
          yield* members.spawn(slow(log, "sibling"));
          yield* members.spawnDaemon(failing(5));
          return "value";
        }),
      );
      return [late, log];
    });
    expect(value).toEqual([[new Error("failed after 5 ms")], ["sibling ends", "sibling over"]]);
  });

  test("who does not heed the cancel is killed after the grace time", () => {
    const log: string[] = [];
    const { now, counters } = run(
      () =>
        thrownBy(
          body(function* (members) {
            yield* members.spawn(deaf(log));
            yield* members.spawn(slow(log, "quick"));
            yield* members.spawn(failing(5));
          }),
        ),
      { limits: { graceMs: 200 } },
    );
    expect(log).toEqual(["quick ends", "deaf goes on", "quick over", "deaf killed"]);
    expect(Math.round(now)).toBe(205);
    expect(counters.unclean).toBe(0);
  });

  test("a member in a shield gets the cancel when it leaves it", () => {
    const log: string[] = [];
    function* shielded(): Program<void> {
      yield* new Shield(new Sleep(50));
      log.push("through");
      yield* new Sleep(never);
    }
    const { now } = run(() =>
      thrownBy(
        body(function* (members) {
          yield* members.spawn(shielded());
          yield* members.spawn(failing(5));
        }),
      ),
    );
    expect(log).toEqual(["through"]);
    expect(Math.round(now)).toBe(50);
  });

  test("a shield in the body holds its end back, and a group in a shield works as ever", () => {
    const log: string[] = [];
    const { value, now } = run(() =>
      thrownBy(
        new Shield(
          body(function* (members) {
            yield* members.spawn(failing(5));
            yield* new Shield(new Sleep(50));
            log.push("through");
            yield* new Sleep(1);
            log.push("went on");
          }),
        ),
      ),
    );
    expect(value).toEqual([new Error("failed after 5 ms")]);
    expect(log).toEqual(["through"]);
    expect(Math.round(now)).toBe(50);
  });

  test("a body that ends by itself before it can be closed has no say in it", () => {
    const { value } = run(() =>
      thrownBy(
        body(function* (members) {
          yield* members.spawn(failing(5));
          yield* new Sleep(5);
          return "value";
        }),
      ),
    );
    expect(value).toEqual([new Error("failed after 5 ms")]);
  });
});

describe("a member that is killed or cancelled has not failed", () => {
  test.each(["kill", "cancel"])("after a %s the others go on; who joins it is told", (how) => {
    const { value } = run(
      body(function* (members) {
        const one = yield* members.spawn(sleeper([]));
        const other = yield* members.spawn(
          (function* (): Program<string> {
            yield* new Sleep(20);
            return "fine";
          })(),
        );
        yield* how === "kill" ? new KillTask(one) : new CancelTask(one);
        return [yield* codeOf(new Join(one)), yield* new Join(other)];
      }),
    );
    expect(value).toEqual(["ECANCELED", "fine"]);
  });

  test("all of them at once, by the body", () => {
    const log: string[] = [];
    const { value } = run(
      body(function* (members) {
        const tids: Tid[] = [];
        for (let n = 0; n < 3; n++) tids.push(yield* members.spawn(sleeper(log)));
        yield;
        return yield* new KillTasks(tids);
      }),
    );
    expect(value).toBe(3);
    expect(log).toHaveLength(3);
  });
});

describe("groups in groups", () => {
  test("the inner failure is one of the outer, and its siblings end innermost too", () => {
    const log: string[] = [];
    const { value } = run(() =>
      thrownBy(
        body(function* (outer) {
          yield* outer.spawn(slow(log, "outer", 1));
          yield* outer.spawn(
            body(function* (inner) {
              yield* inner.spawn(slow(log, "inner", 1));
              yield* inner.spawn(failing(5));
            }),
          );
        }),
      ),
    );
    expect(value).toEqual([expect.objectContaining({ errors: [new Error("failed after 5 ms")] })]);
    expect(log).toEqual(["inner ends", "inner over", "outer ends", "outer over"]);
  });

  test("an outer member's failure closes a group in the body, members first", () => {
    const log: string[] = [];
    const { value } = run(() =>
      thrownBy(
        body(function* (outer) {
          yield* outer.spawn(failing(5));
          try {
            yield* body(function* (inner) {
              yield* inner.spawn(slow(log, "inner"));
            });
          } finally {
            log.push("body");
          }
        }),
      ),
    );
    expect(value).toEqual([new Error("failed after 5 ms")]);
    expect(log).toEqual(["inner ends", "inner over", "body"]);
  });

  test("a group in a cleanup works, and ends with it", () => {
    const log: string[] = [];
    function* tidy(): Program<void> {
      try {
        yield* new Sleep(never);
      } finally {
        const errors = yield* thrownBy(
          body(function* (members) {
            yield* members.spawn(slow(log, "helper"));
            yield* members.spawn(failing(2));
            yield* new Sleep(never);
          }),
        );
        log.push(String(errors));
      }
    }
    const { value } = run(() => endOf(tidy(), "kill"));
    expect(value).toMatchObject({ status: "killed", clean: true });
    expect(log).toEqual(["helper ends", "helper over", "Error: failed after 2 ms"]);
  });
});

describe("what else holds in a group", () => {
  test("`ended` is told in the group's stead, and fails it by throwing", () => {
    const { value } = run(function* () {
      const exits: Exit[] = [];
      const fine = yield* thrownBy(
        body(function* (members) {
          yield* members.spawn(failing(1), "one", { ended: (exit) => exits.push(exit) });
          yield* members.spawn(returning(7), "two", { ended: (exit) => exits.push(exit) });
          return "fine";
        }),
      );
      const failed = yield* thrownBy(
        body(function* (members) {
          const ended = (): void => {
            throw new Error("not like this");
          };
          yield* members.spawn(returning(7), "three", { ended });
        }),
      );
      return [exits.map(({ status }) => status), fine, failed];
    });
    expect(value).toEqual([["returned", "threw"], { returned: "fine" }, [new Error("not like this")]]);
  });

  test("a pledge holds for members, cannot be escaped by them, and keeps no group from its end", () => {
    const { value } = run(function* () {
      const codes: string[] = [];
      function* pledged(members: Members): Program<void> {
        yield* new Pledge(["task"]);
        yield* members.spawn(
          (function* (): Program<void> {
            codes.push(yield* codeOf(new Park(new WaitQueue("wait for", "nothing"))));
          })(),
        );
      }
      yield* body(function* (members) {
        yield* members.spawn(pledged(members));
      });
      const tid = yield* new NewTask(
        body(function* (members) {
          yield* members.spawn(new Sleep(5));
          yield* new Pledge([]);
          return "over";
        }),
      );
      return [codes, yield* new WaitTask(tid)];
    });
    expect(value).toEqual([["EPERM"], { status: "returned", value: "over" }]);
  });

  test("a task that waits for its members says so, and a deadlock report names them", () => {
    const queue = new WaitQueue("wait for", "Godot");
    const { outcome } = runExit(
      body(function* (members) {
        yield* members.spawn(new Park(queue), "Vladimir");
        yield* members.spawn(new Park(queue), "Estragon");
      }),
    );
    const { error } = outcome as { error: Error };
    expect(error).toBeInstanceOf(DeadlockError);
    expect(error.message).toMatch(/waits: exit of 2 members \(held by 2, 3\)/);
  });

  test("when the main task ends in a group, by a signal or a failure, nobody is left", () => {
    const log: string[] = [];
    const { outcome, counters } = runExit(
      body(function* (members) {
        yield* members.spawn(slow(log, "member"));
        yield* new NewTask(slow(log, "stranger"));
        yield* failing(5);
      }),
    );
    expect(outcome.status).toBe("threw");
    expect(log).toEqual(["member ends", "member over", "stranger ends", "stranger over"]);
    expect(counters.spawned).toBe(3);
  });
});
