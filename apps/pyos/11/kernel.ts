// The kernel of step 11: tasks, the scheduler with its loop, and what a system call is.
// New since step 10: errors are thrown at the yield that asked; a task that throws ends alone.

import { shown } from "../../../kernel/syscall.ts";
import type { Mainloop, Print } from "../host.ts";
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
  /** How the target goes on: with an answer, or with an error. */
  resume: (target: Target) => IteratorResult<unknown, unknown> = (target) => target.next();

  constructor(target: Target) {
    this.target = target;
  }

  succeed(answer: unknown): void {
    this.resume = (target) => target.next(answer);
  }

  fail(error: unknown): void {
    this.resume = (target) => target.throw(error);
  }

  /** Runs to the next yield that is no call of a subroutine. @throws what the outermost of its targets throws */
  run(): unknown {
    for (;;) {
      const { resume } = this;
      this.succeed(undefined);
      try {
        const { done, value } = resume(this.target);
        if (done !== true) {
          if (!isGenerator(value)) return value;
          this.callers.push(this.target);
          this.target = value;
          continue;
        }
        if (this.callers.length === 0) return ended;
        this.succeed(value);
      } catch (error) {
        if (this.callers.length === 0) throw error;
        this.fail(error);
      }
      this.target = this.callers.pop() as Target; // there is one: see above
    }
  }
}

export function isGenerator(value: unknown): value is Target {
  try {
    return typeof value === "object" && value !== null && "next" in value && "return" in value && "throw" in value;
  } catch {
    return false; // a Proxy that throws
  }
}

export class Scheduler {
  readonly ready: Task[] = [];
  readonly tasks: Map<number, Task> = new Map();
  /** Who waits for the end of which task. */
  readonly awaited: Map<number, Task[]> = new Map();
  /** Who waits to read, and to write. */
  readonly reading: Map<Endpoint, Task> = new Map();
  readonly writing: Map<Endpoint, Task> = new Map();
  readonly #report: Print;

  /** @param report what it has to say goes there */
  constructor(report: Print) {
    this.#report = report;
  }

  /** Makes a task, and answers with its number. */
  spawn(target: Target): number {
    const task = new Task(target);
    this.tasks.set(task.tid, task);
    this.wake(task, undefined);
    return task.tid;
  }

  /** Gives a task its answer, and a turn. */
  wake(task: Task, answer: unknown): void {
    task.succeed(answer);
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
    let request: unknown;
    try {
      request = task.run();
    } catch (error) {
      this.#report(`task ${task.tid} threw ${shown(error)}`);
      request = ended;
    }
    if (request === ended) this.exit(task);
    else this.#serve(task, request);
  }

  #serve(task: Task, request: unknown): void {
    try {
      const answer = request === undefined ? undefined : checked(request).handle(task, this);
      if (answer !== blocked) this.wake(task, answer);
    } catch (error) {
      task.fail(error);
      this.ready.push(task);
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

function checked(request: unknown): SystemCall {
  if (request instanceof SystemCall) return request;
  throw new TypeError(`a task yielded a ${typeof request}: yield a system call, a subroutine's generator, or nothing`);
}

/** What a task yields to ask for something. */
export abstract class SystemCall {
  /** Returns the answer, or `blocked`: then somebody wakes the task with it later. Throws into the task that asks. */
  abstract handle(task: Task, scheduler: Scheduler): unknown;
}
