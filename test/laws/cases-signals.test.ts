// Signals, as on Unix: what has a default does it, what a task waits for is its own, a stopped task has no turns, and a kill
// is certain whatever its target is doing.

import { describe, expect, test } from "vitest";
import {
  type CatchableSignal,
  deliver,
  GetTask,
  GetTid,
  Join,
  KillTask,
  NewTask,
  offerSignal,
  type Program,
  routine,
  Select,
  SendSignal,
  Shield,
  type Signal,
  Sleep,
  Timeout,
  WaitSignal,
  WaitTask,
} from "../../apps/index.ts";
import { type DeadlockError, type Exit, Kernel, type Task, type Tid } from "../../kernel/index.ts";
import { VirtualMachine } from "../../kernel/machine/virtual.ts";
import { run, runExit } from "../kit/index.ts";
import { Custom, codeOf, codeText, sleeper, ticking } from "./programs.ts";

const cancelling = ["TERM", "INT", "HUP"] as const;
const silent = ["USR1", "USR2"] as const;
const catchable: readonly CatchableSignal[] = [...cancelling, ...silent];

/** Notes every signal it gets, for ever. */
const listening = routine(function* listening(got: string[], signals: readonly CatchableSignal[]): Program<never> {
  for (;;) got.push(yield* new WaitSignal(...signals));
});

describe("a default", () => {
  test.each(cancelling)("%s cancels, with who sent it and its name as the reason", (signal) => {
    const log: string[] = [];
    const { value } = run(function* () {
      const tid = yield* new NewTask(sleeper(log));
      yield* new Sleep(1);
      const wasAlive = yield* new SendSignal(tid, signal);
      return [wasAlive, yield* new WaitTask(tid)];
    });
    expect(value).toEqual([true, { status: "killed", by: 1, why: signal, clean: true }]);
    expect(log).toEqual(["sleeper finally"]);
  });

  test.each(silent)("%s does nothing", (signal) => {
    const { value } = run(function* () {
      const tid = yield* new NewTask(new Sleep(5));
      yield* new Sleep(1);
      const wasAlive = yield* new SendSignal(tid, signal);
      return [wasAlive, yield* new WaitTask(tid)];
    });
    expect(value).toEqual([true, { status: "returned", value: undefined }]);
  });

  test("KILL kills: no catch sees it, and a shield does not hold it back", () => {
    const log: string[] = [];
    const { value } = run(function* () {
      const tid = yield* new NewTask(new Shield(sleeper(log)));
      yield* new Sleep(1);
      yield* new SendSignal(tid, "KILL");
      return yield* new WaitTask(tid);
    });
    expect(value).toEqual({ status: "killed", by: 1, why: "KILL", clean: true });
    expect(log).toEqual(["sleeper finally"]);
  });

  test("of a task that has ended is that it has; of one that never was, ESRCH", () => {
    const { value } = run(function* () {
      const tid = yield* new NewTask(new Sleep(0));
      yield* new WaitTask(tid);
      const all: readonly Signal[] = [...catchable, "KILL", "STOP", "CONT"];
      const alive: boolean[] = [];
      for (const signal of all) alive.push(yield* new SendSignal(tid, signal));
      return [alive, yield* codeOf(new SendSignal(99 as Tid, "HUP"))];
    });
    expect(value).toEqual([Array(8).fill(false), "ESRCH"]);
  });

  test("of what is no signal is EINVAL, at once, even for a task that has ended", () => {
    for (const wrong of ["SIGTERM", "term", "", "0", "toString"]) {
      const signal = wrong as Signal; // which it is not
      expect(() => new SendSignal(1 as Tid, signal)).toThrow(expect.objectContaining({ code: "EINVAL" }));
      expect(() => deliver(new Kernel(new VirtualMachine()), 1 as Tid, signal, 0)).toThrow(
        expect.objectContaining({ code: "EINVAL", message: expect.stringContaining("is no signal: TERM") }),
      );
    }
    for (const signals of [[], ["KILL"], ["HUP", "STOP"], ["CONT"], ["SIGHUP"]] as CatchableSignal[][]) {
      expect(() => new WaitSignal(...signals)).toThrow(expect.objectContaining({ code: "EINVAL" }));
    }
  });
});

describe("a task that waits for a signal", () => {
  test.each(catchable)("gets %s, which has no other effect", (signal) => {
    const got: string[] = [];
    const { value } = run(function* () {
      const tid = yield* new NewTask(listening(got, [signal]));
      for (let n = 0; n < 3; n++) {
        yield* new Sleep(1);
        yield* new SendSignal(tid, signal);
      }
      yield* new Sleep(1);
      return (yield* new GetTask(tid))?.state;
    });
    expect(got).toEqual([signal, signal, signal]);
    expect(value).toBe("blocked");
  });

  test("does not get the others: they do what they do", () => {
    const got: string[] = [];
    const { value } = run(function* () {
      const tid = yield* new NewTask(listening(got, ["HUP", "USR1"]));
      yield* new Sleep(1);
      yield* new SendSignal(tid, "USR2");
      yield* new SendSignal(tid, "TERM");
      return yield* new WaitTask(tid);
    });
    expect(got).toEqual([]);
    expect(value).toMatchObject({ status: "killed", why: "TERM" });
  });

  test("between two waits has each kept once, and gets them in the order in which it asks", () => {
    const { value } = run(function* () {
      const got: string[] = [];
      const tid = yield* new NewTask(
        (function* (): Program<void> {
          got.push(yield* new WaitSignal("HUP", "USR1", "TERM"));
          yield* new Sleep(10);
          for (let n = 0; n < 3; n++) got.push(yield* new WaitSignal("TERM", "HUP", "USR1"));
          got.push(String(yield* codeOf(new Timeout(5, new WaitSignal("HUP")))));
        })(),
      );
      yield* new Sleep(1);
      yield* new SendSignal(tid, "HUP");
      yield* new Sleep(1);
      for (const signal of ["USR1", "HUP", "HUP", "TERM", "USR1"] as const) yield* new SendSignal(tid, signal);
      yield* new WaitTask(tid);
      return got;
    });
    expect(value).toEqual(["HUP", "TERM", "HUP", "USR1", "ETIMEDOUT"]);
  });

  test("loses none that come while the first has woken it and it has not had its turn", () => {
    const got: string[] = [];
    run(function* () {
      const tid = yield* new NewTask(listening(got, ["HUP", "TERM"]));
      yield* new Sleep(1);
      yield* new SendSignal(tid, "HUP");
      yield* new SendSignal(tid, "TERM");
      yield* new SendSignal(tid, "HUP");
      yield* new Sleep(1);
      yield* new KillTask(tid);
    });
    expect(got).toEqual(["HUP", "HUP", "TERM"]);
  });

  test("is asked once for each: a wait that is over is not offered another signal", () => {
    const { counters, value } = run(function* () {
      const waiter = yield* new NewTask(
        (function* (): Program<number> {
          for (let n = 0; n < 50; n++) yield* new WaitSignal("HUP");
          return 50;
        })(),
      );
      for (let n = 0; n < 50; n++) {
        yield* new Sleep(1);
        yield* new SendSignal(waiter, "HUP");
      }
      return yield* new Join(waiter);
    });
    expect([value, counters.refusedWakes]).toEqual([50, 0]);
  });

  test("may send itself one", () => {
    const { value } = run(function* () {
      const self = yield* new GetTid();
      yield* new Select({ signal: new WaitSignal("USR1"), idle: new Sleep(0) });
      yield* new SendSignal(self, "USR1");
      return yield* new WaitSignal("USR1");
    });
    expect(value).toBe("USR1");
  });

  test("gets it in a select; a select that ends otherwise leaves nothing behind, and the signal is kept", () => {
    const { value, kernel } = run(function* () {
      const got: unknown[] = [];
      const tid = yield* new NewTask(
        (function* (): Program<void> {
          got.push(
            yield* new Select({ stop: new WaitSignal("TERM"), signal: new WaitSignal("HUP"), idle: new Sleep(9) }),
          );
          got.push((yield* new Select({ signal: new WaitSignal("HUP"), idle: new Sleep(1) })).key);
          yield* new Sleep(5);
          got.push(yield* new Select({ idle: new Sleep(50), signal: new WaitSignal("HUP") }));
        })(),
      );
      yield* new Sleep(1);
      yield* new SendSignal(tid, "HUP");
      yield* new Sleep(3);
      yield* new SendSignal(tid, "HUP");
      yield* new WaitTask(tid);
      return got;
    });
    expect(value).toEqual([{ key: "signal", value: "HUP" }, "idle", { key: "signal", value: "HUP" }]);
    expect([kernel.outside, kernel.timers.size]).toEqual([0, 0]);
  });

  test("and is killed before it takes it: its cleanup finds it again", () => {
    const { value } = run(function* () {
      const seen: string[] = [];
      const tid = yield* new NewTask(
        (function* (): Program<void> {
          try {
            yield* new WaitSignal("HUP");
            seen.push("went on");
          } finally {
            seen.push(`cleanup: ${yield* new WaitSignal("HUP")}`);
          }
        })(),
      );
      yield* new Sleep(1);
      yield* new SendSignal(tid, "HUP");
      yield* new KillTask(tid);
      yield* new WaitTask(tid);
      return seen;
    });
    expect(value).toEqual(["cleanup: HUP"]);
  });

  test("and is cancelled or timed out is waited for no more", () => {
    const { value } = run(function* () {
      const tid = yield* new NewTask(
        (function* (): Program<string> {
          const late = yield* codeOf(new Timeout(1, new WaitSignal("USR1")));
          return `${late}, ${yield* codeOf(new WaitSignal("USR1"))}, ${yield* new WaitSignal("USR1")}`;
        })(),
      );
      yield* new Sleep(2);
      yield* new SendSignal(tid, "INT");
      yield* new SendSignal(tid, "USR1");
      return yield* new WaitTask(tid);
    });
    expect(value).toEqual({ status: "returned", value: "ETIMEDOUT, ECANCELED, USR1" });
  });

  test("is named with them in a record; a run in which nobody can send any is a deadlock that names them", () => {
    const { outcome } = runExit(() => new WaitSignal("HUP", "USR1"));
    const { message, code } = (outcome as { error: DeadlockError }).error; // nothing else can end it
    expect([code, message]).toEqual(["EDEADLK", expect.stringContaining("waits: signal HUP, USR1")]);
  });

  test("has a mask of its own: a child has not, and nor has another task", () => {
    const { value } = run(function* () {
      const parent = yield* new NewTask(
        (function* (): Program<Exit> {
          yield* codeOf(new Timeout(1, new WaitSignal("TERM")));
          const child = yield* new NewTask(new Sleep(10));
          yield* new Sleep(1);
          yield* new SendSignal(child, "TERM");
          return yield* new WaitTask(child);
        })(),
      );
      return yield* new WaitTask(parent);
    });
    expect(value).toMatchObject({ status: "returned", value: { status: "killed", why: "TERM" } });
  });

  test.each([1, 2, 3])("gets as many as were sent apart, whoever comes between (seed %i)", (seed) => {
    const got: string[] = [];
    run(
      function* () {
        const tid = yield* new NewTask(listening(got, ["USR1", "USR2"]));
        yield* new Sleep(1);
        const send = routine(function* send(signal: CatchableSignal): Program<void> {
          for (let n = 0; n < 20; n++) {
            yield* new SendSignal(tid, signal);
            yield* new Sleep(1);
          }
        });
        const senders = [yield* new NewTask(send("USR1")), yield* new NewTask(send("USR2"))];
        for (const sender of senders) yield* new WaitTask(sender);
        yield* new Sleep(1);
      },
      { quantum: 1, seed },
    );
    expect(got.filter((signal) => signal === "USR1")).toHaveLength(20);
    expect(got.filter((signal) => signal === "USR2")).toHaveLength(20);
  });
});

describe("from outside", () => {
  test("deliver says what became of it; offerSignal does no default", () => {
    const { value } = run(function* () {
      const tid = yield* new NewTask(listening([], ["HUP"]));
      const over = yield* new NewTask(new Sleep(0));
      yield* new Sleep(1);
      const what = yield* new Custom(({ kernel }) =>
        (["HUP", "USR1", "KILL"] as const).map((signal) => deliver(kernel, tid, signal, 0)),
      );
      const offered = yield* new Custom(({ kernel }) => {
        const main = kernel.main as Task; // it is asking
        return [offerSignal(main, "TERM"), offerSignal(main, "USR2")];
      });
      const late = yield* new Custom(({ kernel }) => deliver(kernel, over, "STOP", 0));
      return [what, offered, late, yield* new WaitTask(tid)];
    });
    expect(value).toEqual([
      ["taken", "default", "default"],
      [false, false],
      "ended",
      { status: "killed", by: 0, why: "KILL", clean: true },
    ]);
  });
});

describe("a stopped task", () => {
  test("has no turns until it goes on; a second STOP or CONT changes nothing", () => {
    const { value } = run(function* () {
      const ticks = { count: 0 };
      const tid = yield* new NewTask(ticking(ticks));
      yield* new Sleep(5.5);
      const counts = [ticks.count];
      for (const signal of ["STOP", "STOP", "CONT", "CONT"] as const) {
        yield* new SendSignal(tid, signal);
        yield* new Sleep(5);
        counts.push(ticks.count);
      }
      yield* new KillTask(tid);
      return counts;
    });
    const [before, stopped, again, after, last] = value as [number, number, number, number, number]; // five were pushed
    expect([stopped - before, again - before]).toEqual([0, 0]);
    expect([after - again, last - after]).toEqual([expect.toSatisfy((n) => n >= 4), expect.toSatisfy((n) => n >= 4)]);
  });

  test("that is ready, blocked, or new says so in its record, and its wait goes on", () => {
    const { value } = run(function* () {
      const states: unknown[] = [];
      const tid = yield* new NewTask(new Sleep(3));
      const look = routine(function* look(): Program<void> {
        const record = yield* new GetTask(tid);
        states.push([record?.state, record?.stopped]);
      });
      yield* new SendSignal(tid, "STOP"); // before its first turn
      yield* new Sleep(1);
      yield* look();
      yield* new SendSignal(tid, "CONT");
      yield* new Sleep(1);
      yield* new SendSignal(tid, "STOP"); // asleep
      yield* look();
      yield* new Sleep(10);
      yield* look(); // its time is over, its turn is not
      yield* new SendSignal(tid, "CONT");
      states.push(yield* new WaitTask(tid));
      return states;
    });
    expect(value).toEqual([
      ["ready", true],
      ["blocked", true],
      ["ready", true],
      { status: "returned", value: undefined },
    ]);
  });

  test("that stops itself stops at that yield, at any quantum", () => {
    for (const quantum of [1, 2, 32]) {
      const { value } = run(
        function* () {
          const log: string[] = [];
          const tid = yield* new NewTask(
            (function* (): Program<void> {
              const self = yield* new GetTid();
              log.push("before");
              yield* new SendSignal(self, "STOP");
              log.push("after");
            })(),
          );
          yield* new Sleep(5);
          log.push("continue");
          yield* new SendSignal(tid, "CONT");
          yield* new WaitTask(tid);
          return log;
        },
        { quantum },
      );
      expect(value).toEqual(["before", "continue", "after"]);
    }
  });

  test("is killed all the same, ready or blocked, and cleans up", () => {
    const log: string[] = [];
    const { value } = run(function* () {
      const exits: Exit[] = [];
      for (const signal of ["STOP", "CONT"] as const) {
        const tids = [yield* new NewTask(sleeper(log)), yield* new NewTask(ticking({ count: 0 }))];
        yield* new Sleep(1.5);
        for (const tid of tids) yield* new SendSignal(tid, "STOP");
        yield* new Sleep(3);
        if (signal === "CONT") for (const tid of tids) yield* new SendSignal(tid, "CONT");
        for (const tid of tids) yield* new SendSignal(tid, "KILL");
        for (const tid of tids) exits.push(yield* new WaitTask(tid));
      }
      return exits;
    });
    expect(value).toEqual(Array(4).fill({ status: "killed", by: 1, why: "KILL", clean: true }));
    expect(log).toEqual(["sleeper finally", "sleeper finally"]);
  });

  test("cannot be made of one that is being killed: it would never end", () => {
    const log: string[] = [];
    const { value } = run(function* () {
      const blocked = yield* new NewTask(sleeper(log));
      const cleaning = yield* new NewTask(
        (function* (): Program<void> {
          try {
            yield* new Sleep(100);
          } finally {
            yield* new Sleep(5);
            log.push("cleaned up");
          }
        })(),
      );
      yield* new Sleep(1);
      yield* new KillTask(cleaning);
      yield* new Sleep(1);
      yield* new SendSignal(cleaning, "STOP");
      yield* new KillTask(blocked);
      yield* new SendSignal(blocked, "STOP");
      return [yield* new WaitTask(blocked), yield* new WaitTask(cleaning)];
    });
    expect(value).toEqual(Array(2).fill(expect.objectContaining({ status: "killed", clean: true })));
    expect(log).toEqual(["sleeper finally", "cleaned up"]);
  });

  test("gets its cancel, its signal and its deadline when it goes on", () => {
    const { value } = run(function* () {
      const tids = [
        yield* new NewTask(codeOf(new Sleep(1_000))),
        yield* new NewTask(new WaitSignal("TERM")),
        yield* new NewTask(codeOf(new Timeout(3, new Sleep(1_000)))),
      ];
      yield* new Sleep(1);
      for (const tid of tids) yield* new SendSignal(tid, "STOP");
      for (const tid of tids.slice(0, 2)) yield* new SendSignal(tid, "TERM");
      yield* new Sleep(10);
      const states: unknown[] = [];
      for (const tid of tids) states.push((yield* new GetTask(tid))?.state);
      for (const tid of tids) yield* new SendSignal(tid, "CONT");
      const exits: unknown[] = [];
      for (const tid of tids) exits.push(yield* new WaitTask(tid));
      return [states, exits];
    });
    expect(value).toEqual([
      ["ready", "ready", "ready"],
      ["ECANCELED", "TERM", "ETIMEDOUT"].map((code) => ({ status: "returned", value: code })),
    ]);
  });

  test("that the cleanup of a scope stops in is dropped when its time is up, and stays stopped", () => {
    const { value, counters } = run(function* () {
      const tid = yield* new NewTask(
        codeOf(
          new Timeout(
            1,
            (function* (): Program<void> {
              try {
                yield* new Sleep(100);
              } finally {
                yield* new SendSignal(yield* new GetTid(), "STOP");
                yield* new Sleep(0);
              }
            })(),
          ),
        ),
      );
      yield* new Sleep(5_000);
      const record = yield* new GetTask(tid);
      yield* new SendSignal(tid, "CONT");
      return [record?.state, record?.stopped, yield* new WaitTask(tid)];
    });
    expect(value).toEqual(["ready", true, { status: "returned", value: "ETIMEDOUT" }]);
    expect(counters.unclean).toBe(1);
  });

  test("goes on when the main task has ended, to clean up; so does a main task that is terminated", () => {
    const log: string[] = [];
    const { now, counters } = run(function* () {
      const tids = [yield* new NewTask(sleeper(log)), yield* new NewTask(ticking({ count: 0 }))];
      yield* new Sleep(2);
      for (const tid of tids) yield* new SendSignal(tid, "STOP");
      yield* new Sleep(2);
    });
    expect([log, Math.round(now), counters.killed]).toEqual([["sleeper finally"], 4, 2]);
    const ended = runExit(function* () {
      yield* new NewTask(
        (function* (): Program<void> {
          yield* new Sleep(1);
          yield* new SendSignal(1 as Tid, "STOP");
          yield* new Sleep(1);
          yield* new Custom(({ kernel }) => kernel.terminate("the end", 500));
          yield* new Sleep(1_000);
        })(),
      );
      yield* sleeper(log);
    });
    expect(codeText((ended.outcome as { error: unknown }).error)).toBe("ECANCELED");
    expect([log.length, Math.round(ended.now)]).toEqual([2, 2]);
  });

  test("is named as such when all are: nobody is left to have one go on", () => {
    const { outcome } = runExit(function* () {
      yield* new NewTask(
        (function* (): Program<void> {
          yield* new SendSignal(1 as Tid, "STOP");
          yield* new SendSignal(2 as Tid, "STOP");
        })(),
        "stopper",
      );
      yield* new Sleep(1);
    });
    const { message } = (outcome as { error: DeadlockError }).error; // of a synchronous run
    expect(message).toMatch(/1 .* stopped .*\n.* 2 +stopper .* stopped /);
  });

  test.each([1, 2, 3, 4])("no turn is lost, and none had twice, whoever stops and continues whom (seed %i)", (seed) => {
    const { value } = run(
      function* () {
        const counts = [0, 0, 0];
        const tids: Tid[] = [];
        const count = routine(function* count(place: number): Program<void> {
          for (let n = 0; n < 200; n++) {
            if (n % 3 === 0) yield* new Sleep(n % 2);
            else yield* new GetTid();
            counts[place] = (counts[place] ?? 0) + 1;
          }
        });
        for (let place = 0; place < 3; place++) tids.push(yield* new NewTask(count(place)));
        for (let n = 0; n < 150; n++) {
          yield* new SendSignal(tids[n % 3] as Tid, n % 7 < 3 ? "STOP" : "CONT");
          if (n % 5 === 0) yield* new Sleep(1);
        }
        for (const tid of tids) yield* new SendSignal(tid, "CONT");
        for (const tid of tids) yield* new WaitTask(tid);
        return counts;
      },
      { quantum: 1, seed, faults: "benign" },
    );
    expect(value).toEqual([200, 200, 200]);
  });
});
