// Groups at every moment: whoever ends a tree of them, in whichever of its turns and in whatever order tasks have theirs,
// nobody in it outlives the group he belongs to. (That itself is recounted by the kit after every turn.)

import { describe, expect, test } from "vitest";
import {
  All,
  Any,
  CancelTask,
  Group,
  KillTask,
  type Members,
  NewTask,
  type Program,
  Race,
  type Runnable,
  routine,
  WaitTask,
} from "../../apps/index.ts";
import { type Call, Kernel, type LogRecord } from "../../kernel/index.ts";
import { VirtualMachine } from "../../kernel/machine/virtual.ts";
import { Invariants } from "../kit/index.ts";
import { thrownBy } from "./members.ts";
import { returning } from "./programs.ts";

/** Lives for some laps, and takes two more to end. */
function* person(live: Set<string>, name: string, laps: number): Program<string> {
  live.add(name);
  try {
    for (let lap = 0; lap < laps; lap++) yield;
    return name;
  } finally {
    try {
      yield;
      yield;
    } finally {
      live.delete(name);
    }
  }
}

const one: (live: Set<string>, name: string, laps: number) => Call<string> = routine(person);

/** Heeds a cancel late: after two lives. */
function* stubborn(live: Set<string>, name: string): Program<void> {
  for (let life = 0; life < 2; life++) {
    try {
      yield* one(live, `${name}, life ${life}`, 9);
    } catch {
      // That was the cancel.
    }
  }
}

interface Plan {
  readonly fails: boolean;
  readonly limit: number;
}

/** A group with members of every kind, and a group in it. */
const house: (live: Set<string>, depth: number, plan: Plan) => Call<string> = routine(
  function* houseOf(live, depth, plan): Program<string> {
    const tenants = (members: Members): Program<string> => moveIn(members, live, depth, plan);
    return yield* new Group(tenants, { limit: plan.limit });
  },
);

function* moveIn(members: Members, live: Set<string>, depth: number, plan: Plan): Program<string> {
  yield* members.spawnDaemon(one(live, `daemon ${depth}`, 1_000));
  yield* members.start(function* (started: (value: number) => void): Program<void> {
    yield* one(live, `starting ${depth}`, 2);
    started(depth);
    yield* one(live, `started ${depth}`, 3);
  });
  if (depth > 0) yield* members.spawn(house(live, depth - 1, plan));
  yield* members.spawn(stubborn(live, `stubborn ${depth}`));
  if (plan.fails && depth === 0) yield* members.spawn(failing());
  const any = [one(live, `any ${depth}`, 3), one(live, `other ${depth}`, 5)];
  yield* new All({ any: new Any(any), race: new Race([one(live, `racer ${depth}`, 4), returning(depth)]) });
  return yield* one(live, `body ${depth}`, 4);
}

function* failing(): Program<never> {
  yield;
  throw new Error("failed");
}

interface Swept {
  readonly left: readonly string[];
  readonly status: string;
  readonly hasEnded: boolean;
}

/** Runs a program, ends it some laps after its start, once more a few laps later, and says who was alive then. */
function swept(
  program: (live: Set<string>) => Runnable<unknown>,
  laps: number,
  seed: number,
  ends: readonly End[],
): Swept {
  const live = new Set<string>();
  const machine = new VirtualMachine({ seed });
  const logs: LogRecord[] = [];
  const kernel = new Kernel(machine, {
    quantum: 1 + (seed % 2),
    log: (record) => logs.push(record),
    ...(seed === 0 ? {} : { shuffle: () => machine.random() }), // 0: in order
  });
  const invariants = new Invariants(kernel, { label: `seed ${seed}, lap ${laps}` });
  kernel.addObserver(invariants);
  const found = kernel.runSync(
    (function* main(): Program<Swept> {
      const tid = yield* new NewTask(program(live));
      let hasEnded: boolean | undefined;
      for (const End of ends) {
        for (let lap = 0; lap < (hasEnded === undefined ? laps : laps % 7); lap++) yield;
        const wasAlive = yield* new End(tid);
        hasEnded ??= !wasAlive;
      }
      const { status } = yield* new WaitTask(tid);
      return { left: [...live], status, hasEnded: hasEnded === true };
    })(),
  );
  invariants.finish();
  // What failed in a group whose task was killed is thrown to nobody, and is on the log.
  const unexpected = logs.filter(({ text }) => !/killed\nAggregateError: the group of task/.test(text));
  expect([kernel.timers.size, kernel.counters.unclean, kernel.counters.crashes, unexpected]).toEqual([0, 0, 0, []]);
  return found;
}

type End = typeof KillTask | typeof CancelTask;

const maxLaps = 400;

describe.each([
  ["a group in a group", (live: Set<string>) => house(live, 1, { fails: false, limit: 2 })],
  ["one that fails", (live: Set<string>) => thrownBy(house(live, 1, { fails: true, limit: Number.POSITIVE_INFINITY }))],
] as const)("%s", (_, program) => {
  test.each([
    ["killed", [KillTask]],
    ["cancelled", [CancelTask]],
    ["cancelled, then killed", [CancelTask, KillTask]],
  ] as const)("%s in each of its turns: nobody is left when that is known", (_, ends) => {
    for (const seed of [0, 1, 2]) {
      let laps = 0;
      for (let hasEnded = false; !hasEnded; laps++) {
        const found = swept(program, laps, seed, ends);
        expect(found.left, `seed ${seed}, lap ${laps}`).toEqual([]);
        hasEnded = found.hasEnded;
        expect(laps).toBeLessThan(maxLaps);
      }
      expect(laps).toBeGreaterThan(10);
    }
  });

  test("left alone, in any order of turns: it comes to the same", () => {
    const statuses = new Set<string>();
    for (let seed = 0; seed < 20; seed++) {
      const { left, status } = swept(program, 0, seed, []);
      expect(left, `seed ${seed}`).toEqual([]);
      statuses.add(status);
    }
    expect([...statuses]).toEqual(["returned"]);
  });
});
