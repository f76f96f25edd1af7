// What the end of a quantum must not do: come between a look and the wait that follows it, or lose an answer.

import { expect, test } from "vitest";
import { Lock } from "../../apps/lib/lock.ts";
import { type Answer, type Kernel, type Program, Syscall, type Task, type Wait } from "../../kernel/syscall.ts";
import { GetTid, KillTask, MoveOn, NewTask, Park, Sleep, WaitQueue, WaitTask } from "../../syscalls/index.ts";
import { run } from "../kit/index.ts";
import { Custom, waitFor } from "./programs.ts";

test.each([1, 2, 3, 4])("between a look and a park nobody else runs, quantum %i", (quantum) => {
  for (let before = 0; before < 6; before++) {
    const queue = new WaitQueue("wait for", "the flag");
    let isSet = false;
    const waiter = function* (): Program<boolean> {
      for (let i = 0; i < before; i++) yield* new GetTid();
      while (!isSet) yield* new Park(queue);
      return isSet;
    };
    const { value } = run(
      function* () {
        const tid = yield* new NewTask(waiter());
        for (let i = 0; i < before; i++) yield;
        isSet = true;
        queue.wake();
        return yield* new WaitTask(tid);
      },
      { quantum },
    );
    expect(value).toEqual({ status: "returned", value: true });
  }
});

class TakeSlot extends Syscall<string> implements Wait<string> {
  readonly verb = "take";
  readonly object = "a slot";
  readonly #log: string[];

  constructor(log: string[]) {
    super();
    this.#log = log;
  }

  override handle(_task: Task, _kernel: Kernel): Answer<string> {
    this.#log.push("taken");
    return "slot";
  }

  giveBack(slot: string): void {
    this.#log.push(`given back: ${slot}`);
  }
}

test("an answer granted at once, at the end of a quantum, is given back by a kill, and by nothing else", () => {
  const log: string[] = [];
  const taker = function* (): Program<void> {
    yield* new TakeSlot(log);
    log.push("used");
  };
  run(
    function* () {
      const killed = yield* new NewTask(taker());
      yield* new KillTask(killed);
      yield* new WaitTask(yield* new NewTask(taker()));
    },
    { quantum: 1 },
  );
  expect(log).toEqual(["taken", "given back: slot", "taken", "used"]);
});

test.each([1, 32])(
  "an answer granted at once by a handler that kills its task is given back, quantum %i",
  (quantum) => {
    class Deadly extends TakeSlot {
      override handle(task: Task, kernel: Kernel): Answer<string> {
        kernel.kill(task.tid, 0, "the test");
        return super.handle(task, kernel);
      }
    }
    const log: string[] = [];
    run(
      function* () {
        yield* new WaitTask(yield* new NewTask(new Deadly(log)));
      },
      { quantum },
    );
    expect(log).toEqual(["taken", "given back: slot"]);
  },
);

test("an answer granted while its wait is armed, at the end of a quantum, is given back by a kill: by that wait", () => {
  const log: string[] = [];
  const taker = function* (): Program<void> {
    yield* new Custom((task) =>
      task.block(waitFor("slot", { giveBack: (answer: string) => log.push(`given back: ${answer}`) }), (waiter) => {
        waiter.wake("slot");
        return () => log.push("undone");
      }),
    );
    log.push("used");
  };
  run(
    function* () {
      const killed = yield* new NewTask(taker());
      yield* new KillTask(killed);
      yield* new WaitTask(yield* new NewTask(taker()));
    },
    { quantum: 1 },
  );
  expect(log).toEqual(["undone", "given back: slot", "undone", "used"]);
});

test("what a scope answers when its cleanup is dropped is no answer to the syscall that was not made", () => {
  for (let turns = 0; turns < 12; turns++) {
    const lock = new Lock();
    const late = function* (): Program<void> {
      try {
        yield* new Sleep(Number.POSITIVE_INFINITY);
      } finally {
        for (let traps = 0; traps < 2; traps++) yield;
        yield* lock.acquire(); // not made: it is one trap too many
      }
    };
    const { value, counters } = run(
      function* () {
        yield* lock.acquire();
        const victim = yield* new NewTask(new MoveOn(5, late()));
        yield* new Sleep(1);
        yield* new Sleep(4); // set after the scope's, for the same time
        for (let turn = 0; turn < turns; turn++) yield;
        yield* new KillTask(victim);
        yield* new WaitTask(victim);
        return lock.isMine;
      },
      { quantum: 1, limits: { cleanupTraps: 2 } },
    );
    expect([turns, value, counters.unclean]).toEqual([turns, true, 1]);
  }
});
