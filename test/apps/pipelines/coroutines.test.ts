// Coroutines that data is sent into, and generators that it is asked of: no kernel.

import { describe, expect, test } from "vitest";
import { type Body, type Coroutine, coroutine } from "../../../apps/pipelines/coroutines.ts";
import * as pull from "../../../apps/pipelines/pull.ts";
import { broadcast, filter, grep, map, print, take, tee } from "../../../apps/pipelines/push.ts";

/** Notes all that befalls it; catches errors if it is to. */
const noting: (log: unknown[], catches?: boolean) => Coroutine<unknown> = coroutine(function* noting(
  log: unknown[],
  catches = false,
): Body<unknown> {
  try {
    for (;;) {
      try {
        log.push(yield);
      } catch (error) {
        log.push(`caught ${error}`);
        if (!catches) throw error;
      }
    }
  } finally {
    log.push("closed");
  }
});

/** Each stage before a sink. */
const stages: Readonly<Record<string, (target: Coroutine<unknown>) => Coroutine<unknown>>> = {
  filter: (target) => filter(() => true, target),
  map: (target) => map((item) => item, target),
  grep: (target) => map(String, grep(/./, target)),
  broadcast: (target) => broadcast([target]),
  tee: (target) => tee(noting([], true), target),
  "tee's side": (target) => tee(target, noting([], true)),
  take: (target) => take(1_000, target),
  "all of them": (target) =>
    filter(
      () => true,
      map((item) => item, broadcast([tee(noting([], true), take(9, target))])),
    ),
};

describe.each(Object.entries(stages))("%s", (_name, make) => {
  test("hands on items, and its end", () => {
    const log: unknown[] = [];
    const stage = make(noting(log));
    expect([stage.send("one"), stage.send("two")]).toEqual([true, true]);
    stage.close();
    stage.close();
    expect(log).toEqual(["one", "two", "closed"]);
    expect([stage.isOver, stage.send("three")]).toEqual([true, false]);
    expect(log.length).toBe(3);
  });

  test("hands on an error, which comes back out where nobody catches it, and has closed all", () => {
    const log: unknown[] = [];
    const stage = make(noting(log));
    const error = new Error("bang");
    expect(() => stage.throw(error)).toThrow(error);
    expect(log).toEqual(["caught Error: bang", "closed"]);
    expect(stage.isOver).toBe(true);
    expect(() => stage.throw(error)).toThrow(error);
  });

  test("goes on after an error that its target has caught", () => {
    const log: unknown[] = [];
    const stage = make(noting(log, true));
    expect(stage.throw(new Error("bang"))).toBe(true);
    expect(stage.send("two")).toBe(true);
    expect(log).toEqual(["caught Error: bang", "two"]);
  });
});

test.each(Object.entries(stages).filter(([name]) => !/tee|all/.test(name)))(
  "%s throws an error back that its only target, which has ended, cannot catch any more",
  (_name, make) => {
    const target = noting([], true);
    const stage = make(target);
    target.close();
    expect(() => stage.throw(new Error("bang"))).toThrow("bang");
    expect(stage.isOver).toBe(true);
  },
);

describe("an end goes upstream", () => {
  test.each(Object.entries(stages).filter(([name]) => name !== "tee's side"))("through %s", (_name, make) => {
    const log: unknown[] = [];
    const stage = make(take(2, noting(log)));
    expect([stage.send(1), stage.send(2), stage.send(3)]).toEqual([true, false, false]);
    expect(log.map(String)).toEqual(["1", "2", "closed"]);
  });

  test("and stops who feeds: no more is asked for, and the source is closed", () => {
    const log: unknown[] = [];
    const source = (function* () {
      try {
        for (let n = 1; ; n++) yield n;
      } finally {
        log.push("source closed");
      }
    })();
    pull.feed(source, take(2, noting(log)));
    expect(log).toEqual([1, 2, "closed", "source closed"]);
  });
});

describe("what fails downstream", () => {
  test("comes out of send, and has closed all it came through", () => {
    const log: unknown[] = [];
    const broken = print(() => {
      throw new Error("full");
    });
    const stage = filter(() => true, broadcast([noting(log), broken]));
    expect(() => stage.send("one")).toThrow("full");
    expect(log).toEqual(["one", "closed"]);
    expect([stage.isOver, broken.isOver]).toEqual([true, true]);
  });

  test("in several closings is all there, and none is left out", () => {
    const log: unknown[] = [];
    const stubborn = coroutine(function* (text: string): Body<unknown> {
      try {
        yield;
      } finally {
        log.push(text);
        // biome-ignore lint/correctness/noUnsafeFinally: what is to be seen
        throw new Error(text);
      }
    });
    const stage = broadcast([stubborn("first"), noting(log), stubborn("second")]);
    expect(() => stage.close()).toThrow(AggregateError);
    expect(log).toEqual(["first", "closed", "second"]);
  });

  test("one that goes on after it was closed is refused", () => {
    const stubborn = coroutine(function* (): Body<unknown> {
      try {
        yield;
      } finally {
        yield;
      }
    })();
    expect(() => stubborn.close()).toThrow("leave yield out of finally");
    expect(stubborn.send("more")).toBe(false);
  });
});

test("a broadcast leaves out who has ended, and ends with the last", () => {
  const [one, two]: [unknown[], unknown[]] = [[], []];
  const stage = broadcast([take(1, noting(one)), take(2, noting(two))]);
  expect([stage.send("a"), stage.send("b"), stage.send("c")]).toEqual([true, false, false]);
  expect([one, two]).toEqual([
    ["a", "closed"],
    ["a", "b", "closed"],
  ]);
});

test("a filter and a grep let through what they should", () => {
  const log: unknown[] = [];
  pull.feed(
    pull.countdown(6),
    filter((n: number) => n % 2 === 0, noting(log)),
  );
  pull.feed(["hello", "oh hello", "bye"], grep(/^hello/, noting(log)));
  expect(log).toEqual([6, 4, 2, "closed", "hello", "closed"]);
});

describe("generators that are asked", () => {
  test("count down, cut lines wherever the pieces end, and match", () => {
    expect([...pull.countdown(3)]).toEqual([3, 2, 1]);
    expect([...pull.lines(["he", "llo\n", "", "\nwor", "ld"])]).toEqual(["hello", "", "world"]);
    expect([...pull.grep(/o/, pull.lines(["one\nnine\ntwo\n"]))]).toEqual(["one", "two"]);
  });

  test("follow gives way where there is nothing, and is over with its target, or by being ended", () => {
    const [log, waiting]: [unknown[], string[]] = [[], ["one", "two"]];
    const following = pull.follow(() => waiting.shift(), take(3, noting(log)));
    expect(following.next().done).toBe(false);
    expect(log).toEqual(["one", "two"]);
    expect(following.next().done).toBe(false);
    waiting.push("three", "four");
    expect(following.next().done).toBe(true);
    expect([log, waiting]).toEqual([["one", "two", "three", "closed"], ["four"]]);
    const other: unknown[] = [];
    const ended = pull.follow(() => undefined, noting(other));
    ended.next();
    ended.return();
    expect(other).toEqual(["closed"]);
  });
});
