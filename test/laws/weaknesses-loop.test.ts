// W13 to W24, those of the known weaknesses of the original that lie in its loop, its yields and its handlers: each is
// shown on a scheduler of its kind first, then not to be ours.

import { expect, test } from "vitest";
import { Kernel } from "../../kernel/kernel.ts";
import { VirtualMachine } from "../../kernel/machine/virtual.ts";
import { type Program, type Runnable, routine } from "../../kernel/syscall.ts";
import { GetTid, Join, KillTask, NewTask, Sleep, WaitTask } from "../../syscalls/index.ts";
import { run } from "../kit/index.ts";
import { Custom, codeOf, codeText, returning, ticking, waitFor } from "./programs.ts";
import { OldCall, OldGetTid, OldNewTask, OldScheduler, OldTask, OldWaitTask, old, type Target } from "./pyos8.ts";

test("W13: when the last task has ended, the loop has too", () => {
  function* short(): Target {
    yield undefined;
  }
  expect(old(short()).run()).toBe("spins");

  const { counters, value } = run(function* () {
    yield;
    return "over";
  });
  expect(value).toBe("over");
  expect(counters.polls).toBeLessThan(5);
});

test("W14: a bare yield in a subroutine gives up the CPU and no more", () => {
  const seen: string[] = [];
  function* oldSub(): Target {
    yield undefined;
    seen.push("old, after the yield");
  }
  old(
    (function* (): Target {
      yield oldSub();
    })(),
  ).run();
  expect(seen).toEqual([]);

  const sub = routine(function* sub(): Program<string> {
    yield;
    return "after the yield";
  });
  expect(run(() => sub()).value).toBe("after the yield");
});

test("W15: a subroutine's return value reaches its caller", () => {
  let got: unknown = "nothing yet";
  function* oldSub(): Target<number> {
    return 42;
  }
  old(
    (function* (): Target {
      got = yield oldSub();
    })(),
  ).run();
  expect(got).toBeUndefined();

  const sub = routine(function* sub(): Program<number> {
    return 42;
  });
  const { value } = run(function* () {
    return yield* sub();
  });
  expect(value).toBe(42);
});

test("W16: a loop of subroutine calls gives up the CPU", () => {
  let oldTurns = 0;
  function* oldSub(): Target {
    yield "a result";
  }
  const scheduler = old(
    (function* (): Target {
      for (;;) yield oldSub();
    })(),
    (function* (): Target {
      for (;;) {
        oldTurns++;
        yield undefined;
      }
    })(),
  );
  expect(scheduler.run()).toBe("spins");
  expect(oldTurns).toBe(0);

  const sub = routine(function* sub(): Program<number> {
    return 1;
  });
  const { value } = run(function* () {
    const caller = yield* new NewTask(
      (function* (): Program<never> {
        for (;;) yield* sub();
      })(),
    );
    for (let turns = 0; turns < 100; turns++) yield;
    yield* new KillTask(caller);
    return (yield* new WaitTask(caller)).status;
  });
  expect(value).toBe("killed");
});

test("W17: yielding what is no syscall is a TypeError at that yield", () => {
  let went = false;
  old(
    (function* (): Target {
      yield 42;
      went = true;
    })(),
  ).run();
  expect(went).toBe(true);

  const { value } = run(function* () {
    try {
      yield 42 as never; // what the types refuse
      return "ignored";
    } catch (error) {
      return codeText(error);
    }
  });
  expect(value).toBe("TypeError");
});

test("W18: a raising handler faults its caller alone", () => {
  class OldRaises extends OldCall {
    override handle(): void {
      throw new RangeError("the handler's fault");
    }
  }
  expect(() =>
    old(
      (function* (): Target {
        yield new OldRaises();
      })(),
    ).run(),
  ).toThrow("the handler's fault");

  const { value } = run(function* () {
    const ticks = { count: 0 };
    yield* new NewTask(ticking(ticks));
    const caught = yield* codeOf(raising());
    yield* new Sleep(10);
    return { caught, alive: ticks.count > 5 };
  });
  expect(value).toEqual({ caught: "RangeError", alive: true });
});

function* raising(): Program<void> {
  yield* new Custom(() => {
    throw new RangeError("the handler's fault");
  });
}

test("W19: no handler can lose its task", () => {
  let went = false;
  class OldForgets extends OldCall {
    override handle(): void {}
  }
  const scheduler = old(
    (function* (): Target {
      yield new OldForgets();
      went = true;
    })(),
  );
  expect(scheduler.run()).toBe("spins");
  expect(went).toBe(false);

  const { value } = run(function* () {
    const answered = yield* new Custom(() => undefined);
    const forgotten = yield* codeOf(
      (function* () {
        yield* new Custom((task) => {
          task.block(waitFor("forgotten"), () => () => undefined);
        });
      })(),
    );
    return { answered, forgotten };
  });
  expect(value).toEqual({ answered: undefined, forgotten: "TypeError" });
});

test("W20: no answer comes back from a later yield", () => {
  let stale: unknown;
  old(
    (function* (): Target {
      yield new OldGetTid();
      stale = yield undefined;
    })(),
  ).run();
  expect(stale).toBeTypeOf("number");

  const { value } = run(function* () {
    yield* new GetTid();
    const bare: unknown = yield;
    yield* new GetTid();
    const slept: unknown = yield* new Sleep(0);
    return [bare, slept];
  });
  expect(value).toEqual([undefined, undefined]);
});

test("W21: NewTask of what is no generator is refused at once", () => {
  let isRefused = false;
  const scheduler = old(
    (function* (): Target {
      try {
        yield new OldNewTask(42 as unknown as Target); // what the types refuse
      } catch {
        isRefused = true;
      }
    })(),
  );
  expect(() => scheduler.run()).toThrow("is not a function");
  expect(isRefused).toBe(false);

  const { counters, value } = run(function* () {
    const codes: string[] = [];
    for (const program of [42, null, undefined, {}, () => undefined, "program"]) {
      codes.push(yield* codeOf(spawning(program as unknown as Runnable<unknown>))); // what the types refuse
    }
    return codes;
  });
  expect(value).toEqual(Array(6).fill("TypeError"));
  expect(counters.spawned).toBe(1);
});

function* spawning(program: Runnable<unknown>): Program<void> {
  yield* new NewTask(program);
}

test("W22: ended and never existed differ, and the exit value is kept", () => {
  const answers: unknown[] = [];
  const scheduler = new OldScheduler();
  const ended = scheduler.spawn(
    (function* (): Target<string> {
      return "a value";
    })(),
  );
  scheduler.spawn(
    (function* (): Target {
      yield undefined;
      answers.push(yield new OldWaitTask(ended));
      answers.push(yield new OldWaitTask(999_999));
    })(),
  );
  scheduler.run();
  expect(answers).toEqual([false, false]);

  const { value } = run(function* () {
    const child = yield* new NewTask(returning("a value"));
    yield* new Sleep(1);
    return { ended: yield* new WaitTask(child), never: yield* codeOf(wait(999_999)) };
  });
  expect(value).toEqual({ ended: { status: "returned", value: "a value" }, never: "ESRCH" });
});

test("W23: two kernels do not share tids", () => {
  const one = new OldTask(returning(0));
  const other = new OldTask(returning(0));
  expect(other.tid).not.toBe(one.tid); // whichever scheduler they are for

  const kernels = [1, 2].map(() => new Kernel(new VirtualMachine()));
  expect(kernels.map((kernel) => kernel.runSync(new GetTid()))).toEqual([1, 1]);
});

test("W24: polls go by time and turns, however many tasks are busy", () => {
  function* oldBusy(): Target {
    for (;;) yield undefined;
  }
  const few = old(oldBusy());
  few.run(60_000);
  const many = old(...Array.from({ length: 5_000 }, () => oldBusy()));
  many.run(60_000);
  expect(few.turns / few.polls).toBeLessThan(3);
  expect(many.turns / many.polls).toBeGreaterThan(4_000);

  const turnsPerPoll = (tasks: number): number => {
    const { counters } = run(() => busy(tasks, 20_000 / tasks), { checkEvery: 1_000 });
    return counters.turns / counters.polls;
  };
  expect(turnsPerPoll(2)).toBeGreaterThan(500);
  expect(turnsPerPoll(5_000)).toBeLessThanOrEqual(1_024);
});

function* busy(tasks: number, yields: number): Program<void> {
  const tids: number[] = [];
  for (let task = 0; task < tasks; task++) {
    tids.push(
      yield* new NewTask(
        (function* () {
          for (let i = 0; i < yields; i++) yield;
        })(),
      ),
    );
  }
  for (const tid of tids) yield* new Join(tid);
}

function* wait(tid: number): Program<void> {
  yield* new WaitTask(tid);
}
