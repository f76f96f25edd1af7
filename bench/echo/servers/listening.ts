// Every server of this folder listens on a free port and prints it as a line.

import type { Server } from "node:net";

/** Backlog: more than the load client has in the making. */
const backlog = 511;

export function listening(server: Server): void {
  server.listen({ port: 0, host: "127.0.0.1", backlog }, () => {
    const at = server.address();
    if (at === null || typeof at === "string") throw new Error(`a TCP server's address is ${String(at)}`);
    console.log(`listening on 127.0.0.1:${at.port}`);
  });
}
