// From outside in: what lets the code around a kernel start tasks in it and wait for them as promises; and the main task of
// a kernel that was booted by that, which does nothing but stay.

import { type Exit, exitValue } from "./exits.ts";
import type { Kernel } from "./kernel.ts";
import { type Answer, type Program, Syscall, type Tid, type Wait } from "./syscall.ts";
import type { Task } from "./task.ts";

/** A task as a promise of its value. */
export type Started<T> = Promise<T> & { readonly tid: Tid<T> };

/** A promise of what a task returns, rejected with what it throws, or with ECANCELED when it is killed. */
export function promised<T>(task: Task, pending: Set<(reason: unknown) => void>): Started<T> {
  const promise = new Promise<T>((resolve, reject) => {
    pending.add(reject);
    task.watchExit({
      exited: (exit: Exit) => {
        pending.delete(reject);
        try {
          resolve(exitValue(exit, `task ${task.tid}`) as T); // the value of the task of a T
        } catch (error) {
          reject(error);
        }
      },
    });
  });
  return Object.assign(promise, { tid: task.tid as Tid<T> }); // as above
}

/** Stays until it is cancelled. */
export function* resident(): Program<void> {
  yield* new Stay();
}

class Stay extends Syscall<void> implements Wait<void> {
  readonly verb = "stay";
  readonly object = "until the kernel is terminated";
  readonly outside = true;

  override handle(task: Task, _kernel: Kernel): Answer<void> {
    return task.block<void>(this, () => nothing);
  }
}

function nothing(): void {}
