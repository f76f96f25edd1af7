// Frame: a program in a frame of its own. For scopes that go on after their program: a bare `yield*` into a generator
// loses kills, a call does not.

import { brandOf, Call, type Runnable, type Yieldable } from "../kernel/syscall.ts";

/** Runs a program as a frame of the calling task and gives its value. */
export class Frame<T> extends Call<T> {
  readonly program: Runnable<T>;
  override readonly label: string;

  /** @param label its name on logical stacks */
  constructor(program: Runnable<T>, label: string) {
    super();
    this.program = program;
    this.label = label;
  }

  override enter(): Runnable<T> {
    return this.program;
  }
}

/** Any program as what a `yield*` of a scope may wait for: a generator in a frame of its own, all else as it is. */
export function framed<T>(program: Runnable<T>, label: string): Yieldable<T> {
  return brandOf(program) === undefined ? new Frame(program, label) : (program as Yieldable<T>); // the brand says so
}
