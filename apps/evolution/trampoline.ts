// Generators on a trampoline: Python 2.2 had `yield` in 2001, and Beazley's course made an operating system of it in
// 2009. A client is one function again. Where it would have to wait it yields what it waits for, a dispatcher takes
// that, and resumes it when the time has come: the place in the code and the local variables are the state.
//
// What it costs: only the generator itself can wait, no function that it calls. So the loop over frames stays what it
// was, an iterator that cannot wait, inside a loop that can; and what is yielded comes back without an answer. Nothing
// takes the errors of a task: whatever one throws ends the dispatcher, and the others with it. But for the first time
// something knows all waits, by their kind and their socket: a monitor would have something to show.

import type { Socket } from "node:net";
import { answer } from "./answer.ts";
import { encode } from "./framing.ts";
import { Frames } from "./iterators.ts";
import { type App, hangUp, plain } from "./plain.ts";
import { type Ready, whenReadable, whenWritable } from "./sockets.ts";

interface Wait {
  arm(wake: Ready): void;
}

class ReadWait implements Wait {
  readonly socket: Socket;

  constructor(socket: Socket) {
    this.socket = socket;
  }

  arm(wake: Ready): void {
    whenReadable(this.socket, wake);
  }
}

class WriteWait implements Wait {
  readonly socket: Socket;

  constructor(socket: Socket) {
    this.socket = socket;
  }

  arm(wake: Ready): void {
    whenWritable(this.socket, wake);
  }
}

type Task = Generator<Wait, void, void>;

class Dispatcher {
  #ready: Task[] = [];

  start(task: Task): void {
    if (this.#ready.push(task) === 1) queueMicrotask(() => this.#lap());
  }

  #lap(): void {
    const ready = this.#ready;
    this.#ready = [];
    for (const task of ready) {
      const turn = task.next();
      if (!turn.done) turn.value.arm(() => this.start(task));
    }
  }
}

function* serve(socket: Socket): Task {
  try {
    const frames = new Frames(socket);
    while (!socket.readableEnded && !socket.destroyed) {
      for (const body of frames) {
        const reply = answer(body);
        if (reply !== undefined && !socket.write(encode(reply))) yield new WriteWait(socket);
      }
      yield new ReadWait(socket);
    }
    socket.end();
  } catch (error) {
    hangUp(socket, error);
  }
}

const trampoline: App = plain("trampoline", (server) => {
  const dispatcher = new Dispatcher();
  server.on("connection", (socket) => dispatcher.start(serve(socket)));
});

export default trampoline;
