// Where: the caller's own logical stack, which JavaScript's does not show: a routine's caller is not on it.

import {
  begun,
  captureSite,
  Exchange,
  type Kernel,
  Syscall,
  siteText,
  stackOf,
  type Task,
  type Yieldable,
} from "../kernel/syscall.ts";

/**
 * Where the task is, a line each: the innermost frame with its place in the source, the routines that called it, and who
 * spawned the task.
 *
 * ```ts
 * yield* new Log((yield* new Where()).join("\n"));
 * ```
 */
export class Where extends Syscall<string[]> {
  override get family(): string {
    return "self";
  }

  override handle(task: Task, _kernel: Kernel): string[] {
    return stackOf(task);
  }

  override [Symbol.iterator](): Exchange<string[]> {
    return begun(this, new WhereExchange(this));
  }
}

// The answer is being delivered inside the innermost frame: the one moment when its line can be seen.
class WhereExchange extends Exchange<string[]> {
  override next(answer?: unknown): IteratorResult<Yieldable<string[]>, string[]> {
    const result = super.next(answer);
    if (result.done !== true) return result;
    const site = siteText(captureSite(this.next));
    if (site !== "") result.value[0] = site;
    return result;
  }
}
