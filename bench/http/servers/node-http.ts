// node:http, as one writes it: a small text at `/`, and at `/wait` after a timer of 1 ms.

import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { listening } from "../../echo/servers/listening.ts";

const text = "hello, world\n";

const server = createServer(async (request, response) => {
  if (request.url === "/wait") await sleep(1);
  response.writeHead(200, { "content-type": "text/plain; charset=utf-8", "content-length": text.length });
  response.end(text);
});

listening(server);
