// Echo on node:net with async iteration: `for await` over the socket, one write per chunk.

import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { Frames } from "./frames.ts";
import { listening } from "./listening.ts";

async function serve(socket: Socket): Promise<void> {
  const frames = new Frames();
  for await (const bytes of socket) {
    const replies = frames.answer(bytes as Buffer); // a socket without an encoding gives Buffers
    if (replies.length > 0 && !socket.write(replies)) await once(socket, "drain");
  }
}

listening(createServer({ noDelay: true }, (socket) => serve(socket).catch(() => socket.destroy())));
