// Step 7: a task waits for a socket. One more task looks after the sockets: it asks the system below, by its call select,
// and schedules those who waited for what is ready. So a server serves many clients, one task each.

import { Call } from "../../kernel/syscall.ts";
import { type App, type Mainloop, type Print, server } from "./host.ts";
import { type Endpoint, type Listener, type Ready, type Socket, select } from "./sockets.ts";

/** What a task runs. */
export type Target = Generator<unknown, void, unknown>;

export class Task {
  static newest = 0;
  readonly tid: number = ++Task.newest;
  readonly target: Target;
  /** What the next yield gives. */
  answer: unknown = undefined;

  constructor(target: Target) {
    this.target = target;
  }

  /** Runs to the next yield. */
  run(): IteratorResult<unknown, void> {
    return this.target.next(this.answer);
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
        const { done, value } = task.run();
        if (done === true) this.exit(task);
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

export function* echo(say: Print, listener: Listener): Target {
  for (;;) {
    yield new ReadWait(listener);
    const client = listener.accept();
    if (client !== null) yield new NewTask(serve(say, client));
  }
}

function* serve(say: Print, client: Socket): Target {
  say(`hello ${client.peer}`);
  for (;;) {
    yield new ReadWait(client);
    const bytes = client.read(65_536);
    if (bytes === null) continue; // it was a false alarm
    if (bytes.length === 0) break;
    yield new WriteWait(client);
    client.write(bytes);
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
