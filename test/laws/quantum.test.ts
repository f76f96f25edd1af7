// What the end of a quantum must not do: come between a look and the wait that follows it, or lose an answer.

import { expect, test } from "vitest";
import { type Answer, type Kernel, type Program, Syscall, type Task, type Wait } from "../../kernel/syscall.ts";
import { GetTid, KillTask, NewTask, Park, WaitQueue, WaitTask } from "../../syscalls/index.ts";
import { run } from "../kit/index.ts";

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
