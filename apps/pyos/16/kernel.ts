// The kernel of step 16: tasks, the scheduler with its loop, and what a system call is.
// New since step 15: the machine is polled for a time and tells who is awake; sleepers.

import { SyscallError, shown } from "../../../kernel/syscall.ts";
import type { Mainloop, Print } from "../host.ts";
import { Machine } from "../machine.ts";

/** What a task runs. */
export type Target<T = unknown> = Generator<unknown, T, unknown>;

/** Steps that a task makes in a turn. */
const quantum = 32;

/** The machine is polled when so many turns were had since the last time, and when nobody is ready. */
const pollTurns = 1_024;

/** So many ends are kept, the latest. */
const keptExits = 1_024;

/** A task that is killed may yield so often until it is over. */
const cleanupYields = 1_000;

/** How a task ended. Clean: each `finally` ran to its end, and none threw. */
export type Exit =
  | { readonly status: "returned"; readonly value: unknown }
  | { readonly status: "threw"; readonly error: unknown }
  | { readonly status: "killed"; readonly by: number; readonly clean: boolean };

/** What a handler returns when the answer will come later: a task's place in what it waits for. */
export class Wait {
  /** What for, in words. */
  readonly words: string;
  /** Whether the machine can end it. */
  readonly outside: boolean;
  /** Puts it where whoever has the answer finds it, and returns how to take it out again. */
  readonly arm: (wait: Wait) => () => void;
  /** Undefined before it is being armed, and once it is over. */
  task: Task | undefined = undefined;
  undo: () => void = () => {};

  constructor(words: string, outside: boolean, arm: (wait: Wait) => () => void) {
    this.words = words;
    this.outside = outside;
    this.arm = arm;
  }
}

/** What a step answers with that asks for nothing. */
const inside = Symbol("inside");

export class Task {
  readonly tid: number;
  /** Who called whom, the innermost last. */
  readonly frames: Target[];
  /** How the innermost frame goes on: with an answer, with an error, or to its `finally`. */
  resume: (frame: Target) => IteratorResult<unknown, unknown> = (frame) => frame.next();
  wait: Wait | undefined = undefined;
  /** Who has killed it; undefined: nobody. */
  killer: number | undefined = undefined;
  /** How it ended; undefined: it lives. */
  exit: Exit | undefined = undefined;
  /** What went wrong when it was closed. */
  readonly troubles: string[] = [];
  /** The place of the frame that is being closed; undefined: none is. */
  #closing: number | undefined = undefined;
  #yieldsLeft = cleanupYields;

  constructor(tid: number, target: Target) {
    this.tid = tid;
    this.frames = [target];
  }

  succeed(answer: unknown): void {
    this.resume = (frame) => frame.next(answer);
  }

  fail(error: unknown): void {
    this.resume = (frame) => frame.throw(error);
  }

  /** Resumes the innermost frame, once. Answers with what it yields, or `inside`: it called, returned or threw. */
  step(): unknown {
    if (this.killer !== undefined && this.#closing === undefined) this.#close();
    const frame = this.frames.at(-1);
    if (frame === undefined) return inside;
    const { resume } = this;
    this.succeed(undefined);
    try {
      const { done, value } = resume(frame);
      if (done === true) this.#leave({ status: "returned", value });
      else if (!this.#isPatient()) return inside;
      else if (isGenerator(value)) this.frames.push(value);
      else return value;
    } catch (error) {
      this.#leave({ status: "threw", error });
    }
    return inside;
  }

  #leave(end: Exit): void {
    this.frames.pop();
    if (this.frames.length === this.#closing) {
      if (end.status === "threw") this.troubles.push(`threw ${shown(end.error)}`);
      this.#close();
    } else if (this.frames.length === 0) this.exit = end;
    else if (end.status === "threw") this.fail(end.error);
    else this.succeed(end.status === "returned" ? end.value : undefined);
  }

  #close(): void {
    this.#closing = this.frames.length - 1;
    this.resume = (frame) => frame.return(undefined);
    if (this.frames.length === 0) this.#die();
  }

  #die(): void {
    this.exit = { status: "killed", by: this.killer ?? 0, clean: this.troubles.length === 0 };
  }

  #isPatient(): boolean {
    if (this.#closing === undefined || this.#yieldsLeft-- > 0) return true;
    this.troubles.push(`yielded more than ${cleanupYields} times`);
    this.#die();
    return false;
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
  readonly awaited: Map<number, Set<Wait>> = new Map();
  /** Who sleeps, and until when. */
  readonly sleeping: Map<Wait, number> = new Map();
  readonly #machine: Machine = new Machine();
  readonly #report: Print;
  /** The time of the latest poll, ms. */
  now = 0;
  #newest = 0;

  /** @param report what it has to say goes there */
  constructor(report: Print) {
    this.#report = report;
  }

  /** Makes a task, and answers with its number. */
  spawn(target: Target): number {
    const task = new Task(++this.#newest, target);
    this.tasks.set(task.tid, task);
    this.ready.push(task);
    return task.tid;
  }

  /** Ends a wait with its answer, or with an error. False: it was over. */
  wake(wait: Wait, answer: unknown): boolean {
    const task = this.#endWait(wait);
    task?.succeed(answer);
    return task !== undefined;
  }

  fail(wait: Wait, error: unknown): boolean {
    const task = this.#endWait(wait);
    task?.fail(error);
    return task !== undefined;
  }

  #endWait(wait: Wait): Task | undefined {
    const { task } = wait;
    if (task === undefined) return undefined;
    wait.task = undefined;
    wait.undo();
    if (task.wait !== wait) return task; // it is being armed still: see below
    task.wait = undefined;
    this.ready.push(task);
    this.#machine.interrupt();
    return task;
  }

  // What is ready already ends the wait while it is being armed. That is an answer at once: the turn goes on.
  #block(task: Task, wait: Wait): void {
    wait.task = task;
    try {
      wait.undo = wait.arm(wait);
    } catch (error) {
      wait.task = undefined;
      throw error;
    }
    if (wait.task === undefined) wait.undo();
    else task.wait = wait;
  }

  /** Marks a task, and ends its wait. Twice is once. False: there is none. */
  kill(tid: number, by: number): boolean {
    const task = this.tasks.get(tid);
    if (task === undefined) return false;
    if (task.killer !== undefined) return true;
    task.killer = by;
    if (task.wait !== undefined) this.wake(task.wait, undefined);
    return true;
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
    const waiting = [...(this.awaited.get(task.tid) ?? [])];
    for (const trouble of task.troubles) this.#report(`task ${task.tid} was killed, and its cleanup ${trouble}`);
    if (exit.status === "threw" && waiting.length === 0) this.#report(`task ${task.tid} threw ${shown(exit.error)}`);
    for (const each of waiting) this.wake(each, exit);
  }

  *mainloop(): Mainloop {
    yield* this.#poll();
    for (let turns = 0; this.tasks.size > 0; ) {
      const task = this.ready.shift();
      if (task !== undefined) this.#turn(task);
      if (this.ready.length > 0 && ++turns < pollTurns) continue;
      turns = 0;
      yield* this.#poll();
    }
  }

  #turn(task: Task): void {
    for (let step = 0; step < quantum; step++) {
      const request = task.step();
      if (task.exit !== undefined) {
        this.#bury(task, task.exit);
        return;
      }
      if (request === undefined) break;
      if (request !== inside) this.#serve(task, request);
      if (task.wait !== undefined) return;
    }
    this.ready.push(task);
  }

  #serve(task: Task, request: unknown): void {
    try {
      const answer = checked(request).handle(task, this);
      if (answer instanceof Wait) this.#block(task, answer);
      else task.succeed(answer);
    } catch (error) {
      task.fail(error);
    }
  }

  *#poll(): Mainloop {
    this.now = (yield this.#machine.poll(this.#idleMs())) as number; // what it answers
    const due = [...this.sleeping].filter(([, until]) => until <= this.now);
    for (const [wait] of due.sort(([, a], [, b]) => a - b)) this.wake(wait, undefined);
  }

  #idleMs(): number {
    if (this.ready.length > 0 || this.tasks.size === 0) return 0;
    const waits = [...this.tasks.values()].map(({ tid, wait }) => ({ tid, wait }));
    if (!waits.some(({ wait }) => wait?.outside === true)) {
      throw new Error(`deadlock: ${waits.map(({ tid, wait }) => `task ${tid} waits ${wait?.words}`).join(", ")}`);
    }
    return Math.max(0, Math.min(...this.sleeping.values()) - this.now);
  }
}

function checked(request: unknown): SystemCall {
  if (request instanceof SystemCall) return request;
  throw new TypeError(`a task yielded a ${typeof request}: yield a system call, a subroutine's generator, or nothing`);
}

/** What a task yields to ask for something. */
export abstract class SystemCall {
  /** Returns the answer, or a wait for it. Throws into the task that asks. */
  abstract handle(task: Task, scheduler: Scheduler): unknown;
}
