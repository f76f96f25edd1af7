// What the steps after the course mend in loop, yields, errors and exits: each weakness, shown on the step below.

import { expect } from "vitest";
import { recv, sendAll } from "../../../apps/lib/index.ts";
import { Call, type Program } from "../../../kernel/syscall.ts";
import { Connect, Listen, Sleep } from "../../../syscalls/index.ts";
import { codeText, resetting } from "../../laws/programs.ts";
import type { Law } from "./law.ts";
import { beside, driven, echoing, type Step, system, type Target } from "./steps.ts";

function* busy(turns: { count: number }): Target<never> {
  for (;;) {
    turns.count++;
    yield;
  }
}

/** An endpoint on which nothing ever happens. */
export const silent = { label: "a silent socket", closed: false, watch: () => {}, unwatch: () => {} };

// Turns for each time that the system below is asked about sockets.
function turnsPerPoll(step: Step, tasks: number, least: number): number {
  const turns = { count: 0 };
  const waits = function* (): Target<void> {
    yield new step.ReadWait(silent);
  };
  const scheduler = system(step, waits(), ...Array.from({ length: tasks }, () => busy(turns)));
  const loop = scheduler.mainloop();
  let polls = 0;
  let answer: unknown;
  while (turns.count < least) {
    const { value } = loop.next(answer);
    answer = value === undefined ? undefined : { readable: [], writable: [] };
    if (value instanceof Call) polls++;
  }
  loop.return();
  return turns.count / polls;
}

// What an attempt of a task gave, or the code of what it threw.
function* attempt(request: unknown): Target {
  try {
    return yield request;
  } catch (error) {
    return codeText(error);
  }
}

/** Runs one task to its end, in a system of its own. */
function* alone(step: Step, target: Target): Program<void> {
  yield* driven(system(step, target).mainloop());
}

export const mends: readonly Law[] = [
  {
    step: 9,
    name: "W7: tasks that wait for themselves or for each other end the run, with a sentence that says who for whom",
    mends: ["W7"],
    before: /still runs after/,
    *holds(step) {
      for (const other of [0, 1]) {
        const tids: number[] = [];
        const waits = function* (whom: number): Target<void> {
          yield new step.WaitTask(tids[whom] ?? 0);
        };
        const scheduler = system(step);
        tids.push(scheduler.spawn(waits(other)));
        tids.push(scheduler.spawn(waits(0)));
        let said = "";
        try {
          yield* driven(scheduler.mainloop());
        } catch (error) {
          said = String(error);
        }
        expect(said).toMatch(new RegExp(`deadlock: .*task ${tids[0]} waits for the end of task ${tids[other]}`));
      }
    },
  },
  {
    step: 9,
    name: "W13: when the last task has ended, the loop has too",
    mends: ["W13"],
    before: /still runs after/,
    *holds(step) {
      let isOver = false;
      const short = function* (): Target<void> {
        yield;
        isOver = true;
      };
      yield* alone(step, short());
      expect(isOver).toBe(true);
    },
  },
  {
    step: 9,
    name: "W24: sockets are looked at once in so many turns, however many tasks are busy",
    mends: ["W24"],
    before: /to be less than or equal to 1024/,
    *holds(step) {
      expect(turnsPerPoll(step, 5_000, 20_000)).toBeLessThanOrEqual(1_024);
      expect(turnsPerPoll(step, 2, 5_000)).toBeGreaterThan(500);
    },
  },
  {
    step: 10,
    name: "W14: a bare yield in a subroutine gives up the CPU and no more",
    mends: ["W14"],
    before: /expected \[\] to deeply equal/,
    *holds(step) {
      const log: string[] = [];
      const inner = function* (): Target<void> {
        yield;
        log.push("after the yield");
      };
      const outer = function* (): Target<void> {
        yield inner();
      };
      yield* alone(step, outer());
      expect(log).toEqual(["after the yield"]);
    },
  },
  {
    step: 10,
    name: "W15: a subroutine's return value reaches its caller",
    mends: ["W15"],
    before: /expected undefined to be 42/,
    *holds(step) {
      let got: unknown;
      const inner = function* (): Target<number> {
        return 42;
      };
      const outer = function* (): Target<void> {
        got = yield inner();
      };
      yield* alone(step, outer());
      expect(got).toBe(42);
    },
  },
  {
    step: 10,
    name: "W19: a handler that does nothing but return loses nobody",
    mends: ["W19"],
    before: /deadlock: tasks are left that nobody will wake/,
    *holds(step) {
      let isOver = false;
      class Returns extends step.SystemCall {
        handle(): void {}
      }
      const asks = function* (): Target<void> {
        yield new Returns();
        isOver = true;
      };
      yield* alone(step, asks());
      expect(isOver).toBe(true);
    },
  },
  {
    step: 10,
    name: "W20: no answer comes back from a later yield",
    mends: ["W20"],
    before: /expected \d+ to be undefined/,
    *holds(step) {
      let stale: unknown = "nothing yet";
      const asks = function* (): Target<void> {
        yield new step.GetTid();
        stale = yield;
      };
      yield* alone(step, asks());
      expect(stale).toBe(undefined);
    },
  },
  {
    step: 11,
    name: "W1: a task that throws ends no other",
    mends: ["W1"],
    before: /one task's own trouble/,
    *holds(step) {
      const log: string[] = [];
      const reports: string[] = [];
      const throws = function* (thrown: unknown): Target<void> {
        throw thrown;
      };
      const works = function* (): Target<void> {
        yield;
        log.push("works");
      };
      const scheduler = new step.Scheduler((line) => reports.push(line));
      scheduler.spawn(throws(new Error("one task's own trouble")));
      scheduler.spawn(throws(Object.create(null)));
      scheduler.spawn(works());
      yield* driven(scheduler.mainloop());
      expect(log).toEqual(["works"]);
      expect(reports.length).toBe(2);
      expect(reports[0]).toMatch(/^task \d+ threw Error: one task's own trouble$/);
    },
  },
  {
    step: 11,
    name: "W2: the caller of a subroutine can catch its error",
    mends: ["W2"],
    before: /from the subroutine/,
    *holds(step) {
      let caught: unknown;
      const inner = function* (): Target<void> {
        yield;
        throw new RangeError("from the subroutine");
      };
      const outer = function* (): Target<void> {
        caught = yield attempt(inner());
      };
      yield* alone(step, outer());
      expect(caught).toBe("RangeError");
    },
  },
  {
    step: 11,
    name: "W10: a peer's RST ends its own conversation and no other",
    mends: ["W10"],
    before: /reset by the peer/,
    *holds(step) {
      const listener = yield* new Listen({ port: 0 });
      const clients = function* (): Program<Uint8Array> {
        const rude = yield* new Connect(listener.address);
        const kind = yield* new Connect(listener.address);
        yield* new Sleep(5);
        yield* resetting(rude);
        yield* new Sleep(5);
        yield* sendAll(kind, Uint8Array.of(1, 2, 3));
        return yield* recv(kind, 100);
      };
      expect(yield* beside(echoing(step, listener), clients())).toEqual(Uint8Array.of(1, 2, 3));
    },
  },
  {
    step: 11,
    name: "W17: yielding what nobody can serve is a TypeError at that yield",
    mends: ["W17"],
    before: /expected \[ 'served', 'served', 'served' \] to deeply equal/,
    *holds(step) {
      const got: unknown[] = [];
      const asks = function* (): Target<void> {
        for (const nonsense of [42, "text", null]) {
          try {
            yield nonsense;
            got.push("served");
          } catch (error) {
            got.push(codeText(error));
          }
        }
      };
      yield* alone(step, asks());
      expect(got).toEqual(["TypeError", "TypeError", "TypeError"]);
    },
  },
  {
    step: 11,
    name: "a Proxy that throws when it is looked at is refused, or its error thrown, at that yield",
    before: /a trap/,
    *holds(step) {
      const got: unknown[] = [];
      const trap = (): never => {
        throw new RangeError("a trap");
      };
      const asks = function* (): Target<void> {
        for (const traps of [{ has: trap }, { getPrototypeOf: trap }]) {
          try {
            yield new Proxy({}, traps);
          } catch (error) {
            got.push(codeText(error));
          }
        }
      };
      yield* alone(step, asks());
      expect(got).toEqual(["TypeError", "RangeError"]);
    },
  },
  {
    step: 11,
    name: "W18: a handler that throws faults its caller alone",
    mends: ["W18"],
    before: /the handler's fault/,
    *holds(step) {
      const log: unknown[] = [];
      class Throws extends step.SystemCall {
        handle(): never {
          throw new RangeError("the handler's fault");
        }
      }
      const asks = function* (): Target<void> {
        log.push(yield attempt(new Throws()));
      };
      yield* alone(step, asks());
      expect(log).toEqual(["RangeError"]);
    },
  },
  {
    step: 11,
    name: "W21: NewTask of what is no generator is refused at once",
    mends: ["W21"],
    before: /target\.next is not a function/,
    *holds(step) {
      const got: unknown[] = [];
      const asks = function* (): Target<void> {
        for (const nonsense of [42, {}, () => {}]) got.push(yield attempt(new step.NewTask(nonsense)));
      };
      yield* alone(step, asks());
      expect(got).toEqual(["TypeError", "TypeError", "TypeError"]);
    },
  },
  {
    step: 12,
    name: "W22: ended and never there differ, and what a task ended with is kept",
    mends: ["W22"],
    before: /expected \[ false, false \] to deeply equal/,
    *holds(step) {
      const got: unknown[] = [];
      const child = function* (): Target<string> {
        return "a value";
      };
      const main = function* (): Target<void> {
        const tid = Number(yield new step.NewTask(child()));
        for (let turn = 0; turn < 3; turn++) yield;
        got.push(yield attempt(new step.WaitTask(tid)), yield attempt(new step.WaitTask(999_999)));
      };
      yield* alone(step, main());
      expect(got).toEqual([{ status: "returned", value: "a value" }, "ESRCH"]);
    },
  },
  {
    step: 12,
    name: "1,024 ends are kept, and an older one is no end that never was",
    before: /expected \[ false, false \] to deeply equal/,
    *holds(step) {
      const got: unknown[] = [];
      const child = function* (): Target<string> {
        return "a value";
      };
      const main = function* (): Target<void> {
        const tids: number[] = [];
        for (let count = 0; count < 1_025; count++) tids.push(Number(yield new step.NewTask(child())));
        for (let turn = 0; turn < 3; turn++) yield;
        for (const tid of tids.slice(0, 2)) got.push(yield attempt(new step.WaitTask(tid)));
      };
      yield* alone(step, main());
      expect(got).toEqual(["ESTALE", { status: "returned", value: "a value" }]);
    },
  },
  {
    step: 12,
    name: "W23: each scheduler counts its own tasks",
    mends: ["W23"],
    before: /to deeply equal \[ 1, 1 \]/,
    *holds(step) {
      const nothing = function* (): Target<void> {};
      expect([1, 2].map(() => system(step).spawn(nothing()))).toEqual([1, 1]);
    },
  },
];
