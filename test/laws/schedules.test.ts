// The order of turns within a lap is nobody's promise: what depends on it is found, named, and found again.

import { describe, expect, test } from "vitest";
import type { Program, Syscall } from "../../kernel/syscall.ts";
import { GetRandom, Join, KillTask, NewTask, Sleep } from "../../syscalls/index.ts";
import { explore, InvariantError, run, runExit } from "../kit/index.ts";
import { NoGiveBack } from "./broken/handlers.ts";
import { Shelf, Take } from "./broken/shelf.ts";
import { Custom } from "./programs.ts";

/** So many tasks that yield so often each, and note their turns. */
function* spinners(count: number, yields: number): Program<string> {
  const order: number[] = [];
  function* spinner(name: number): Program<void> {
    for (let n = 0; n < yields; n++) {
      order.push(name);
      yield;
    }
    order.push(name);
  }
  const tids = [];
  for (let name = 1; name <= count; name++) tids.push(yield* new NewTask(spinner(name)));
  for (const tid of tids) yield* new Join(tid);
  return order.join("");
}

/** Reads, gives up the CPU, writes: whoever is between the two loses what the other wrote. */
function* counting(tasks: number): Program<number> {
  let count = 0;
  function* adding(gap: number): Program<void> {
    for (let n = 0; n < gap; n++) yield;
    const before = count;
    yield;
    count = before + 1;
  }
  const tids = [];
  for (let n = 0; n < tasks; n++) tids.push(yield* new NewTask(adding(n)));
  for (const tid of tids) yield* new Join(tid);
  return count;
}

const orderOf = (schedule: string, seed = 1): string => run(spinners(3, 2), { schedule, seed }).value;

/** What a function throws. */
function thrownBy(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  throw new Error("it threw nothing");
}

describe("a shuffled run", () => {
  test("has orders that production has not, the same for the same seed", () => {
    expect(orderOf("fifo")).toBe("123123123");
    const orders = Array.from({ length: 40 }, (_, seed) => orderOf("shuffle", seed));
    expect(orders).toEqual(Array.from({ length: 40 }, (_, seed) => orderOf("shuffle", seed)));
    expect(new Set(orders).size).toBeGreaterThan(20);
    for (const order of orders) expect([...order].sort().join("")).toBe("111222333");
  });

  test("draws from a stream of its own: what tasks draw stays as it is", () => {
    const drawing = function* (): Program<number> {
      yield* spinners(3, 3);
      return yield* new GetRandom();
    };
    expect(run(drawing, { schedule: "shuffle", seed: 5 }).value).toBe(run(drawing, { seed: 5 }).value);
  });

  test("that fails names its seed, its turn and the call that replays it; the error stays what it is", () => {
    const failing = function* (): Program<void> {
      if ((yield* counting(2)) !== 2) throw new RangeError("a lost update");
    };
    const failure = (seed: number): unknown => {
      const { outcome } = runExit(failing, { schedule: "shuffle", seed });
      return outcome.status === "threw" ? outcome.error : undefined;
    };
    const seed = Array.from({ length: 50 }, (_, n) => n).find((n) => failure(n) !== undefined) as number; // half of them fail
    const error = thrownBy(() => run(failing, { schedule: "shuffle", seed })) as Error;
    expect(error).toBeInstanceOf(RangeError);
    expect(error.message).toMatch(
      /^a lost update\nseed \d+, turn \d+: to replay it, run\(program, \{ seed: \d+, schedule: "shuffle" \}\)$/,
    );
    expect(error.stack).toContain(error.message);
    expect((failure(seed) as Error).message).toBe("a lost update"); // meant to throw: as it is
  });

  test("whose thrown thing has no message gives it as the cause", () => {
    const throwing = function* (): Program<never> {
      throw "a word";
    };
    expect(() => run(throwing)).toThrow("a word");
    const error = thrownBy(() => run(throwing, { faults: "all", seed: 9 }));
    expect(error).toMatchObject({ cause: "a word", message: expect.stringContaining('seed: 9, faults: "all"') });
  });

  test("with an error that was thrown before says it once", () => {
    const error = new RangeError("one for all");
    const throwing = function* (): Program<never> {
      throw error;
    };
    for (const seed of [4, 5]) expect(() => run(throwing, { schedule: "shuffle", seed })).toThrow(error);
    expect(error.message).toMatch(/^one for all\nseed 5, turn \d+: [^\n]*$/);
    expect(error.stack?.match(/to replay it/g)).toHaveLength(1);
  });

  test("and a law that was broken in it says the same", () => {
    const breaking = function* (): Program<void> {
      yield* new Custom(({ kernel }) => void kernel.outside++);
      yield;
    };
    const error = thrownBy(() => run(breaking, { schedule: "shuffle", seed: 3 })) as InvariantError;
    expect(error).toBeInstanceOf(InvariantError);
    expect(error.message).toMatch(/K12 .*\nseed 3, turn \d+: to replay it/s);
  });
});

describe("an exploration", () => {
  test("runs every order once: 3 tasks that yield 4 times have 6 to the power of 5", () => {
    const { results, runs } = explore(() => spinners(3, 4), { checkEvery: 10 });
    expect(runs).toBe(6 ** 5);
    expect(new Set(results.map(({ value }) => value)).size).toBe(runs);
    expect(results[0]).toEqual({ schedule: "fifo", value: "123".repeat(5) });
  });

  test("names each order by a schedule, and run gives it again", () => {
    const { results } = explore(() => spinners(3, 1));
    expect(results).toHaveLength(36);
    for (const { schedule, value } of results) expect(run(spinners(3, 1), { schedule }).value).toBe(value);
  });

  test("finds what some orders do and production's does not, and says how to see it again", () => {
    const values = explore(() => counting(3)).results.map(({ value }) => value);
    expect(new Set(values)).toEqual(new Set([2, 3]));
    const error = thrownBy(() => explore(() => counting(3), { each: ({ value }) => expect(value).toBe(3) })) as Error;
    const [, schedule = ""] = /schedule: "([\d.]+)"/.exec(error.message) ?? [];
    expect(run(counting(3), { schedule }).value).toBe(2);
  });

  test("fails with what the program throws, with the schedule", () => {
    const failing = function* (): Program<void> {
      if ((yield* counting(3)) !== 3) throw new RangeError("a lost update");
    };
    const error = thrownBy(() => explore(failing, { quantum: 8 })) as Error;
    expect(error).toBeInstanceOf(RangeError);
    const [, schedule = ""] = /schedule: "([\d.]+)"/.exec(error.message) ?? [];
    expect(error.message).toContain("quantum: 8");
    expect(() => run(failing, { schedule, quantum: 8 })).toThrow("a lost update");
  });

  test("loses no item in any order, whoever is killed just then; and finds it where one is lost", () => {
    const items = (Taking: new (shelf: Shelf) => Syscall<string>) =>
      function* (): Program<number> {
        const shelf = new Shelf();
        const taken: string[] = [];
        function* taking(): Program<void> {
          taken.push(yield* new Taking(shelf));
        }
        const takers = [yield* new NewTask(taking()), yield* new NewTask(taking())];
        yield* new NewTask(new Custom(() => shelf.put("item")));
        yield* new NewTask(new KillTask(takers[0] ?? 0));
        yield* new Sleep(1);
        return taken.length + shelf.items.length;
      };
    const { results, runs } = explore(items(Take));
    expect(runs).toBeGreaterThan(24);
    expect(new Set(results.map(({ value }) => value))).toEqual(new Set([1]));
    const found = new Set(explore(items(NoGiveBack)).results.map(({ value }) => value));
    expect(found).toEqual(new Set([0, 1]));
  });

  test("is bounded, and says so instead of passing", () => {
    expect(() => explore(() => spinners(4, 4), { maxRuns: 50 })).toThrow(
      expect.objectContaining({ code: "EOVERFLOW", message: expect.stringContaining("after 50 runs") }),
    );
  });

  test("refuses a program that is not made anew, and one that does not do the same again", () => {
    expect(() => explore(spinners(2, 1) as unknown as () => Program<string>)).toThrow(
      /function that makes the program/,
    );
    let runs = 0;
    const fickle = (): Program<string> => spinners(2 + (runs++ % 2), 2);
    expect(() => explore(fickle)).toThrow(expect.objectContaining({ code: "EINVAL" }));
  });
});

test("a schedule that is none, or of another program, is refused", () => {
  for (const schedule of ["random", "", "1.", "-1"]) {
    expect(() => run(new Sleep(1), { schedule })).toThrow(expect.objectContaining({ code: "EINVAL" }));
  }
  expect(() => run(spinners(2, 1), { schedule: "9" })).toThrow(/choice 1 is 9, among 2 tasks/);
  expect(run(new Sleep(1), { schedule: "9" }).counters.returned).toBe(1); // nothing to choose
});
