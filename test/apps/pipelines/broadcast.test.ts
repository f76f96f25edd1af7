// Pipelines that part: to all sinks of a broadcast, to the side of a tee; and such a one ended at any moment, in any order.

import { describe, expect, test } from "vitest";
import { CancelTask, KillTask, ListTasks, NewTask, type Program, Sleep, WaitTask } from "../../../apps/index.ts";
import { from, type Sink, type Stage } from "../../../apps/pipelines/pipeline.ts";
import { broadcast, count, countdown, take, tee } from "../../../apps/pipelines/stages.ts";
import { run } from "../../kit/index.ts";
import { thrownBy } from "../../laws/members.ts";
import { failing, list, others, upToError } from "./parts.ts";

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

  test("by a kill of its sink, that alone is what is thrown", () => {
    const thrown = new Set<string>();
    for (let turns = 30; turns < 60; turns++) {
      const { value } = run(
        function* () {
          yield* new NewTask(
            (function* (): Program<void> {
              for (let turn = 0; turn < turns; turn++) yield;
              const sink = (yield* new ListTasks()).find(({ name }) => name === "sink");
              if (sink !== undefined) yield* new KillTask(sink.tid);
            })(),
          );
          const all = from(countdown(20), "source", { capacity: 2 }).through(tee<number>(count));
          return yield* thrownBy(all.into(count));
        },
        { quantum: 1 },
      );
      thrown.add(value instanceof Error ? value.message : String(value));
    }
    expect([...thrown]).toEqual([expect.stringMatching(/^task \d+ was killed by task 2$/)]);
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
