// A law of the ladder: a behaviour that a step brings. It holds on that step and on all above it, and on the step below
// it fails, in the way that is said.

import type { Program } from "../../../kernel/syscall.ts";
import type { Step } from "./steps.ts";

export interface Law {
  /** The step that brings it. */
  readonly step: number;
  readonly name: string;
  /** The weaknesses that it shows to be mended. */
  readonly mends?: readonly string[];
  /** The last step that it can be shown on; undefined: it holds to the end. */
  readonly through?: number;
  /** Shows it, in a run of its own; fails by throwing. */
  readonly holds: (step: Step) => Program<void>;
  /** How it fails on the step before; a text: it does not, and why. */
  readonly before: RegExp | string;
}
