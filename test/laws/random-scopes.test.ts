// Scopes in scopes by chance, in tasks that are stopped, cancelled and killed by chance: nothing goes on past a deadline
// that no shield holds back, and at the end nothing is left of any.

import { expect, test } from "vitest";
import {
  CancelTask,
  GetTime,
  Group,
  KillTask,
  Lock,
  MoveOn,
  NewTask,
  type Program,
  Race,
  type Routine,
  routine,
  SendSignal,
  Shield,
  Sleep,
  type SyscallError,
  type Tid,
  Timeout,
  WaitTask,
} from "../../apps/index.ts";
import { Call, type Kernel, type Runnable, type Task } from "../../kernel/syscall.ts";
import { run } from "../kit/index.ts";

/** A deadline, and when it is. */
interface Deadline {
  at: number;
}

/** What is around a program, outermost first. */
type Around = readonly (Deadline | "shield")[];

class World {
  readonly lock = new Lock();
  /** What went on too late. */
  readonly late: string[] = [];
  /** Parts that have not ended. */
  parts = 0;
  #state: number;

  constructor(seed: number) {
    this.#state = Math.imul(seed, 2_654_435_761) >>> 0;
  }

  /** A whole number below `most`. */
  chance(most: number): number {
    this.#state = (Math.imul(this.#state ^ (this.#state >>> 15), 2_246_822_519) + 374_761_393) >>> 0;
    return this.#state % most;
  }

  look(around: Around, now: number): void {
    const shield = around.lastIndexOf("shield");
    for (const deadline of around.slice(shield + 1) as readonly Deadline[]) {
      if (now > deadline.at) this.late.push(`at ${now}, past ${deadline.at}`);
    }
  }
}

/** Notes when a deadline is: counted from the moment in which its scope is entered. */
class Noted<T> extends Call<T> {
  readonly scope: Call<T> & { readonly ms: number };
  readonly deadline: Deadline;

  constructor(scope: Call<T> & { readonly ms: number }, deadline: Deadline) {
    super();
    this.scope = scope;
    this.deadline = deadline;
  }

  override enter(_task: Task, kernel: Kernel): Runnable<T> {
    this.deadline.at = kernel.clock() + this.scope.ms;
    return this.scope;
  }
}

/** Some steps, each of them a sleep or a scope with a part in it. Whoever is in a group or a race takes no lock. */
const part: Routine<[world: World, depth: number, around: Around, mayLock: boolean], void> = routine(
  function* somePart(world, depth, around, mayLock) {
    world.parts++;
    try {
      for (let steps = 1 + world.chance(3); steps > 0; steps--) {
        yield* step(world, depth === 0 ? 0 : world.chance(9), depth - 1, around, mayLock);
        world.look(around, yield* new GetTime());
      }
    } finally {
      world.parts--;
      if (world.chance(3) === 0) yield* new Sleep(world.chance(5));
    }
  },
);

const step: Routine<[world: World, kind: number, depth: number, around: Around, mayLock: boolean], void> = routine(
  function* oneStep(world, kind, depth, around, mayLock) {
    const deadline: Deadline = { at: Number.POSITIVE_INFINITY };
    const within = (): Call<void> => part(world, depth, [...around, deadline], mayLock);
    const apart = (): Call<void> => part(world, depth, [], false);
    if (kind <= 1) yield* new Sleep(world.chance(12));
    else if (kind <= 3) yield* inTime(new Noted(new Timeout(world.chance(15), within()), deadline));
    else if (kind === 4) yield* new Noted(new MoveOn(world.chance(15), within()), deadline);
    else if (kind <= 6) yield* new Shield(part(world, depth, [...around, "shield"], mayLock));
    else if (kind === 7 && mayLock) yield* world.lock.hold(part(world, depth, around, false));
    else if (kind === 7) yield* new Race([apart(), apart()]);
    else
      yield* new Group(function* (members) {
        yield* members.spawn(apart());
        yield* part(world, depth, around, false);
      });
  },
);

const inTime: Routine<[scope: Call<void>], void> = routine(function* until(scope) {
  try {
    yield* scope;
  } catch (error) {
    if ((error as SyscallError).code !== "ETIMEDOUT") throw error; // a cancel's, if any
  }
});

/** Does something to a task: nothing, a stop for a while, a cancel, a kill. */
function* meddle(world: World, tid: Tid): Program<void> {
  yield* new Sleep(world.chance(15));
  const how = world.chance(4);
  if (how === 1) yield* new CancelTask(tid);
  if (how === 2) {
    yield* new SendSignal(tid, "STOP");
    yield* new Sleep(world.chance(10));
    if (world.chance(2) === 0) yield* new CancelTask(tid);
    yield* new SendSignal(tid, "CONT");
  }
  yield* new Sleep(world.chance(6));
  if (how === 3) yield* new KillTask(tid);
}

test.each([1, 2, 3])("no program goes on past a deadline that nothing holds back, quantum %i", (quantum) => {
  for (let seed = quantum; seed <= 300; seed += 3) {
    const world = new World(seed);
    const { value, logs, kernel } = run(
      function* () {
        const tids: Tid[] = [];
        for (let n = 0; n < 3; n++) tids.push(yield* new NewTask(part(world, 4, [], true)));
        for (const tid of tids) yield* meddle(world, tid);
        const threw: unknown[] = [];
        for (const tid of tids) {
          const exit = yield* new WaitTask(tid);
          if (exit.status === "threw") threw.push(exit.error);
        }
        return threw;
      },
      { quantum, checkEvery: 50 },
    );
    const left = [world.parts, world.lock.owner, kernel.timers.size, logs.length];
    expect({ seed, late: world.late, threw: value, left }).toEqual({
      seed,
      late: [],
      threw: [],
      left: [0, undefined, 0, 0],
    });
  }
});
