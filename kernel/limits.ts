// Every bound of the kernel, in one place. Each is an option of the Kernel, and each has a code at its end.

import { SyscallError } from "./errors.ts";
import type { LogRecord } from "./observer.ts";
import { isLonger, shown } from "./text.ts";

export interface KernelOptions extends Partial<Limits> {
  /** Where the kernel log goes. Default: stderr, escaped. */
  readonly log?: (record: LogRecord) => void;
  /**
   * Makes each lap's order of turns a matter of chance: asked for numbers in [0, 1), one less than tasks are ready, and
   * told among how many tasks each chooses: who is last of them (just below 1: it stays as it is).
   * For tests, which find what depends on an order that is nobody's promise. Default: first come, first served.
   */
  readonly shuffle?: (among: number) => number;
}

/** Characters of a line on the kernel log; longer ones are cut. */
export const maxLogLength = 16_384;

/** Bounds and clocks of a kernel. */
export interface Limits {
  /** Traps a turn may make; 1 is Beazley's exact round robin. Default 32. */
  readonly quantum: number;
  /** Live tasks; EAGAIN. Default 1,000,000. */
  readonly tasks: number;
  /** Frames of one task; EOVERFLOW. Default 1,000,000. */
  readonly frames: number;
  /** Code points of a task's name; ENAMETOOLONG. Default 64. */
  readonly nameLength: number;
  /** Code points of a reason (`why`); longer ones are cut. Default 256. */
  readonly reasonLength: number;
  /** Messages that wait in a task's mailbox; EAGAIN. Default 1,024. */
  readonly messages: number;
  /** Traps a cleanup may make; then the task is dropped: killed, not clean. Default 1,000. */
  readonly cleanupTraps: number;
  /** How long a cleanup that yields may take, ms; then as above. Default 1,000. */
  readonly cleanupMs: number;
  /** How long tasks that are ended together may take after their cancel, ms; then killed. Default 1,000. */
  readonly graceMs: number;
  /** Exit records kept until collected; the oldest goes, then ESTALE. Default 65,536. */
  readonly uncollectedExits: number;
  /** Exit records kept of all; the oldest goes, then ESTALE. Default 1,024. */
  readonly recentExits: number;
  /** Events in the trace ring, a power of two; the oldest is overwritten. Default 4,096. */
  readonly traceEvents: number;
  /** Observers; EAGAIN. Default 64. */
  readonly observers: number;
  /** Turns after which the world is let in, however busy the tasks are. Default 1,024. */
  readonly pollTurns: number;
  /** As above, ms. Default 1. */
  readonly pollMs: number;
}

/** @throws EAGAIN when there can be no more tasks */
export function checkTasks(live: number, { tasks }: Limits): void {
  if (live < tasks) return;
  throw new SyscallError("EAGAIN", `${live} tasks are live, at most ${tasks}: wait for some to end`);
}

/** @throws ENAMETOOLONG for a task's name that is too long, TypeError for what is no text */
export function checkName(name: string, { nameLength }: Limits): void {
  if (typeof name !== "string") throw new TypeError(`a task's name is text, not ${shown(name)}`);
  if (!isLonger(name, nameLength)) return;
  throw new SyscallError("ENAMETOOLONG", `a task's name has at most ${nameLength} characters`);
}

export const defaultLimits: Limits = {
  quantum: 32,
  tasks: 1_000_000,
  frames: 1_000_000,
  nameLength: 64,
  reasonLength: 256,
  messages: 1_024,
  cleanupTraps: 1_000,
  cleanupMs: 1_000,
  graceMs: 1_000,
  uncollectedExits: 65_536,
  recentExits: 1_024,
  traceEvents: 4_096,
  observers: 64,
  pollTurns: 1_024,
  pollMs: 1,
};

/**
 * The defaults with some replaced.
 * @throws RangeError naming the bound and the value: times are at least 0, counts whole and at least 1 (exits: 0)
 */
export function checkedLimits(given: Partial<Limits>): Limits {
  const limits = { ...defaultLimits, ...given };
  for (const [name, value] of Object.entries(limits)) {
    const least = name.endsWith("Ms") ? 0 : name === "recentExits" || name === "uncollectedExits" ? 0 : 1;
    const isWhole = name.endsWith("Ms") || Number.isInteger(value) || value === Number.POSITIVE_INFINITY;
    if (typeof value !== "number" || !(value >= least) || !isWhole) {
      const kind = name.endsWith("Ms") ? "number" : "whole number";
      throw new RangeError(`limit ${name} is ${String(value)}, must be a ${kind} of at least ${least}`);
    }
  }
  return limits;
}
