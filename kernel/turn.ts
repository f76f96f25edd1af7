// One turn of a task, and one step of it: the innermost loop of the whole system.

import { native } from "./generator.ts";
import { dropBegun } from "./in-place.ts";
import type { Kernel } from "./kernel.ts";
import { innermost, running, type Wait } from "./syscall.ts";
import { type Frame, Mark, Parked, Resume, State, type Task } from "./task.ts";
import type { Traits } from "./traits.ts";
import { trap } from "./trap.ts";
import { frameOver, heedKill } from "./unwind.ts";

/** One turn: steps the task until it blocks, ends, gives up the CPU or has used its quantum of traps, or is stopped. */
export function turn(task: Task, kernel: Kernel, quantum: number): void {
  kernel.trapsLeft = quantum;
  task.turns++;
  task.state = State.running;
  if (task.marks !== 0 && isKilled(task)) heedKill(task);
  task.wait = undefined; // the answer it was granted is delivered by the first step
  while (task.state === State.running) {
    const yielded = step(task, kernel);
    if (task.marks !== 0 && isKilled(task)) {
      keepAnswer(task, yielded); // killed by the handler that has just answered
      heedKill(task);
    }
    if (--kernel.trapsLeft <= 0 && yielded !== ended && task.state === State.running) {
      cut(task, kernel, yielded);
      return;
    }
  }
}

/** A turn of a task that has traits. Its quota is told of the end by the kernel: it may get one meanwhile. */
export function turnWith(traits: Traits, task: Task, kernel: Kernel): void {
  const { inContext, quantum, quota } = traits;
  quota?.beginTurn();
  if (inContext === undefined) turn(task, kernel, quantum);
  else inContext(() => turn(task, kernel, quantum));
}

// The quantum is used. Cut after serving and never before it: between a program's look at a condition and the Park that
// it yields, nobody else may run, or a wake would be lost. The answer waits with the task; should the task be killed
// before its next turn, a syscall that knows how gets it back.
function cut(task: Task, kernel: Kernel, yielded: unknown): void {
  keepAnswer(task, yielded);
  kernel.makeReady(task);
}

function keepAnswer(task: Task, yielded: unknown): void {
  if (task.resume === Resume.next && canTakeBack(yielded)) task.wait = new Parked(task, yielded, noUndo);
}

function canTakeBack(yielded: unknown): yielded is Wait<unknown> {
  try {
    return typeof yielded === "object" && yielded !== null && "giveBack" in yielded;
  } catch {
    return false; // a Proxy that throws, and was refused
  }
}

function noUndo(): () => void {
  return noUndo;
}

function isKilled(task: Task): boolean {
  return (task.marks & Mark.killed) !== 0 && task.state === State.running;
}

/** What `step` returns when the frame ended instead of yielding. */
const ended: unique symbol = Symbol("ended");

// Resumes the innermost frame, and has what it yields served.
function step(task: Task, kernel: Kernel): unknown {
  const frame = task.frame as Frame; // a running task has one
  const answer = task.answer;
  const resume = task.resume;
  task.answer = undefined;
  let result: IteratorResult<unknown, unknown>;
  let value: unknown;
  let isOver: boolean;
  // What was there is of another kernel, whose task runs this one.
  const outerTask = running.task;
  const outerStep = innermost.step;
  running.task = task;
  innermost.step = running;
  try {
    if (resume === Resume.next) result = native.next.call(frame.program, answer);
    else if (resume === Resume.throw) result = native.throw.call(frame.program, answer);
    else result = native.return.call(frame.program, undefined);
    value = result.value; // in here: what native `yield*` hands on may have getters
    isOver = result.done === true;
    running.task = outerTask;
    innermost.step = outerStep;
  } catch (error) {
    running.task = outerTask;
    innermost.step = outerStep;
    dropBegun(task);
    frameOver(task, frame, Resume.throw, error);
    return ended;
  }
  if (isOver) {
    dropBegun(task);
    frameOver(task, frame, Resume.next, value);
    return ended;
  }
  trap(task, kernel, result, value);
  return value;
}
