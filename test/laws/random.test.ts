// Random programs, with everything that can end a task or a part of it at any time: the kernel keeps its laws, two runs
// are one, and each task ends as the model says it must.

import fc from "fast-check";
import { expect, test } from "vitest";
import { DeadlockError } from "../../kernel/errors.ts";
import { Kernel } from "../../kernel/kernel.ts";
import { VirtualMachine } from "../../kernel/machine/virtual.ts";
import { Invariants, Recorder } from "../kit/index.ts";
import { type Body, type Command, type Ends, endText, play, type Script } from "./language.ts";
import { Model } from "./model.ts";

const id = fc.nat({ max: 4 });
const ms = fc.nat({ max: 6 });

/** What ends anywhere, and never waits for long: all that a cleanup may do. */
const brief: readonly fc.Arbitrary<Command>[] = [
  fc.record({ do: fc.constant("sleep" as const), ms }),
  fc.constantFrom<Command>({ do: "yield" }, { do: "raise" }, { do: "return" }),
  fc.record({ do: fc.constantFrom("spawn" as const, "kill" as const, "cancel" as const), id }),
];

function bodies(depth: number, isCleanup: boolean): fc.Arbitrary<Body> {
  const commands = [...brief];
  if (!isCleanup) {
    commands.push(fc.record({ do: fc.constantFrom("wait" as const, "spawn" as const), id }));
    commands.push(fc.record({ do: fc.constant("wait" as const), id }));
    commands.push(fc.record({ do: fc.constant("sleep" as const), ms }));
  }
  if (depth > 0) {
    const body = bodies(depth - 1, isCleanup);
    commands.push(
      fc.record({ do: fc.constant("call" as const), body }),
      fc.record({ do: fc.constant("timeout" as const), ms, body }),
      fc.record({ do: fc.constant("finally" as const), body, after: bodies(depth - 1, true) }),
      fc.record({ do: fc.constant("catch" as const), body, after: bodies(depth - 1, isCleanup) }),
    );
  }
  return fc.array(fc.oneof(...commands), { minLength: depth > 0 ? 1 : 0, maxLength: 5, size: "max" });
}

/** Most programs begin with all tasks spawned, so that there is somebody to wait for and to kill. */
const scripts: fc.Arbitrary<Script> = fc
  .tuple(
    fc.shuffledSubarray([1, 2, 3, 4], { minLength: 2 }),
    fc.array(bodies(3, false), { minLength: 5, maxLength: 5 }),
  )
  .map(([first, [main = [], ...others]]) => {
    const spawns = first.map((other): Command => ({ do: "spawn", id: other }));
    return [[...spawns, { do: "sleep", ms: 1 }, ...main], ...others];
  });

/** A clock in whole ticks, and a poll that takes none by itself, so that the model has the same time to the last bit. */
class TickingClock extends VirtualMachine {
  readonly #tickMs: number;
  #now = 0;

  constructor(tickMs: number) {
    super();
    this.#tickMs = tickMs;
  }

  override now(): number {
    return this.#now;
  }

  override poll(idleMs: number): boolean {
    if (idleMs < Number.POSITIVE_INFINITY) this.#now = Math.ceil((this.#now + idleMs) / this.#tickMs) * this.#tickMs;
    return true;
  }

  override alive(): boolean {
    return false;
  }
}

interface Played {
  readonly ends: Ends;
  readonly hash: string;
}

function played(script: Script, tickMs: number, quantum: number): Played {
  const kernel = new Kernel(new TickingClock(tickMs), { quantum, log: () => undefined });
  const recorder = new Recorder();
  const invariants = new Invariants(kernel);
  const ends: Ends = new Map();
  kernel.addObserver(recorder);
  kernel.addObserver(invariants);
  kernel.addObserver({ exit: (task, exit) => ends.set(task.tid, endText(exit)) });
  try {
    kernel.runSync(play(script, new Map()));
  } catch (error) {
    const isPlayed = ends.get(1) !== "returned" || error instanceof DeadlockError;
    if (!isPlayed) throw error;
  }
  invariants.finish();
  return { ends, hash: recorder.hash };
}

const never = Number.MAX_SAFE_INTEGER;
const ticks = fc.constantFrom(1, 1, 4);

test("each task ends as the model says, in the order it says", () => {
  const kinds = new Map<string, number>();
  fc.assert(
    fc.property(scripts, ticks, (script, tickMs) => {
      const { ends } = played(script, tickMs, never);
      expect([...ends]).toEqual([...new Model(script, tickMs).ends]);
      for (const end of ends.values()) kinds.set(end, (kinds.get(end) ?? 0) + 1);
    }),
    { seed: 20_090_325, numRuns: 2_000 },
  );
  // It was worth looking at: every kind of end was there, and often.
  for (const end of ["returned", "threw Raised", "threw ETIMEDOUT", "threw EDEADLK", "killed by 0", "killed by 2"]) {
    expect([end, (kinds.get(end) ?? 0) >= 10]).toEqual([end, true]);
  }
});

test("whatever the quantum, the laws hold, and two runs of one program are one", () => {
  fc.assert(
    fc.property(scripts, ticks, fc.constantFrom(1, 2, 3, 32), (script, tickMs, quantum) => {
      const first = played(script, tickMs, quantum);
      expect(played(script, tickMs, quantum)).toEqual(first);
      expect(first.ends.size).toBeGreaterThan(0);
    }),
    { seed: 20_090_326, numRuns: 600 },
  );
});
