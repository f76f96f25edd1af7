// Echo on node:net with callbacks, as one writes it for speed: one "data" handler, one write per event, and reading
// stops while the peer does not take what is written.

import { createServer } from "node:net";
import { Frames } from "./frames.ts";
import { listening } from "./listening.ts";

const server = createServer({ noDelay: true }, (socket) => {
  const frames = new Frames();
  socket.on("data", (bytes: Buffer) => {
    try {
      const replies = frames.answer(bytes);
      if (replies.length > 0 && !socket.write(replies)) socket.pause();
    } catch {
      socket.destroy();
    }
  });
  socket.on("drain", () => socket.resume());
  socket.on("error", () => socket.destroy());
});

listening(server);
