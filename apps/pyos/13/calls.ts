// The system calls of step 13, and subroutines of them for sockets.
// New since step 12: those that block return a wait with its undo.

import { SyscallError } from "../../../kernel/syscall.ts";
import type { Endpoint, Listener, Socket } from "../sockets.ts";
import { closed, type Exit, isGenerator, type Scheduler, SystemCall, type Target, type Task, Wait } from "./kernel.ts";

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
    return scheduler.kill(this.tid);
  }
}

/** Waits until a task has ended; the answer is how. */
export class WaitTask extends SystemCall {
  readonly tid: number;

  constructor(tid: number) {
    super();
    this.tid = tid;
  }

  override handle(_task: Task, scheduler: Scheduler): Exit | Wait {
    const exit = scheduler.exitOf(this.tid);
    if (exit !== undefined) return exit;
    const { awaited } = scheduler;
    return new Wait(`for the end of task ${this.tid}`, (wait) => {
      const waiting = awaited.get(this.tid) ?? new Set();
      awaited.set(this.tid, waiting.add(wait));
      return () => {
        waiting.delete(wait);
        if (waiting.size === 0) awaited.delete(this.tid);
      };
    });
  }
}

abstract class SocketWait extends SystemCall {
  readonly socket: Endpoint;

  constructor(socket: Endpoint) {
    super();
    this.socket = socket;
  }

  protected waitIn(waiting: Map<Endpoint, Wait>, verb: string): Wait {
    const { label } = this.socket;
    if (this.socket.closed) throw closed(this.socket);
    if (waiting.has(this.socket)) throw new SyscallError("EBUSY", `another task waits to ${verb} ${label}`);
    return new Wait(`to ${verb} ${label}`, (wait) => {
      waiting.set(this.socket, wait);
      return () => waiting.delete(this.socket);
    });
  }
}

/** Waits until a socket can be read, or a listener accepted from. @throws EBUSY, EBADF */
export class ReadWait extends SocketWait {
  override handle(_task: Task, scheduler: Scheduler): Wait {
    return this.waitIn(scheduler.reading, "read");
  }
}

/** Waits until a socket can be written. @throws EBUSY, EBADF */
export class WriteWait extends SocketWait {
  override handle(_task: Task, scheduler: Scheduler): Wait {
    return this.waitIn(scheduler.writing, "write");
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
