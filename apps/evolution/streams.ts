// Streams: asyncio's `start_server(handler)` of 2014, whose handler is given a reader and a writer. What every server
// in the last style wrote for itself (wait for so many bytes, wait until the client has taken some) is written once,
// with an end of the stream that is an error where it cuts a frame. The handler is all there is to read.
//
// What it costs: two objects that hold the connection's state between them and its callers, and a trap: `write` never
// waits, it is `drain` that does, and who forgets it has the server's memory filled by one client that does not read.
// All that async functions cost, too: nobody can list them or end one.

import type { Server, Socket } from "node:net";
import { answer } from "./answer.ts";
import { bodyBytes, encode, headerBytes } from "./framing.ts";
import { type App, hangUp, plain } from "./plain.ts";
import { whenReceived, whenWritable } from "./sockets.ts";

class StreamReader {
  readonly #socket: Socket;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Waits for exactly so many bytes; null where the client has ended before them, or among them. */
  readExactly(bytes: number): Promise<Uint8Array | null> {
    return new Promise((resolve, reject) => whenReceived(this.#socket, bytes, resolve, reject));
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

/** Has a handler serve each client; when it returns the connection is ended, when it throws it is closed. */
function startServer(server: Server, handler: Handler): void {
  server.on("connection", async (socket) => {
    try {
      await handler(new StreamReader(socket), new StreamWriter(socket));
      socket.end();
    } catch (error) {
      hangUp(socket, error);
    }
  });
}

async function serve(reader: StreamReader, writer: StreamWriter): Promise<void> {
  for (;;) {
    const header = await reader.readExactly(headerBytes);
    const body = header && (await reader.readExactly(bodyBytes(header)));
    if (body === null) return;
    const reply = answer(body);
    if (reply === undefined) continue;
    writer.write(encode(reply));
    await writer.drain();
  }
}

const streams: App = plain("streams", (server) => startServer(server, serve));

export default streams;
