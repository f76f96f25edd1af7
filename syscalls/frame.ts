// Frame: a program in a frame of its own. For scopes that go on after their program: a bare `yield*` into a generator
// loses kills, a call does not.

import { Call, type Runnable } from "../kernel/syscall.ts";

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
