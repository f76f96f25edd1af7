// Runs a small program in every order of turns there is. The choices of a run are a path through a tree: each run takes
// the path of the one before it up to the last choice that has not been exhausted, makes that one next, and leaves all
// after it as they are. The idea is that of stateless model checking (VeriSoft; loom for Rust); nothing is pruned.

import { SyscallError } from "../../kernel/errors.ts";
import type { Runnable } from "../../kernel/syscall.ts";
import { replayLine, withLine } from "./replay.ts";
import { type Run, type RunOptions, runChoosing } from "./run.ts";
import { Choices, type Schedule } from "./schedule.ts";

export interface ExploreOptions<T> extends Omit<RunOptions, "schedule"> {
  /** Looks at each run; what it throws fails the exploration. */
  readonly each?: (run: Run<T>) => void;
  /** Runs beyond which it gives up: EOVERFLOW. Default 20,000; three tasks that yield four times each make 7,776. */
  readonly maxRuns?: number;
}

/** An exploration that came to its end without a failure. */
export interface Explored<T> {
  /** How many orders there are. */
  readonly runs: number;
  /** What each gave, production's first; `run(program, { schedule })` gives it again. */
  readonly results: readonly { readonly schedule: Schedule; readonly value: T }[];
}

/**
 * Runs a program once for each order in which its turns can come: in every lap each task that is ready has one, and
 * which is first is open. With `quantum: 1` a turn is one trap, and there are as many orders as can be.
 * @param program makes it anew for each run: nothing of one run may be left for the next
 * @throws what the first run that fails throws, with its seed and schedule in the message; EOVERFLOW at `maxRuns`;
 * EINVAL when the program does not do the same in the same order
 *
 * ```ts
 * const { results } = explore(() => twoWriters(), { quantum: 1, each: ({ value }) => expect(value).toBe("whole") });
 * ```
 */
export function explore<T>(program: () => Runnable<T>, options: ExploreOptions<T> = {}): Explored<T> {
  const { each, maxRuns = 20_000, ...runOptions } = options;
  if (typeof program !== "function") {
    throw new TypeError("explore needs a function that makes the program: each order runs a new one");
  }
  const results: { schedule: Schedule; value: T }[] = [];
  let before: Choices | undefined;
  for (let path: number[] | undefined = []; path !== undefined; path = nextPath(before)) {
    if (results.length >= maxRuns) throw tooMany(maxRuns, path);
    const choices = new Choices(path);
    const run = runChoosing(program, runOptions, choices);
    checkSame(before, choices, path);
    try {
      each?.(run);
    } catch (error) {
      throw withLine(error, replayLine({ ...runOptions, schedule: choices.schedule }, run.counters.turns));
    }
    results.push({ schedule: choices.schedule, value: run.value });
    before = choices;
  }
  return { runs: results.length, results };
}

function nextPath(last: Choices | undefined): number[] | undefined {
  if (last === undefined) return undefined;
  const { among, made } = last;
  for (let place = made.length - 1; place >= 0; place--) {
    const next = (made[place] ?? 0) + 1;
    if (next < (among[place] ?? 0)) return [...made.slice(0, place), next];
  }
  return undefined;
}

// Up to its last choice a run repeats the one before it, or the tree is none.
function checkSame(before: Choices | undefined, now: Choices, path: readonly number[]): void {
  const place = path.findIndex((_, at) => before !== undefined && before.among[at] !== now.among[at]);
  if (place < 0) return;
  throw new SyscallError(
    "EINVAL",
    `the program did not do the same in the same order: its choice ${place + 1} was among ${before?.among[place]} tasks, and then among ${now.among[place] ?? 0}; ` +
      "make all of its state inside the function, and take time and chance from GetTime and GetRandom",
  );
}

function tooMany(maxRuns: number, path: readonly number[]): SyscallError {
  return new SyscallError(
    "EOVERFLOW",
    `after ${maxRuns} runs there are orders left (the next is ${path.join(".")}): give a smaller program or a larger maxRuns, or draw orders from seeds with schedule: "shuffle"`,
  );
}
