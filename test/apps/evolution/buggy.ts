// A plain server with faults of its own, each in another style: a client says which it is to be.

import { EventLoop } from "../../../apps/evolution/delegation.ts";
import { coroutine } from "../../../apps/evolution/futures.ts";
import { type App, hangUp, plain } from "../../../apps/evolution/plain.ts";

// Generators that fail before they have yielded.
const failing = coroutine(function* failing() {
  throw new TypeError("a fault in a future");
});

function* failingTask(): Generator<never, void, void> {
  throw new TypeError("a fault in a task");
}

const faults: Readonly<Record<string, () => unknown>> = {
  callback: () => {
    throw new TypeError("a fault in a callback");
  },
  future: () => failing(),
  task: () => new EventLoop().createTask(failingTask()),
  promise: async () => {
    throw new TypeError("a fault in a promise");
  },
};

const buggy: App = plain("buggy", (server) => {
  server.on("connection", (socket) => {
    socket.on("data", (packet: Buffer) => {
      try {
        faults[packet.toString()]?.();
      } catch (error) {
        hangUp(socket, error);
      }
    });
  });
});

export default buggy;
