// Pipelines of tasks: ends, errors, back-pressure, and that nothing outlives them, on virtual time.

import { describe, expect, test } from "vitest";
import { CancelTask, KillTask, ListTasks, NewTask, type Program, Sleep, WaitTask } from "../../../apps/index.ts";
import { from, type Sink, type Stage } from "../../../apps/pipelines/pipeline.ts";
import { broadcast, count, countdown, filter, grep, map, print, take, tee } from "../../../apps/pipelines/stages.ts";
import { run } from "../../kit/index.ts";
import { thrownBy } from "../../laws/members.ts";
import { failing, list, others, upToError } from "./parts.ts";

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
