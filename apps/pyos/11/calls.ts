// The system calls of step 11, and subroutines of them for sockets.
// New since step 10: nonsense is refused by throwing.

import type { Endpoint, Listener, Socket } from "../sockets.ts";
import { blocked, isGenerator, type Scheduler, SystemCall, type Target, type Task } from "./kernel.ts";

/** The caller's own number. */
export class GetTid extends SystemCall {
  override handle(task: Task): number {
    return task.tid;
  }
}

/** Starts a task; its number is the answer. */
export class NewTask extends SystemCall {
  readonly target: Target;

  constructor(target: Target) {
    super();
    this.target = target;
  }

  override handle(_task: Task, scheduler: Scheduler): number {
    if (!isGenerator(this.target)) throw new TypeError("NewTask wants a generator: call its function");
    return scheduler.spawn(this.target);
  }
}

/** Ends a task; the answer is whether there was one. */
export class KillTask extends SystemCall {
  readonly tid: number;

  constructor(tid: number) {
    super();
    this.tid = tid;
  }

  override handle(_task: Task, scheduler: Scheduler): boolean {
    const victim = scheduler.tasks.get(this.tid);
    victim?.target.return(undefined);
    return victim !== undefined;
  }
}

/** Waits until a task has ended; the answer is whether there was one. */
export class WaitTask extends SystemCall {
  readonly tid: number;

  constructor(tid: number) {
    super();
    this.tid = tid;
  }

  override handle(task: Task, scheduler: Scheduler): unknown {
    return scheduler.awaitExit(task, this.tid) ? blocked : false;
  }
}

/** Waits until a socket can be read, or a listener accepted from. */
export class ReadWait extends SystemCall {
  readonly socket: Endpoint;

  constructor(socket: Endpoint) {
    super();
    this.socket = socket;
  }

  override handle(task: Task, scheduler: Scheduler): unknown {
    scheduler.reading.set(this.socket, task);
    return blocked;
  }
}

/** Waits until a socket can be written. */
export class WriteWait extends SystemCall {
  readonly socket: Endpoint;

  constructor(socket: Endpoint) {
    super();
    this.socket = socket;
  }

  override handle(task: Task, scheduler: Scheduler): unknown {
    scheduler.writing.set(this.socket, task);
    return blocked;
  }
}

/** The next connection of a listener. */
export function* accept(listener: Listener): Target<Socket> {
  for (;;) {
    yield new ReadWait(listener);
    const client = listener.accept();
    if (client !== null) return client; // null: it was a false alarm
  }
}

/** What comes next, at most so many bytes; none at the end. */
export function* recv(socket: Socket, max: number): Target<Uint8Array> {
  for (;;) {
    yield new ReadWait(socket);
    const bytes = socket.read(max);
    if (bytes !== null) return bytes;
  }
}

/** Sends all of it, as fast as the peer reads. */
export function* send(socket: Socket, bytes: Uint8Array): Target<void> {
  for (let sent = 0; sent < bytes.length; ) {
    yield new WriteWait(socket);
    sent += socket.write(bytes.subarray(sent));
  }
}
