// Links and monitors, case by case: tasks that share their fate, and those that only want to know.

import { describe, expect, test } from "vitest";
import { type Exit, type Program, Syscall, type Task, type Tid } from "../../kernel/syscall.ts";
import {
  CancelTask,
  GetTid,
  Join,
  KillTask,
  KillTasks,
  Link,
  ListTasks,
  Monitor,
  NewTask,
  Select,
  Sleep,
  Unlink,
  WaitTask,
} from "../../syscalls/index.ts";
import { run } from "../kit/index.ts";
import { codeOf, endOf, returning, sleeper, throwing } from "./programs.ts";

function* linkedTo(tid: Tid): Program<void> {
  yield* new Link(tid);
  yield* new Sleep(1_000);
}

/** Ends one of two linked tasks in some way: how the other ended. */
function* otherOf(end: (tid: Tid) => Program<void>): Program<Exit> {
  const first = yield* new NewTask(sleeper([]), "first");
  const second = yield* new NewTask(linkedTo(first), "second");
  yield* new Sleep(1);
  yield* end(first);
  return yield* new WaitTask(second);
}

describe("a link", () => {
  test("of a task that is killed or cancelled: the other is cancelled, and told why", () => {
    for (const End of [KillTask, CancelTask]) {
      const { value } = run(() =>
        otherOf((tid) =>
          (function* () {
            yield* new End(tid, "enough");
          })(),
        ),
      );
      expect(value).toMatchObject({
        status: "killed",
        by: 2,
        why: "linked to task 2 (first), which was killed by task 1: enough",
      });
    }
  });

  test("works both ways: the one that made it may be the one that dies", () => {
    const { value } = run(function* () {
      const first = yield* new NewTask(sleeper([]), "first");
      yield* new NewTask(
        (function* () {
          yield* new Link(first);
          throw new Error("oh");
        })(),
        "second",
      );
      return yield* new WaitTask(first);
    });
    expect(value).toMatchObject({ status: "killed", by: 3, why: "linked to task 3 (second), which threw oh" });
  });

  test("what is thrown may be anything, also what throws when it is looked at", () => {
    const hostile = new Proxy(
      {},
      {
        getPrototypeOf: () => {
          throw new Error("do not look");
        },
      },
    );
    const { value } = run(function* () {
      const first = yield* new NewTask(
        (function* (): Program<never> {
          yield* new Sleep(5);
          throw hostile;
        })(),
      );
      return yield* new WaitTask(yield* new NewTask(linkedTo(first)));
    });
    expect(value).toMatchObject({
      status: "killed",
      why: expect.stringContaining("threw an error that cannot be shown"),
    });
  });

  test("a task that returns leaves the other alone", () => {
    const { value } = run(function* () {
      const first = yield* new NewTask(new Sleep(10));
      const second = yield* new NewTask(linkedTo(first));
      return yield* new WaitTask(second);
    });
    expect(value).toEqual({ status: "returned", value: undefined });
  });

  test("a crash is reported all the same, and the exit still there", () => {
    const { value, counters } = run(function* () {
      const first = yield* new NewTask(throwing(new Error("oh")));
      yield* new NewTask(linkedTo(first));
      yield* new Sleep(10);
      return yield* new WaitTask(first);
    });
    expect(value.status).toBe("threw");
    expect(counters.crashes).toBe(1);
  });

  test("to a task that has died already has its effect at once; to one that returned, none", () => {
    const { value } = run(function* () {
      const dead = yield* new NewTask(throwing(new Error("oh")), "dead");
      const done = yield* new NewTask(returning(1));
      yield* new Sleep(1);
      const mourner = yield* new NewTask(linkedTo(dead));
      const other = yield* new NewTask(linkedTo(done));
      return [yield* new WaitTask(mourner), yield* new WaitTask(other), yield* new WaitTask(dead)].map(
        ({ status }) => status,
      );
    });
    expect(value).toEqual(["killed", "returned", "threw"]);
  });

  test("ends a whole ring, each task once", () => {
    const { value } = run(function* () {
      const tids: Tid[] = [];
      for (let i = 0; i < 5; i++) tids.push(yield* new NewTask(sleeper([]), `ring ${i}`));
      for (const [place, tid] of tids.entries()) {
        const next = tids[(place + 1) % tids.length] as Tid;
        yield* new WaitTask(yield* new NewTask(new Link(tid)));
        yield* new NewTask(binding(tid, next));
      }
      yield* new Sleep(1);
      yield* new KillTask(tids[2] as Tid, "the first");
      yield* new Sleep(1);
      return (yield* new ListTasks()).length;
    });
    expect(value).toBe(1);
  });

  test("taken back, it has no effect; taken back twice, it was none", () => {
    const { value } = run(function* () {
      const first = yield* new NewTask(sleeper([]));
      const answers = [
        yield* new Link(first),
        yield* new Link(first),
        yield* new Unlink(first),
        yield* new Unlink(first),
      ];
      yield* new KillTask(first);
      yield* new WaitTask(first);
      return answers;
    });
    expect(value).toEqual([true, true, true, false]);
  });

  test("to oneself, to nobody, or to somebody long forgotten is refused", () => {
    const { value } = run(
      function* () {
        const forgotten = yield* new NewTask(returning(1));
        yield* new WaitTask(forgotten);
        return [
          yield* codeOf(new Link(yield* new GetTid())),
          yield* codeOf(new Link(99 as Tid)),
          yield* codeOf(new Link(forgotten)),
          yield* codeOf(new Unlink(99 as Tid)),
        ];
      },
      { limits: { recentExits: 0 } },
    );
    expect(value).toEqual(["EINVAL", "ESRCH", "ESTALE", "ESRCH"]);
  });

  test("of the main task: its end is the run's", () => {
    const run_ = (): unknown =>
      run(function* () {
        yield* new Link(yield* new NewTask(throwing(new Error("oh")), "child"));
        yield* new Sleep(1_000);
      });
    expect(run_).toThrow("linked to task 2 (child), which threw oh");
  });
});

/** Links itself to two tasks, and stays. */
function* binding(first: Tid, second: Tid): Program<void> {
  yield* new Link(first);
  yield* new Link(second);
  yield* new Sleep(1_000);
}

describe("a monitor", () => {
  test("tells each end, in the order of the ends, with the name and the exit", () => {
    const { value } = run(function* () {
      const monitor = new Monitor();
      for (const ms of [30, 10, 20]) yield* monitor.add(yield* new NewTask(new Sleep(ms), `after ${ms}`));
      const names: string[] = [];
      while (monitor.size > 0) {
        const { name, exit } = yield* monitor.next();
        names.push(`${name} ${exit.status}`);
      }
      return names;
    });
    expect(value).toEqual(["after 10 returned", "after 20 returned", "after 30 returned"]);
  });

  test("takes nothing upon itself: a crash is reported, and the exit is there for who joins", () => {
    const { value, counters } = run(function* () {
      const monitor = new Monitor();
      const tid = yield* new NewTask(throwing(new Error("oh")));
      yield* monitor.add(tid);
      const { exit } = yield* monitor.next();
      return [exit.status, (yield* new WaitTask(tid)).status];
    });
    expect(value).toEqual(["threw", "threw"]);
    expect(counters.crashes).toBe(1);
  });

  test("tells of one that had ended before it was added", () => {
    const { value } = run(function* () {
      const monitor = new Monitor();
      const tid = yield* new NewTask(returning(7), "early");
      yield* new Sleep(1);
      yield* monitor.add(tid);
      return yield* monitor.next();
    });
    expect(value).toEqual({ tid: 2, name: "early", exit: { status: "returned", value: 7 } });
  });

  test("works in a Select, and loses no end to another branch", () => {
    const { value } = run(function* () {
      const monitor = new Monitor();
      yield* monitor.add(yield* new NewTask(new Sleep(5), "job"));
      const seen: string[] = [];
      for (let i = 0; i < 4; i++) {
        const { key, value } = yield* new Select({ end: monitor.next(), tick: new Sleep(2) });
        seen.push(key === "end" ? value.name : "tick");
      }
      return seen;
    });
    expect(value).toEqual(["tick", "tick", "job", "tick"]);
  });

  test("an end that reaches a task just as it is killed is not lost", () => {
    const { value } = run(function* () {
      const monitor = new Monitor();
      const job = yield* new NewTask(new Sleep(5), "job");
      let taker = 0 as Tid;
      yield* new NewTask(
        (function* () {
          yield* new WaitTask(job); // told before the monitor is, so that its turn comes first
          yield* new KillTask(taker);
        })(),
      );
      yield;
      yield* monitor.add(job);
      yield* monitor.add(yield* new NewTask(new Sleep(5), "second"));
      taker = yield* new NewTask(monitor.next());
      const { status } = yield* new WaitTask(taker);
      yield* new Sleep(10);
      return [status, (yield* monitor.next()).name, (yield* monitor.next()).name];
    });
    expect(value).toEqual(["killed", "job", "second"]);
  });

  test("ends that reach two tasks just as they are killed are told in their order after all", () => {
    const { value } = run(function* () {
      const monitor = new Monitor();
      const jobs: Tid[] = [];
      for (const name of ["first", "second", "third"]) jobs.push(yield* new NewTask(new Sleep(5), name));
      const takers: Tid[] = [];
      yield* new NewTask(
        (function* () {
          yield* new WaitTask(jobs[0] as Tid); // told before the monitor is, so that its turn comes first
          yield* new KillTasks(takers);
        })(),
      );
      yield;
      for (const job of jobs) yield* monitor.add(job);
      for (let n = 0; n < 2; n++) takers.push(yield* new NewTask(monitor.next()));
      yield* new Sleep(10);
      const told: string[] = [];
      while (monitor.size > 0) told.push((yield* monitor.next()).name);
      return [(yield* new WaitTask(takers[1] as Tid)).status, ...told];
    });
    expect(value).toEqual(["killed", "first", "second", "third"]);
  });

  test("forgets a task that is removed", () => {
    const { value } = run(function* () {
      const monitor = new Monitor();
      const tid = yield* new NewTask(new Sleep(1));
      yield* monitor.add(tid);
      yield* monitor.add(tid);
      const answers = [monitor.size, monitor.remove(tid), monitor.remove(tid), monitor.size];
      yield* new Sleep(10);
      return [...answers, monitor.size];
    });
    expect(value).toEqual([1, true, false, 0, 0]);
  });

  test("is over with the task it belongs to: nobody keeps it", () => {
    const monitor = new Monitor();
    const { value } = run(function* () {
      const job = yield* new NewTask(new Sleep(1_000), "job");
      const exit = yield* endOf(
        (function* () {
          yield* monitor.add(job);
          yield* monitor.next();
        })(),
        "kill",
      );
      yield* new KillTask(job);
      return [exit.status, monitor.size];
    });
    expect(value).toEqual(["killed", 0]);
  });

  test("tells whoever else waits with it that the task it belongs to has ended, and does not keep them", () => {
    const { value } = run(function* () {
      const monitor = new Monitor();
      const job = yield* new NewTask(new Sleep(50), "job");
      const owner = yield* new NewTask(
        (function* () {
          yield* monitor.add(job);
          yield* new Sleep(5);
        })(),
        "owner",
      );
      yield* new Sleep(1);
      const waiter = yield* new NewTask(codeOf(monitor.next()));
      yield* new WaitTask(owner);
      return [yield* new Join(waiter), yield* codeOf(monitor.next()), yield* codeOf(monitor.add(job)), monitor.size];
    });
    expect(value).toEqual(["EPIPE", "EPIPE", "EPIPE", 0]);
  });

  test("that is done with leaves nothing at the task it belongs to, however many that makes", () => {
    class Watchers extends Syscall<number> {
      override handle({ watchers }: Task): number {
        return watchers instanceof Set ? watchers.size : Number(watchers !== undefined);
      }
    }
    const { value } = run(function* () {
      for (let n = 0; n < 100; n++) {
        const monitor = new Monitor();
        yield* monitor.add(yield* new NewTask(new Sleep(1)));
        if (n % 2 === 0) yield* new Sleep(2);
        yield* monitor.next();
        yield* new Select({ end: monitor.next(), idle: new Sleep(1) });
      }
      return yield* new Watchers();
    });
    expect(value).toBe(0);
  });

  test("waits in words, and names who can end the wait", () => {
    const { value } = run(function* () {
      const monitor = new Monitor();
      yield* monitor.add(yield* new NewTask(new Sleep(10), "job"));
      const watcher = yield* new NewTask(monitor.next(), "watcher");
      yield* new Sleep(1);
      const record = (yield* new ListTasks()).find(({ tid }) => tid === watcher);
      return record && { verb: record.verb, object: record.object, holders: record.holders };
    });
    expect(value).toEqual({ verb: "exit of", object: "one of 1 monitored task", holders: [2] });
  });

  test("refuses tids that nobody ever had, and ends that are forgotten", () => {
    const { value } = run(
      function* () {
        const forgotten = yield* new NewTask(returning(1));
        yield* new WaitTask(forgotten);
        const monitor = new Monitor();
        return [yield* codeOf(monitor.add(99 as Tid)), yield* codeOf(monitor.add(forgotten))];
      },
      { limits: { recentExits: 0 } },
    );
    expect(value).toEqual(["ESRCH", "ESTALE"]);
  });
});
