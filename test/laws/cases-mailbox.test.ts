// Mailboxes: a message to a task is kept in order until the task receives it, and no longer than the task lives.

import { describe, expect, test } from "vitest";
import {
  CancelTask,
  GetTid,
  Join,
  KillTask,
  ListTasks,
  NewTask,
  type Program,
  Receive,
  Select,
  Sleep,
  Tell,
  type Tid,
  Timeout,
  WaitTask,
} from "../../apps/index.ts";
import { run, runExit } from "../kit/index.ts";
import { shuffled } from "./channels.ts";
import { codeOf } from "./programs.ts";

const isText = (message: unknown): message is string => typeof message === "string";
const isNumber = (message: unknown): message is number => typeof message === "number";

function* collecting(log: unknown[]): Program<never> {
  for (;;) log.push(yield* new Receive());
}

describe("a message", () => {
  test("is received in the order in which it was sent, before or after the receiver waits", () => {
    const log: unknown[] = [];
    const { value } = run(function* () {
      const tid = yield* new NewTask(collecting(log));
      const told = [yield* new Tell(tid, "early"), yield* new Tell(tid, undefined)];
      yield* new Sleep(1);
      told.push(yield* new Tell(tid, null), yield* new Tell(tid, "late"));
      yield* new Sleep(1);
      return told;
    });
    expect(value).toEqual([true, true, true, true]);
    expect(log).toEqual(["early", undefined, null, "late"]);
  });

  test("may be to oneself, and from a task that is over", () => {
    const { value } = run(function* () {
      const me = yield* new GetTid();
      yield* new Tell(me, "note");
      yield* new WaitTask(yield* new NewTask(new Tell(me, "bye")));
      return [yield* new Receive(), yield* new Receive()];
    });
    expect(value).toEqual(["note", "bye"]);
  });

  test("to a task that has ended is not sent, and one to nobody is ESRCH", () => {
    const { value } = run(function* () {
      const gone = yield* new NewTask(new Sleep(0));
      yield* new WaitTask(gone);
      return [yield* new Tell(gone, "x"), yield* codeOf(new Tell(99 as Tid, "x"))]; // a tid is a number
    });
    expect(value).toEqual([false, "ESRCH"]);
  });

  test("over the bound is refused to its sender, and there is room again after a receive", () => {
    const { value } = run(
      function* () {
        const me = yield* new GetTid();
        for (let n = 0; n < 3; n++) yield* new Tell(me, n);
        const code = yield* codeOf(new Tell(me, 3));
        const first = yield* new Receive();
        yield* new Tell(me, 4);
        return [code, first, yield* new Receive(), yield* new Receive(), yield* new Receive()];
      },
      { limits: { messages: 3 } },
    );
    expect(value).toEqual(["EAGAIN", 0, 1, 2, 4]);
  });

  test("the bound is 1,024 by default", () => {
    const { value } = run(function* () {
      const me = yield* new GetTid();
      let sent = 0;
      while ((yield* codeOf(new Tell(me, sent))) === "") sent++;
      return sent;
    });
    expect(value).toBe(1_024);
  });
});

describe("a selective receive", () => {
  test("takes the oldest that matches, and leaves the others in order", () => {
    const { value } = run(function* () {
      const me = yield* new GetTid();
      for (const message of [1, "a", 2, "b", 3]) yield* new Tell(me, message);
      const texts: string[] = [yield* new Receive(isText), yield* new Receive(isText)];
      const numbers: number[] = [];
      for (let n = 0; n < 3; n++) numbers.push(yield* new Receive(isNumber));
      return [texts, numbers];
    });
    expect(value).toEqual([
      ["a", "b"],
      [1, 2, 3],
    ]);
  });

  test("waits past what does not match, which is there afterwards", () => {
    const { value } = run(function* () {
      const tid = yield* new NewTask(
        (function* (): Program<unknown[]> {
          return [yield* new Receive(isText), yield* new Receive(), yield* new Receive()];
        })(),
      );
      yield* new Sleep(1);
      for (const message of [1, 2, "a"]) yield* new Tell(tid, message);
      return yield* new Join(tid);
    });
    expect(value).toEqual(["a", 1, 2]);
  });

  test("two in a select are each asked, in order; the message goes to one", () => {
    const { value } = run(function* () {
      const branches = () =>
        new Select({ text: new Receive(isText), number: new Receive(isNumber), any: new Receive() });
      const tid = yield* new NewTask(
        (function* (): Program<unknown[]> {
          return [yield* branches(), yield* branches(), yield* branches()];
        })(),
      );
      yield* new Sleep(1);
      for (const message of [7, "a", null]) yield* new Tell(tid, message);
      return yield* new Join(tid);
    });
    expect(value).toEqual([
      { key: "number", value: 7 },
      { key: "text", value: "a" },
      { key: "any", value: null },
    ]);
  });

  test("a match that throws faults the receiver alone, whenever it is asked; the message stays", () => {
    const { value } = run(function* () {
      const picky = (message: unknown): boolean => {
        throw new RangeError(`not ${String(message)}`);
      };
      const tid = yield* new NewTask(
        (function* (): Program<unknown[]> {
          const waiting = yield* codeOf(new Receive(picky));
          const there = yield* codeOf(new Receive(picky));
          return [waiting, there, yield* new Receive()];
        })(),
      );
      yield* new Sleep(1);
      const told = yield* new Tell(tid, "a");
      return [told, yield* new Join(tid)];
    });
    expect(value).toEqual([true, ["RangeError", "RangeError", "a"]]);
  });

  test("who has given up is not asked about what comes later", () => {
    const asked: unknown[] = [];
    const wanted = (message: unknown): boolean => asked.push(message) > 0;
    const { value, counters } = run(function* () {
      yield* codeOf(new Timeout(1, new Receive(wanted)));
      yield* new Select({ news: new Receive(wanted), idle: new Sleep(1) });
      yield* new Tell(yield* new GetTid(), "news");
      return yield* new Receive();
    });
    expect({ value, asked, refused: counters.refusedWakes }).toEqual({ value: "news", asked: [], refused: 0 });
  });

  test("what is no function is refused", () => {
    expect(() => new Receive("text" as never)).toThrow(TypeError); // its type forbids it
  });
});

describe("an end in the middle", () => {
  test.each(["cancel", "deadline", "select"])("a %s takes no message with it", (how) => {
    const { value } = run(function* () {
      const tid = yield* new NewTask(
        (function* (): Program<unknown> {
          if (how === "deadline") yield* codeOf(new Timeout(2, new Receive()));
          else if (how === "select") yield* new Select({ message: new Receive(), idle: new Sleep(2) });
          else yield* codeOf(new Receive());
          return yield* new Receive();
        })(),
      );
      yield* new Sleep(1);
      if (how === "cancel") yield* new CancelTask(tid);
      yield* new Sleep(2);
      yield* new Tell(tid, "a");
      return yield* new Join(tid);
    });
    expect(value).toBe("a");
  });

  test("a message granted just before a cancel is delivered", () => {
    const { value } = run(function* () {
      const tid = yield* new NewTask(new Receive());
      yield* new Sleep(1);
      yield* new Tell(tid, "a");
      yield* new CancelTask(tid);
      return yield* new Join(tid);
    });
    expect(value).toBe("a");
  });

  test("granted to a task that is killed, it goes back to its place, where the cleanup finds it", () => {
    const log: unknown[] = [];
    run(function* () {
      const tid = yield* new NewTask(
        (function* (): Program<void> {
          try {
            yield* new Receive(isText);
          } finally {
            for (let n = 0; n < 3; n++) log.push(yield* new Receive());
          }
        })(),
      );
      yield* new Sleep(1);
      for (const message of [1, "a", 2]) yield* new Tell(tid, message);
      yield* new KillTask(tid);
      yield* new WaitTask(tid);
    });
    expect(log).toEqual([1, "a", 2]);
  });

  test("in any order of turns, under kills, each message is received once and in order", () => {
    for (let seed = 1; seed <= 20; seed++) {
      const value = shuffled(seed, seed % 2 === 0 ? 1 : 32, function* () {
        const got: [number, number][] = [];
        const receiver = yield* new NewTask(collecting(got));
        const tids: Tid[] = [];
        for (let n = 0; n < 4; n++) tids.push(yield* new NewTask(telling(receiver, n)));
        for (const tid of tids) {
          for (let lap = 0; lap < seed % 7; lap++) yield;
          yield* new KillTask(tid);
        }
        yield* new Sleep(1);
        return got;
      });
      for (let n = 0; n < 4; n++) {
        const mine = value.filter(([who]) => who === n).map(([, item]) => item);
        expect(mine, `seed ${seed}`).toEqual(mine.map((_, place) => place));
      }
    }
  });

  function* telling(to: Tid, who: number): Program<void> {
    for (let n = 0; n < 10; n++) yield* new Tell(to, [who, n]);
  }
});

test("what nobody will send is a deadlock with a name", () => {
  const { outcome, logs } = runExit(function* () {
    yield* new NewTask(new Receive(), "any");
    yield* new NewTask(new Receive(isText), "picky");
    yield* new Sleep(1);
    const records = (yield* new ListTasks()).filter(({ tid }) => tid > 1);
    expect(records.map(({ verb, object }) => `${verb} ${object}`)).toEqual([
      "receive a message",
      "receive a message that isText",
    ]);
    yield* new Receive((message) => message === 7);
  });
  expect(outcome).toMatchObject({ status: "threw", error: { code: "EDEADLK" } });
  expect(String(outcome.status === "threw" && outcome.error)).toMatch(/receive a message that matches/);
  expect(logs).toEqual([]);
});
