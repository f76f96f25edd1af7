// What the town's people have in common: times by chance, names with a number, connections that get lost.

import { type Program, type Routine, routine, SyscallError } from "../../kernel/syscall.ts";
import { GetRandom, Sleep } from "../../syscalls/index.ts";

/** Sleeps for a time between two, in whole ms. */
export const sleepBetween: Routine<[leastMs: number, mostMs: number], void> = routine(
  function* pause(leastMs, mostMs): Program<void> {
    yield* new Sleep(Math.round(leastMs + (yield* new GetRandom()) * (mostMs - leastMs)));
  },
);

/** "client-07" */
export function numbered(name: string, n: number): string {
  return `${name}-${String(n).padStart(2, "0")}`;
}

/** The connection is gone, or nobody answers: to be tried again. */
export function isLost(error: unknown): boolean {
  return error instanceof SyscallError && error.code !== "ECANCELED";
}
