// Events, latches and barriers: many wait, and all of them go on.

import { describe, expect, test } from "vitest";
import {
  Barrier,
  CancelTask,
  Event,
  KillTask,
  Latch,
  ListTasks,
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
import { Custom, codeOf } from "./programs.ts";
import { Deadline, type End, endedAfter, ends, runAs, schedules } from "./schedules.ts";

function* waiting(event: Event | Latch, log: string[], name: string): Program<void> {
  yield* event.wait();
  log.push(name);
}

describe("an event", () => {
  test("wakes all that wait, in the order they came; who comes later does not wait", () => {
    const log: string[] = [];
    run(function* () {
      const event = new Event();
      for (const name of ["a", "b", "c"]) yield* new NewTask(waiting(event, log, name));
      yield* new Sleep(1);
      log.push(`${event.isSet}`);
      event.set();
      event.set();
      log.push(`${event.isSet}`);
      yield* new Sleep(1);
      yield* waiting(event, log, "late");
    });
    expect(log).toEqual(["false", "true", "a", "b", "c", "late"]);
  });

  test("that is cleared at once wakes those that waited, and nobody else", () => {
    const { value } = run(function* () {
      const log: string[] = [];
      const event = new Event();
      yield* new NewTask(waiting(event, log, "a"));
      yield* new Sleep(1);
      event.set();
      event.clear();
      const late = yield* codeOf(new Timeout(5, event.wait()));
      return [log, late];
    });
    expect(value).toEqual([["a"], "ETIMEDOUT"]);
  });

  test("a wake that comes to a task just as it is killed is nobody else's", () => {
    const { value } = run(function* () {
      const log: string[] = [];
      const event = new Event();
      const killed = yield* new NewTask(waiting(event, log, "killed"));
      yield* new Sleep(1);
      event.set();
      event.clear();
      yield* new KillTask(killed);
      const first = yield* new Select({ event: event.wait(), idle: new Sleep(5) });
      return [log, first.key];
    });
    expect(value).toEqual([[], "idle"]);
  });

  test("is set between a select's question and its wait", () => {
    const { value } = run(function* () {
      const event = new Event();
      class SetIt extends Sleep {
        override handle(...args: Parameters<Sleep["handle"]>): ReturnType<Sleep["handle"]> {
          event.set();
          return super.handle(...args);
        }
      }
      return (yield* new Select({ event: event.wait(), idle: new SetIt(50) })).key;
    });
    expect(value).toBe("event");
  });

  test.each(ends)("a %s ends a wait, whenever it comes, and the others are woken", (how) => {
    for (const schedule of schedules) {
      for (let laps = 0; laps < 6; laps++) {
        const { value } = runAs(schedule, function* () {
          const log: string[] = [];
          const event = new Event();
          const victim = yield* new NewTask(endedAfter(laps, how, event.wait()));
          const other = yield* new NewTask(waiting(event, log, "other"));
          for (let lap = 0; lap < 3; lap++) yield;
          event.set();
          yield* new WaitTask(victim);
          yield* new WaitTask(other);
          return log;
        });
        expect(value).toEqual(["other"]);
      }
    }
  });
});

describe("a latch", () => {
  test("opens when it has been counted down, and stays open", () => {
    const log: string[] = [];
    run(function* () {
      const latch = new Latch(3);
      for (const name of ["a", "b"]) yield* new NewTask(waiting(latch, log, name));
      yield* new Sleep(1);
      latch.countDown();
      yield* new Sleep(1);
      log.push(`${latch.count}`);
      latch.countDown(2);
      yield* new Sleep(1);
      yield* waiting(latch, log, "late");
      expect(() => latch.countDown()).toThrow(
        expect.objectContaining({ code: "EOVERFLOW", message: expect.stringContaining("only 0 to go") }),
      );
      yield* waiting(new Latch(0), log, "open");
    });
    expect(log).toEqual(["2", "a", "b", "late", "open"]);
  });

  test("says how much there is to go, in a record and in the report of a deadlock", () => {
    const { outcome } = runExit(
      function* () {
        const latch = new Latch(2, { name: "loaded" });
        latch.countDown();
        yield* latch.wait();
      },
      { name: "main" },
    );
    expect(outcome).toMatchObject({ status: "threw", error: { name: "DeadlockError", cycle: [] } });
    expect((outcome as { error: Error }).error.message).toContain("waits: wait for latch loaded (1 to go)");
  });

  test("takes whole numbers", () => {
    const einval = expect.objectContaining({ code: "EINVAL" });
    for (const count of [-1, 0.5, Number.NaN]) {
      expect(() => new Latch(count)).toThrow(einval);
      expect(() => new Latch(3).countDown(count)).toThrow(einval);
    }
    expect(() => new Latch(3).countDown(4)).toThrow(expect.objectContaining({ code: "EOVERFLOW" }));
  });
});

function* meeting(barrier: Barrier, log: string[], name: string, times = 1): Program<void> {
  for (let n = 0; n < times; n++) {
    try {
      log.push(`${name} ${yield* barrier.wait()}`);
    } catch (error) {
      if (!(error instanceof SyscallError)) throw error;
      log.push(`${name} ${error.code} ${error.message}`);
      return;
    }
  }
}

describe("a barrier", () => {
  test("lets all through when the last has come, each with its place, again and again", () => {
    const log: string[] = [];
    run(function* () {
      const barrier = new Barrier(3);
      const tids: Tid[] = [];
      for (const name of ["a", "b"]) tids.push(yield* new NewTask(meeting(barrier, log, name, 2)));
      yield* new Sleep(1);
      log.push(`${barrier.waiting} wait`);
      tids.push(yield* new NewTask(meeting(barrier, log, "c", 2)));
      for (const tid of tids) yield* new WaitTask(tid);
      log.push(`${barrier.waiting} wait`, `${yield* new Barrier(1).wait()}`);
    });
    expect(log.slice(0, 4)).toEqual(["2 wait", "c 2", "a 0", "b 1"]);
    expect(log.slice(4).toSorted()).toEqual(["0", "0 wait", "a 1", "b 2", "c 0"]);
  });

  test.each<End | "select">(["kill", "cancel", "deadline", "select"])(
    "is broken for all by one that leaves by a %s, until it is reset",
    (how) => {
      const log: string[] = [];
      run(function* () {
        const barrier = new Barrier(3, { name: "step" });
        yield* new NewTask(meeting(barrier, log, "a"));
        const scope = new Deadline(barrier.wait());
        const leaver =
          how === "select"
            ? yield* new NewTask(new Select({ meet: barrier.wait(), idle: new Sleep(2) }), "leaver")
            : yield* new NewTask(scope, "leaver");
        yield* new Sleep(1);
        if (how === "kill") yield* new KillTask(leaver);
        if (how === "cancel") yield* new CancelTask(leaver);
        if (how === "deadline") scope.expire();
        yield* new Sleep(5);
        log.push(`${barrier.isBroken} ${barrier.waiting}`);
        yield* meeting(barrier, log, "late");
        barrier.reset();
        log.push(`${barrier.isBroken}`);
        for (const name of ["b", "c"]) yield* new NewTask(meeting(barrier, log, name));
        yield* new Sleep(1);
        yield* meeting(barrier, log, "d");
      });
      const broken = "EPIPE barrier step is broken: task 3 leaver left it before all had come; see reset()";
      expect(log.slice(0, 4)).toEqual([`a ${broken}`, "true 0", `late ${broken}`, "false"]);
      expect(log).toContain("d 2");
    },
  );

  test("that is reset refuses those that wait, and is as new", () => {
    const log: string[] = [];
    run(function* () {
      const barrier = new Barrier(2);
      yield* new NewTask(meeting(barrier, log, "a"));
      yield* new Sleep(1);
      barrier.reset();
      yield* new Sleep(1);
      yield* new NewTask(meeting(barrier, log, "b"));
      yield* new Sleep(1);
      yield* meeting(barrier, log, "c");
    });
    expect(log).toEqual(["a EPIPE barrier was reset", "c 1", "b 0"]);
  });

  test("through which all have gone is not broken by one that is killed before it hears of it", () => {
    const log: string[] = [];
    const { value } = run(function* () {
      const barrier = new Barrier(2);
      const killed = yield* new NewTask(meeting(barrier, log, "killed"));
      yield* new Sleep(1);
      const last = yield* barrier.wait();
      yield* new KillTask(killed);
      yield* new WaitTask(killed);
      const next = yield* new NewTask(meeting(barrier, log, "next"));
      yield* new Sleep(1);
      return [last, barrier.isBroken, yield* barrier.wait(), yield* new WaitTask(next)];
    });
    expect(value).toMatchObject([1, false, 1, { status: "returned" }]);
    expect(log).toEqual(["next 0"]);
  });

  test("one task that stands at it twice, in a select, does not break it for itself", () => {
    const { value } = run(function* () {
      const barrier = new Barrier(3);
      const both = yield* new NewTask(new Select({ a: barrier.wait(), b: barrier.wait() }));
      yield* new Sleep(1);
      const place = yield* barrier.wait();
      const alone = new Barrier(2);
      const first = yield* new Select({ a: alone.wait(), b: alone.wait() });
      return [place, yield* new WaitTask(both), barrier.isBroken, first, alone.isBroken, alone.waiting];
    });
    expect(value).toEqual([
      2,
      { status: "returned", value: { key: "a", value: 0 } },
      false,
      { key: "a", value: 0 },
      false,
      0,
    ]);
  });

  test("says how many have come", () => {
    const { value } = run(function* () {
      const barrier = new Barrier(3, { name: "step" });
      yield* new NewTask(barrier.wait(), "a");
      yield* new Sleep(1);
      return (yield* new ListTasks()).find(({ name }) => name === "a");
    });
    expect(value).toMatchObject({ verb: "wait at", object: "barrier step (1 of 3 have come)", holders: [] });
  });

  test("takes a whole number of parties, at least one", () => {
    for (const parties of [0, -1, 1.5, Number.NaN]) {
      expect(() => new Barrier(parties)).toThrow(expect.objectContaining({ code: "EINVAL" }));
    }
  });

  test("whoever is ended, whenever and however, all meet or all are told", () => {
    const seen = { met: 0, told: 0 };
    for (const schedule of schedules) {
      for (const how of ends) {
        for (let laps = 0; laps < 12; laps++) {
          const { value } = runAs(schedule, function* () {
            const log: string[] = [];
            const barrier = new Barrier(3);
            function* coming(name: string): Program<void> {
              yield;
              yield* meeting(barrier, log, name, 2);
            }
            const tids: Tid[] = [
              yield* new NewTask(coming("a")),
              yield* new NewTask(coming("b")),
              yield* new NewTask(endedAfter(laps, how, coming("v"))),
            ];
            // Who never comes is waited for: only who leaves while it waits is missed at once.
            const giveUp = yield* new NewTask(
              (function* (): Program<void> {
                yield* new Sleep(100);
                yield* new Custom(() => barrier.reset());
              })(),
            );
            for (const tid of [...tids, giveUp]) yield* new WaitTask(tid);
            expect(barrier.waiting).toBe(0);
            return log.filter((line) => !line.startsWith("v")).toSorted();
          });
          const codes = value.map((line) => line.split(" ").slice(0, 2).join(" "));
          const times = codes.filter((line) => /^a \d/.test(line)).length;
          expect(codes.filter((line) => /^b \d/.test(line))).toHaveLength(times);
          expect(codes.filter((line) => line.endsWith("EPIPE"))).toHaveLength(times === 2 ? 0 : 2);
          if (times === 2) seen.met++;
          else seen.told++;
        }
      }
    }
    expect(Math.min(seen.met, seen.told)).toBeGreaterThan(20);
  });
});
