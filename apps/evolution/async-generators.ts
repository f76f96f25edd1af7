// Async generators: Python 3.6 in 2016, JavaScript in 2018. What iterators could not do, wait, and what generators on a
// loop did, in the language: `frames` yields a client's frames and waits for its bytes, and the server is one
// `for await` over them. Back-pressure is the loop itself: while its body waits, nothing is read.
//
// What it costs: two promises or more for each frame. `return()` waits behind a `next()` under way, so one that waits
// for bytes cannot be stopped, only its socket destroyed. And leaving a loop over a Node stream destroys the stream,
// with all answers that were not yet sent, unless it is told not to.

import type { Socket } from "node:net";
import { answer } from "./answer.ts";
import { Decoder, encode } from "./framing.ts";
import { type App, hangUp, plain } from "./plain.ts";
import { whenSent } from "./sockets.ts";

async function* frames(socket: Socket): AsyncGenerator<Uint8Array, void, void> {
  const decoder = new Decoder();
  for await (const packet of socket.iterator({ destroyOnReturn: false })) {
    decoder.push(packet);
    for (let body = decoder.next(); body !== undefined; body = decoder.next()) yield body;
  }
}

function send(socket: Socket, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => whenSent(socket, bytes, resolve, reject));
}

async function serve(socket: Socket): Promise<void> {
  try {
    for await (const body of frames(socket)) {
      const reply = answer(body);
      if (reply !== undefined) await send(socket, encode(reply));
    }
    socket.end();
  } catch (error) {
    hangUp(socket, error);
  }
}

const asyncGenerators: App = plain("async-generators", (server) => server.on("connection", serve));

export default asyncGenerators;
