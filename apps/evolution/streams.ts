// Streams: asyncio's `start_server(handler)` of 2014, whose handler is given a reader and a writer. What each server in
// the style before writes for itself (wait for so many bytes, wait for room, end when the client does) is written once.
// The end is an error that leaves the handler by itself: what remains is the conversation, and nothing else.
//
// What it costs: two more objects for each client, and a trap. `write` never waits; `drain` does, and who forgets it
// has the server's memory filled by one client that does not read. And all that async functions cost: nobody can list
// the handlers, or end one.

import type { Server, Socket } from "node:net";
import { answer } from "./answer.ts";
import { bodyBytes, encode, headerBytes } from "./framing.ts";
import { type App, hangUp, plain } from "./plain.ts";
import { whenReceived, whenWritable } from "./sockets.ts";

/** The client has ended before it had sent all that was waited for. */
class EndOfStream extends Error {}

class StreamReader {
  readonly #socket: Socket;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Waits for exactly so many bytes. @throws EndOfStream */
  readExactly(bytes: number): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      const received = (taken: Uint8Array | null): void => (taken ? resolve(taken) : reject(new EndOfStream()));
      whenReceived(this.#socket, bytes, received, reject);
    });
  }
}

class StreamWriter {
  readonly #socket: Socket;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Takes the bytes, however many there are already. */
  write(bytes: Uint8Array): void {
    this.#socket.write(bytes);
  }

  /** Waits while more has been written than Node likes to hold for a client. */
  drain(): Promise<void> {
    return new Promise((resolve, reject) => {
      whenWritable(this.#socket, (error) => (error ? reject(error) : resolve()));
    });
  }
}

type Handler = (reader: StreamReader, writer: StreamWriter) => Promise<void>;

/** Has a handler serve each client; the connection is ended when it returns or meets the end, closed when it throws. */
function startServer(server: Server, handler: Handler): void {
  server.on("connection", async (socket) => {
    try {
      await handler(new StreamReader(socket), new StreamWriter(socket));
      socket.end();
    } catch (error) {
      if (error instanceof EndOfStream) socket.end();
      else hangUp(socket, error);
    }
  });
}

async function serve(reader: StreamReader, writer: StreamWriter): Promise<void> {
  for (;;) {
    const header = await reader.readExactly(headerBytes);
    const reply = answer(await reader.readExactly(bodyBytes(header)));
    if (reply === undefined) continue;
    writer.write(encode(reply));
    await writer.drain();
  }
}

const streams: App = plain("streams", (server) => startServer(server, serve));

export default streams;
