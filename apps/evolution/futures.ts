// Generators with send, and futures: since Python 2.5 (2006) `yield` has a value, and Tornado, NDB and others made it a
// wait for an answer. A Future is a result to come; every callback can be turned into one. `coroutine` runs a
// generator, gives it the result of each future it yields, or throws its error in, and is itself a function that gives
// a future: so now a function that waits can be called by another.
//
// What it costs: a future and a wrapper for every call, however deep. What `yield` gives back is of any type: the
// compiler must be told each time, and cannot tell who is wrong. A call without its `yield` is begun and not waited
// for, in silence. A future knows who waits for it, and not what it is itself waiting for.

import type { Socket } from "node:net";
import { answer } from "./answer.ts";
import { bodyBytes, encode, headerBytes } from "./framing.ts";
import { type App, hangUp, plain } from "./plain.ts";
import { whenReceived, whenSent } from "./sockets.ts";

/** A result to come: a value, or an error. */
export class Future<T> {
  #settled: (() => T) | undefined;
  #waiting: (() => void)[] = [];

  /** @param begin starts what is to settle it, once, by either function */
  constructor(begin: (resolve: (value: T) => void, reject: (error: unknown) => void) => void) {
    begin(
      (value) => this.#settle(() => value),
      (error) => {
        this.#settle(() => {
          throw error;
        });
        // An error that nobody waits for is thrown here, so that somebody hears of it.
        queueMicrotask(() => this.#waiting.length === 0 && this.result());
      },
    );
  }

  /** The value; throws the error, if it is that. */
  result(): T {
    if (this.#settled === undefined) throw new Error("the future has no result yet: wait for it with whenDone");
    return this.#settled();
  }

  /** Calls later, in every case: a chain of futures that are done already does not grow the stack. */
  whenDone(callback: () => void): void {
    this.#waiting.push(callback);
    if (this.#settled !== undefined) queueMicrotask(callback);
  }

  #settle(settled: () => T): void {
    this.#settled = settled;
    for (const callback of this.#waiting) queueMicrotask(callback);
  }
}

/** A generator that yields what it waits for, and is given what that came to. */
export type Coroutine<T> = Generator<Future<unknown>, T, unknown>;

/** Makes a generator function one that runs by itself, from one future to the next, and gives a future of its value. */
export function coroutine<A extends readonly unknown[], T>(
  body: (...args: A) => Coroutine<T>,
): (...args: A) => Future<T> {
  return (...args) =>
    new Future((resolve, reject) => {
      const generator = body(...args);
      const step = (resume: () => IteratorResult<Future<unknown>, T>): void => {
        try {
          const { done, value } = resume();
          if (done) resolve(value);
          else value.whenDone(() => step(() => resumed(generator, value)));
        } catch (error) {
          reject(error);
        }
      };
      step(() => generator.next());
    });
}

/** Gives a generator what a future came to, at the `yield` where it waits for it. */
function resumed<T>(generator: Coroutine<T>, future: Future<unknown>): IteratorResult<Future<unknown>, T> {
  let value: unknown;
  try {
    value = future.result();
  } catch (error) {
    return generator.throw(error);
  }
  return generator.next(value);
}

function recv(socket: Socket, bytes: number): Future<Uint8Array | null> {
  return new Future((resolve, reject) => whenReceived(socket, bytes, resolve, reject));
}

function send(socket: Socket, bytes: Uint8Array): Future<void> {
  return new Future((resolve, reject) => whenSent(socket, bytes, resolve, reject));
}

const readFrame = coroutine(function* readFrame(socket: Socket): Coroutine<Uint8Array | null> {
  const header = (yield recv(socket, headerBytes)) as Uint8Array | null; // recv's result, which yield does not know
  if (header === null) return null;
  return (yield recv(socket, bodyBytes(header))) as Uint8Array | null; // as above
});

const serve = coroutine(function* serve(socket: Socket): Coroutine<void> {
  try {
    for (;;) {
      const body = (yield readFrame(socket)) as Uint8Array | null; // readFrame's result, which yield does not know
      if (body === null) break;
      const reply = answer(body);
      if (reply !== undefined) yield send(socket, encode(reply));
    }
    socket.end();
  } catch (error) {
    hangUp(socket, error);
  }
});

const futures: App = plain("futures", (server) => server.on("connection", serve));

export default futures;
