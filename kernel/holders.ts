// Which tasks could end a wait, as its syscall says: anybody's code, so nothing of it is believed. What is no tid is left
// out, what throws says nothing, and whoever reads on has a plain list, bounded.

import type { Wait } from "./syscall.ts";

/** Tids of one wait that are looked at. */
const maxHolders = 1_024;
const none: readonly number[] = [];

/** Tids of the tasks that could end a wait. Never throws. @param wait undefined for a task that waits for nothing */
export function holdersOf(wait: Wait<unknown> | undefined): readonly number[] {
  try {
    const said: unknown = wait?.holders?.();
    if (!Array.isArray(said)) return none;
    const tids: number[] = [];
    for (let place = 0; place < said.length && place < maxHolders; place++) {
      const tid: unknown = said[place];
      if (isTid(tid)) tids.push(tid);
    }
    return tids;
  } catch {
    return none;
  }
}

/** Whether a value can be a task's tid. */
export function isTid(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 1; // isSafeInteger says that it is a number
}
