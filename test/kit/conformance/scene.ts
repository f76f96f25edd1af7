// One situation that a syscall is brought into, in a run of its own.

import type { Program } from "../../../kernel/syscall.ts";
import type { Check } from "./check.ts";
import type { PromiseName } from "./promises.ts";
import type { Stage } from "./stage.ts";

export interface Scene {
  /** What it asks for; the first is what a law of the kernel that is broken in it counts as. */
  readonly promises: readonly PromiseName[];
  /** The only quantum with which it happens. */
  readonly quantum?: number;
  /** Why it cannot be played; undefined when it can. */
  readonly unasked?: (check: Check) => string | undefined;
  /** What the director does. */
  play(stage: Stage): Program<void>;
}

/** For scenes in which one is answered. */
export function needsServed({ facts, findings }: Check): string | undefined {
  return findings.isBroken(["served", "returned", "undoGiven"]) ? facts.why : undefined;
}

/** For scenes in which one waits. */
export function needsWait({ facts }: Check): string | undefined {
  return facts.waits ? undefined : facts.why;
}

/** For scenes in which two wait. */
export function needsTwo(check: Check): string | undefined {
  return needsWait(check) ?? (check.facts.isExclusive ? "only one can wait at a time" : undefined);
}

/** For scenes in which one leaves, and the others stay. */
export function needsAlone({ options }: Check): string | undefined {
  return options.together === true ? "by the option `together` one that leaves changes it for the others" : undefined;
}

/** For scenes in which an answer goes to another task than the one it was for. */
export function needsPassing(check: Check): string | undefined {
  const isPersonal = check.options.personal === true;
  return needsWait(check) ?? (isPersonal ? "by the option `personal` an answer is for one task alone" : undefined);
}

/** For scenes in which what it asks for is there before anybody asks. */
export function needsReady({ options }: Check): string | undefined {
  return options.ready === undefined ? "without the option `ready` it cannot be there before anybody asks" : undefined;
}
