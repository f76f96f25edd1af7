// Delegation: `yield from` of Python 3.3 (2012), on which asyncio was built (2014) and which JavaScript has as `yield*`.
// A generator hands itself over to another until that has returned, and gets its value, with its type. A coroutine is
// called as a function is; a Future is only where it meets the loop, and a Task, itself a future, only where something
// is to run beside: one for each client. Event loop, Future and Task are asyncio's, as small as they can be coded live.
//
// What it costs: each resume walks from the task's outermost generator down to the innermost, and JavaScript closes
// such a chain wrongly: ended by `return()` while an inner `finally` yields, the outer one runs on. A call without its
// `yield*` still does nothing, in silence. The loop knows what is ready, but of what waits only the callbacks.

import type { Server, Socket } from "node:net";
import { answer } from "./answer.ts";
import { bodyBytes, encode, headerBytes } from "./framing.ts";
import { type App, hangUp, plain } from "./plain.ts";
import { whenReceived, whenSent } from "./sockets.ts";

/** What a task runs: it yields the futures it waits for, and is resumed when they are done. */
export type Coroutine<T> = Generator<Future<unknown>, T, void>;

/** A result to come: a value, or an error. `yield* future` waits for it. */
export class Future<T> {
  protected readonly loop: EventLoop;
  #settled: (() => T) | undefined;
  #waiting: (() => void)[] = [];
  #isLookedAt = false;

  constructor(loop: EventLoop) {
    this.loop = loop;
  }

  /** `yield* future` is its result: it shows itself to the task that runs, and is resumed when it is done. */
  *[Symbol.iterator](): Coroutine<T> {
    this.#isLookedAt = true;
    if (this.#settled === undefined) yield this;
    if (this.#settled === undefined) throw new Error("the task was resumed before the future was done");
    return this.#settled();
  }

  setResult(value: T): void {
    this.#settle(() => value);
  }

  setError(error: unknown): void {
    this.#settle(() => {
      throw error;
    });
    // An error that nobody looks at is thrown here, so that somebody hears of it.
    this.loop.callSoon(() => !this.#isLookedAt && this.#settled?.());
  }

  whenDone(callback: () => void): void {
    this.#waiting.push(callback);
    if (this.#settled !== undefined) this.loop.callSoon(callback);
  }

  #settle(settled: () => T): void {
    this.#settled = settled;
    for (const callback of this.#waiting) this.loop.callSoon(callback);
  }
}

/** A coroutine that runs beside the others, and the future of its value. */
export class Task<T> extends Future<T> {
  readonly #coroutine: Coroutine<T>;

  constructor(loop: EventLoop, coroutine: Coroutine<T>) {
    super(loop);
    this.#coroutine = coroutine;
    loop.callSoon(() => this.#step());
  }

  #step(): void {
    try {
      const { done, value } = this.#coroutine.next();
      if (done) this.setResult(value);
      else value.whenDone(() => this.#step());
    } catch (error) {
      this.setError(error);
    }
  }
}

/** Runs what is ready, and makes futures of what a socket can be asked for. */
export class EventLoop {
  #ready: (() => void)[] = [];

  callSoon(callback: () => void): void {
    if (this.#ready.push(callback) === 1) queueMicrotask(() => this.#lap());
  }

  createTask<T>(coroutine: Coroutine<T>): Task<T> {
    return new Task(this, coroutine);
  }

  /** The next client; null once the server has been closed. Node runs what one client made ready before the next comes. */
  sockAccept(server: Server): Future<Socket | null> {
    const future = new Future<Socket | null>(this);
    const settle = (socket?: Socket): void => {
      server.off("connection", settle).off("close", settle);
      future.setResult(socket ?? null);
    };
    server.on("connection", settle).on("close", settle);
    return future;
  }

  /** Exactly so many bytes; null once the client has ended. */
  sockRecv(socket: Socket, bytes: number): Future<Uint8Array | null> {
    const future = new Future<Uint8Array | null>(this);
    whenReceived(
      socket,
      bytes,
      (taken) => future.setResult(taken),
      (error) => future.setError(error),
    );
    return future;
  }

  sockSendall(socket: Socket, bytes: Uint8Array): Future<void> {
    const future = new Future<void>(this);
    whenSent(
      socket,
      bytes,
      () => future.setResult(),
      (error) => future.setError(error),
    );
    return future;
  }

  #lap(): void {
    const ready = this.#ready;
    this.#ready = [];
    for (const callback of ready) callback();
  }
}

function* readFrame(loop: EventLoop, socket: Socket): Coroutine<Uint8Array | null> {
  const header = yield* loop.sockRecv(socket, headerBytes);
  return header === null ? null : yield* loop.sockRecv(socket, bodyBytes(header));
}

function* serve(loop: EventLoop, socket: Socket): Coroutine<void> {
  try {
    for (;;) {
      const body = yield* readFrame(loop, socket);
      if (body === null) break;
      const reply = answer(body);
      if (reply !== undefined) yield* loop.sockSendall(socket, encode(reply));
    }
    socket.end();
  } catch (error) {
    hangUp(socket, error);
  }
}

function* acceptAll(loop: EventLoop, server: Server): Coroutine<void> {
  for (;;) {
    const socket = yield* loop.sockAccept(server);
    if (socket === null) return;
    loop.createTask(serve(loop, socket));
  }
}

const delegation: App = plain("delegation", (server) => {
  const loop = new EventLoop();
  loop.createTask(acceptAll(loop, server));
});

export default delegation;
