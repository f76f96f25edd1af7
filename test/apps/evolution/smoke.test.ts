// Each system that needs no kernel, once: it starts, answers, outlives a client's fault, and ends on SIGTERM, whatever
// it has not been able to send.

import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { SocketClient } from "../echo/server.ts";
import { frame } from "../echo/wire.ts";
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
  const deaf = new SocketClient({ host: "127.0.0.1", port }, "length");
  await deafened(deaf);
  expect(await app.stop()).toEqual({ code: 0, signal: null });
  expect(app.output.split("\n")).toEqual([expect.any(String), expect.stringContaining("SIGTERM: ending"), ""]);
  expect(await client?.next()).toBeUndefined();
  for (const each of [client, hostile, deaf]) each?.socket.destroy();
});

/** Asks for more than there is room for on the way back, reads nothing, and waits until nothing moves any more. */
async function deafened({ socket }: SocketClient): Promise<void> {
  socket.pause();
  const request = frame("length", `{"jsonrpc":"2.0","method":"foo","id":"${"x".repeat(240)}"}`);
  const packet = Buffer.concat(Array<Uint8Array>(1_000).fill(request));
  for (let bytes = 0; bytes < 32_000_000; bytes += packet.length) socket.write(packet);
  const taken = (): number => socket.bytesWritten - socket.writableLength;
  for (let before = -1; taken() !== before; await sleep(200)) before = taken();
  expect(socket.writableLength).toBeGreaterThan(0);
}
