// The order of turns within a lap, which is nobody's promise: as in production, drawn from the seed, or choice by choice.
// A lap with n tasks ready makes n - 1 choices, the first among n; choice 0 leaves the order as it is, so that a schedule
// of zeros, and one that has run out, is production's.

import { SyscallError } from "../../kernel/errors.ts";
import { Random } from "../../kernel/machine/random.ts";

/**
 * "fifo": first come, first served, as in production. "shuffle": each lap in an order drawn from the seed. Else the
 * choices of one run, as `explore` names them: "0.2.1".
 */
export type Schedule = "fifo" | "shuffle" | (string & {});

/** What a kernel asks for each choice of a lap. */
export type Shuffle = (among: number) => number;

/** Apart from the streams of tasks, network and faults: those stay as they are, whatever the schedule. */
const stream = 3;

/** The kernel's option for a schedule; undefined for production's. @throws EINVAL for what is no schedule */
export function shuffleFor(schedule: Schedule, seed: number): Shuffle | undefined {
  if (schedule === "fifo") return undefined;
  if (schedule === "shuffle") {
    const random = new Random(seed, stream);
    return () => random.next();
  }
  if (!/^\d+(\.\d+)*$/.test(schedule)) {
    throw new SyscallError(
      "EINVAL",
      `schedule ${JSON.stringify(schedule)} is none: give "fifo", "shuffle", or choices such as "0.2.1"`,
    );
  }
  return new Choices(schedule.split(".").map(Number)).shuffle;
}

/** Makes given choices, then leaves every order as it is; and remembers what could have been chosen. */
export class Choices {
  readonly made: number[] = [];
  /** Among how many tasks each was made. */
  readonly among: number[] = [];
  readonly #given: readonly number[];

  constructor(given: readonly number[]) {
    this.#given = given;
  }

  readonly shuffle: Shuffle = (among) => {
    const choice = this.#given[this.made.length] ?? 0;
    if (choice >= among) {
      throw new SyscallError(
        "EINVAL",
        `the schedule is of another program: choice ${this.made.length + 1} is ${choice}, among ${among} tasks`,
      );
    }
    this.made.push(choice);
    this.among.push(among);
    return (among - choice - 0.5) / among; // the middle of its share, counted from the end
  };

  /** As an option; trailing zeros say nothing. */
  get schedule(): Schedule {
    const text = this.made.join(".").replace(/(^|\.)0(\.0)*$/, "");
    return text === "" ? "fifo" : text;
  }
}
