// Each system that needs no kernel, once: it starts, answers, outlives a client's fault, and ends on SIGTERM.

import { expect, test } from "vitest";
import { SocketClient } from "../echo/server.ts";
import { LaunchedApp } from "../launched-app.ts";

test.each([
  "callbacks",
  "iterators",
  "trampoline",
  "futures",
  "delegation",
  "async-await",
  "streams",
  "async-generators",
])("%s serves the protocol", async (system) => {
  const app = new LaunchedApp(`apps/evolution/${system}.ts`, ["--port", "0"]);
  const port = Number(
    (await app.wrote(new RegExp(`^${system}: JSON-RPC \\(int32\\) on 127\\.0\\.0\\.1:(\\d+)\\n`)))[1],
  );
  const [client, hostile] = [0, 1].map(() => new SocketClient({ host: "127.0.0.1", port }, "length"));
  hostile?.write(Buffer.of(0x7f, 0xff, 0xff, 0xff));
  expect(await hostile?.next()).toBeUndefined();
  client?.send('{"jsonrpc": "2.0", "method": "foo", "id": "abcdefgh"}', '{"jsonrpc":"2.0","result":"ok","id":1}', "");
  expect(await client?.next()).toBe('{"jsonrpc":"2.0","result":"ok","id":"abcdefgh"}');
  expect(await client?.next()).toBe('{"jsonrpc":"2.0","error":{"code":-32700,"message":"Parse error"},"id":null}');
  expect(await app.stop()).toEqual({ code: 0, signal: null });
  expect(await client?.next()).toBeUndefined();
  for (const each of [client, hostile]) each?.socket.destroy();
});
