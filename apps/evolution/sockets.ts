// What Node's sockets offer to code that waits, instead of being called: bytes are taken when they are wanted, and one
// function is called once when it is worth trying again. The callbacks that every later style is built upon.

import type { Socket } from "node:net";
import { SyscallError } from "../../kernel/errors.ts";

const nothing = new Uint8Array(0);

/** Called once; with an error where the connection has failed. */
export type Ready = (error?: Error) => void;

/**
 * Takes exactly so many bytes of what has come. Node goes on reading only while it holds fewer than are wanted or its
 * own bound, 16 to 64 KiB: a client is read no faster than it is served.
 * @returns undefined: not all of them are there yet; null: they never will be, the client has ended
 */
export function take(socket: Socket, bytes: number): Uint8Array | null | undefined {
  if (bytes === 0) return nothing; // to Node, a read of none is something else
  const taken: Uint8Array | null = socket.read(bytes);
  if (taken !== null) return taken.length === bytes ? taken : null; // fewer: it has ended in the middle
  return socket.readableEnded || socket.destroyed ? null : undefined;
}

/**
 * Calls once there is more to take, or the client has ended or is lost. Only after a `take` that gave undefined.
 * @throws EBUSY where somebody waits for that already
 */
export function whenReadable(socket: Socket, ready: Ready): void {
  readers.add(socket, ready);
}

/**
 * Calls once Node holds little of what was written, or the client is lost; at once if that is so.
 * @throws EBUSY where somebody waits for that already
 */
export function whenWritable(socket: Socket, ready: Ready): void {
  if (socket.writableNeedDrain) writers.add(socket, ready);
  else ready(socket.errored ?? undefined);
}

/**
 * Calls `resolve` with exactly so many bytes, or with null once the client has ended before it has sent them all; or
 * `reject`, if the connection fails. Only one of them, once; at once if that is so.
 */
export function whenReceived(
  socket: Socket,
  bytes: number,
  resolve: (taken: Uint8Array | null) => void,
  reject: (error: Error) => void,
): void {
  const taken = take(socket, bytes);
  if (taken !== undefined) resolve(taken);
  else whenReadable(socket, (error) => (error ? reject(error) : whenReceived(socket, bytes, resolve, reject)));
}

/** Sends the bytes and calls `resolve` when the next may be sent, or `reject`. Only one of them, once. */
export function whenSent(socket: Socket, bytes: Uint8Array, resolve: () => void, reject: (error: Error) => void): void {
  socket.write(bytes);
  whenWritable(socket, (error) => (error ? reject(error) : resolve()));
}

/**
 * Who waits for the first of some events, by socket. The listeners stay: to add and remove them for each wait costs as
 * much as all that is done between two waits, and with no listener for "readable" left, Node tells the next of what is
 * there already, which was not enough, again and again.
 */
class Waiting {
  readonly #events: readonly string[];
  readonly #bySocket = new WeakMap<Socket, { ready: Ready | undefined }>();

  constructor(...events: readonly string[]) {
    this.#events = events;
  }

  add(socket: Socket, ready: Ready): void {
    if (socket.closed) return void ready(socket.errored ?? undefined);
    const place = this.#bySocket.get(socket) ?? this.#listen(socket);
    if (place.ready !== undefined)
      throw new SyscallError("EBUSY", "somebody waits for this socket already: take turns");
    place.ready = ready;
  }

  #listen(socket: Socket): { ready: Ready | undefined } {
    const place: { ready: Ready | undefined } = { ready: undefined };
    const wake = (): void => {
      const { ready } = place;
      place.ready = undefined;
      ready?.(socket.errored ?? undefined);
    };
    for (const event of this.#events) socket.on(event, wake);
    this.#bySocket.set(socket, place);
    return place;
  }
}

const readers = new Waiting("readable", "end", "close");
const writers = new Waiting("drain", "close");
