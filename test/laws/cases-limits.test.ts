// Limits of one task: each is a typed error to that task alone, and who goes on regardless is killed. Its children have the
// same, counted for themselves; nothing makes them wider.

import { describe, expect, test } from "vitest";
import {
  Adopt,
  CancelTask,
  Connect,
  GetTid,
  KillTask,
  Limit,
  Listen,
  NewTask,
  type Program,
  routine,
  SendSignal,
  Shield,
  Sleep,
  Timeout,
  WaitTask,
} from "../../apps/index.ts";
import { type Exit, Kernel, type Runnable, type TaskLimits, type Tid } from "../../kernel/index.ts";
import { VirtualMachine } from "../../kernel/machine/virtual.ts";
import { Invariants, run } from "../kit/index.ts";
import { Custom, codeOf, codeText, throwing } from "./programs.ts";

/** Runs a program in a task of its own, within limits. */
function* limited<T>(bounds: TaskLimits, program: () => Runnable<T>): Program<T> {
  yield* new Limit(bounds);
  return yield* program();
}

/** How a task with limits ends, and when. */
function endOf(bounds: TaskLimits, program: () => Runnable<unknown>): { exit: string; why: string; now: number } {
  const { value, now, kernel } = run(function* () {
    return yield* new WaitTask(yield* new NewTask(limited(bounds, program)));
  });
  expect([kernel.timers.size, kernel.traits.size]).toEqual([0, 0]);
  const exit = value.status === "threw" ? codeText(value.error) : value.status;
  return { exit, why: value.status === "killed" ? value.why : "", now: Math.round(now) };
}

/** A machine on which a task's turns take time: whoever `spends` some. */
class SpendingMachine extends VirtualMachine {
  spent = 0;
  override now(): number {
    return super.now() + this.spent;
  }
}

function runSpending<T>(program: (spend: (ms: number) => Custom<void>) => Program<T>): T {
  const machine = new SpendingMachine();
  const kernel = new Kernel(machine, { log: () => {} });
  const invariants = new Invariants(kernel);
  kernel.addObserver(invariants);
  const spend = (ms: number) =>
    new Custom<void>(() => {
      machine.spent += ms;
    });
  const value = kernel.runSync(program(spend));
  invariants.finish();
  return value;
}

describe("children", () => {
  test("at the bound another is EAGAIN; when one has ended there is room again, however it ended", () => {
    const { value } = run(() =>
      limited({ children: 2 }, function* () {
        const log: string[] = [];
        for (const end of ["return", "kill", "throw"] as const) {
          const nap = () => new NewTask<unknown>(end === "throw" ? throwing("spoilt") : new Sleep(1));
          const [first] = [yield* nap(), yield* nap()];
          log.push(yield* codeOf(nap()));
          if (end === "kill") yield* new KillTask(first);
          yield* new WaitTask(first);
          log.push(yield* codeOf(nap()));
          yield* new Sleep(5);
        }
        return log;
      }),
    );
    expect(value).toEqual(["EAGAIN", "", "EAGAIN", "", "EAGAIN", ""]);
  });

  test("a spawn that fails for another reason takes no place, and no tid", () => {
    const { value } = run(() =>
      limited({ children: 1 }, function* () {
        const codes = [yield* codeOf(new NewTask(new Sleep(1), "x".repeat(65)))];
        codes.push(yield* codeOf(new NewTask("no program" as unknown as Program)));
        return [codes, yield* new NewTask(new Sleep(1))];
      }),
    );
    expect(value).toEqual([["ENAMETOOLONG", "TypeError"], 2]);
  });

  test("those it had before do not count, nor do those it adopts, nor its children's own", () => {
    const { value } = run(function* () {
      const early = yield* new NewTask(new Sleep(3));
      yield* new Limit({ children: 1 });
      const parent = routine(function* parent(): Program<void> {
        yield* new NewTask(new Sleep(20));
      });
      const codes = [yield* codeOf(new NewTask(parent()))];
      codes.push(yield* codeOf(new NewTask(new Sleep(1))));
      yield* new WaitTask(early);
      yield* new Sleep(1); // the parent has ended: its child is adopted
      codes.push(yield* codeOf(new NewTask(new Sleep(1))));
      codes.push(yield* codeOf(new NewTask(new Sleep(1))));
      yield* new Sleep(50); // the adopted one has ended, and so have all
      codes.push(yield* codeOf(new NewTask(new Sleep(1))));
      codes.push(yield* codeOf(new NewTask(new Sleep(1))));
      return codes;
    });
    expect(value).toEqual(["", "EAGAIN", "", "EAGAIN", "", "EAGAIN"]);
  });

  test("each child has the same bound for itself", () => {
    const { value } = run(() =>
      limited({ children: 1 }, function* () {
        const child = yield* new NewTask(
          (function* (): Program<string[]> {
            return [yield* codeOf(new NewTask(new Sleep(1))), yield* codeOf(new NewTask(new Sleep(1)))];
          })(),
        );
        return [yield* codeOf(new NewTask(new Sleep(1))), yield* new WaitTask(child)];
      }),
    );
    expect(value).toEqual(["EAGAIN", { status: "returned", value: ["", "EAGAIN"] }]);
  });

  test("none at all", () => {
    expect(endOf({ children: 0 }, () => new NewTask(new Sleep(0))).exit).toBe("EAGAIN");
  });
});

describe("sockets", () => {
  test("at the bound another is EMFILE, and nothing is left of it; a closed one makes room", () => {
    const { value, machine } = run(function* () {
      const listener = yield* new Listen({ port: 7000 });
      const client = yield* new NewTask(
        limited({ sockets: 1 }, function* () {
          const first = yield* new Connect(listener.address);
          const codes = [yield* codeOf(new Connect(listener.address)), yield* codeOf(new Listen({ port: 7001 }))];
          first.close();
          const second = yield* new Connect(listener.address);
          codes.push(yield* codeOf(new Connect(listener.address)), second.closed ? "closed" : "open");
          return codes;
        }),
      );
      return [yield* new WaitTask(client), yield* codeOf(new Listen({ port: 7001 }))];
    });
    expect(value).toEqual([{ status: "returned", value: ["EMFILE", "EMFILE", "EMFILE", "open"] }, ""]);
    expect(machine.stdout.closed).toBe(false);
  });

  test("what is adopted counts; what is refused stays whose it was; one's own may be adopted again", () => {
    const { value } = run(function* () {
      const [first, second] = [yield* new Listen({ port: 1 }), yield* new Listen({ port: 2 })];
      const child = yield* new NewTask(
        limited({ sockets: 1 }, function* () {
          const codes = [yield* codeOf(new Adopt(first)), yield* codeOf(new Adopt(first))];
          return [...codes, yield* codeOf(new Adopt(second))];
        }),
      );
      const exit = yield* new WaitTask(child);
      return [exit, first.closed, second.closed];
    });
    expect(value).toEqual([{ status: "returned", value: ["", "", "EMFILE"] }, true, false]);
  });
});

describe("turns in a second", () => {
  test("one more is EAGAIN, at its next trap; in the next second there are as many again", () => {
    const { value } = run(() =>
      limited({ turnsPerSecond: 10 }, function* () {
        const turns: number[] = [];
        for (let second = 0; second < 3; second++) {
          let count = 0;
          try {
            for (;;) {
              yield* new Sleep(1);
              count++;
            }
          } catch (error) {
            turns.push(count);
            if (codeText(error) !== "EAGAIN") throw error;
          }
          yield* new Sleep(1_000);
        }
        return turns;
      }),
    );
    // An answer that was granted is delivered first: the eleventh turn's, too. A long sleep's end is a turn of its second.
    expect(value).toEqual([11, 10, 10]);
  });

  test("who only rests when told goes on for ever; who never does is killed after a hundred turns", () => {
    const rests = run(() =>
      limited({ turnsPerSecond: 5 }, function* () {
        for (let told = 0; told < 300; ) {
          if ((yield* codeOf(new Sleep(1))) === "") continue;
          told++;
          yield* new Sleep(1_000);
        }
        return "rested";
      }),
    );
    expect(rests.value).toBe("rested");
    const told = { count: 0 };
    const { exit, why } = endOf({ turnsPerSecond: 5 }, function* () {
      for (;;) if ((yield* codeOf(new Sleep(1))) !== "") told.count++;
    });
    expect([exit, told.count]).toEqual(["killed", 100]);
    expect(why).toBe("task 2 has had its 5 turns of this second, and goes on");
  });

  test("it reaches a task that is busy, or gives up the CPU", () => {
    expect(
      endOf({ turnsPerSecond: 3 }, function* () {
        for (;;) yield* new GetTid();
      }).exit,
    ).toBe("EAGAIN");
    expect(
      endOf({ turnsPerSecond: 3 }, function* () {
        for (;;) yield;
      }).exit,
    ).toBe("EAGAIN");
  });
});

describe("time of its turns", () => {
  test("more is EDQUOT, thrown where it is, and again in each turn; sleep costs nothing", () => {
    const value = runSpending((spend) =>
      limited({ cpuMs: 50 }, function* () {
        yield* new Sleep(10_000);
        yield* spend(40);
        yield* new Sleep(1);
        const codes = [yield* codeOf(new Sleep(1))];
        yield* spend(20);
        for (let n = 0; n < 3; n++) codes.push(yield* codeOf(new Sleep(1)));
        return codes;
      }),
    );
    expect(value).toEqual(["", "EDQUOT", "EDQUOT", "EDQUOT"]);
  });

  test("what one task spends is no other's: neither its parent's nor its child's", () => {
    const value = runSpending((spend) =>
      limited({ cpuMs: 50 }, function* () {
        const hungry = routine(function* hungry(): Program<void> {
          for (let n = 0; n < 10; n++) {
            yield* spend(20);
            yield;
          }
        });
        const exits: Exit[] = [];
        for (let n = 0; n < 3; n++) exits.push(yield* new WaitTask(yield* new NewTask(hungry())));
        return [exits.map((exit) => (exit.status === "threw" ? codeText(exit.error) : exit.status)), "parent lives"];
      }),
    );
    expect(value).toEqual([["EDQUOT", "EDQUOT", "EDQUOT"], "parent lives"]);
  });

  test("a second Limit gives none back", () => {
    const value = runSpending((spend) =>
      limited({ cpuMs: 50 }, function* () {
        yield* spend(30);
        yield* new Sleep(1);
        yield* new Limit({ cpuMs: 45 });
        yield* spend(20);
        return yield* codeOf(new Sleep(1));
      }),
    );
    expect(value).toBe("EDQUOT");
  });

  test("a Limit in the midst of a turn counts from there", () => {
    const value = runSpending((spend) =>
      (function* (): Program<string[]> {
        yield* new Limit({ children: 9 });
        yield* new Sleep(1);
        yield* spend(100);
        const before = yield* codeOf(new Limit({ cpuMs: 500 }));
        return [before, yield* codeOf(new Sleep(1))];
      })(),
    );
    expect(value).toEqual(["", ""]);
  });
});

describe("run time", () => {
  test("when it is over it is ETIMEDOUT, thrown into whatever the task waits for", () => {
    const { exit, now } = endOf({ runMs: 50 }, () => new Sleep(1_000));
    expect([exit, now]).toEqual(["ETIMEDOUT", 50]);
  });

  test("who goes on has it thrown again, each turn, and is killed after a hundred", () => {
    const told = { count: 0 };
    const { exit, why, now } = endOf({ runMs: 50 }, function* () {
      for (;;) {
        yield* codeOf(new Sleep(1_000));
        told.count++;
      }
    });
    expect([exit, told.count, now]).toEqual(["killed", 100, 50]);
    expect(why).toBe("task 2 has lived its 50 ms, and goes on");
  });

  test("a task that ends in time leaves no timer, and has none when it is killed or cancelled", () => {
    expect(endOf({ runMs: 50 }, () => new Sleep(10))).toMatchObject({ exit: "returned", now: 10 });
    for (const End of [KillTask, CancelTask]) {
      const { kernel, now } = run(function* () {
        const tid = yield* new NewTask(limited({ runMs: 500 }, () => new Sleep(1_000)));
        yield* new Sleep(1);
        yield* new End(tid);
        yield* new WaitTask(tid);
      });
      expect([kernel.timers.size, Math.round(now)]).toEqual([0, 1]);
    }
  });

  test("a second Limit can only bring it nearer, even by a smaller number that would end later", () => {
    const left = (second: TaskLimits): number =>
      endOf({ runMs: 100 }, function* () {
        yield* new Sleep(60);
        yield* new Limit(second);
        yield* new Sleep(1_000);
      }).now;
    expect(left({ runMs: 10 })).toBe(70);
    expect(left({ runMs: 90 })).toBe(100);
    expect(left({ runMs: 1_000 })).toBe(100);
    expect(left({ children: 5 })).toBe(100);
  });

  test("each child has it from its own start", () => {
    const { value } = run(() =>
      limited({ runMs: 100 }, function* () {
        yield* new Sleep(80);
        const child = yield* new NewTask(codeOf(new Sleep(1_000)), "child");
        const own = yield* codeOf(new Sleep(1_000));
        const at = Math.round(yield* new Custom(({ kernel }) => kernel.clock()));
        return [own, at, child];
      }),
    );
    expect(value).toEqual(["ETIMEDOUT", 100, 2]);
  });

  test("of 0 ms, and of no end", () => {
    expect(endOf({ runMs: 0 }, () => new Sleep(1)).exit).toBe("ETIMEDOUT");
    expect(endOf({ runMs: Number.POSITIVE_INFINITY }, () => new Sleep(1)).exit).toBe("returned");
  });

  test("a stopped task is told when it goes on", () => {
    const { value, now } = run(function* () {
      const tid = yield* new NewTask(limited({ runMs: 50 }, () => codeOf(new Sleep(1_000))));
      yield* new Sleep(1);
      yield* new SendSignal(tid, "STOP");
      yield* new Sleep(200);
      yield* new SendSignal(tid, "CONT");
      return yield* new WaitTask(tid);
    });
    expect([value, Math.round(now)]).toEqual([{ status: "returned", value: "ETIMEDOUT" }, 201]);
  });
});

describe("what is thrown for going on", () => {
  test("comes through a shield", () => {
    const { exit, now } = endOf({ runMs: 50 }, () => new Shield(new Sleep(1_000)));
    expect([exit, now]).toEqual(["ETIMEDOUT", 50]);
  });

  test("waits for the end of a scope's cleanup, however many turns that has, and comes once", () => {
    const log: string[] = [];
    const { exit } = endOf({ runMs: 50 }, function* () {
      const scope = new Timeout(
        49,
        (function* (): Program<void> {
          try {
            yield* new Sleep(1_000);
          } finally {
            for (let n = 0; n < 150; n++) yield* new Sleep(1);
            log.push("cleaned up");
          }
        })(),
      );
      log.push(yield* codeOf(scope));
      log.push(yield* codeOf(new Sleep(1)));
    });
    expect([exit, log]).toEqual(["returned", ["cleaned up", "ETIMEDOUT", "ETIMEDOUT"]]);
  });

  test("does not disturb a task that is being killed", () => {
    const log: string[] = [];
    const { value } = run(function* () {
      const tid = yield* new NewTask(
        limited({ runMs: 10, turnsPerSecond: 5 }, function* () {
          try {
            yield* new Sleep(1_000);
          } finally {
            for (let n = 0; n < 20; n++) yield* new Sleep(1);
            log.push("cleaned up");
          }
        }),
      );
      yield* new Sleep(5);
      yield* new KillTask(tid, "enough");
      return yield* new WaitTask(tid);
    });
    expect(value).toEqual({ status: "killed", by: 1, why: "enough", clean: true });
    expect(log).toEqual(["cleaned up"]);
  });

  test("and a cancel both come, one after the other", () => {
    const { value } = run(function* () {
      const tid = yield* new NewTask(
        limited({ runMs: 10 }, function* () {
          const codes: string[] = [];
          while (codes.length < 3) codes.push(yield* codeOf(new Sleep(1_000)));
          return codes;
        }),
      );
      yield* new Sleep(1);
      yield* new SendSignal(tid, "STOP");
      yield* new Sleep(50); // it is told that its time is over
      yield* new CancelTask(tid);
      yield* new SendSignal(tid, "CONT");
      return yield* new WaitTask(tid);
    });
    expect(value).toEqual({ status: "returned", value: ["ETIMEDOUT", "ECANCELED", "ETIMEDOUT"] });
  });
});

describe("a limit", () => {
  test("can only be tightened: by the task itself, or by a child", () => {
    const { value } = run(() =>
      limited({ children: 2 }, function* () {
        yield* new Limit({ children: 100 });
        const codes: string[] = [];
        for (let n = 0; n < 3; n++) codes.push(yield* codeOf(new NewTask(new Sleep(1))));
        yield* new Sleep(5);
        yield* new Limit({ children: 1 });
        for (let n = 0; n < 2; n++) codes.push(yield* codeOf(new NewTask(new Sleep(1))));
        return codes;
      }),
    );
    expect(value).toEqual(["", "", "EAGAIN", "", "EAGAIN"]);
  });

  test("harms no other task", () => {
    const { value } = run(function* () {
      const tid = yield* new NewTask(
        limited({ children: 0, runMs: 5, turnsPerSecond: 3 }, function* () {
          for (;;) yield* codeOf(new Sleep(0.1));
        }),
      );
      for (let n = 0; n < 50; n++) yield* new WaitTask(yield* new NewTask(new Sleep(1)));
      return yield* new WaitTask(tid);
    });
    expect(value).toMatchObject({ status: "killed", by: 0 });
  });

  test("that cannot be is EINVAL at once, with its name and value; it is what it was when it was given", () => {
    for (const wrong of [
      { children: -1 },
      { cpuMs: Number.NaN },
      { runMs: "5" },
      { forks: 1 },
      { sockets: undefined },
    ]) {
      expect(() => new Limit(wrong as TaskLimits)).toThrow(expect.objectContaining({ code: "EINVAL" }));
    }
    expect(() => new Limit({ children: -1 })).toThrow("children is -1");
    const bounds = { children: 1 };
    const limit = new Limit(bounds);
    bounds.children = Number.NaN;
    const { value } = run(function* () {
      yield* limit;
      return [yield* codeOf(new NewTask(new Sleep(1))), yield* codeOf(new NewTask(new Sleep(1)))];
    });
    expect(value).toEqual(["", "EAGAIN"]);
  });

  test.each([1, 2, 3])("is counted right whoever is spawned, killed and adopted (seed %i)", (seed) => {
    const { value } = run(
      function* () {
        yield* new Limit({ children: 4 });
        const tids: Tid[] = [];
        const nested = routine(function* nested(): Program<void> {
          for (let n = 0; n < 6; n++) yield* codeOf(new NewTask(new Sleep(n)));
          yield* new Sleep(1);
        });
        for (let n = 0; n < 100; n++) {
          if ((yield* codeOf(new NewTask(nested()))) === "") tids.push(n as Tid);
          if (n % 3 === 0) yield* new KillTask((2 + (n % 7)) as Tid);
          if (n % 4 === 0) yield* new Sleep(1);
        }
        yield* new Sleep(100);
        const codes: string[] = [];
        for (let n = 0; n < 5; n++) codes.push(yield* codeOf(new NewTask(new Sleep(1))));
        return [tids.length > 20, ...codes];
      },
      { seed, quantum: 1 },
    );
    expect(value).toEqual([true, "", "", "", "", "EAGAIN"]);
  });
});
