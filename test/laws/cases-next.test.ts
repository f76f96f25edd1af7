// The steps of an async iterator: no item is lost by whoever gives up, and the iterator is ended with its task.

import { EventEmitter, on } from "node:events";
import { Readable } from "node:stream";
import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type { Program } from "../../kernel/syscall.ts";
import {
  type AsyncSource,
  CancelTask,
  GetTask,
  GetTid,
  Join,
  KillTask,
  Limit,
  ListTasks,
  NewTask,
  Next,
  Return,
  Select,
  Sleep,
  type Step,
  Timeout,
  WaitTask,
} from "../../syscalls/index.ts";
import { run, runAsync, runExitAsync } from "../kit/index.ts";
import { Custom, codeOf, waitFor } from "./programs.ts";

/** An async iterator whose steps settle when the test says so. */
class Tape implements AsyncIterator<string> {
  readonly log: string[] = [];
  #settle: ((result: IteratorResult<string>) => void) | undefined = undefined;
  #fail: ((error: unknown) => void) | undefined = undefined;

  next(): Promise<IteratorResult<string>> {
    this.log.push("next");
    return new Promise((resolve, reject) => {
      this.#settle = resolve;
      this.#fail = reject;
    });
  }

  async return(): Promise<IteratorResult<string>> {
    this.log.push("return");
    return { done: true, value: undefined };
  }

  play(value: string): void {
    this.#settle?.({ done: false, value });
  }

  end(): void {
    this.#settle?.({ done: true, value: "a generator's own result" });
  }

  tear(error: unknown): void {
    this.#fail?.(error);
  }
}

function* all<T>(source: AsyncSource<T>): Program<T[]> {
  const items: T[] = [];
  for (let step = yield* new Next(source); !step.done; step = yield* new Next(source)) items.push(step.value);
  return items;
}

const inNode = { turn: () => turn() };

describe("the items of", () => {
  async function* counting(): AsyncGenerator<number, string> {
    for (let n = 1; n <= 3; n++) yield n;
    return "its own result";
  }

  test("an async generator come in order, and then its end, again and again", async () => {
    const { value } = await runAsync(function* () {
      const source = counting();
      return [yield* all(source), yield* new Next(source), yield* new Next(source)];
    });
    expect(value).toEqual([[1, 2, 3], { done: true }, { done: true }]);
  });

  test("an async iterable are those of one iteration, whoever asks", async () => {
    let iterations = 0;
    const iterable: AsyncIterable<number> = {
      [Symbol.asyncIterator]: () => {
        iterations++;
        return counting();
      },
    };
    const { value } = await runAsync(function* () {
      const first = yield* new Next(iterable);
      const second = yield* new Join(yield* new NewTask(new Next(iterable)));
      return [first, second];
    });
    expect([value, iterations]).toEqual([
      [
        { done: false, value: 1 },
        { done: false, value: 2 },
      ],
      1,
    ]);
  });

  test("a stream of objects come as they are", async () => {
    const { value } = await runAsync(() => all(Readable.from([{ a: 1 }, { b: 2 }])), inNode);
    expect(value).toEqual([{ a: 1 }, { b: 2 }]);
  });
});

test("a waiting task says what for, by the label given or the name of the class", async () => {
  const { value } = await runAsync(function* () {
    const tapes = [new Tape(), new Tape()] as const;
    yield* new NewTask(new Next(tapes[0]));
    yield* new NewTask(new Next(tapes[1], "rows of a table"));
    yield;
    const waits = (yield* new ListTasks()).slice(1).map(({ verb, object }) => `${verb} ${object}`);
    for (const tape of tapes) tape.end();
    return waits;
  });
  expect(value).toEqual(["next Tape", "next rows of a table"]);
});

describe("a step that is given up is not lost:", () => {
  const givingUp: Record<string, (tape: Tape) => Program<unknown>> = {
    "by a deadline": (tape) => codeOf(new Timeout(1, new Next(tape))),
    "by a select that another branch wins": function* (tape) {
      yield* new Select({ tape: new Next(tape), time: new Sleep(1) });
    },
    "by a cancel that is caught": function* (tape) {
      const tid = yield* new GetTid();
      yield* new NewTask(
        (function* () {
          yield;
          yield* new CancelTask(tid);
        })(),
      );
      return yield* codeOf(new Next(tape));
    },
  };

  test.each(Object.keys(givingUp))("%s, settled before the next asks", async (how) => {
    const tape = new Tape();
    const { value } = await runAsync(function* () {
      yield* givingUp[how]?.(tape) as Program<unknown>; // by its own name
      tape.play("kept");
      yield* new Sleep(1);
      return yield* new Next(tape);
    });
    expect([value, tape.log]).toEqual([{ done: false, value: "kept" }, ["next", "return"]]);
  });

  test.each(Object.keys(givingUp))("%s, settled after the next has asked", async (how) => {
    const tape = new Tape();
    const { value } = await runAsync(function* () {
      yield* givingUp[how]?.(tape) as Program<unknown>; // by its own name
      const next = yield* new NewTask(new Next(tape));
      yield* new Sleep(1);
      tape.play("late");
      return yield* new Join(next);
    });
    expect([value, tape.log]).toEqual([{ done: false, value: "late" }, ["next", "return"]]);
  });

  test("nor is its error, or its end", async () => {
    const [torn, over] = [new Tape(), new Tape()];
    const { value } = await runAsync(function* () {
      for (const tape of [torn, over]) yield* codeOf(new Timeout(1, new Next(tape)));
      torn.tear(new RangeError("torn"));
      over.end();
      yield* new Sleep(1);
      return [yield* codeOf(new Next(torn)), yield* new Next(torn), yield* new Next(over)];
    });
    expect(value).toEqual(["RangeError", { done: true }, { done: true }]);
    expect([torn.log, over.log]).toEqual([["next"], ["next"]]);
  });

  test("one granted to a task that is killed just then goes to whoever asks next, in order", async () => {
    const tape = new Tape();
    const { value } = await runAsync(function* () {
      const victim = yield* new NewTask(new Next(tape));
      yield;
      tape.play("one");
      // Busy, so that it has its turn after the wake of the other and before that one's own.
      while ((yield* new GetTask(victim))?.state !== "ready") yield;
      yield* new KillTask(victim);
      const first = yield* new Next(tape);
      tape.play("two");
      return [first, yield* new Next(tape), (yield* new WaitTask(victim)).status];
    });
    expect(value).toEqual([{ done: false, value: "one" }, { done: false, value: "two" }, "killed"]);
    expect(tape.log).toEqual(["next", "next", "return"]);
  });

  test("and is kept in its place where nobody waits at that moment", async () => {
    const tape = new Tape();
    // Answered while it is armed, so that the branch before it was armed, too, and is undone.
    const soon = (): Custom<void> =>
      new Custom((task) =>
        task.block<void>(waitFor("answer"), (waiter) => {
          waiter.wake();
          return () => {};
        }),
      );
    const { value } = await runAsync(function* () {
      const victim = yield* new NewTask(new Next(tape));
      yield;
      tape.play("one");
      while ((yield* new GetTask(victim))?.state !== "ready") yield;
      yield* new KillTask(victim);
      const { key } = yield* new Select({ item: new Next(tape), soon: soon() });
      yield* new WaitTask(victim);
      tape.play("two");
      yield* new Sleep(1);
      return [key, yield* new Next(tape), yield* new Next(tape)];
    });
    expect(value).toEqual(["soon", { done: false, value: "one" }, { done: false, value: "two" }]);
  });
});

test("a second Next for one iterator is EBUSY, in another task or in one select; the first is untouched", async () => {
  const tape = new Tape();
  const { value } = await runAsync(function* () {
    const first = yield* new NewTask(new Next(tape));
    yield;
    const codes = [yield* codeOf(new Next(tape))];
    const other = new Tape();
    codes.push(yield* codeOf(new Select({ a: new Next(other), b: new Next(other) })));
    tape.play("for the first");
    return [codes, yield* new Join(first)];
  });
  expect(value).toEqual([["EBUSY", "EBUSY"], { done: false, value: "for the first" }]);
});

describe("the iterator's return is called", () => {
  test("once, when its task ends in any way, and not while the task lives", async () => {
    const { value } = await runAsync(function* () {
      const logs: string[][] = [];
      for (const end of ["returns", "throws", "is killed", "is cancelled"]) {
        const tape = new Tape();
        const tid = yield* new NewTask(
          (function* (): Program<void> {
            yield* new Next(tape);
            if (end === "throws") throw new Error("on purpose");
            if (end !== "returns") yield* new Next(tape);
          })(),
        );
        yield;
        tape.play("one");
        if (end.startsWith("is")) {
          yield* new Sleep(1);
          logs.push([...tape.log]);
          yield* end === "is killed" ? new KillTask(tid) : new CancelTask(tid);
        }
        yield* new WaitTask(tid);
        logs.push(tape.log);
      }
      return logs;
    });
    const killed = [
      ["next", "next"],
      ["next", "next", "return"],
    ];
    expect(value).toEqual([["next", "return"], ["next", "return"], ...killed, ...killed]);
  });

  test("not where it has ended or failed by itself", async () => {
    const [torn, over] = [new Tape(), new Tape()];
    await runAsync(function* () {
      const failing = yield* new NewTask(codeOf(new Next(torn)));
      const ending = yield* new NewTask(new Next(over));
      yield;
      torn.tear(new Error("torn"));
      over.end();
      return [yield* new WaitTask(failing), yield* new WaitTask(ending)];
    });
    expect([torn.log, over.log]).toEqual([["next"], ["next"]]);
  });

  test("at the end of the task that asked last; whoever asks after that is told EBADF", async () => {
    const tape = new Tape();
    const { value } = await runAsync(function* () {
      const one = function* (): Program<Step<string>> {
        return yield* new Next(tape);
      };
      const first = yield* new NewTask(one());
      yield;
      tape.play("one");
      yield* new WaitTask(first);
      const afterFirst = [...tape.log];
      return [afterFirst, yield* codeOf(new Next(tape))];
    });
    expect(value).toEqual([["next", "return"], "EBADF"]);
  });

  test("behind the pending next of an async generator, whose finally runs when it moves again", async () => {
    const log: string[] = [];
    let move: () => void = () => {};
    async function* stuck(): AsyncGenerator<number> {
      try {
        await new Promise<void>((resolve) => {
          move = resolve;
        });
        yield 1;
      } finally {
        log.push("finally");
      }
    }
    const { value } = await runAsync(function* () {
      const tid = yield* new NewTask(new Next(stuck()));
      yield;
      yield* new KillTask(tid);
      const exit = yield* new WaitTask(tid);
      log.push("over");
      move();
      yield* new Sleep(1);
      return exit.status;
    });
    expect([value, log]).toEqual(["killed", ["over", "finally"]]);
  });

  test("and stops what can be stopped: a wait for events leaves no listener", async () => {
    const emitter = new EventEmitter();
    const { value } = await runAsync(function* () {
      const tid = yield* new NewTask(new Next(on(emitter, "tick")));
      yield;
      const before = emitter.listenerCount("tick");
      yield* new KillTask(tid);
      yield* new WaitTask(tid);
      return [before, emitter.listenerCount("tick")];
    });
    expect(value).toEqual([1, 0]);
  });

  test("by Return as well, which waits until it is done; afterwards the iteration is over", async () => {
    const log: string[] = [];
    async function* rows(): AsyncGenerator<number> {
      try {
        yield 1;
        yield 2;
      } finally {
        await null;
        log.push("finally");
      }
    }
    const { value } = await runAsync(function* () {
      const source = rows();
      const first = yield* new Next(source);
      yield* new Return(source);
      log.push("returned");
      yield* new Return(source);
      return [first, yield* new Next(source)];
    });
    expect(value).toEqual([{ done: false, value: 1 }, { done: true }]);
    expect(log).toEqual(["finally", "returned"]);
  });
});

test("Return while another task waits ends its wait too", async () => {
  const emitter = new EventEmitter();
  const { value } = await runAsync(function* () {
    const ticks = on(emitter, "tick");
    const waiting = yield* new NewTask(new Next(ticks));
    yield;
    yield* new Return(ticks);
    return yield* new Join(waiting);
  });
  expect(value).toEqual({ done: true });
});

test("what return() throws is thrown at Return, or reported where nobody waits for it", async () => {
  const failing = (): AsyncIterator<number> => ({
    next: async () => ({ done: false, value: 1 }),
    return: async () => {
      throw new RangeError("the door is stuck");
    },
  });
  const { value, logs, counters } = await runExitAsync(function* () {
    const source = failing();
    yield* new Next(source);
    const code = yield* codeOf(new Return(source));
    yield* new WaitTask(yield* new NewTask(new Next(failing()), "careless"));
    yield* new Sleep(1);
    return code;
  }).then(({ outcome, ...rest }) => ({ value: outcome, ...rest }));
  expect(value).toEqual({ status: "returned", value: "RangeError" });
  expect(counters.reports).toBe(1);
  expect(logs.map(({ text }) => text.split("\n", 1)[0])).toEqual(["return() of Object threw, and nobody waits for it"]);
});

test("an iteration counts as an endpoint of its task", async () => {
  const { value } = await runAsync(function* () {
    yield* new Limit({ sockets: 1 });
    const tapes = [new Tape(), new Tape()] as const;
    yield* codeOf(new Timeout(1, new Next(tapes[0])));
    return [yield* codeOf(new Next(tapes[1])), tapes[1].log];
  });
  expect(value).toEqual(["EMFILE", []]);
});

test("what is no async iterator is a TypeError, and a synchronous run is ENOTSUP", () => {
  for (const wrong of [undefined, null, 1, [1], {}, Promise.resolve()]) {
    expect(() => new Next(wrong as never)).toThrow(TypeError); // that is the test
    expect(() => new Return(wrong as never)).toThrow(TypeError); // as above
  }
  expect(run(() => codeOf(new Next(new Tape()))).value).toBe("ENOTSUP");
  expect(run(() => codeOf(new Return(new Tape()))).value).toBe("ENOTSUP");
});

test("a return that was given up is waited for by the next, and called once", async () => {
  const log: string[] = [];
  let settle: () => void = () => {};
  const source: AsyncIterator<number> = {
    next: async () => ({ done: false, value: 1 }),
    async return() {
      log.push("return");
      await new Promise<void>((resolve) => {
        settle = resolve;
      });
      log.push("returned");
      return { done: true, value: undefined };
    },
  };
  const { value } = await runAsync(function* () {
    yield* new Next(source);
    const codes = [
      yield* codeOf(new Timeout(5, new Return(source))),
      yield* codeOf(new Timeout(5, new Return(source))),
    ];
    settle();
    yield* new Return(source);
    log.push("over");
    return codes;
  });
  expect(value).toEqual(["ETIMEDOUT", "ETIMEDOUT"]);
  expect(log).toEqual(["return", "returned", "over"]);
});
