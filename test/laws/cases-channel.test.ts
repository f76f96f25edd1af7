// Channels: an item goes from one sender to one receiver, in order, and is never lost nor received twice, whoever is
// killed, cancelled, timed out or loses a select, at whichever turn.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  CancelTask,
  Channel,
  type ChannelOptions,
  Join,
  KillTask,
  ListTasks,
  NewTask,
  type Preference,
  type Program,
  type Runnable,
  Select,
  Sleep,
  type Store,
  type Tid,
  Timeout,
  WaitTask,
} from "../../apps/index.ts";
import type { Syscall } from "../../kernel/index.ts";
import { run, runExit } from "../kit/index.ts";
import { receiving, sending, shuffled } from "./channels.ts";
import { Custom, codeOf, waitFor } from "./programs.ts";

function* logged<T>(program: Program<T>, log: string[], name: string): Program<void> {
  yield* program;
  log.push(name);
}

describe("without a buffer", () => {
  test("a send is answered when a receiver has the item, and a receive when a sender is there", () => {
    const log: string[] = [];
    const { value, now } = run(function* () {
      const channel = new Channel<string>();
      yield* new NewTask(logged(sending(channel, ["a"]), log, "sent"));
      yield* new Sleep(5);
      log.push(`size ${channel.size}`, yield* channel.receive());
      yield* new Sleep(1);
      yield* new NewTask(sending(channel, ["b"]));
      log.push(yield* channel.receive());
      return channel.size;
    });
    expect({ value, log }).toEqual({ value: 0, log: ["size 0", "a", "sent", "b"] });
    expect(now).toBeLessThan(7);
  });

  test("trySend and tryReceive only find who waits", () => {
    const got: number[] = [];
    const { value } = run(function* () {
      const channel = new Channel<number>();
      const before = [channel.trySend(1), channel.tryReceive()];
      const receiver = yield* new NewTask(receiving(channel, got));
      yield* new Sleep(1);
      const after = [channel.trySend(2), channel.trySend(3)];
      yield* new KillTask(receiver);
      yield* new WaitTask(receiver);
      yield* new NewTask(sending(channel, [4]));
      yield* new Sleep(1);
      return [...before, ...after, channel.drain(), channel.tryReceive()];
    });
    expect(value).toEqual([false, undefined, true, false, [2, 4], undefined]);
    expect(got).toEqual([]);
  });
});

describe("with a buffer", () => {
  test("a send waits only when it is full, and gets in as soon as there is room", () => {
    const { value } = run(function* () {
      const channel = new Channel<number>({ capacity: 2, name: "jobs" });
      const sent: number[] = [];
      yield* new NewTask(sending(channel, [1, 2, 3, 4], sent));
      yield* new Sleep(1);
      const before = [...sent];
      const first = yield* channel.receive();
      yield* new Sleep(1);
      return [before, first, [...sent], channel.size, channel.capacity, channel.trySend(9), channel.drain()];
    });
    expect(value).toEqual([[1, 2], 1, [1, 2, 3], 2, 2, false, [2, 3, 4]]);
  });

  test("any value is an item, and comes out as it went in", () => {
    const items = [undefined, null, 0, "", Number.NaN, false, { done: true }];
    const { value } = run(function* () {
      const channel = new Channel<unknown>({ capacity: 9 });
      for (const item of items) yield* channel.send(item);
      channel.close();
      const received: unknown[] = [channel.tryReceive(), yield* channel.receive()];
      yield* receiving(channel, received);
      return received;
    });
    expect(value).toEqual([{ done: false, value: undefined }, ...items.slice(1)]);
  });
});

describe.each([0, 1, 3])("first come, first served (capacity %i)", (capacity) => {
  test("senders, receivers and items keep their order", () => {
    const { value } = run(function* () {
      const channel = new Channel<string>({ capacity });
      const got: string[][] = [[], [], []];
      for (const into of got) yield* new NewTask(receiving(channel, into));
      yield* new Sleep(1);
      for (const name of ["a", "b", "c", "d", "e", "f"]) {
        yield* channel.send(name);
        yield* new Sleep(1);
      }
      channel.close();
      return got;
    });
    expect(value).toEqual([
      ["a", "d"],
      ["b", "e"],
      ["c", "f"],
    ]);
  });

  test("waiting senders are let in one by one", () => {
    const { value } = run(function* () {
      const channel = new Channel<string>({ capacity });
      for (const name of ["a", "b", "c", "d", "e"]) yield* new NewTask(sending(channel, [name, name.toUpperCase()]));
      yield* new Sleep(1);
      const items: string[] = [];
      for (let n = 0; n < 10; n++) items.push(yield* channel.receive());
      return items;
    });
    const lower = value.filter((name) => name === name.toLowerCase());
    expect(lower).toEqual(["a", "b", "c", "d", "e"]);
    expect(value.filter((name) => !lower.includes(name))).toEqual(["A", "B", "C", "D", "E"]);
  });
});

describe("closing drains, then ends", () => {
  test("what is there is received, then next gives the end and receive throws EPIPE", () => {
    const { value } = run(function* () {
      const channel = new Channel<number>({ capacity: 3 });
      yield* sending(channel, [1, 2]);
      channel.close();
      channel.close(new Error("too late"));
      const refused = yield* codeOf(channel.send(3));
      const items = [yield* channel.next(), yield* channel.receive(), yield* channel.next(), channel.tryReceive()];
      return [channel.closed, refused, items, yield* codeOf(channel.receive())];
    });
    expect(value).toEqual([true, "EPIPE", [{ done: false, value: 1 }, 2, { done: true }, { done: true }], "EPIPE"]);
  });

  test.each([0, 1])("senders that wait get EPIPE, and their items were not sent (capacity %i)", (capacity) => {
    const { value } = run(function* () {
      const channel = new Channel<number>({ capacity });
      const cause = new Error("no more");
      if (capacity > 0) yield* channel.send(0);
      const senders = [yield* new NewTask(failing(channel, 1)), yield* new NewTask(failing(channel, 2))];
      yield* new Sleep(1);
      channel.close(cause);
      const codes: unknown[] = [];
      for (const sender of senders) codes.push(yield* new Join(sender));
      return [codes, channel.drain()];
    });
    expect(value).toEqual([
      [
        ["EPIPE", "no more"],
        ["EPIPE", "no more"],
      ],
      capacity > 0 ? [0] : [],
    ]);
  });

  test("each sender that waits gets an error of its own, which may carry its own stack", () => {
    const { value } = run(function* () {
      const channel = new Channel<number>();
      const errors: unknown[] = [];
      function* refused(): Program<void> {
        try {
          yield* channel.send(0);
        } catch (error) {
          errors.push(error);
        }
      }
      yield* new NewTask(refused());
      yield* new NewTask(refused());
      yield* new Sleep(1);
      channel.close();
      yield* new Sleep(1);
      return errors;
    });
    expect(value).toMatchObject([{ code: "EPIPE" }, { code: "EPIPE" }]);
    expect(new Set(value).size).toBe(2);
  });

  test("receivers that wait get the end, or the error it was closed with", () => {
    const { value } = run(function* () {
      const outcomes: unknown[] = [];
      for (const error of [undefined, new Error("line is down")]) {
        const channel = new Channel<number>();
        const tids: Tid[] = [
          yield* new NewTask(outcome(channel.next())),
          yield* new NewTask(outcome(channel.receive())),
        ];
        yield* new Sleep(1);
        channel.close(error);
        for (const tid of tids) outcomes.push(yield* new Join(tid));
        outcomes.push(yield* outcome(channel.next()));
      }
      return outcomes;
    });
    expect(value).toEqual([
      { done: true },
      expect.stringMatching(/^channel is closed, and nothing is left/),
      { done: true },
      "line is down",
      "line is down",
      "line is down",
    ]);
  });
});

function* failing(channel: Channel<number>, item: number): Program<unknown> {
  try {
    return yield* channel.send(item);
  } catch (error) {
    const { code, cause } = error as { code: string; cause?: Error }; // a SyscallError
    return [code, cause?.message];
  }
}

function* outcome(program: Runnable<unknown>): Program<unknown> {
  try {
    return yield* program;
  } catch (error) {
    return (error as Error).message; // all that is thrown here is one
  }
}

describe("an end in the middle", () => {
  test.each(["kill", "cancel", "deadline", "select"])(
    "a %s takes a sender's item with it, and a receiver's place",
    (how) => {
      const { value } = run(function* () {
        const channel = new Channel<string>();
        const send = (): Program<unknown> => endable(how, () => channel.send("lost"));
        const receive = (): Program<unknown> => endable(how, () => channel.receive());
        const sender = yield* new NewTask(send());
        yield* new Sleep(1);
        yield* ending(how, sender);
        const nobody = channel.tryReceive();
        const receiver = yield* new NewTask(receive());
        yield* new Sleep(1);
        yield* ending(how, receiver);
        return [nobody, channel.trySend("x"), channel.senders.size, channel.receivers.size];
      });
      expect(value).toEqual([undefined, false, 0, 0]);
    },
  );

  test("what a killed task was granted is the next one's, or comes back to its place", () => {
    const { value } = run(function* () {
      const channel = new Channel<number>();
      const got: number[] = [];
      const doomed: Tid[] = [];
      for (let n = 0; n < 3; n++) doomed.push(yield* new NewTask(receiving(channel, got)));
      yield* new Sleep(1);
      for (const item of [1, 2, 3]) yield* channel.send(item);
      for (const tid of [2, 0, 1]) yield* new KillTask(doomed[tid] as Tid); // there are three
      for (const tid of doomed) yield* new WaitTask(tid);
      const size = channel.size;
      yield* new NewTask(sending(channel, [4]));
      return [size, got, yield* channel.receive(), channel.drain(), yield* channel.receive()];
    });
    expect(value).toEqual([3, [], 1, [2, 3], 4]);
  });

  test("a killed task's item goes to the receiver that waits, and its old place is kept", () => {
    const { value } = run(function* () {
      const channel = new Channel<number>({ capacity: 4 });
      const got: number[] = [];
      const doomed = yield* new NewTask(channel.receive());
      yield* new Sleep(1);
      yield* channel.send(1);
      yield* new KillTask(doomed);
      const heir = yield* new NewTask(channel.receive());
      yield* new WaitTask(doomed);
      yield* new NewTask(receiving(channel, got));
      return [yield* new Join(heir), channel.size];
    });
    expect(value).toEqual([1, 0]);
  });

  test("given back, items are in the order in which they were granted, whatever the order of the kills", () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4 }), fc.nat({ max: 1_000 }), (order, seed) => {
        const value = shuffled(seed, 32, function* () {
          const channel = new Channel<number>({ capacity: 2 });
          const doomed: Tid[] = [];
          for (let n = 0; n < 4; n++) doomed.push(yield* new NewTask(channel.next()));
          yield* new Sleep(1);
          for (const item of [1, 2, 3, 4]) channel.trySend(item);
          for (const place of order) yield* new KillTask(doomed[place] as Tid); // there are four
          for (const tid of doomed) yield* new WaitTask(tid);
          return channel.drain();
        });
        expect(value).toEqual([1, 2, 3, 4]);
      }),
      { numRuns: 200 },
    );
  });

  test("what was granted just before a cancel or a deadline is delivered", () => {
    const { value } = run(function* () {
      const channel = new Channel<string>();
      const cancelled = yield* new NewTask(channel.receive());
      const late = yield* new NewTask(new Timeout(1, channel.receive()));
      yield* new Sleep(1);
      const sent = [channel.trySend("a"), channel.trySend("b")];
      yield* new CancelTask(cancelled);
      return [sent[0], yield* new Join(cancelled), sent[1] ? yield* new Join(late) : "b"];
    });
    expect(value).toEqual([true, "a", "b"]);
  });

  test("an item taken at once, at the end of a turn, comes back when its task is killed before the next", () => {
    const { value } = run(
      function* () {
        const channel = new Channel<string>({ capacity: 1 });
        yield* channel.send("a");
        const doomed = yield* new NewTask(channel.receive());
        while (channel.size > 0) yield;
        yield* new KillTask(doomed);
        yield* new WaitTask(doomed);
        return channel.drain();
      },
      { quantum: 1 },
    );
    expect(value).toEqual(["a"]);
  });

  test("a sender killed after its item was taken has sent it, once", () => {
    const { value } = run(function* () {
      const channel = new Channel<string>();
      const sender = yield* new NewTask(channel.send("a"));
      yield* new Sleep(1);
      const item = yield* channel.receive();
      yield* new KillTask(sender);
      const { status } = yield* new WaitTask(sender);
      return [item, status, channel.tryReceive()];
    });
    expect(value).toEqual(["a", "killed", undefined]);
  });
});

function* endable(how: string, request: () => Syscall<unknown>): Program<unknown> {
  if (how === "deadline") return yield* codeOf(new Timeout(2, request()));
  if (how === "select") return yield* new Select({ request: request(), idle: new Sleep(2) });
  return yield* request();
}

function* ending(how: string, tid: Tid): Program<void> {
  if (how === "kill") yield* new KillTask(tid);
  if (how === "cancel") yield* new CancelTask(tid);
  yield* new WaitTask(tid);
}

describe("in a select", () => {
  test("the losers have neither sent nor received", () => {
    const { value } = run(function* () {
      const [a, b, c] = [new Channel<string>(), new Channel<string>(), new Channel<string>({ capacity: 1 })];
      yield* c.send("full");
      const picker = yield* new NewTask(
        new Select({ a: a.send("to a"), b: b.receive(), c: c.send("to c"), idle: new Sleep(50) }),
      );
      yield* new Sleep(1);
      yield* b.send("for b");
      const won = yield* new Join(picker);
      return [won, a.tryReceive(), b.trySend("again"), c.drain()];
    });
    expect(value).toEqual([{ key: "b", value: "for b" }, undefined, false, ["full"]]);
  });

  test("a send that wins has sent once; both sides may select, and both directions of one channel", () => {
    const { value } = run(function* () {
      const channel = new Channel<string>();
      const both = (name: string) => new Select({ send: channel.send(name), receive: channel.next() });
      const first = yield* new NewTask(both("one"));
      const second = yield* new NewTask(both("two"));
      const ends = [yield* new Join(first), yield* new Join(second)];
      return [ends, channel.senders.size, channel.receivers.size];
    });
    expect(value).toEqual([
      [
        { key: "receive", value: { done: false, value: "two" } },
        { key: "send", value: undefined },
      ],
      0,
      0,
    ]);
  });

  test("a winner that is killed before it takes the item gives it back", () => {
    const { value } = run(function* () {
      const channel = new Channel<string>();
      const doomed = yield* new NewTask(new Select({ idle: new Sleep(50), item: channel.next() }));
      yield* new Sleep(1);
      yield* channel.send("a");
      yield* new KillTask(doomed);
      yield* new WaitTask(doomed);
      return channel.drain();
    });
    expect(value).toEqual(["a"]);
  });

  test("a branch that is about to be undone takes nothing and sends nothing: it is the next one's turn", () => {
    const { value } = run(function* () {
      const channel = new Channel<string>();
      const seen: unknown[] = [];
      const meddler = (undo: () => unknown): Custom<void> =>
        new Custom((task) => task.block(waitFor<void>("meddle"), () => () => seen.push(undo())));
      const first = yield* new NewTask(new Select({ x: meddler(() => channel.trySend("a")), item: channel.receive() }));
      const heir = yield* new NewTask(channel.receive());
      yield* new Sleep(1);
      yield* new KillTask(first);
      seen.push(yield* new Join(heir));
      const second = yield* new NewTask(
        new Select({ x: meddler(() => channel.tryReceive()), item: channel.send("b") }),
      );
      const other = yield* new NewTask(channel.send("c"));
      yield* new Sleep(1);
      yield* new KillTask(second);
      yield* new Join(other);
      return [seen, channel.drain()];
    });
    expect(value).toEqual([[true, "a", { done: false, value: "c" }], []]);
  });
});

describe("preference: who goes on first when the two meet", () => {
  // Each logs when its code goes on; `other` was ready before the two met.
  function* meeting(preference: Preference, comesFirst: "sender" | "receiver", log: string[]): Program<string[]> {
    const channel = new Channel<number>({ preference });
    const programs = {
      sender: () => logged(sending(channel, [1]), log, "sender"),
      receiver: () => logged(one(channel), log, "receiver"),
    };
    yield* new NewTask(programs[comesFirst]());
    yield* new Sleep(1);
    yield* new NewTask(programs[comesFirst === "sender" ? "receiver" : "sender"]());
    yield* new NewTask(logged(nothing(), log, "other"));
    yield* new Sleep(1);
    return log;
  }
  function* one(channel: Channel<number>): Program<number> {
    return yield* channel.receive();
  }
  function* nothing(): Program<void> {}

  test.each([
    ["none", "receiver", ["sender", "other", "receiver"]],
    ["none", "sender", ["receiver", "other", "sender"]],
    ["receiver", "receiver", ["other", "receiver", "sender"]],
    ["receiver", "sender", ["receiver", "other", "sender"]],
    ["sender", "receiver", ["sender", "other", "receiver"]],
    ["sender", "sender", ["other", "sender", "receiver"]],
  ] as const)("%s, the %s waits: %j", (preference, comesFirst, order) => {
    expect(run(meeting(preference, comesFirst, [])).value).toEqual(order);
  });

  test("it also holds where a receive makes room in a full buffer", () => {
    const log: string[] = [];
    run(function* () {
      const channel = new Channel<number>({ capacity: 1, preference: "sender" });
      yield* channel.send(1);
      yield* new NewTask(logged(sending(channel, [2]), log, "sender"));
      yield* new Sleep(1);
      yield* channel.receive();
      log.push("receiver");
    });
    expect(log).toEqual(["sender", "receiver"]);
  });
});

test("a subclass may keep items in a store of its own: here the last in is the first out", () => {
  class Stack<T> extends Channel<T> {
    constructor(capacity: number) {
      const items: T[] = [];
      const store: Store<T> = {
        get size() {
          return items.length;
        },
        push: (item) => items.push(item),
        shift: () => items.pop(),
      };
      super({ capacity }, "stack", 1, store);
    }
  }
  const { value } = run(function* () {
    const stack = new Stack<number>(2);
    yield* new NewTask(sending(stack, [1, 2, 3]));
    yield* new Sleep(1);
    return [stack.label, yield* stack.receive(), ...stack.drain()];
  });
  expect(value).toEqual(["stack (2 of 2)", 2, 3, 1]);
  expect(() => new Stack(0)).toThrow(/capacity of stack is 0: give a whole number, 1 to 16777216/);
});

describe("what is seen of it", () => {
  test("a monitor shows who waits for what; the report of a deadlock names it", () => {
    const { outcome, value } = seen();
    expect(value).toEqual([
      ["receive from", "channel"],
      ["send to", "channel jobs (2 of 2)"],
    ]);
    expect(String(outcome)).toMatch(/receive from channel[\s\S]*send to channel jobs \(2 of 2\)/);
  });

  function seen(): { outcome: unknown; value: unknown[] } {
    const value: unknown[] = [];
    const { outcome } = runExit(function* () {
      const jobs = new Channel<number>({ capacity: 2, name: "jobs" });
      yield* new NewTask(new Channel().receive());
      yield* new NewTask(sending(jobs, [1, 2, 3]));
      yield* new Sleep(1);
      for (const { verb, object, tid } of yield* new ListTasks()) if (tid > 1) value.push([verb, object]);
      yield* new Join(2 as Tid); // a tid is a number
    });
    return { outcome: outcome.status === "threw" ? outcome.error : outcome, value };
  }

  test.each<[ChannelOptions, string]>([
    [{ capacity: -1 }, "EINVAL"],
    [{ capacity: 1.5 }, "EINVAL"],
    [{ capacity: Number.POSITIVE_INFINITY }, "EINVAL"],
    [{ capacity: 16_777_217 }, "EINVAL"],
    [{ name: "x".repeat(65) }, "ENAMETOOLONG"],
    [{ preference: "both" as Preference }, "EINVAL"], // it is none
  ])("%j is refused: %s", (options, code) => {
    expect(() => new Channel(options)).toThrow(expect.objectContaining({ code }));
    expect(() => new Channel({ name: 7 as unknown as string })).toThrow(TypeError); // its type forbids it
    expect(new Channel({ name: "x".repeat(64), capacity: 16_777_216 }).label).toMatch(/^channel x{64} \(0 of/);
  });
});
