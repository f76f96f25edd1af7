// Priorities: a nice value scales how many traps a turn may make, and so a task's share of the CPU; never whether, or how
// often, it has a turn.

import { describe, expect, test } from "vitest";
import {
  GetTask,
  GetTid,
  KillTask,
  NewTask,
  type Program,
  routine,
  SendSignal,
  SetPriority,
  Sleep,
  WaitTask,
} from "../../apps/index.ts";
import type { Tid } from "../../kernel/index.ts";
import { run } from "../kit/index.ts";
import { Custom, codeOf } from "./programs.ts";

/** Traps without end, each answered at once. */
const busy = routine(function* busy(nice: number): Program<never> {
  yield* new SetPriority(nice);
  for (;;) yield* new GetTid();
});

/** How many turns and traps tasks of these nice values had, that were busy side by side for some laps. */
function* shares(nices: readonly number[], laps = 40): Program<{ turns: number[]; traps: number[] }> {
  const tids: Tid[] = [];
  for (const nice of nices) tids.push(yield* new NewTask(busy(nice)));
  for (let lap = 0; lap < 4; lap++) yield; // each has set its priority, and had a turn with it
  const counts = (of: "turns" | "traps") => new Custom(({ kernel }) => tids.map((tid) => kernel.find(tid)?.[of] ?? 0));
  const before = [yield* counts("turns"), yield* counts("traps")] as const;
  for (let lap = 0; lap < laps; lap++) yield;
  const after = [yield* counts("turns"), yield* counts("traps")] as const;
  for (const tid of tids) yield* new KillTask(tid);
  const [turns, traps] = ([0, 1] as const).map((what) => after[what].map((n, place) => n - (before[what][place] ?? 0)));
  return { turns: turns ?? [], traps: traps ?? [] };
}

describe("weights", () => {
  test.each([
    [-10, 0],
    [-5, 5],
    [0, 10],
    [-20, -10],
  ])("of 10:1 (nice %i and %i) give about 10:1 traps, and a turn each", (more, less) => {
    const { value } = run(() => shares([more, less]), { checkEvery: 50 });
    const [turns = [], traps = []] = [value.turns, value.traps];
    expect(turns).toEqual([40, 40]);
    const ratio = (traps[0] ?? 0) / (traps[1] ?? 1);
    expect(ratio).toBeGreaterThan(8.5);
    expect(ratio).toBeLessThan(11.5);
  });

  test("that are the same give the same", () => {
    const { value } = run(() => shares([7, 7, 7]), { checkEvery: 50 });
    expect(new Set(value.traps).size).toBe(1);
  });

  test("fall with every nice value by a quarter, as far as whole traps allow", () => {
    const nices = [-20, -15, -10, -5, -1, 0, 1, 5, 10, 15, 19];
    const { value } = run(() => shares(nices, 20), { checkEvery: 50 });
    const perTurn = value.traps.map((traps, place) => traps / (value.turns[place] ?? 1));
    expect(perTurn).toEqual(nices.map((nice) => Math.max(1, Math.round(32 * 1.25 ** -nice))));
  });
});

describe("nobody starves", () => {
  test.each([-20, 0, 19])("beside six of nice -20 one of nice %i has a turn in every lap", (nice) => {
    const { value } = run(() => shares([...Array<number>(6).fill(-20), nice], 20), { checkEvery: 100 });
    expect(value.turns).toEqual(Array(7).fill(20));
    expect(value.traps.at(-1)).toBeGreaterThanOrEqual(20);
  });

  test.each([1, 2])("a quantum of %i still gives everybody a trap a turn", (quantum) => {
    const { value } = run(() => shares([-20, 0, 19]), { quantum, checkEvery: 50 });
    const [laps = 0] = value.turns;
    expect(value.turns).toEqual([laps, laps, laps]);
    expect(value.traps.map((traps) => traps / laps)).toEqual([Math.round(quantum * 1.25 ** 20), quantum, 1]);
  });

  test("timers come through, however many traps a turn may make", () => {
    const { value } = run(
      function* () {
        for (let n = 0; n < 3; n++) yield* new NewTask(busy(-20));
        const tid = yield* new NewTask(new Sleep(0.1));
        return yield* new WaitTask(tid);
      },
      { checkEvery: 10, limits: { pollTurns: 4 } }, // time goes on by 0.01 ms a poll
    );
    expect(value).toEqual({ status: "returned", value: undefined });
  });
});

test("a nice value is answered, shown, inherited by what is spawned afterwards, and can be another task's", () => {
  const { value } = run(function* () {
    const nap = () => new NewTask(new Sleep(10));
    const early = yield* nap();
    const answers = [yield* new SetPriority(5), yield* new SetPriority(-3), yield* new SetPriority(7)];
    const late = yield* nap();
    answers.push(yield* new SetPriority(19, late));
    const nices: (number | undefined)[] = [];
    for (const tid of [yield* new GetTid(), early, late]) nices.push((yield* new GetTask(tid))?.nice);
    yield* new SetPriority(0);
    nices.push((yield* new GetTask(yield* nap()))?.nice);
    return [answers, nices];
  });
  expect(value).toEqual([
    [0, 5, -3, 7],
    [7, 0, 19, 0],
  ]);
});

test("a priority set by another holds from the next turn on; a stopped or sleeping task may be given one", () => {
  const { value } = run(
    function* () {
      const tid = yield* new NewTask(busy(0));
      yield;
      yield;
      yield* new SendSignal(tid, "STOP");
      const traps = () => new Custom(({ kernel }) => kernel.find(tid)?.traps ?? 0);
      const before = yield* traps();
      yield* new SetPriority(-10, tid);
      yield* new SendSignal(tid, "CONT");
      yield;
      yield;
      const after = yield* traps();
      yield* new KillTask(tid);
      return after - before;
    },
    { checkEvery: 10 },
  );
  expect([298, 2 * 298]).toContain(value);
});

test("what cannot be set is refused: another nice value at once, a task that is over or never was when asked", () => {
  for (const nice of [-21, 20, 0.5, Number.NaN, Number.POSITIVE_INFINITY, "5" as unknown as number]) {
    expect(() => new SetPriority(nice)).toThrow(expect.objectContaining({ code: "EINVAL" }));
  }
  const { value } = run(function* () {
    const tid = yield* new NewTask(new Sleep(0));
    yield* new WaitTask(tid);
    return [yield* codeOf(new SetPriority(1, tid)), yield* codeOf(new SetPriority(1, 77 as Tid))];
  });
  expect(value).toEqual(["ESTALE", "ESRCH"]);
});

test("nothing is left of a priority when its tasks have ended", () => {
  const { kernel } = run(function* () {
    for (let n = 0; n < 10; n++) yield* new WaitTask(yield* new NewTask(new SetPriority(n)));
  });
  expect(kernel.traits.size).toBe(0);
});
