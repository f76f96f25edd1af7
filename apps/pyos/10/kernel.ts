// The kernel of step 10: tasks, the scheduler with its loop, and what a system call is.
// New since step 9: handlers and subroutines return; each answer is given once.

import type { Mainloop } from "../host.ts";
import { type Endpoint, type Ready, select } from "../sockets.ts";

/** What a task runs. */
export type Target<T = unknown> = Generator<unknown, T, unknown>;

/** The sockets are looked at when so many turns were had since the last time, and when nobody is ready. */
const pollTurns = 1_024;

/** What `run` answers when the task is over. */
export const ended: unique symbol = Symbol("ended");

/** What a handler returns when the answer will come later. */
export const blocked: unique symbol = Symbol("blocked");

export class Task {
  static newest = 0;
  readonly tid: number = ++Task.newest;
  target: Target;
  /** The callers of the target, the innermost last. */
  readonly callers: Target[] = [];
  /** What the next yield gives. */
  answer: unknown = undefined;

  constructor(target: Target) {
    this.target = target;
  }

  /** Runs to the next yield that is no call of a subroutine. */
  run(): unknown {
    for (;;) {
      const { answer } = this;
      this.answer = undefined;
      const { done, value } = this.target.next(answer);
      if (done === true) {
        const caller = this.callers.pop();
        if (caller === undefined) return ended;
        this.target = caller;
        this.answer = value;
      } else if (isGenerator(value)) {
        this.callers.push(this.target);
        this.target = value;
      } else return value;
    }
  }
}

function isGenerator(value: unknown): value is Target {
  return typeof value === "object" && value !== null && "next" in value && "return" in value && "throw" in value;
}

export class Scheduler {
  readonly ready: Task[] = [];
  readonly tasks: Map<number, Task> = new Map();
  /** Who waits for the end of which task. */
  readonly awaited: Map<number, Task[]> = new Map();
  /** Who waits to read, and to write. */
  readonly reading: Map<Endpoint, Task> = new Map();
  readonly writing: Map<Endpoint, Task> = new Map();

  /** Makes a task, and answers with its number. */
  spawn(target: Target): number {
    const task = new Task(target);
    this.tasks.set(task.tid, task);
    this.wake(task, undefined);
    return task.tid;
  }

  /** Gives a task its answer, and a turn. */
  wake(task: Task, answer: unknown): void {
    task.answer = answer;
    this.ready.push(task);
  }

  exit(task: Task): void {
    this.tasks.delete(task.tid);
    for (const waiting of this.awaited.get(task.tid) ?? []) this.wake(waiting, true);
    this.awaited.delete(task.tid);
  }

  /** False when there is no such task to wait for. */
  awaitExit(task: Task, tid: number): boolean {
    if (!this.tasks.has(tid)) return false;
    this.awaited.set(tid, [...(this.awaited.get(tid) ?? []), task]);
    return true;
  }

  *mainloop(): Mainloop {
    for (let turns = 0; this.tasks.size > 0; ) {
      const task = this.ready.shift();
      if (task !== undefined) this.#turn(task);
      if (this.ready.length > 0 && ++turns < pollTurns) continue;
      turns = 0;
      yield* this.#poll();
    }
  }

  #turn(task: Task): void {
    const value = task.run();
    if (value === ended) this.exit(task);
    else {
      const answer = value instanceof SystemCall ? value.handle(task, this) : undefined;
      if (answer !== blocked) this.wake(task, answer);
    }
  }

  *#poll(): Mainloop {
    const isIdle = this.ready.length === 0 && this.tasks.size > 0;
    if (this.reading.size + this.writing.size === 0) {
      if (isIdle) throw new Error(`deadlock: ${this.#waits().join(", ") || "tasks are left that nobody will wake"}`);
      yield;
    } else {
      const ready = (yield select(this.reading.keys(), this.writing.keys(), isIdle)) as Ready; // what it answers
      for (const socket of ready.readable) this.#found(this.reading, socket);
      for (const socket of ready.writable) this.#found(this.writing, socket);
    }
  }

  #found(waiting: Map<Endpoint, Task>, socket: Endpoint): void {
    const task = waiting.get(socket);
    waiting.delete(socket);
    if (task !== undefined) this.wake(task, undefined);
  }

  #waits(): string[] {
    return [...this.awaited].flatMap(([tid, waiting]) =>
      waiting.map((task) => `task ${task.tid} waits for the end of task ${tid}`),
    );
  }
}

/** What a task yields to ask for something. */
export abstract class SystemCall {
  /** Returns the answer, or `blocked`: then somebody wakes the task with it later. */
  abstract handle(task: Task, scheduler: Scheduler): unknown;
}
