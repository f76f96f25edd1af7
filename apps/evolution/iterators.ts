// Iterators: CLU's of 1975, Python's `for` since 2001. What comes is a sequence, and whoever uses it takes the next one
// when it can use it. The loop over a client's frames reads as it would in a blocking server, and back-pressure comes
// for free: what nobody takes stays in the socket, and in the client.
//
// What it costs: an iterator must answer at once. It cannot wait, so the loop ends whenever the bytes do, and is begun
// again by the next event; what is to outlive that (the length of a body under way) is still an object's field and no
// local variable. Between two loops there is nobody: a monitor sees a socket with two listeners.

import type { Socket } from "node:net";
import { answer } from "./answer.ts";
import { bodyBytes, encode, headerBytes } from "./framing.ts";
import { type App, hangUp, plain } from "./plain.ts";
import { take } from "./sockets.ts";

/** The frames of a client that are there by now. It is done when they have all been taken, and not done when more come. */
export class Frames implements IterableIterator<Uint8Array, undefined> {
  readonly #socket: Socket;
  /** Of the body whose header has been taken. */
  #bytes: number | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  [Symbol.iterator](): this {
    return this;
  }

  next(): IteratorResult<Uint8Array, undefined> {
    if (this.#bytes === undefined) {
      const header = take(this.#socket, headerBytes);
      if (!header) return { done: true, value: undefined };
      this.#bytes = bodyBytes(header);
    }
    const body = take(this.#socket, this.#bytes);
    if (!body) return { done: true, value: undefined };
    this.#bytes = undefined;
    return { done: false, value: body };
  }
}

function serve(socket: Socket): void {
  const frames = new Frames(socket);
  const more = (): void => {
    try {
      if (socket.writableNeedDrain) return;
      for (const body of frames) {
        const reply = answer(body);
        if (reply !== undefined && !socket.write(encode(reply))) break;
      }
    } catch (error) {
      hangUp(socket, error);
    }
  };
  socket.on("readable", more);
  socket.on("drain", more);
  socket.on("end", () => socket.end());
}

const iterators: App = plain("iterators", (server) => server.on("connection", serve));

export default iterators;
