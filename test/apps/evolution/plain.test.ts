// A plain Node server as one task: how it starts, what the kernel can say of it, and that a fault of its own is heard of.

import { createServer } from "node:net";
import { afterEach, expect, test } from "vitest";
import { root, yieldix } from "../cli/command.ts";
import { SocketClient } from "../echo/server.ts";
import { type AppEnd, LaunchedApp } from "../launched-app.ts";

const started: LaunchedApp[] = [];
afterEach(() => Promise.all(started.splice(0).map((app) => app.stop("SIGKILL"))));

function launch(app: string, ...args: string[]): LaunchedApp {
  const launched = new LaunchedApp(app, args);
  started.push(launched);
  return launched;
}

async function portOf(app: LaunchedApp): Promise<number> {
  return Number((await app.wrote(/^\S+: JSON-RPC \(int32\) on 127\.0\.0\.1:(\d+)\n/))[1]);
}

async function end(app: LaunchedApp): Promise<AppEnd & { readonly output: string }> {
  return { ...(await app.ended), output: app.output };
}

test("the task list says that the kernel cannot see inside, and how many clients there are", async () => {
  const app = launch("apps/evolution/callbacks.ts", "--port", "0");
  const client = new SocketClient({ host: "127.0.0.1", port: await portOf(app) }, "length");
  client.send('{"jsonrpc":"2.0","method":"foo","id":1}');
  await client.next();
  const { code, out, err } = await yieldix(["ps", "-k", String(app.pid)], root);
  expect([code, err]).toEqual([0, ""]);
  expect(out).toContain("host a plain Node server (callbacks, connections: 1): the kernel cannot see inside");
  client.socket.destroy();
});

test.each(["callback", "future", "task", "promise"])("a fault in a %s ends the app, with the place", async (fault) => {
  const app = launch("test/apps/evolution/buggy.ts", "--port", "0");
  const client = new SocketClient({ host: "127.0.0.1", port: await portOf(app) }, "length");
  client.write(fault);
  const { code, output } = await end(app);
  expect(code).toBe(1);
  expect(output).toContain(`outside its tasks, failed: TypeError: a fault in a ${fault}\n`);
  expect(output).toContain("buggy.ts:");
  expect(await client.ended).toMatch(/^(end|close|ECONNRESET)$/);
});

test("a port that is taken is one sentence", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const at = server.address();
  const port = typeof at === "object" && at !== null ? at.port : 0;
  const { code, output } = await end(launch("apps/evolution/callbacks.ts", "--port", String(port)));
  server.close();
  expect(code).toBe(1);
  expect(output).toContain(
    `EADDRINUSE: cannot listen on 127.0.0.1:${port}: somebody listens there already: take another with --port`,
  );
});

test("arguments that cannot be obeyed are a usage text, and exit code 2", async () => {
  const { code, output } = await end(launch("apps/evolution/streams.ts", "--port", "x"));
  expect([code, output.split("\n")[0]]).toEqual([2, 'yieldix: --port "x" is not a whole number from 0 to 65535']);
});
