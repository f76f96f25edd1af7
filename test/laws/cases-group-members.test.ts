// How members come into a group: ready before the caller goes on, at most so many at a time, not at all once it ends.

import { describe, expect, test } from "vitest";
import {
  GetTid,
  Group,
  Join,
  KillTask,
  ListTasks,
  type Members,
  NewTask,
  type Program,
  Select,
  Sleep,
  SyscallError,
  type Tid,
  Timeout,
  WaitTask,
} from "../../apps/index.ts";
import { run, runExit } from "../kit/index.ts";
import { body, failing, never, slow, thrownBy } from "./members.ts";
import { codeOf, endOf, returning, sleeper } from "./programs.ts";

describe("who comes too late is refused", () => {
  test("a member that spawns while the group ends, anybody when it is over", () => {
    const { value } = run(function* () {
      const codes: string[] = [];
      let kept: Members | undefined;
      function* late(members: Members): Program<void> {
        try {
          yield* new Sleep(never);
        } finally {
          codes.push(yield* codeOf(members.spawn(returning(1))));
          codes.push(yield* codeOf(members.start(() => returning(1))));
        }
      }
      yield* thrownBy(
        body(function* (members) {
          kept = members;
          yield* members.spawn(late(members));
          yield* members.spawn(failing(5));
        }),
      );
      codes.push(yield* codeOf((kept as Members).spawnDaemon(returning(1)))); // set above
      return [codes, kept?.isOpen, yield* (kept as Members).cancel()];
    });
    expect(value).toEqual([["ECANCELED", "ECANCELED", "ECANCELED"], false, false]);
  });

  test("no body, and a limit that is none", () => {
    expect(() => new Group(undefined as unknown as () => Program<void>)).toThrow(/Group needs a function/);
    for (const limit of [0, -1, 1.5, Number.NaN, "3"]) {
      expect(() => new Group(() => returning(1), { limit: limit as number })).toThrow(
        expect.objectContaining({ code: "EINVAL", message: expect.stringContaining("at least 1") }),
      );
    }
  });

  test("a body that is no program, or throws before it is one, is an error of the caller", () => {
    const { value } = run(function* () {
      const none = yield* codeOf(new Group((() => 7) as unknown as () => Program<void>));
      const thrown = yield* codeOf(
        new Group(() => {
          throw new SyscallError("ENOENT", "no body");
        }),
      );
      return [none, thrown];
    });
    expect(value).toEqual(["AggregateError", "ENOENT"]);
  });
});

describe("start waits until a member says that it is ready", () => {
  test("and answers with what it says and its tid; the member goes on", () => {
    const { value } = run(
      body(function* (members) {
        const { tid, value } = yield* members.start(function* (started: (port: number) => void): Program<string> {
          yield* new Sleep(5);
          started(8080);
          yield* new Sleep(5);
          return "served";
        }, "server");
        const record = (yield* new ListTasks()).find((task) => task.tid === tid);
        return [value, record?.name, yield* new Join(tid)];
      }),
    );
    expect(value).toEqual([8080, "server", "served"]);
  });

  test("a failure before is thrown to the caller, and is none of the group; after, it is", () => {
    const { value } = run(() =>
      thrownBy(
        body(function* (members) {
          const before = yield* thrownBy(members.start(() => failing(5)));
          yield* members.start(function* (started: (value: void) => void): Program<void> {
            started();
            yield* failing(1, before);
          });
          yield* new Sleep(never);
        }),
      ),
    );
    expect(value).toEqual([new Error("failed after 5 ms")]);
  });

  test("a failure before, of which its caller is killed before it hears, is one of the group", () => {
    const { value } = run(() =>
      thrownBy(
        new Group(function* (members) {
          const caller = yield* members.spawn(members.start(() => failing(5)));
          yield* new Sleep(1);
          yield* new Sleep(4); // set after the member's, so that this turn comes between the news and the caller's
          yield* new KillTask(caller);
          yield* new Sleep(never);
        }),
      ),
    );
    expect(value).toEqual([expect.objectContaining({ message: "failed after 5 ms" })]);
  });

  test("a member that returns, or is killed, before it is ready is an error", () => {
    const { value } = run(
      body(function* (members) {
        const returned = yield* codeOf(members.start(() => returning(1)));
        yield* members.spawn(
          (function* (): Program<void> {
            yield* new Sleep(5);
            const dormant = (yield* new ListTasks()).find(({ name }) => name === "dormant");
            yield* new KillTask(dormant?.tid as Tid); // it is there
          })(),
        );
        return [returned, yield* codeOf(members.start(() => sleeper([]), "dormant"))];
      }),
    );
    expect(value).toEqual(["EPROTO", "ECANCELED"]);
  });

  test("started is called once, and while the member runs", () => {
    const { value } = run(() =>
      body(function* (members) {
        const early = yield* codeOf(
          members.start((started: (value: number) => void) => {
            started(1);
            return returning(1);
          }),
        );
        let second = "";
        yield* members.start(function* (started: (value: number) => void): Program<void> {
          started(1);
          try {
            started(2);
          } catch (error) {
            second = (error as SyscallError).code; // thrown by it
          }
        });
        return [early, second];
      }),
    );
    expect(value).toEqual(["EINVAL", "EINVAL"]);
  });

  test.each(["deadline", "select", "kill"])("a wait that ends by a %s cancels the member", (how) => {
    const log: string[] = [];
    const { value, now } = run(
      body(function* (members) {
        const start = members.start(function* (started: (value: number) => void): Program<void> {
          try {
            yield* slow(log, "member");
          } finally {
            started(1); // to nobody: that is no error
            log.push("late");
          }
        });
        if (how === "deadline") yield* codeOf(new Timeout(5, start));
        if (how === "select") yield* new Select({ start, idle: new Sleep(5) });
        if (how === "kill") yield* endOf(start, "kill");
        yield* new Sleep(20);
        return members.size;
      }),
    );
    expect(value).toBe(0);
    expect(log).toEqual(["member ends", "member over", "late"]);
    expect(now).toBeLessThan(30);
  });

  test("a branch that loses at once has started nobody", () => {
    const { value } = run(
      body(function* (members) {
        const branches = {
          now: new GetTid(),
          start: members.start(() => sleeper([])),
          spawn: members.spawn(sleeper([])),
        };
        const first = yield* new Select(branches);
        return [first.key, members.size];
      }),
    );
    expect(value).toEqual(["now", 0]);
  });

  test("a daemon that is ready keeps nobody waiting", () => {
    const log: string[] = [];
    const { value } = run(
      body(function* (members) {
        const { value } = yield* members.startDaemon(function* (started: (value: string) => void): Program<void> {
          started("ready");
          yield* slow(log, "daemon");
        });
        return value;
      }),
    );
    expect(value).toBe("ready");
    expect(log).toEqual(["daemon ends", "daemon over"]);
  });
});

describe("a limit", () => {
  /** Counts how many are at work. */
  class Site {
    now = 0;
    most = 0;
    readonly order: number[] = [];

    *work(n: number, ms = 5): Program<void> {
      this.order.push(n);
      this.most = Math.max(this.most, ++this.now);
      try {
        yield* new Sleep(ms);
      } finally {
        this.now--;
      }
    }
  }

  test("never lets more work at a time, and takes the others in turn", () => {
    const site = new Site();
    const { now } = run(
      () =>
        new Group(
          function* (members): Program<void> {
            for (let n = 0; n < 20; n++) yield* members.spawn(site.work(n));
          },
          { limit: 4 },
        ),
    );
    expect([site.most, site.order]).toEqual([4, Array.from({ length: 20 }, (_, n) => n)]);
    expect(Math.round(now)).toBe(25);
  });

  test("spawners wait first come, first served; whoever is killed leaves the queue; a place goes to no latecomer", () => {
    const site = new Site();
    const { value } = run(function* () {
      yield* new Group(
        function* (members): Program<void> {
          yield* members.spawn(site.work(0));
          const spawners: Tid[] = [];
          for (let n = 1; n <= 4; n++) spawners.push(yield* new NewTask(members.spawn(site.work(n))));
          yield* new Sleep(1);
          yield* new KillTask(spawners[1] as Tid); // there are four
          yield* new Sleep(4);
          yield* members.spawn(site.work(5));
        },
        { limit: 1 },
      );
      return site.order;
    });
    expect(value).toEqual([0, 1, 3, 4, 5]);
    expect(site.most).toBe(1);
  });

  test("a spawner killed just as it is served leaves its member to the group", () => {
    const log: string[] = [];
    function* later(name: string): Program<string> {
      yield* new Sleep(5);
      log.push(name);
      return name;
    }
    const { value } = run(
      () =>
        new Group(
          function* (members): Program<unknown> {
            const first = yield* members.spawn(sleeper(log, "first"));
            const spawner = yield* new NewTask(members.spawn(later("second")));
            const next = yield* new NewTask(members.spawn(later("third")));
            yield* new Sleep(1);
            yield* new KillTask(first);
            while (log.length === 0) yield;
            yield* new KillTask(spawner); // it was served in this lap, and has its turn in the next
            const { status } = yield* new WaitTask(spawner);
            return [status, yield* new Join(yield* new Join(next))]; // the next got a member of his own
          },
          { limit: 1 },
        ),
      { quantum: 1 },
    );
    expect(value).toEqual(["killed", "third"]);
    expect(log).toEqual(["first finally", "second", "third"]);
  });

  test("daemons take no place; those who start do", () => {
    const { value } = run(
      () =>
        new Group(
          function* (members): Program<unknown> {
            yield* members.spawnDaemon(sleeper([]));
            yield* members.spawnDaemon(sleeper([]));
            yield* members.spawn(new Sleep(10));
            yield* members.spawnDaemon(sleeper([]));
            const before = members.size;
            const { value } = yield* members.start(function* (started: (value: number) => void): Program<void> {
              started(members.size);
            });
            return [before, value];
          },
          { limit: 1 },
        ),
    );
    expect(value).toEqual([4, 4]);
  });

  test("a wait for a place is undone by a deadline or a select, and nobody was started", () => {
    const site = new Site();
    const { value } = run(
      () =>
        new Group(
          function* (members): Program<unknown> {
            yield* members.spawn(site.work(0, 50));
            const late = yield* codeOf(new Timeout(5, members.spawn(site.work(1))));
            const start = members.start(() => site.work(2));
            const first = yield* new Select({ spawn: members.spawn(site.work(3)), start, idle: new Sleep(5) });
            return [late, first.key];
          },
          { limit: 1 },
        ),
    );
    expect(value).toEqual(["ETIMEDOUT", "idle"]);
    expect(site.order).toEqual([0]);
  });

  test("who cannot be started when the place comes is an error to its spawner, and the place goes on", () => {
    const site = new Site();
    const { value } = run(
      () =>
        new Group(
          function* (members): Program<unknown> {
            yield* members.spawn(site.work(0));
            const bad = yield* new NewTask(codeOf(members.spawn("no program" as unknown as Program<void>)));
            const good = yield* new NewTask(codeOf(members.spawn(site.work(1))));
            return [yield* new Join(bad), yield* new Join(good)];
          },
          { limit: 1 },
        ),
    );
    expect(value).toEqual(["TypeError", ""]);
    expect(site.order).toEqual([0, 1]);
  });

  test("those who wait for a place when the group ends are refused", () => {
    const { value } = run(function* () {
      const codes: string[] = [];
      yield* thrownBy(
        new Group(
          function* (members): Program<void> {
            yield* members.spawn(failing(5));
            for (const wait of [members.spawn(sleeper([])), members.start(() => sleeper([]))]) {
              yield* new NewTask(
                (function* (): Program<void> {
                  codes.push(yield* codeOf(wait));
                })(),
              );
            }
            yield* new Sleep(never);
          },
          { limit: 1 },
        ),
      );
      yield* new Sleep(1);
      return codes;
    });
    expect(value).toEqual(["ECANCELED", "ECANCELED"]);
  });

  test("a body that waits for a place when a member fails is closed, and has not failed itself", () => {
    const log: string[] = [];
    const { value } = run(() =>
      thrownBy(
        new Group(
          function* (members): Program<void> {
            yield* members.spawn(failing(5));
            try {
              yield* members.spawn(sleeper([]));
            } catch {
              log.push("caught");
            }
          },
          { limit: 1 },
        ),
      ),
    );
    expect(value).toEqual([new Error("failed after 5 ms")]);
    expect(log).toEqual([]);
  });

  test("members that wait for a place when the group ends get their cancel", () => {
    const log: string[] = [];
    function* spawner(members: Members): Program<void> {
      try {
        yield* members.spawn(sleeper([]));
      } catch (error) {
        log.push((error as Error).name); // thrown at the wait
        throw error;
      }
    }
    const { value } = run(() =>
      thrownBy(
        new Group(
          function* (members): Program<void> {
            yield* members.spawn(spawner(members));
            yield* members.spawn(failing(5));
          },
          { limit: 2 },
        ),
      ),
    );
    expect(value).toEqual([new Error("failed after 5 ms")]);
    expect(log).toEqual(["Cancelled"]);
  });

  test("is in the words of those who wait", () => {
    const { value } = run(
      () =>
        new Group(
          function* (members): Program<unknown> {
            const working = yield* members.spawn(new Sleep(20));
            const spawner = yield* new NewTask(members.spawn(new Sleep(1)));
            const starter = yield* new NewTask(members.start(() => returning(1)));
            yield* new Sleep(1);
            const records = yield* new ListTasks();
            yield* new KillTask(starter);
            return records
              .filter(({ tid }) => tid === spawner || tid === starter)
              .map(({ verb, object, holders }) => [verb, object, holders[0] === working]);
          },
          { limit: 1 },
        ),
    );
    const place = ["place in", "the group of task 1: 1 of 1 taken", true];
    expect(value).toEqual([place, place]);
  });
});

describe("members.cancel", () => {
  test("by the body: the members end, and its value is the group's", () => {
    const log: string[] = [];
    const { value } = run(
      body(function* (members) {
        yield* members.spawn(slow(log, "member"));
        yield* new Sleep(1);
        const first = yield* members.cancel("enough");
        log.push("body goes on");
        return [first, yield* members.cancel("twice")];
      }),
    );
    expect(value).toEqual([true, false]);
    expect(log).toEqual(["body goes on", "member ends", "member over"]);
  });

  test("by a member: the body is closed too, and there is no value", () => {
    const log: string[] = [];
    const { outcome } = runExit(() =>
      body(function* (members) {
        yield* members.spawn(
          (function* (): Program<void> {
            yield* new Sleep(5);
            yield* members.cancel("found it");
          })(),
        );
        yield* slow(log, "body");
      }),
    );
    expect(outcome).toMatchObject({
      status: "threw",
      error: { code: "ECANCELED", message: "the group of task 1 was cancelled by task 2: found it" },
    });
    expect(log).toEqual(["body ends", "body over"]);
  });

  test("by a member when the body is over: the value stands", () => {
    const log: string[] = [];
    const { value } = run(
      body(function* (members) {
        yield* members.spawn(slow(log, "other"));
        yield* members.spawn(
          (function* (): Program<void> {
            yield* new Sleep(5);
            yield* members.cancel();
          })(),
        );
        return "value";
      }),
    );
    expect(value).toBe("value");
    expect(log).toEqual(["other ends", "other over"]);
  });
});

describe("members.end", () => {
  test("ends those that are named, and waits until they are over; the others go on", () => {
    const log: string[] = [];
    const { value } = run(
      body(function* (members) {
        const [one, two, three] = [
          yield* members.spawn(slow(log, "one")),
          yield* members.spawn(slow(log, "two")),
          yield* members.spawn(slow(log, "three")),
        ];
        yield* new Sleep(1);
        yield* members.end([one, two], "enough");
        log.push("body goes on");
        const left = members.tids;
        yield* members.end([one, 99]); // over, and no member
        const exit = yield* new WaitTask(one);
        yield* members.cancel();
        return { left: left.length === 1 && left[0] === three, exit, isOpen: members.isOpen };
      }),
    );
    expect(value).toMatchObject({ left: true, exit: { status: "killed", by: 1, why: "enough" }, isOpen: false });
    expect(log).toEqual(["two ends", "one ends", "two over", "one over", "body goes on", "three ends", "three over"]);
  });

  test("goes on ending them when nobody waits for that any more", () => {
    const log: string[] = [];
    const { value } = run(
      body(function* (members) {
        const tid = yield* members.spawn(slow(log, "member"));
        yield* new Sleep(1);
        const { key } = yield* new Select({ end: members.end([tid]), idle: new Sleep(1) });
        log.push(`${key} won`);
        yield* new WaitTask(tid);
        return members.isOpen;
      }),
    );
    expect(value).toBe(true);
    expect(log).toEqual(["member ends", "idle won", "member over"]);
  });

  test("twice in a select: the first to be done with answers", () => {
    const { value } = run(
      body(function* (members) {
        const tidying = function* (ms: number): Program<void> {
          try {
            yield* new Sleep(never);
          } finally {
            yield* new Sleep(ms);
          }
        };
        const [soon, late] = [yield* members.spawn(tidying(1)), yield* members.spawn(tidying(50))];
        yield* new Sleep(1);
        const { key } = yield* new Select({ soon: members.end([soon]), late: members.end([late]) });
        return [key, members.size];
      }),
    );
    expect(value).toEqual(["soon", 1]);
  });

  test("is the body's alone: EPERM for a member", () => {
    const log: string[] = [];
    const { value } = run(
      body(function* (members) {
        const other = yield* members.spawn(slow(log, "other"));
        const asking = yield* members.spawn(codeOf(members.end([other])));
        const code = yield* new Join(asking);
        return [code, members.tids.includes(other), yield* members.cancel()];
      }),
    );
    expect(value).toEqual(["EPERM", true, true]);
  });
});
