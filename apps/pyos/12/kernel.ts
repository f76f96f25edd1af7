// The kernel of step 12: tasks, the scheduler with its loop, and what a system call is.
// New since step 11: ends are kept, with their values.

import { SyscallError, shown } from "../../../kernel/syscall.ts";
import type { Mainloop, Print } from "../host.ts";
import { type Endpoint, type Ready, select } from "../sockets.ts";

/** What a task runs. */
export type Target<T = unknown> = Generator<unknown, T, unknown>;

/** The sockets are looked at when so many turns were had since the last time, and when nobody is ready. */
const pollTurns = 1_024;

/** So many ends are kept, the latest. */
const keptExits = 1_024;

/** How a task ended. */
export type Exit =
  | { readonly status: "returned"; readonly value: unknown }
  | { readonly status: "threw"; readonly error: unknown };

/** What a handler returns when the answer will come later. */
export const blocked: unique symbol = Symbol("blocked");

export class Task {
  readonly tid: number;
  target: Target;
  /** The callers of the target, the innermost last. */
  readonly callers: Target[] = [];
  /** How the target goes on: with an answer, or with an error. */
  resume: (target: Target) => IteratorResult<unknown, unknown> = (target) => target.next();

  /** How it ended; undefined: it lives. */
  exit: Exit | undefined = undefined;

  constructor(tid: number, target: Target) {
    this.tid = tid;
    this.target = target;
  }

  succeed(answer: unknown): void {
    this.resume = (target) => target.next(answer);
  }

  fail(error: unknown): void {
    this.resume = (target) => target.throw(error);
  }

  /** Runs to the next yield that is no call of a subroutine, or to its end. */
  run(): unknown {
    for (;;) {
      const { resume } = this;
      this.succeed(undefined);
      let exit: Exit;
      try {
        const { done, value } = resume(this.target);
        if (done !== true) {
          if (!isGenerator(value)) return value;
          this.callers.push(this.target);
          this.target = value;
          continue;
        }
        exit = { status: "returned", value };
      } catch (error) {
        exit = { status: "threw", error };
      }
      const caller = this.callers.pop();
      if (caller === undefined) {
        this.exit = exit;
        return undefined;
      }
      this.target = caller;
      if (exit.status === "returned") this.succeed(exit.value);
      else this.fail(exit.error);
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
  readonly exits: Map<number, Exit> = new Map();
  /** Who waits for the end of which task. */
  readonly awaited: Map<number, Task[]> = new Map();
  /** Who waits to read, and to write. */
  readonly reading: Map<Endpoint, Task> = new Map();
  readonly writing: Map<Endpoint, Task> = new Map();
  readonly #report: Print;
  #newest = 0;

  /** @param report what it has to say goes there */
  constructor(report: Print) {
    this.#report = report;
  }

  /** Makes a task, and answers with its number. */
  spawn(target: Target): number {
    const task = new Task(++this.#newest, target);
    this.tasks.set(task.tid, task);
    this.wake(task, undefined);
    return task.tid;
  }

  /** Gives a task its answer, and a turn. */
  wake(task: Task, answer: unknown): void {
    task.succeed(answer);
    this.ready.push(task);
  }

  /** How a task ended; undefined: it lives. @throws ESRCH if there was none, ESTALE if it is too long ago */
  exitOf(tid: number): Exit | undefined {
    if (this.tasks.has(tid)) return undefined;
    const exit = this.exits.get(tid);
    if (exit !== undefined) return exit;
    if (tid > 0 && tid <= this.#newest) throw new SyscallError("ESTALE", `task ${tid} ended long ago`);
    throw new SyscallError("ESRCH", `there never was a task ${tid}`);
  }

  #bury(task: Task, exit: Exit): void {
    this.tasks.delete(task.tid);
    this.exits.set(task.tid, exit);
    for (const oldest of this.exits.keys()) {
      if (this.exits.size <= keptExits) break;
      this.exits.delete(oldest);
    }
    const waiting = this.awaited.get(task.tid) ?? [];
    this.awaited.delete(task.tid);
    if (exit.status === "threw" && waiting.length === 0) this.#report(`task ${task.tid} threw ${shown(exit.error)}`);
    for (const each of waiting) this.wake(each, exit);
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
    const request = task.run();
    if (task.exit === undefined) this.#serve(task, request);
    else this.#bury(task, task.exit);
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
