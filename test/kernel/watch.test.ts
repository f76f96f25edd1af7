// What is gathered while somebody watches, on simulated time: there time passes in a turn only where a program lets it.

import { describe, expect, test } from "vitest";
import { Join, KillTask, Lock, NewTask, Sleep, Timeout, WaitTask } from "../../apps/index.ts";
import { type Program, routine, type Tid } from "../../kernel/syscall.ts";
import type { Watch } from "../../kernel/watch.ts";
import { run } from "../kit/index.ts";
import { Custom, codeOf, sleeper, throwing } from "../laws/programs.ts";

/** Lets so many ms pass in the middle of a turn. */
function burn(ms: number): Custom<void> {
  return new Custom((task) => {
    task.kernel.machine.poll(ms, () => {}); // the clock alone goes on
  });
}

function watching(): Custom<Watch> {
  return new Custom((task) => task.kernel.watch());
}

/** Burns as long, in each of so many turns, a pause between them. */
function* burning(ms: number, turns: number, pauseMs: number): Program<void> {
  for (let turn = 0; turn < turns; turn++) {
    yield* burn(ms);
    yield* new Sleep(pauseMs);
  }
}

/** What a watch knows of a task that is alive. */
function known(watch: Watch, tid: Tid): NonNullable<ReturnType<Watch["of"]>> {
  const task = watch.kernel.find(tid);
  const found = task === undefined ? undefined : watch.of(task);
  if (found === undefined) throw new Error(`nothing is known of task ${tid}`);
  return found;
}

describe("a watch", () => {
  test("knows the time of each turn: run, the longest, and the share of a window", () => {
    const { value } = run(function* () {
      const watch = yield* watching();
      const busy = yield* new NewTask(burning(5, 3, 10));
      const lazy = yield* new NewTask(sleeper([]));
      yield* new Sleep(40);
      watch.tick();
      const [one, other] = [known(watch, busy), known(watch, lazy)];
      const { last } = watch;
      yield* new KillTask(lazy);
      return { run: [one.runMs, one.maxMs, other.runMs], window: one.window, history: one.history, last };
    });
    expect(value.run[0]).toBeCloseTo(15);
    expect(value.run[1]).toBeCloseTo(5);
    expect(value.run[2]).toBeCloseTo(0);
    expect(value.window).toMatchObject({ turns: 3, traps: 6 });
    expect(value.history).toHaveLength(1);
    expect(value.history[0]).toBeCloseTo(15 / (value.last?.ms ?? 0), 3);
    expect(value.last?.runMs).toBeCloseTo(15);
  });

  test("divides all time into run, poll and idle", () => {
    const { value } = run(function* () {
      const watch = yield* watching();
      const { since } = watch;
      yield* new NewTask(burning(7, 2, 20));
      yield* new Sleep(100);
      watch.tick();
      return { last: watch.last, ms: watch.kernel.clock() - since };
    });
    const { ms = 0, runMs = 0, pollMs = 0, idleMs = 0, polls = 0 } = value.last ?? {};
    expect(ms).toBeCloseTo(value.ms);
    expect(runMs + pollMs + idleMs).toBeCloseTo(ms);
    expect(runMs).toBeCloseTo(14);
    expect(idleMs).toBeGreaterThan(80);
    expect(polls).toBeGreaterThan(0);
  });

  test("says of a task that had no turn in the last window that it did nothing, and keeps ten windows", () => {
    const { value } = run(function* () {
      const watch = yield* watching();
      const task = yield* new NewTask(burning(1, 1, 1_000));
      const seen: unknown[] = [];
      for (let second = 0; second < 12; second++) {
        yield* new Sleep(10);
        watch.tick();
        const { window, history } = known(watch, task);
        seen.push([window.turns, history.length, history.filter((share) => share > 0).length]);
      }
      yield* new KillTask(task);
      return { seen, windows: watch.windows.length };
    });
    expect(value.seen.slice(0, 3)).toEqual([
      [1, 1, 1],
      [0, 2, 1],
      [0, 3, 1],
    ]);
    expect(value.seen.slice(9)).toEqual([
      [0, 10, 1],
      [0, 10, 0],
      [0, 10, 0],
    ]);
    expect(value.windows).toBe(12);
  });

  test("knows how long a task was ready before its turn, and how late the loop came round", () => {
    const { value } = run(function* () {
      const watch = yield* watching();
      const hog = yield* new NewTask(burning(300, 1, 0));
      const starved = yield* new NewTask(burning(0, 1, 500));
      yield* new Sleep(400);
      watch.tick();
      const { last } = watch;
      const { window } = known(watch, starved);
      yield* new KillTask(starved);
      yield* new WaitTask(hog);
      return { window, last };
    });
    expect(value.window.readyMs).toBeCloseTo(300, 0);
    expect(value.last?.readyWaits.max).toBeCloseTo(300, 0);
    expect(value.last?.lags.max).toBeGreaterThanOrEqual(300);
  });

  test("times what goes on since a reset, and windows go on", () => {
    const { value } = run(function* () {
      const watch = yield* watching();
      const task = yield* new NewTask(burning(5, 2, 10));
      yield* new Sleep(8);
      watch.reset([watch.kernel.find(task) ?? []].flat());
      const after = known(watch, task);
      const reset = [after.runMs, after.maxMs, after.blockedMs];
      yield* new Sleep(15);
      watch.tick();
      return { reset, runMs: known(watch, task).runMs, window: known(watch, task).window.runMs };
    });
    expect(value.reset).toEqual([0, 0, 0]);
    expect(value.runMs).toBeCloseTo(5);
    expect(value.window).toBeCloseTo(10);
  });

  test("keeps nothing of a task that has ended, and knows the others still", () => {
    const { value } = run(function* () {
      const watch = yield* watching();
      const stays = yield* new NewTask(burning(1, 1, 1_000));
      const gone: unknown[] = [];
      for (let i = 0; i < 300; i++) {
        const tid = yield* new NewTask(burning(0, 1, 0));
        yield;
        const task = watch.kernel.find(tid);
        gone.push(task !== undefined && watch.of(task) !== undefined);
        yield* new Join(tid);
        gone.push(task !== undefined && watch.of(task));
      }
      watch.tick();
      const left = known(watch, stays).runMs;
      yield* new KillTask(stays);
      return { gone: new Set(gone), left };
    });
    expect(value.gone).toEqual(new Set([true, undefined]));
    expect(value.left).toBeCloseTo(1);
  });

  test("tells what each kind of syscall came to: calls, errors, waits, who is inside", () => {
    const { value } = run(function* () {
      const early = yield* new NewTask(sleeper([]));
      yield;
      const watch = yield* watching();
      const lock = new Lock();
      const tids = [
        yield* new NewTask(sleeper([])),
        yield* new NewTask(holding(lock, 20)),
        yield* new NewTask(holding(lock, 5)),
      ];
      yield* codeOf(new KillTask(99 as Tid));
      yield* codeOf(new Join(yield* new NewTask(throwing(new Error("on purpose")))));
      yield* new Sleep(10);
      watch.tick();
      const kinds = new Map(
        watch.kinds().map((kind) => [kind.name, { ...kind, waits: kind.blocked.count, longest: kind.blocked.max }]),
      );
      for (const tid of [early, ...tids]) yield* new KillTask(tid);
      return kinds;
    });
    expect(value.get("KillTask")).toMatchObject({ family: "task", calls: 1, windowCalls: 1, errors: 1, inside: 0 });
    expect(value.get("Join")).toMatchObject({ errors: 1 });
    // One of before the watch, one of after it, one that holds the lock.
    expect(value.get("Sleep")).toMatchObject({ family: "self", inside: 3, errors: 0 });
    expect(value.get("Sleep")?.waits).toBe(1);
    expect(value.get("Sleep")?.longest).toBeCloseTo(10, 0);
    expect([...value.values()].filter(({ name, inside }) => name !== "Sleep" && inside > 0)).toMatchObject([
      { calls: 2, inside: 1 },
    ]);
  });

  test("is one for all who watch, and goes with the last of them", () => {
    const { value } = run(function* () {
      const first = yield* watching();
      const second = yield* watching();
      const { kernel } = first;
      kernel.unwatch();
      const still = kernel.watching;
      kernel.unwatch();
      const over = kernel.watching;
      kernel.unwatch();
      const anew = kernel.watch();
      return [first === second, still === first, over, anew === first];
    });
    expect(value).toEqual([true, true, undefined, false]);
  });
});

function* holding(lock: Lock, ms: number): Program<void> {
  yield* lock.acquire();
  yield* new Sleep(ms);
  lock.release();
}

describe("slow turns", () => {
  const slow = routine(function* slow(): Program<void> {
    yield* burn(150);
  });

  test("are caught while nobody watches, the first after a wait with its task", () => {
    const { kernel } = run(function* () {
      const tid = yield* new NewTask(
        (function* () {
          yield* new Sleep(10);
          yield* slow();
        })(),
        "hog",
      );
      yield* new Join(tid);
    });
    const turns = kernel.slowTurns.latest();
    expect(turns).toMatchObject([{ tid: 2, name: "hog" }]);
    expect(turns[0]?.ms).toBeGreaterThanOrEqual(150);
  });

  test("are caught where it is not known whose they are, and where nothing is ready afterwards", () => {
    const { kernel } = run(function* () {
      for (let turn = 0; turn < 6; turn++) yield; // the clock is looked at ever more seldom
      yield* burn(150);
      yield* new Sleep(10);
    });
    expect(kernel.slowTurns.latest()).toHaveLength(1);
    expect(kernel.slowTurns.latest()[0]?.ms).toBeGreaterThanOrEqual(150);
  });

  test("are each caught once while somebody watches, with their task", () => {
    const { kernel } = run(function* () {
      yield* watching();
      for (let turn = 0; turn < 6; turn++) yield;
      yield* slow();
      yield;
      yield* slow();
      yield* new Sleep(10);
    });
    expect(kernel.slowTurns.latest().map(({ tid }) => tid)).toEqual([1, 1]);
  });

  test("are remembered up to a bound", () => {
    const { kernel } = run(function* () {
      for (let turn = 0; turn < 100; turn++) {
        yield* burn(150);
        yield* new Sleep(1);
      }
    });
    expect(kernel.slowTurns.count).toBe(100);
    const at = kernel.slowTurns.latest().map((turn) => turn.at);
    expect(at).toHaveLength(64);
    expect(at).toEqual([...at].sort((one, other) => one - other));
  });
});

test("a wait that is given up counts as a wait, and as no error", () => {
  const { value } = run(function* () {
    const watch = yield* watching();
    yield* codeOf(new Timeout(30, new Sleep(1_000)));
    const sleep = watch.kinds().find(({ name }) => name === "Sleep");
    return { count: sleep?.blocked.count, max: sleep?.blocked.max ?? 0, errors: sleep?.errors };
  });
  expect(value).toMatchObject({ count: 1, errors: 0 });
  expect(value.max).toBeCloseTo(30, 0);
});
