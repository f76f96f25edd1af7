// A turn that never ended was ended from another thread: V8 has thrown the JavaScript stack away, no `finally` of ours or of
// the program's has run. This puts the kernel's tables to rest again, and has the task killed.
//
// - A frame that was on the stack is lost: its generator says "already running" for ever. It is dropped. Those below it are
//   closed as in any kill, with their `finally`, within the bounds of cleanup, and so is the innermost one where it was not
//   the frame itself that was stuck but what it had asked for (a handler, an undo).
// - A wait that was being armed is forgotten: what arming had done by then nobody can take back.
// - A task whose wait was just being undone is in no place. It was the undo that was stuck, so that task is killed as well.
// - A task that was being buried is buried to the end.

import { buryOn } from "./burial.ts";
import { forgetBegun } from "./in-place.ts";
import type { Kernel } from "./kernel.ts";
import { innermost, type Program, running } from "./syscall.ts";
import { State, type Task } from "./task.ts";
import { killCut } from "./unwind.ts";

/** Mends what a turn that was cut off has left. Afterwards the kernel is as between two turns. */
export function mendCutTurn(kernel: Kernel): void {
  const { current, heartbeat } = kernel;
  const wasInFrame = innermost.step !== undefined;
  running.task = undefined;
  innermost.step = undefined;
  forgetBegun();
  kernel.traits.current = undefined;
  heartbeat?.end();
  const { by, why, forMs } = heartbeat?.takeOrder() ?? { by: 0, why: "it did not end", forMs: 0 };
  if (current === undefined) {
    mendOthers(kernel, undefined);
    return;
  }
  kernel.counters.cutTurns++;
  const took = forMs > 0 ? ` after ${inSeconds(forMs)} s` : "";
  kernel.logAbout(current, `its turn was ended${took}: ${why}`);
  mendOthers(kernel, current);
  mend(current, wasInFrame, by, why);
  kernel.current = undefined;
  if (kernel.watching !== undefined) kernel.watching.turned(current);
  if (kernel.observers.length !== 0) kernel.observe("turn", current, undefined);
}

function mendOthers(kernel: Kernel, current: Task | undefined): void {
  const queued = new Set(kernel.readyTasks());
  for (const task of kernel.tasks) {
    if (task === current || task.state === State.blocked || queued.has(task)) continue;
    if (kernel.stopped.isHeld(task)) continue; // it comes back when it goes on
    if (task.state !== State.ready && task.state !== State.exited) {
      kernel.stopped.free(task);
      killCut(task, 0, `the undo of its wait did not end in the turn of task ${current?.tid ?? 0}`);
    }
    if (task.state !== State.exited) kernel.makeReady(task);
  }
}

function mend(task: Task, wasInFrame: boolean, by: number, why: string): void {
  const { kernel, frame } = task;
  if (task.state === State.exited) {
    buryOn(task);
    return;
  }
  if (wasInFrame && frame !== undefined) frame.program = gone();
  if (task.wait !== undefined && task.wait.timer >= 0) kernel.timers.cancel(task.wait);
  task.wait = undefined;
  kernel.stopped.free(task);
  killCut(task, by, why);
  if (task.state !== State.ready) kernel.makeReady(task);
}

/** Stands for a program that is lost: it can be closed. */
function* gone(): Program<void> {}

function inSeconds(ms: number): string {
  return (ms / 1_000).toFixed(1);
}
