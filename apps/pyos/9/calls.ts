// The system calls of step 9, and subroutines of them for sockets.
// New since step 8: nothing: these are those of step 8.

import type { Endpoint, Listener, Socket } from "../sockets.ts";
import { type Scheduler, SystemCall, type Target, type Task } from "./kernel.ts";

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
