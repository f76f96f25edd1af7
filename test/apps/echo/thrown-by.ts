// For tests of what goes wrong.

import { type Routine, type Runnable, routine } from "../../../kernel/syscall.ts";

/** What a program throws; undefined if nothing. */
export const thrownBy: Routine<[program: Runnable<unknown>], unknown> = routine(function* thrownBy(program) {
  try {
    yield* program;
    return undefined;
  } catch (error) {
    return error;
  }
});
