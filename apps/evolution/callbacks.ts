// Callbacks: Node's own style since 2009, and that of every event loop before it. Nothing waits: each event has a
// function, which does what it can at once and returns. One thread serves every client.
//
// What it costs: a connection is torn into as many functions as it has kinds of events, and none of them knows where
// in the conversation it is. What a blocking server has in its local variables (half a length, half a body) lives in an
// object beside them. `write` never refuses: who forgets to pause has the server's memory filled by one client that
// does not read. An error thrown in a callback has no caller to go to. No monitor can say what a client waits for:
// there are only listeners.

import type { Socket } from "node:net";
import { answer } from "./answer.ts";
import { Decoder, encode } from "./framing.ts";
import { type App, hangUp, plain } from "./plain.ts";

function serve(socket: Socket): void {
  const decoder = new Decoder();
  socket.on("data", (packet) => {
    try {
      decoder.push(packet);
      for (let body = decoder.next(); body !== undefined; body = decoder.next()) {
        const reply = answer(body);
        if (reply !== undefined) socket.write(encode(reply));
      }
      if (socket.writableNeedDrain) socket.pause();
    } catch (error) {
      hangUp(socket, error);
    }
  });
  socket.on("drain", () => socket.resume());
  socket.on("end", () => socket.end());
}

const callbacks: App = plain("callbacks", (server) => server.on("connection", serve));

export default callbacks;
