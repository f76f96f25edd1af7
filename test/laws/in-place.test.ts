// A syscall that is answered at once is served on the stack of the frame that makes it. Nobody can tell: the same
// answers, errors, counts, turns and ends as when its task is suspended for it.

import { describe, expect, test } from "vitest";
import { Kernel } from "../../kernel/kernel.ts";
import { VirtualMachine } from "../../kernel/machine/virtual.ts";
import { type Answer, type Program, Syscall, type Task, type Yieldable } from "../../kernel/syscall.ts";
import { GetTid, KillTask, NewTask, Sleep, WaitTask } from "../../syscalls/index.ts";
import { run } from "../kit/index.ts";

/** Serves a request by a function of the test's. */
class Custom<T> extends Syscall<T> {
  readonly #serve: (task: Task) => Answer<T>;

  constructor(serve: (task: Task) => Answer<T>) {
    super();
    this.#serve = serve;
  }

  override handle(task: Task): Answer<T> {
    return this.#serve(task);
  }
}

/** The same request, never served in place: a plain yield asks no exchange. */
function* suspended<T>(request: Yieldable<T>): Program<T> {
  return (yield request) as T; // what the kernel answers a plain yield
}

/** One of everything, made by `ask`: what it answered, and how many turns and traps it took. */
function seen(quantum: number, ask: <T>(request: Syscall<T>) => Program<T>): unknown {
  const log: unknown[] = [];
  const work = function* (): Program<void> {
    for (let i = 0; i < 7; i++) log.push(yield* ask(new GetTid()));
    log.push(yield* ask(new Custom(() => undefined)));
    try {
      yield* ask(
        new Custom(() => {
          throw new RangeError("no");
        }),
      );
    } catch (error) {
      log.push(String(error));
    }
    yield* ask(new Sleep(1));
    try {
      yield* ask(new KillTask(yield* ask(new GetTid()), "enough"));
      log.push("never");
    } finally {
      log.push("finally");
    }
  };
  const { value, counters } = run(
    function* () {
      return yield* new WaitTask(yield* new NewTask(work()));
    },
    { quantum },
  );
  return { value, log, turns: counters.turns };
}

test.each([1, 2, 3, 5, 32])(
  "answers, errors, turns and a kill are those of a suspended task, quantum %i",
  (quantum) => {
    const inPlace = seen(quantum, function* (request) {
      return yield* request;
    });
    expect(inPlace).toEqual(seen(quantum, suspended));
    expect(inPlace).toMatchObject({ value: { status: "killed", why: "enough", clean: true } });
  },
);

test("a task that never blocks still gives others their turn after each quantum", () => {
  const order: string[] = [];
  const worker = function* (name: string): Program<void> {
    for (let i = 0; i < 8; i++) {
      yield* new GetTid();
      order.push(name);
    }
  };
  run(
    function* () {
      const tids = [yield* new NewTask(worker("a")), yield* new NewTask(worker("b"))];
      for (const tid of tids) yield* new WaitTask(tid);
    },
    { quantum: 4 },
  );
  expect(order.join("")).toBe("aaabbbaaaabbbbab");
});

describe("a generator driven by hand inside a task", () => {
  test("is part of the task: what is answered at once it never sees, what waits can be yielded on", () => {
    const handed: string[] = [];
    const inner = function* (): Program<string> {
      const tid = yield* new GetTid();
      yield* new Sleep(5);
      return `task ${tid}`;
    };
    const { value, now } = run(function* (): Program<string> {
      const program = inner();
      let step = program.next();
      while (step.done !== true) {
        handed.push(step.value?.constructor.name ?? "");
        step = program.next(yield step.value);
      }
      return step.value;
    });
    expect([value, handed]).toEqual(["task 1", ["Sleep"]]);
    expect(now).toBeGreaterThanOrEqual(5);
  });

  test("and dropped while it waits leaves no wait behind", () => {
    const { value, counters } = run(function* (): Program<number> {
      const program = (function* (): Program<void> {
        yield* new Sleep(1_000_000);
      })();
      program.next();
      program.return();
      yield* new Sleep(1);
      return yield* new GetTid();
    });
    expect([value, counters.reports]).toEqual([1, 0]);
  });

  test("is asked once for what waits or throws, though it is yielded on", () => {
    const served: string[] = [];
    const inner = function* (): Program<void> {
      yield* new Custom((task) => {
        served.push("waits");
        return task.block({ verb: "wait", object: "" }, (waiter) => {
          task.kernel.timers.set(task.kernel.clock() + 5, waiter);
          return () => {};
        });
      });
      yield* new Custom(() => {
        served.push("throws");
        throw new RangeError("no");
      });
    };
    const { value, counters } = run(function* (): Program<unknown> {
      const program = inner();
      let step = program.next();
      try {
        while (step.done !== true) step = program.next(yield step.value);
      } catch (error) {
        return error;
      }
      return undefined;
    });
    expect(value).toBeInstanceOf(RangeError);
    expect([served, counters.reports]).toEqual([["waits", "throws"], 0]);
  });

  test("and dropped leaves the task's next wait alone, whatever kernel runs in between", () => {
    const { value } = run(function* (): Program<number> {
      new Sleep(5)[Symbol.iterator]().next();
      new Kernel(new VirtualMachine({ seed: 2 })).runSync(suspended(new Sleep(1)));
      yield* new Sleep(1);
      return yield* new GetTid();
    });
    expect(value).toBe(1);
  });

  test("by a handler is none of the task's: it is handed every request", () => {
    const { value } = run(function* (): Program<unknown> {
      return yield* new Custom(() => {
        const { value, done } = (function* (): Program<number> {
          return yield* new GetTid();
        })().next();
        return [done, value?.constructor.name];
      });
    });
    expect(value).toEqual([false, "GetTid"]);
  });
});

test("a kernel run inside a task of another leaves that task its own", () => {
  const tidOf = function* (): Program<number> {
    yield* new NewTask(suspended(new Sleep(1)));
    return yield* new GetTid();
  };
  const { value } = run(function* (): Program<number[]> {
    const child = yield* new NewTask(suspended(new GetTid()));
    const inside = new Kernel(new VirtualMachine({ seed: 2 })).runSync(tidOf());
    return [yield* new GetTid(), inside, child];
  });
  expect(value).toEqual([1, 1, 2]);
});

test("what throws in place names the line that made it", () => {
  const failing = function* failing(): Program<void> {
    yield* new Custom(() => {
      throw new TypeError("from the handler");
    });
  };
  const { logs } = run(function* () {
    yield* new NewTask(failing());
    yield* new Sleep(1);
  });
  expect(logs.map(({ text }) => text).join("\n")).toMatch(/from the handler[\s\S]*in-place\.test\.ts/);
});
