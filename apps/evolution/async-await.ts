// Native coroutines: C# in 2012, Python 3.5 in 2015, JavaScript in 2017. What `coroutine`, the future and the loop were
// is part of the language: `async` marks a function that may wait, `await` where it does, with its type. The engine
// resumes at one cost however deep the calls are, and shows callers in a stack.
//
// What it costs: the scheduler has gone where nobody can reach it. No list of the functions that are alive, of what
// each waits for, or since when; and no way to end one of them with its `finally`: the server can only destroy the
// socket beneath, and hope. A function that waits colours all that call it, and one that is called without `await`
// runs on, unwatched.

import type { Socket } from "node:net";
import { answer } from "./answer.ts";
import { bodyBytes, encode, headerBytes } from "./framing.ts";
import { type App, hangUp, plain } from "./plain.ts";
import { whenReceived, whenSent } from "./sockets.ts";

function recv(socket: Socket, bytes: number): Promise<Uint8Array | null> {
  return new Promise((resolve, reject) => whenReceived(socket, bytes, resolve, reject));
}

function send(socket: Socket, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => whenSent(socket, bytes, resolve, reject));
}

async function readFrame(socket: Socket): Promise<Uint8Array | null> {
  const header = await recv(socket, headerBytes);
  return header === null ? null : await recv(socket, bodyBytes(header));
}

async function serve(socket: Socket): Promise<void> {
  try {
    for (;;) {
      const body = await readFrame(socket);
      if (body === null) break;
      const reply = answer(body);
      if (reply !== undefined) await send(socket, encode(reply));
    }
    socket.end();
  } catch (error) {
    hangUp(socket, error);
  }
}

const asyncAwait: App = plain("async-await", (server) => server.on("connection", serve));

export default asyncAwait;
