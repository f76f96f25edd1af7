// One turn of a task, and one step of it: the innermost loop of the whole system.

import type { Kernel } from "./kernel.ts";
import { type Frame, Mark, Resume, State, type Task } from "./task.ts";
import { trap } from "./trap.ts";
import { frameOver, heedKill } from "./unwind.ts";

/** One turn: steps the task until it blocks, ends, gives up the CPU or has used its quantum of traps. */
export function turn(task: Task, kernel: Kernel): void {
  let left = kernel.limits.quantum;
  task.turns++;
  task.state = State.running;
  if (task.marks !== 0 && isKilled(task)) heedKill(task);
  task.wait = undefined; // the answer it was granted is delivered by the first step
  while (task.state === State.running) {
    const yielded = step(task);
    if (yielded === ended) {
      left--;
      if (task.marks !== 0 && isKilled(task)) heedKill(task);
      continue;
    }
    if (left-- <= 0) {
      // Before serving and not after: a task killed while it queues has then been granted nothing that could be lost.
      task.resume = Resume.serve;
      task.answer = yielded;
      kernel.makeReady(task);
      return;
    }
    trap(task, kernel, yielded);
    if (task.marks !== 0 && isKilled(task)) heedKill(task);
  }
}

function isKilled(task: Task): boolean {
  return (task.marks & Mark.killed) !== 0 && task.state === State.running;
}

/** What `step` returns when a frame ended instead of yielding. */
const ended: unique symbol = Symbol("ended");

function step(task: Task): unknown {
  const frame = task.frame as Frame; // a running task has one
  const answer = task.answer;
  const resume = task.resume;
  if (resume === Resume.serve) {
    task.resume = Resume.next;
    return answer;
  }
  task.answer = undefined;
  let value: unknown;
  try {
    let result: IteratorResult<unknown, unknown>;
    if (resume === Resume.next) result = frame.program.next(answer);
    else if (resume === Resume.throw) result = frame.program.throw(answer);
    else result = frame.program.return(undefined);
    value = result.value; // in here, for a program need not be a true generator
    if (result.done !== true) return value;
  } catch (error) {
    frameOver(task, frame, Resume.throw, error);
    return ended;
  }
  frameOver(task, frame, Resume.next, value);
  return ended;
}
