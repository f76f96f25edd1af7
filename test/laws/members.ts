// Programs that belong to groups, and how they end.

import { Group, type Members, type Program, type Runnable, routine, Sleep } from "../../apps/index.ts";
import type { Call } from "../../kernel/index.ts";

/** Longer than any test. */
export const never: number = Number.POSITIVE_INFINITY;

/** Fails some time from now. */
export function* failing(ms: number, ...errors: readonly unknown[]): Program<never> {
  yield* new Sleep(ms);
  throw errors.length === 0 ? new Error(`failed after ${ms} ms`) : errors[0];
}

/** Sleeps until it is ended, takes a while for its cleanup, and says when that is over. */
export function* slow(log: string[], name: string, cleanupMs = 5): Program<void> {
  try {
    yield* new Sleep(never);
  } finally {
    log.push(`${name} ends`);
    yield* new Sleep(cleanupMs);
    log.push(`${name} over`);
  }
}

/** The same as a frame of its own, which a program can go on after. */
export const slowly: (log: string[], name: string) => Call<void> = routine(slow);

/** Does not heed its cancel. */
export function* deaf(log: string[], name = "deaf"): Program<void> {
  try {
    for (;;) {
      try {
        yield* new Sleep(never);
      } catch {
        log.push(`${name} goes on`);
      }
    }
  } finally {
    log.push(`${name} killed`);
  }
}

/** What a program throws, with the errors in it. */
export function* thrownBy(program: Runnable<unknown>): Program<unknown> {
  try {
    return { returned: yield* program };
  } catch (error) {
    return error instanceof AggregateError ? error.errors : error;
  }
}

export const body = (make: (members: Members) => Program<unknown>): Group<unknown> => new Group(make);
