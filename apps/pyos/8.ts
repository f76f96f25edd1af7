// Step 8: tasks have subroutines. A task yields a generator to call it, and the callee yields its result: the task keeps
// a stack of who called whom, and runs the innermost. It is a trampoline.

import { Call } from "../../kernel/syscall.ts";
import { type App, type Mainloop, type Print, server } from "./host.ts";
import { type Endpoint, type Listener, type Ready, type Socket, select } from "./sockets.ts";

/** What a task runs. */
export type Target = Generator<unknown, void, unknown>;

/** What `run` answers when the task is over. */
export const ended: unique symbol = Symbol("ended");

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

  /** Runs to the next yield that is neither a call of a subroutine nor its result. */
  run(): unknown {
    for (;;) {
      const { done, value } = this.target.next(this.answer);
      if (done === true) {
        this.answer = undefined;
      } else if (value instanceof SystemCall || value instanceof Call) {
        return value;
      } else if (isGenerator(value)) {
        this.callers.push(this.target);
        this.answer = undefined;
        this.target = value;
        continue;
      } else {
        if (this.callers.length === 0) return undefined;
        this.answer = value;
      }
      const caller = this.callers.pop();
      if (caller === undefined) return ended;
      this.target = caller;
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
    this.schedule(task);
    return task.tid;
  }

  schedule(task: Task): void {
    this.ready.push(task);
  }

  exit(task: Task): void {
    this.tasks.delete(task.tid);
    for (const waiting of this.awaited.get(task.tid) ?? []) this.schedule(waiting);
    this.awaited.delete(task.tid);
  }

  /** False when there is no such task to wait for. */
  awaitExit(task: Task, tid: number): boolean {
    if (!this.tasks.has(tid)) return false;
    this.awaited.set(tid, [...(this.awaited.get(tid) ?? []), task]);
    return true;
  }

  *watchSockets(): Target {
    for (;;) {
      if (this.reading.size + this.writing.size === 0) yield;
      else {
        const mayWait = this.ready.length === 0;
        const ready = (yield select(this.reading.keys(), this.writing.keys(), mayWait)) as Ready; // what it answers
        for (const socket of ready.readable) this.#found(this.reading, socket);
        for (const socket of ready.writable) this.#found(this.writing, socket);
      }
    }
  }

  #found(waiting: Map<Endpoint, Task>, socket: Endpoint): void {
    const task = waiting.get(socket);
    waiting.delete(socket);
    if (task !== undefined) this.schedule(task);
  }

  *mainloop(): Mainloop {
    this.spawn(this.watchSockets());
    while (this.tasks.size > 0) {
      const task = this.ready.shift();
      if (task !== undefined) {
        const value = task.run();
        if (value === ended) this.exit(task);
        else if (value instanceof SystemCall) value.handle(task, this);
        else {
          if (value instanceof Call) task.answer = yield value; // the system below serves it
          this.schedule(task);
        }
      }
      yield;
    }
  }
}

/** What a task yields to ask for something. */
export abstract class SystemCall {
  /** Sets the task's answer and schedules it, or sees to it that somebody will. */
  abstract handle(task: Task, scheduler: Scheduler): void;
}

/** The caller's own number. */
export class GetTid extends SystemCall {
  override handle(task: Task, scheduler: Scheduler): void {
    task.answer = task.tid;
    scheduler.schedule(task);
  }
}

/** Starts a task; its number is the answer. */
export class NewTask extends SystemCall {
  readonly target: Target;

  constructor(target: Target) {
    super();
    this.target = target;
  }

  override handle(task: Task, scheduler: Scheduler): void {
    task.answer = scheduler.spawn(this.target);
    scheduler.schedule(task);
  }
}

/** Ends a task; the answer is whether there was one. */
export class KillTask extends SystemCall {
  readonly tid: number;

  constructor(tid: number) {
    super();
    this.tid = tid;
  }

  override handle(task: Task, scheduler: Scheduler): void {
    const victim = scheduler.tasks.get(this.tid);
    victim?.target.return(undefined);
    task.answer = victim !== undefined;
    scheduler.schedule(task);
  }
}

/** Waits until a task has ended; the answer is whether there was one. */
export class WaitTask extends SystemCall {
  readonly tid: number;

  constructor(tid: number) {
    super();
    this.tid = tid;
  }

  override handle(task: Task, scheduler: Scheduler): void {
    const waits = scheduler.awaitExit(task, this.tid);
    task.answer = waits;
    if (!waits) scheduler.schedule(task);
  }
}

/** Waits until a socket can be read, or a listener accepted from. */
export class ReadWait extends SystemCall {
  readonly socket: Endpoint;

  constructor(socket: Endpoint) {
    super();
    this.socket = socket;
  }

  override handle(task: Task, scheduler: Scheduler): void {
    scheduler.reading.set(this.socket, task);
  }
}

/** Waits until a socket can be written. */
export class WriteWait extends SystemCall {
  readonly socket: Endpoint;

  constructor(socket: Endpoint) {
    super();
    this.socket = socket;
  }

  override handle(task: Task, scheduler: Scheduler): void {
    scheduler.writing.set(this.socket, task);
  }
}

/** The next connection of a listener. */
export function* accept(listener: Listener): Target {
  for (;;) {
    yield new ReadWait(listener);
    const client = listener.accept();
    if (client !== null) yield client; // null: it was a false alarm
  }
}

/** What comes next, at most so many bytes; none at the end. */
export function* recv(socket: Socket, max: number): Target {
  for (;;) {
    yield new ReadWait(socket);
    const bytes = socket.read(max);
    if (bytes !== null) yield bytes;
  }
}

/** Sends all of it, as fast as the peer reads. */
export function* send(socket: Socket, bytes: Uint8Array): Target {
  for (let sent = 0; sent < bytes.length; ) {
    yield new WriteWait(socket);
    sent += socket.write(bytes.subarray(sent));
  }
}

export function* echo(say: Print, listener: Listener): Target {
  for (;;) {
    const client = (yield accept(listener)) as Socket; // what accept gives
    yield new NewTask(serve(say, client));
  }
}

function* serve(say: Print, client: Socket): Target {
  say(`hello ${client.peer}`);
  for (;;) {
    const bytes = (yield recv(client, 65_536)) as Uint8Array; // what recv gives
    if (bytes.length === 0) break;
    yield send(client, bytes);
  }
  client.close();
  say(`goodbye ${client.peer}`);
}

function demo(say: Print, listener: Listener): Mainloop {
  const scheduler = new Scheduler();
  scheduler.spawn(echo(say, listener));
  return scheduler.mainloop();
}

const app: App = server(demo);
export default app;
