// The kit itself: what it gives of a run, how a run fails, and what it does with runs that have no end.

import { expect, test } from "vitest";
import { type Program, routine } from "../../kernel/syscall.ts";
import { Await, GetTid, Log, NewTask, ReadWait, Sleep } from "../../syscalls/index.ts";
import { InvariantError, Recorder, run, runAsync, runExit, runExitAsync } from "../kit/index.ts";
import { Custom, returning, sleeper, socketPair, throwing } from "./programs.ts";

test("a program is a generator, a routine's call, a syscall, or a function that makes one", () => {
  const work = routine(function* work(): Program<string> {
    return "value";
  });
  expect(run(returning("value")).value).toBe("value");
  expect(run(work()).value).toBe("value");
  expect(run(new Custom(() => "value")).value).toBe("value");
  expect(run(() => work()).value).toBe("value");
  expect(run(work).value).toBe("value");
});

test("run throws what the run throws, runExit gives it, with all there is to see", () => {
  const error = new RangeError("its own");
  expect(() => run(throwing(error))).toThrow(error);
  const { counters, kernel, outcome, trace } = runExit(throwing(error), { name: "main" });
  expect(outcome).toEqual({ status: "threw", error });
  expect(counters.threw).toBe(1);
  expect(kernel.exits.latest()).toMatchObject([{ tid: 1, name: "main", exit: { status: "threw" } }]);
  expect(trace.events().map(({ event, detail }) => `${event} ${detail}`.trim())).toEqual([
    "spawn main",
    "ready",
    "exit threw",
    "turn",
  ]);
});

test("the kernel's log is kept, and hours take no time", () => {
  const { logs, now } = run(function* () {
    yield* new Sleep(3_600_000);
    yield* new Log("an hour later");
  });
  expect(logs).toMatchObject([{ level: "info", tid: 1, text: "an hour later" }]);
  expect(logs[0]?.at).toBeGreaterThanOrEqual(3_600_000);
  expect(now).toBeGreaterThanOrEqual(3_600_000);
});

test("a run without an end is given up, and says with which seed", () => {
  const forEver = function* (): Program<never> {
    for (;;) yield;
  };
  expect(() => run(forEver, { maxTurns: 5_000, seed: 77 })).toThrow(
    expect.objectContaining({ code: "ETIMEDOUT", message: expect.stringContaining("seed 77") }),
  );
});

test("promises that settle by themselves can be awaited in an asynchronous run, and are refused in the other", async () => {
  const program = function* (): Program<string> {
    yield* new Sleep(10);
    return yield* new Await(Promise.resolve("settled"));
  };
  expect((await runAsync(program)).value).toBe("settled");
  expect(runExit(program).outcome).toMatchObject({ status: "threw", error: { code: "ENOTSUP" } });
  const { outcome } = await runExitAsync(() => new Await(Promise.reject(new RangeError("rejected"))));
  expect(outcome).toMatchObject({ status: "threw", error: { message: "rejected" } });
});

class Leaky extends ReadWait {
  override handle(...[task]: Parameters<ReadWait["handle"]>): ReturnType<ReadWait["handle"]> {
    return task.block(this, (waiter) => {
      this.pollable.watch("read", waiter);
      return () => undefined;
    });
  }
}

test("a syscall that forgets its undo fails the run, by law, turn and seed", () => {
  const program = function* (): Program<void> {
    const { server } = yield* socketPair();
    const victim = yield* new NewTask(new Leaky(server));
    yield* new Sleep(1);
    yield* new Custom(({ kernel }) => kernel.kill(victim, 0, ""));
    yield* new Sleep(1);
  };
  expect(() => run(program, { seed: 12 })).toThrow(InvariantError);
  expect(() => run(program, { seed: 12 })).toThrow(/K12 does not hold \(seed 12, turn \d+\): .* is watched \(read\)/);
  expect(() => runExit(program, { seed: 12 })).toThrow(InvariantError);
  expect(run(program, { seed: 12, check: false }).counters.killed).toBe(1);
});

test("a violation stops the run, and has a dump", () => {
  let turns = 0;
  const program = function* (): Program<void> {
    const victim = yield* new NewTask(sleeper([]));
    yield;
    yield* new Custom(({ kernel }) => {
      const task = kernel.find(victim);
      if (task !== undefined) task.state = 0; // ready, and in no queue
    });
    for (; turns < 1_000_000; turns++) yield;
  };
  let caught: unknown;
  try {
    run(program);
  } catch (error) {
    caught = error;
  }
  expect(caught).toBeInstanceOf(InvariantError);
  expect((caught as InvariantError).law).toBe("K2"); // checked on the line above
  expect((caught as InvariantError).dump).toContain("latest events"); // as above
  expect(turns).toBeLessThan(1_100);
});

test("the recorder keeps the latest events, and the hash is of all", () => {
  const [all, few] = [new Recorder(), new Recorder(3)];
  run(
    function* () {
      for (let i = 0; i < 10; i++) yield* new GetTid();
    },
    { observers: [all, few] },
  );
  expect(few.events()).toEqual(all.events().slice(-3));
  expect(few.events()).toHaveLength(3);
  expect([few.hash, few.count]).toEqual([all.hash, all.count]);
  expect(all.hash).toMatch(/^[0-9a-f]{16}$/);
  expect(() => new Recorder(0)).toThrow(RangeError);
});

test("the hash tells runs apart by order, task, syscall and end", () => {
  const hashOf = (program: () => Program<unknown>): string => runExit(program).trace.hash;
  const programs: (() => Program<unknown>)[] = [
    () => returning(1),
    () => throwing(1),
    function* () {
      yield* new GetTid();
      yield* new Sleep(1);
    },
    function* () {
      yield* new Sleep(1);
      yield* new GetTid();
    },
    function* () {
      yield* new NewTask(new GetTid());
      yield* new Sleep(1);
    },
  ];
  expect(new Set(programs.map(hashOf)).size).toBe(programs.length);
});
