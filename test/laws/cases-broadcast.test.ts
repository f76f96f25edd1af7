// Broadcasts: each subscriber gets each item, in order; a slow one holds the senders up or misses some, and is told.

import { describe, expect, test } from "vitest";
import {
  Broadcast,
  type BroadcastOptions,
  CancelTask,
  GetTask,
  Join,
  KillTask,
  ListTasks,
  NewTask,
  type Program,
  Select,
  Sleep,
  type Subscription,
  type Tid,
  Timeout,
  WaitTask,
} from "../../apps/index.ts";
import { run, runExit } from "../kit/index.ts";
import { receiving, shuffled } from "./channels.ts";
import { Custom, codeOf, waitFor } from "./programs.ts";

function* listening<T>(broadcast: Broadcast<T>, into: T[]): Program<void> {
  yield* receiving(yield* broadcast.subscribe(), into);
}

function* telling<T>(broadcast: Broadcast<T>, items: readonly T[], sent: T[] = []): Program<void> {
  for (const item of items) {
    yield* broadcast.send(item);
    sent.push(item);
  }
}

describe("each subscriber gets each item", () => {
  test("from its subscription on, in the order in which they were sent, until the end", () => {
    const { value } = run(function* () {
      const news = new Broadcast<string>();
      const got: [string[], string[], string[]] = [[], [], []];
      yield* news.send("nobody hears");
      yield* new NewTask(listening(news, got[0]));
      yield* new NewTask(listening(news, got[1]));
      yield* new Sleep(1);
      yield* telling(news, ["a", "b"]);
      const late = yield* new NewTask(listening(news, got[2]));
      yield* new Sleep(1);
      const size = news.size;
      yield* news.send("c");
      news.close();
      yield* new WaitTask(late);
      return [got, size, news.size, news.closed];
    });
    expect(value).toEqual([[["a", "b", "c"], ["a", "b", "c"], ["c"]], 3, 0, true]);
  });

  test("a send waits for the slowest, and comes to all at once; others are let in in turn", () => {
    const { value } = run(function* () {
      const news = new Broadcast<string>({ capacity: 1, name: "news" });
      const [slow, fast] = [yield* news.subscribe(), yield* news.subscribe()];
      const sent: string[] = [];
      yield* new NewTask(telling(news, ["a", "b"], sent));
      yield* new NewTask(telling(news, ["c"], sent));
      yield* new Sleep(1);
      const steps: unknown[] = [[...sent], yield* fast.receive(), fast.tryReceive()];
      yield* new Sleep(1);
      steps.push([...sent], yield* slow.receive(), fast.tryReceive());
      yield* new Sleep(1);
      steps.push([...sent], slow.drain(), fast.drain());
      return steps;
    });
    expect(value).toEqual([
      ["a"],
      "a",
      undefined,
      ["a"],
      "a",
      { done: false, value: "b" },
      ["a", "b"],
      ["b", "c"], // c was let in as soon as b was out
      ["c"],
    ]);
  });

  test("one that may miss items misses the oldest, and can see how many; the others miss none", () => {
    const { value } = run(function* () {
      const prices = new Broadcast<number>({ capacity: 2, whenFull: "drop oldest" });
      const [slow, fast] = [yield* prices.subscribe(), yield* prices.subscribe()];
      const seen: number[] = [];
      for (const price of [1, 2, 3, 4, 5]) {
        yield* prices.send(price);
        seen.push(yield* fast.receive());
      }
      return [seen, fast.missed, slow.drain(), slow.missed, prices.trySend(6), slow.drain(), slow.missed];
    });
    expect(value).toEqual([[1, 2, 3, 4, 5], 0, [4, 5], 3, true, [6], 3]);
  });
});

describe("a subscription ends", () => {
  test("with its close: what is there can be received, and it holds nobody up any more", () => {
    const { value } = run(function* () {
      const news = new Broadcast<string>({ capacity: 1 });
      const mine = yield* news.subscribe();
      yield* news.send("a");
      const sender = yield* new NewTask(news.send("b"));
      yield* new Sleep(1);
      mine.close();
      mine.close();
      yield* new Join(sender);
      return [news.size, yield* mine.next(), yield* mine.next(), yield* codeOf(mine.receive())];
    });
    expect(value).toEqual([0, { done: false, value: "a" }, { done: true }, "EPIPE"]);
  });

  test.each(["return", "kill", "cancel", "crash"])("with the %s of its task, which lets waiting senders in", (how) => {
    const { value } = run(function* () {
      const news = new Broadcast<string>({ capacity: 1 });
      const subscribed: Subscription<string>[] = [];
      const owner = yield* new NewTask(holding(news, subscribed, how));
      yield* new Sleep(1);
      const [mine] = subscribed;
      yield* news.send("a");
      const sender = yield* new NewTask(news.send("b"));
      const sharer = yield* new NewTask(new Sleep(20));
      yield* new Sleep(1);
      const before = news.size;
      if (how === "kill") yield* new KillTask(owner);
      if (how === "cancel") yield* new CancelTask(owner);
      yield* new Join(sender);
      yield* new WaitTask(sharer);
      return [before, news.size, mine?.closed, mine?.drain()];
    });
    expect(value).toEqual([1, 0, true, ["a"]]);
  });

  function* holding(news: Broadcast<string>, into: Subscription<string>[], how: string): Program<void> {
    into.push(yield* news.subscribe());
    yield* new Sleep(10);
    if (how === "crash") throw new Error("crashed");
    if (how !== "return") yield* new Sleep(Number.POSITIVE_INFINITY);
  }

  test("a crash of its task is still one that nobody waits for", () => {
    const { logs } = run(function* () {
      yield* new NewTask(holding(new Broadcast<string>(), [], "crash"));
      yield* new Sleep(20);
    });
    expect(logs.map(({ text }) => text)).toEqual([expect.stringMatching(/^crashed\n/)]);
  });

  test("one that was killed just as it subscribed holds nobody up", () => {
    const { value } = run(
      function* () {
        const news = new Broadcast<string>({ capacity: 1 });
        const doomed = yield* new NewTask(news.subscribe());
        while (news.size === 0) yield;
        yield* new KillTask(doomed);
        yield* new WaitTask(doomed);
        return news.size;
      },
      { quantum: 1 },
    );
    expect(value).toBe(0);
  });

  test("with the broadcast: senders that wait get EPIPE, subscribers what is there and then the error", () => {
    const { value } = run(function* () {
      const news = new Broadcast<string>({ capacity: 1 });
      const [mine, idle] = [yield* news.subscribe(), yield* news.subscribe()];
      yield* news.send("a");
      const sender = yield* new NewTask(codeOf(news.send("b")));
      yield* idle.receive();
      const waiting = yield* new NewTask(codeOf(idle.next()));
      yield* new Sleep(1);
      news.close(new RangeError("down"));
      news.close();
      const codes = [yield* new Join(sender), yield* new Join(waiting), yield* codeOf(news.send("c"))];
      return [codes, yield* codeOf(news.subscribe()), mine.drain(), yield* codeOf(mine.next())];
    });
    expect(value).toEqual([["EPIPE", "RangeError", "EPIPE"], "EPIPE", ["a"], "RangeError"]);
  });
});

describe("no item is lost", () => {
  test("a sender that is ended while it waits has sent to nobody", () => {
    const { value } = run(function* () {
      const news = new Broadcast<string>({ capacity: 1 });
      const [slow, fast] = [yield* news.subscribe(), yield* news.subscribe()];
      yield* news.send("a");
      fast.drain();
      const killed = yield* new NewTask(news.send("killed"));
      const late = yield* new NewTask(codeOf(new Timeout(1, news.send("late"))));
      const picked = yield* new NewTask(new Select({ send: news.send("lost"), idle: new Sleep(1) }));
      yield* new Sleep(0.5);
      yield* new KillTask(killed);
      const ends = [yield* new Join(late), (yield* new Join(picked)).key];
      return [ends, news.trySend("now"), slow.drain(), fast.drain(), news.trySend("b"), slow.drain(), fast.drain()];
    });
    expect(value).toEqual([["ETIMEDOUT", "idle"], false, ["a"], [], true, ["b"], ["b"]]);
  });

  test("a sender that is killed as it is let in has sent, and wakes no other", () => {
    const { value } = run(function* () {
      const news = new Broadcast<string>({ capacity: 1 });
      const mine = yield* news.subscribe();
      yield* news.send("a");
      const first = yield* new NewTask(news.send("b"));
      const second = yield* new NewTask(news.send("c"));
      yield* new Sleep(1);
      const items = [yield* mine.receive()];
      yield* new KillTask(first);
      yield* new WaitTask(first);
      yield* new Sleep(1);
      const { state } = (yield* new GetTask(second)) ?? {};
      return [state, ...items, ...mine.drain()];
    });
    expect(value).toEqual(["blocked", "a", "b", "c"]);
  });

  test("a branch that is about to be undone sends nothing", () => {
    const { value } = run(function* () {
      const news = new Broadcast<string>({ capacity: 1 });
      const mine = yield* news.subscribe();
      yield* news.send("a");
      const meddler = new Custom<void>((task) => task.block(waitFor<void>("meddle"), () => () => mine.tryReceive()));
      const doomed = yield* new NewTask(new Select({ meddler, send: news.send("b") }));
      const other = yield* new NewTask(news.send("c"));
      yield* new Sleep(1);
      yield* new KillTask(doomed);
      yield* new Join(other);
      return mine.drain();
    });
    expect(value).toEqual(["c"]);
  });

  test("tasks that share a subscription get each item once, whoever is killed, in any order of turns", () => {
    for (let seed = 1; seed <= 20; seed++) {
      const value = shuffled(seed, seed % 2 === 0 ? 1 : 32, function* () {
        const news = new Broadcast<number>({ capacity: 2 });
        const [shared, own] = [yield* news.subscribe(), yield* news.subscribe()];
        const [got, all]: [number[], number[]] = [[], []];
        const items = Array.from({ length: 20 }, (_, n) => n);
        yield* new NewTask(telling(news, items));
        yield* new NewTask(receiving(own, all));
        const tids: Tid[] = [];
        for (let n = 0; n < 4; n++) tids.push(yield* new NewTask(receiving(shared, got)));
        for (const tid of tids) {
          for (let lap = 0; lap < seed; lap++) yield;
          yield* new KillTask(tid);
        }
        yield* new NewTask(receiving(shared, got));
        yield* new Sleep(1);
        return [got.toSorted((a, b) => a - b), all];
      });
      const items = Array.from({ length: 20 }, (_, n) => n);
      expect(value, `seed ${seed}`).toEqual([items, items]);
    }
  });
});

describe("what is seen of it", () => {
  test("who waits for whom is in the list, and in the report of a deadlock", () => {
    const { outcome } = runExit(function* () {
      const news = new Broadcast<string>({ capacity: 1, name: "news" });
      const mine = yield* news.subscribe();
      const other = yield* new NewTask(listening(news, []), "other");
      yield* new Sleep(1);
      yield* news.send("a");
      const sender = yield* new NewTask(news.send("b"), "sender");
      yield* new Sleep(1);
      const records = yield* new ListTasks();
      expect(records.filter(({ tid }) => tid > 1)).toMatchObject([
        { tid: other, verb: "receive from", object: "subscription to broadcast news (0 of 1)" },
        { tid: sender, verb: "send to", object: "broadcast news (1 of 2 full)", holders: [1] },
      ]);
      expect(mine.size).toBe(1);
      yield* new Join(sender);
    });
    expect(outcome).toMatchObject({ status: "threw", error: { code: "EDEADLK", cycle: [1, 3] } });
  });

  test.each<[BroadcastOptions, string]>([
    [{ capacity: 0 }, "EINVAL"],
    [{ subscribers: 0 }, "EINVAL"],
    [{ whenFull: "drop" as "wait" }, "EINVAL"], // its type forbids it
    [{ name: "x".repeat(65) }, "ENAMETOOLONG"],
  ])("%j is refused: %s", (options, code) => {
    expect(() => new Broadcast(options)).toThrow(expect.objectContaining({ code }));
  });

  test("the subscribers are bounded", () => {
    const { value } = run(function* () {
      const news = new Broadcast<string>({ subscribers: 1 });
      const first = yield* news.subscribe();
      const code = yield* codeOf(news.subscribe());
      first.close();
      yield* news.subscribe();
      return [code, news.size];
    });
    expect(value).toEqual(["EAGAIN", 1]);
  });
});
