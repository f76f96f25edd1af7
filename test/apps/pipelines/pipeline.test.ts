// Pipelines of tasks: ends, errors, back-pressure, and that nothing outlives them, on virtual time.

import { describe, expect, test } from "vitest";
import {
  CancelTask,
  GetTid,
  KillTask,
  ListTasks,
  NewTask,
  type Program,
  Sleep,
  WaitTask,
} from "../../../apps/index.ts";
import { from, type Inlet, type Sink, type Stage } from "../../../apps/pipelines/pipeline.ts";
import { broadcast, count, countdown, filter, grep, map, print, take, tee } from "../../../apps/pipelines/stages.ts";
import { run } from "../../kit/index.ts";
import { thrownBy } from "../../laws/members.ts";

function* list<T>(input: Inlet<T>): Program<T[]> {
  const all: T[] = [];
  for (let step = yield* input.next(); !step.done; step = yield* input.next()) all.push(step.value);
  return all;
}

/** Takes what comes before an error, and says which that was. */
function* upToError(input: Inlet<unknown>): Program<unknown[]> {
  const all: unknown[] = [];
  try {
    for (let step = yield* input.next(); !step.done; step = yield* input.next()) all.push(step.value);
    return all;
  } catch (error) {
    return [...all, error instanceof Error ? error.message : error];
  }
}

const failing = (after: number, error: unknown): Stage<number, number> =>
  function* (input, output) {
    for (let left = after; left > 0; left--) {
      const step = yield* input.next();
      if (!step.done) yield* output.send(step.value);
    }
    throw error;
  };

/** What is left but the main task. */
function* others(): Program<string[]> {
  const own = yield* new GetTid();
  return (yield* new ListTasks()).filter(({ tid }) => tid !== own).map(({ name }) => name);
}

test("items go through in order, the end behind them, and nobody is left", () => {
  const { value } = run(function* () {
    const even = yield* from(countdown(6))
      .through(filter((n) => n % 2 === 0))
      .through(map((n) => n * 10))
      .into(list);
    return [even, yield* others()];
  });
  expect(value).toEqual([[60, 40, 20], []]);
});

test("a pipeline without stages, an empty one, and one run twice", () => {
  const { value } = run(function* () {
    const pipeline = from(countdown(2));
    return [yield* pipeline.into(list), yield* pipeline.into(count), yield* from(countdown(0)).into(list)];
  });
  expect(value).toEqual([[2, 1], 2, []]);
});

test("who is fast waits for who is slow: between two parts are never more items than fit", () => {
  let [sent, most, received] = [0, 0, 0];
  run(function* () {
    yield* from<number>(
      function* (output) {
        for (; sent < 100; sent++) {
          most = Math.max(most, sent - received);
          yield* output.send(sent);
        }
      },
      "fast",
      { capacity: 4 },
    ).into(function* (input) {
      for (let step = yield* input.next(); !step.done; step = yield* input.next()) {
        received++;
        yield* new Sleep(1);
      }
    });
  });
  expect(received).toBe(100);
  expect(most).toBeLessThanOrEqual(4 + 1); // one is in the sender's hand
  expect(most).toBeGreaterThan(3);
});

describe("who ends early ends all before it,", () => {
  test.each([
    [
      "one that sends",
      function* (output): Program<void> {
        for (let n = 0; ; n++) yield* output.send(n);
      },
    ],
    [
      "one that waits for something else",
      function* (output): Program<void> {
        for (let n = 0; n < 3; n++) yield* output.send(n);
        yield* new Sleep(1e9);
      },
    ],
  ] as [string, Parameters<typeof from<number>>[0]][])("%s", (_name, source) => {
    const log: string[] = [];
    const { value, now } = run(function* () {
      const noted: Parameters<typeof from<number>>[0] = function* (output) {
        try {
          yield* source(output) as Program<void>;
        } finally {
          log.push("source closed");
        }
      };
      const got = yield* from(noted)
        .through(filter(() => true))
        .through(take(2))
        .into(list);
      return [got, yield* others()];
    });
    expect(value).toEqual([[0, 1], []]);
    expect(log).toEqual(["source closed"]);
    expect(now).toBeLessThan(1_000);
  });

  test("a sink too, whatever the one before it waits for", () => {
    const { value, now } = run(function* () {
      return [yield* from(() => new Sleep(1e9)).into(() => new Sleep(1)), yield* others()];
    });
    expect(value).toEqual([undefined, []]);
    expect(now).toBeLessThan(1_000);
  });

  test("while those behind it still work", () => {
    const ends: string[] = [];
    const { now } = run(function* () {
      const source = function* (): Program<void> {
        try {
          yield* new Sleep(1e9);
        } finally {
          ends.push("source");
        }
      };
      yield* from<number>(source)
        .through<number>(function* () {
          yield* new Sleep(1);
        })
        .into(function* () {
          yield* new Sleep(1_000);
          ends.push("sink");
        });
    });
    expect(ends).toEqual(["source", "sink"]);
    expect(now).toBeLessThan(2_000);
  });
});

describe("an error", () => {
  const error = new Error("bang");

  test("comes behind what was sent before it, passes who does not catch it, and comes out as it is", () => {
    const seen: unknown[] = [];
    const { value } = run(function* () {
      const pipeline = from(countdown(9))
        .through(failing(2, error))
        .through(
          map((n) => {
            seen.push(n);
            return n;
          }),
        );
      return [yield* thrownBy(pipeline.into(list)), yield* pipeline.into(upToError), yield* others()];
    });
    expect(value).toEqual([error, [9, 8, "bang"], []]);
    expect(seen).toEqual([9, 8, 9, 8]);
  });

  test.each([
    ["text", "text"],
    [null, null],
    [undefined, new Error("undefined was thrown")],
  ])("of %o is one too", (thrown, expected) => {
    const { value } = run(function* () {
      return yield* thrownBy(from(countdown(9)).through(failing(1, thrown)).through(tee<number>(count)).into(list));
    });
    expect(value).toEqual(expected);
  });

  test("of a sink ends all before it", () => {
    const { value } = run(function* () {
      const thrown = yield* thrownBy(
        from<number>(() => new Sleep(1e9)).into(function* () {
          yield* new Sleep(1);
          throw error;
        }),
      );
      return [thrown, yield* others()];
    });
    expect(value).toEqual([error, []]);
  });

  test("in the cleanup of a part that nobody reads any more is the pipeline's", () => {
    const { value } = run(function* () {
      return yield* thrownBy(
        from<number>(function* (output) {
          try {
            for (;;) yield* output.send(1);
          } catch {
            throw error;
          }
        })
          .through(take(1))
          .into(list),
      );
    });
    expect(value).toEqual(error);
  });
});

describe("a part that is ended by others", () => {
  test.each([
    ["killed", (tid: number) => new KillTask(tid)],
    ["cancelled", (tid: number) => new CancelTask(tid)],
  ])("%s: what came of it does not look like all", (_how, end) => {
    const { value } = run(function* () {
      const slow: Stage<number, number> = function* (input, output) {
        for (let step = yield* input.next(); !step.done; step = yield* input.next()) {
          yield* output.send(step.value);
          yield* new Sleep(100);
        }
      };
      yield* new NewTask(
        (function* (): Program<void> {
          yield* new Sleep(150);
          const part = (yield* new ListTasks()).find(({ name }) => name === "slow");
          yield* end(part?.tid ?? 0);
        })(),
      );
      return [yield* from(countdown(9)).through(slow, "slow").into(upToError), yield* others()];
    });
    expect(value).toEqual([[9, 8, "slow was ended before its time: what came of it is not all"], []]);
  });

  test.each([
    ["killed", (tid: number) => new KillTask(tid)],
    ["cancelled", (tid: number) => new CancelTask(tid)],
  ])("the one that sends for a broadcast, %s: its sinks are told", (_how, end) => {
    const { value } = run(function* () {
      yield* new NewTask(
        (function* (): Program<void> {
          yield* new Sleep(150);
          yield* end((yield* new ListTasks()).find(({ name }) => name === "send to all")?.tid ?? 0);
        })(),
      );
      const slow = from<number>(function* (output) {
        for (let n = 0; ; n++) {
          yield* output.send(n);
          yield* new Sleep(100);
        }
      });
      return [yield* slow.into(broadcast([upToError])), yield* others()];
    });
    expect(value).toEqual([[[0, 1, "a broadcast was ended before its time: what came of it is not all"]], []]);
  });

  test.each([
    ["killed", (tid: number) => new KillTask(tid)],
    ["cancelled", (tid: number) => new CancelTask(tid)],
  ])("the whole pipeline, %s: its parts are over before it is", (_how, end) => {
    const log: string[] = [];
    const noted = (name: string): Stage<number, number> =>
      function* () {
        try {
          yield* new Sleep(1e9);
        } finally {
          log.push(name);
        }
      };
    const { value } = run(function* () {
      const pipeline = from(countdown(9)).through(noted("one")).through(noted("two"));
      const tid = yield* new NewTask(pipeline.into(twoSinks));
      yield* new Sleep(1);
      yield* end(tid);
      yield* new WaitTask(tid);
      return yield* others();
    });
    expect(value).toEqual([]);
    expect(log.sort()).toEqual(["one", "two"]);
  });
});

const twoSinks: Sink<unknown, unknown[]> = broadcast<unknown, unknown>([count, list]);

describe("broadcast", () => {
  test("gives each item to all, and their values in order", () => {
    const { value } = run(function* () {
      return yield* from(countdown(200)).into(
        broadcast<number, unknown>([
          count,
          function* (input) {
            return (yield* list(input)).length;
          },
        ]),
      );
    });
    expect(value).toEqual([200, 200]);
  });

  test("leaves out who has had enough, and ends the pipeline with the last", () => {
    const first = (n: number): Sink<number, number[]> =>
      function* (input) {
        const got: number[] = [];
        while (got.length < n) {
          const step = yield* input.next();
          if (step.done) break;
          got.push(step.value);
        }
        return got;
      };
    const { value } = run(function* () {
      const endless = from<number>(function* (output) {
        for (let n = 1; ; n++) yield* output.send(n);
      });
      return [yield* endless.into(broadcast([first(1), first(3)])), yield* others()];
    });
    expect(value).toEqual([[[1], [1, 2, 3]], []]);
  });

  test("ends at once with the last of its sinks, whatever comes before it waits for", () => {
    const { value, now } = run(function* () {
      const waiting = from<number>(() => new Sleep(1e9));
      return [yield* waiting.into(broadcast([() => new Sleep(1), () => new Sleep(2)])), yield* others()];
    });
    expect(value).toEqual([[undefined, undefined], []]);
    expect(now).toBeLessThan(1_000);
  });

  test("tells each of an error, and is well if all catch it", () => {
    const { value } = run(function* () {
      const broken = from(countdown(9)).through(failing(1, new Error("bang")));
      return [
        yield* broken.into(broadcast([upToError, upToError])),
        yield* thrownBy(broken.into(broadcast<unknown, unknown>([upToError, list]))),
        yield* others(),
      ];
    });
    expect(value).toEqual([
      [
        [9, "bang"],
        [9, "bang"],
      ],
      new Error("bang"),
      [],
    ]);
  });
});

describe("tee", () => {
  test("gives items to a side sink and on, and waits for both", () => {
    const side: unknown[] = [];
    const { value } = run(function* () {
      return yield* from(countdown(3))
        .through(
          tee(function* (input) {
            for (let step = yield* input.next(); !step.done; step = yield* input.next()) {
              yield* new Sleep(10);
              side.push(step.value);
            }
          }),
        )
        .into(list);
    });
    expect([value, side]).toEqual([
      [3, 2, 1],
      [3, 2, 1],
    ]);
  });

  test("goes on without a side that has had enough, fails with one that fails, and ends it with its reader", () => {
    const { value, now } = run(function* () {
      const endless = from<number>(function* (output) {
        for (let n = 1; ; n++) yield* output.send(n);
      });
      return [
        yield* from(countdown(3))
          .through(tee(function* () {}))
          .into(list),
        yield* thrownBy(
          endless
            .through(
              tee(function* () {
                throw new Error("side");
              }),
            )
            .into(count),
        ),
        yield* endless
          .through(tee(() => new Sleep(1e9)))
          .through(take(2))
          .into(list),
        yield* others(),
      ];
    });
    expect(value).toEqual([[3, 2, 1], new Error("side"), [1, 2], []]);
    expect(now).toBeLessThan(1_000); // nobody had to be killed
  });

  test("hands an error to both", () => {
    let side: unknown;
    const { value } = run(function* () {
      return yield* from(countdown(3))
        .through(failing(1, new Error("bang")))
        .through(
          tee(function* (input) {
            side = yield* upToError(input);
          }),
        )
        .into(upToError);
    });
    expect([value, side]).toEqual([
      [3, "bang"],
      [3, "bang"],
    ]);
  });
});

test("grep and print: lines, safe to show", () => {
  const { machine } = run(function* () {
    yield* from<string>(function* (output) {
      for (const line of ["hello \x1b[2J", "oh", "hello"]) yield* output.send(line);
    })
      .through(grep(/^hello/))
      .into(print);
  });
  expect(machine.stdout.text).toBe("hello \\u{1b}[2J\nhello\n");
});

describe("whenever it is ended", () => {
  const stages = (log: string[]): Program<number> => {
    const noted = (name: string): Stage<number, number> =>
      function* (input, output) {
        try {
          for (let step = yield* input.next(); !step.done; step = yield* input.next()) yield* output.send(step.value);
        } finally {
          log.push(name);
        }
      };
    const sink = broadcast<number, number>([count, count]);
    return from(countdown(20), "source", { capacity: 1 })
      .through(noted("one"))
      .through(tee<number>(count))
      .through(noted("two"))
      .into(function* (input) {
        return (yield* sink(input) as Program<number[]>)[0] ?? 0;
      });
  };

  test.each([
    ["a kill", (tid: number) => new KillTask(tid)],
    ["a cancel", (tid: number) => new CancelTask(tid)],
  ])("by %s, nobody of it is left, and what began was cleaned up", (_how, end) => {
    let isOver = false;
    for (let turns = 0; !isOver && turns < 2_000; turns++) {
      const log: string[] = [];
      const { value } = run(
        function* () {
          const tid = yield* new NewTask(stages(log), "pipeline");
          for (let turn = 0; turn < turns; turn++) yield;
          const wasThere = yield* end(tid);
          const { status } = yield* new WaitTask(tid);
          return { wasThere, status, others: yield* others() };
        },
        { quantum: 1 },
      );
      expect(value.others).toEqual([]);
      expect(new Set(log).size).toBe(log.length);
      isOver = !value.wasThere;
      if (isOver) expect([value.status, log.sort()]).toEqual(["returned", ["one", "two"]]);
    }
    expect(isOver).toBe(true);
  });

  test.each(Array.from({ length: 20 }, (_, seed) => seed))(
    "in any order of turns it comes to the same (seed %i)",
    (seed) => {
      const { value } = run(
        function* () {
          const [all, ends] = yield* from(countdown(30), "source", { capacity: 2 })
            .through(tee<number>(count))
            .into(
              broadcast<number, unknown>([
                list,
                function* (input) {
                  return (yield* input.next()).done;
                },
              ]),
            );
          return [all, ends, yield* others()];
        },
        { seed, schedule: "shuffle", quantum: 1 },
      );
      expect(value).toEqual([Array.from({ length: 30 }, (_, n) => 30 - n), false, []]);
    },
  );
});
