// What the checker can tell about a wait from outside: told by their shape, not by their class, so that syscalls of
// other packages that look the same are checked as well, and those that look like nothing known are left alone.

import type { Interest, Pollable } from "../../kernel/machine/machine.ts";
import type { Wait } from "../../kernel/syscall.ts";
import type { ExitWatcher } from "../../kernel/task.ts";

/** A wait for a task's end, which is its own watcher. */
export interface ExitWait extends ExitWatcher {
  readonly tid: number;
}

/** A wait in a queue that knows how many wait in it. */
export interface Queue {
  readonly size: number;
}

/** A pollable that tells whether somebody watches it: every endpoint of the shipped machines. */
export interface Watchable extends Pollable {
  readonly closed?: boolean;
  watched(interest: Interest): boolean;
}

/** A wait that waits for several things at once as the waits for each; any other as itself. */
export function single(wait: Wait<unknown>): readonly Wait<unknown>[] {
  const parts = wait.parts?.();
  return parts === undefined ? [wait] : parts.flatMap(single);
}

/** The wait as a wait for a task's end. */
export function exitWait(wait: object): ExitWait | undefined {
  const looked = wait as Partial<ExitWait>; // looked at on the next line
  return typeof looked.tid === "number" && typeof looked.exited === "function" ? (looked as ExitWait) : undefined; // it is one
}

/** Before when a wait that begins now must not end, on the machine's clock, ms; 0 for all but sleeps. */
export function dueOf(wait: Wait<unknown>, now: number): number {
  const { at, ms } = wait as { readonly at?: unknown; readonly ms?: unknown }; // looked at on the next lines
  if (wait.verb !== "sleep") return 0;
  if (typeof ms === "number") return now + ms;
  return typeof at === "number" ? at : 0;
}

/** What a wait waits to read or write, and which of them. */
export function interestOf(wait: Wait<unknown>): { on: Watchable; interest: Interest } | undefined {
  const on = watchableOf(wait);
  const { verb } = wait;
  return on === undefined || (verb !== "read" && verb !== "write") ? undefined : { on, interest: verb };
}

/** The pollable that a wait is on, whatever for: to read or write, until it is open, until it has ended. */
export function watchableOf(wait: Wait<unknown>): Watchable | undefined {
  const { pollable } = wait as { readonly pollable?: unknown }; // looked at on the next line
  return isWatchable(pollable) ? pollable : undefined;
}

/** The queue a wait stands in. */
export function queueOf(wait: Wait<unknown>): Queue | undefined {
  const { queue } = wait as { readonly queue?: Partial<Queue> }; // looked at on the next line
  return typeof queue?.size === "number" ? (queue as Queue) : undefined; // it has a size
}

/** True for a pollable that can be asked who watches it. */
export function isWatchable(pollable: unknown): pollable is Watchable {
  return typeof (pollable as Partial<Watchable> | undefined)?.watched === "function"; // looked at only
}
