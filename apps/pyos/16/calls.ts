// The system calls of step 16, and subroutines of them for sockets.
// New since step 15: a wait asks its socket to be told; Sleep.

import { SyscallError } from "../../../kernel/syscall.ts";
import type { Endpoint, Interest, Listener, Socket } from "../sockets.ts";
import { type Exit, isGenerator, type Scheduler, SystemCall, type Target, type Task, Wait } from "./kernel.ts";

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

  override handle(task: Task, scheduler: Scheduler): boolean {
    return scheduler.kill(this.tid, task.tid);
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
    return new Wait(`for the end of task ${this.tid}`, false, (wait) => {
      const waiting = awaited.get(this.tid) ?? new Set();
      awaited.set(this.tid, waiting.add(wait));
      return () => {
        waiting.delete(wait);
        if (waiting.size === 0) awaited.delete(this.tid);
      };
    });
  }
}

/** Waits for a time, ms. @throws EINVAL for what is none */
export class Sleep extends SystemCall {
  readonly ms: number;

  constructor(ms: number) {
    super();
    this.ms = ms;
  }

  override handle(_task: Task, { sleeping, now }: Scheduler): Wait {
    if (!(this.ms >= 0)) throw new SyscallError("EINVAL", `cannot sleep for ${this.ms} ms: give 0 or more`);
    return new Wait(`${this.ms} ms`, true, (wait) => {
      sleeping.set(wait, now + this.ms);
      return () => sleeping.delete(wait);
    });
  }
}

abstract class SocketWait extends SystemCall {
  readonly socket: Endpoint;

  constructor(socket: Endpoint) {
    super();
    this.socket = socket;
  }

  protected waitTo(verb: Interest, scheduler: Scheduler): Wait {
    return new Wait(`to ${verb} ${this.socket.label}`, true, (wait) => {
      const ready = (error?: unknown): void => {
        if (error === undefined) scheduler.wake(wait, undefined);
        else scheduler.fail(wait, error);
      };
      const watcher = { ready };
      this.socket.watch(verb, watcher);
      return () => this.socket.unwatch(verb, watcher);
    });
  }
}

/** Waits until a socket can be read, or a listener accepted from. @throws EBUSY, EBADF */
export class ReadWait extends SocketWait {
  override handle(_task: Task, scheduler: Scheduler): Wait {
    return this.waitTo("read", scheduler);
  }
}

/** Waits until a socket can be written. @throws EBUSY, EBADF */
export class WriteWait extends SocketWait {
  override handle(_task: Task, scheduler: Scheduler): Wait {
    return this.waitTo("write", scheduler);
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
