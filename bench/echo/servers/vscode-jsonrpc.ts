// Echo by vscode-jsonrpc, Microsoft's library for language servers. It knows one framing: Content-Length headers.

import { createServer } from "node:net";
import { createMessageConnection, StreamMessageReader, StreamMessageWriter } from "vscode-jsonrpc/node";
import { listening } from "./listening.ts";

const server = createServer({ noDelay: true }, (socket) => {
  const connection = createMessageConnection(new StreamMessageReader(socket), new StreamMessageWriter(socket));
  connection.onRequest("echo", (text: string) => [text]); // positional parameters come as arguments
  connection.onError(() => socket.destroy());
  connection.onClose(() => connection.dispose());
  socket.on("error", () => socket.destroy());
  connection.listen();
});

listening(server);
