// Stock clients, as anybody may have them, against the real command: language-server framing, JSON lines, the slides'
// four bytes of length, and a pipe into a socket.

import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import jayson from "jayson";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  CancellationTokenSource,
  createMessageConnection,
  type MessageConnection,
  ResponseError,
} from "vscode-jsonrpc";
import { SocketMessageReader, SocketMessageWriter } from "vscode-jsonrpc/node";
import { hostMachines } from "../../kernel/machine/host-machines.ts";
import { type Server, startServer } from "./server.ts";
import { frame, request } from "./wire.ts";

async function open(server: Server | undefined): Promise<Socket> {
  if (server === undefined) throw new Error("no server");
  const socket = connect(server.place);
  await once(socket, "connect");
  return socket;
}

/** All that comes until the end. */
async function text(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

describe.each(hostMachines)("on the %s machine", (machine) => {
  const folder = mkdtempSync(join(tmpdir(), "yieldix-"));
  const servers: Server[] = [];

  beforeAll(async () => {
    servers.push(
      await startServer(machine, ["--port", "0"]),
      await startServer(machine, ["--path", join(folder, "echo.sock")]),
    );
  });

  afterAll(async () => {
    const ends = await Promise.all(servers.map((server) => server.stop()));
    rmSync(folder, { recursive: true });
    expect(ends).toEqual([
      { code: 0, signal: null },
      { code: 0, signal: null },
    ]);
  });

  describe.each([
    ["TCP", 0],
    ["a Unix socket", 1],
  ])("over %s", (_, which) => {
    const server = (): Server | undefined => servers[which];

    describe("vscode-jsonrpc", () => {
      let connection: MessageConnection;
      const faults: unknown[] = [];
      beforeAll(async () => {
        const socket = await open(server());
        connection = createMessageConnection(new SocketMessageReader(socket), new SocketMessageWriter(socket));
        connection.onError((error) => faults.push(error));
        connection.onUnhandledNotification((message) => faults.push(message));
        connection.listen();
      });
      afterAll(() => {
        connection.dispose();
        expect(faults).toEqual([]);
      });

      test("gets results of every kind, many at once", async () => {
        const texts = ["", "ключ-🔑", "\r\n\r\n", "x".repeat(100_000)];
        const echoes = texts.map((value) => connection.sendRequest("echo", value, 1));
        expect(await Promise.all(echoes)).toEqual(texts.map((value) => [value, 1]));
        expect(await connection.sendRequest("subtract", { minuend: 42, subtrahend: 23 })).toBe(19);
        expect(await connection.sendRequest("update")).toBeNull();
      });

      test("sends notifications, and gets nothing for them", async () => {
        for (let i = 0; i < 100; i++) await connection.sendNotification("notify_sum", [i]);
        expect(await connection.sendRequest("heartbeat")).toBe("ok");
      });

      test("gets the server's errors with their codes", async () => {
        const notFound = connection.sendRequest("foobar");
        await expect(notFound).rejects.toThrow(ResponseError);
        await expect(notFound).rejects.toMatchObject({ code: -32601, message: "Method not found" });
        await expect(connection.sendRequest("subtract", ["a"])).rejects.toMatchObject({ code: -32602 });
      });

      test("may cancel what is answered already", async () => {
        const source = new CancellationTokenSource();
        const answer = connection.sendRequest("sum", 1, 2, source.token);
        source.cancel();
        expect(await answer).toBe(3);
      });
    });

    test("jayson's TCP client gets results, errors, batches, and nothing for notifications", async () => {
      const place = server()?.place;
      if (place === undefined) throw new Error("no server");
      const client = jayson.Client.tcp(place as Parameters<typeof jayson.Client.tcp>[0]); // its types want a port
      const ask = (method: string, params: unknown[], id?: unknown): Promise<unknown> =>
        new Promise((resolve, reject) => {
          // Given null as an id, it sends a notification.
          client.request(method, params, id as string, (error: unknown, answer: unknown) =>
            error ? reject(error) : resolve(answer),
          );
        });
      const answer = ask("sum", [1, 2, 3], "a");
      expect(await answer).toEqual({ jsonrpc: "2.0", result: 6, id: "a" });
      expect(await ask("foobar", [], 7)).toEqual({
        jsonrpc: "2.0",
        error: { code: -32601, message: "Method not found" },
        id: 7,
      });
      expect(await ask("notify_hello", [7], null)).toBeUndefined();
      const batch = [client.request("sum", [1], 1 as never), client.request("get_data", [], 2 as never)]; // without a callback it makes the request
      const answers = await new Promise((resolve, reject) => {
        client.request(batch as never, (error: unknown, all: unknown) => (error ? reject(error) : resolve(all))); // a batch
      });
      expect(answers).toEqual([
        { jsonrpc: "2.0", result: 1, id: 1 },
        { jsonrpc: "2.0", result: ["hello", 5], id: 2 },
      ]);
    });

    test("a client with four bytes of length gets its answers in kind", async () => {
      const socket = await open(server());
      socket.end(
        Buffer.concat([
          frame("length", request("foo", undefined, "abcdefgh")),
          frame("length", "{"),
          frame("length", request("echo", ["é"], 1)),
        ]),
      );
      const answers = Buffer.from(await text(socket));
      const expected = [
        '{"jsonrpc":"2.0","result":"ok","id":"abcdefgh"}',
        '{"jsonrpc":"2.0","error":{"code":-32700,"message":"Parse error"},"id":null}',
        '{"jsonrpc":"2.0","result":["é"],"id":1}',
      ];
      expect(answers).toEqual(Buffer.concat(expected.map((answer) => frame("length", answer))));
    });

    test("a request piped into a socket is answered, and then the socket ends", async () => {
      for (const newline of ["\n", ""]) {
        const socket = await open(server());
        socket.end(`{"jsonrpc":"2.0","method":"sum","params":[1,2,3],"id":1}${newline}`);
        expect(await text(socket)).toBe('{"jsonrpc":"2.0","result":6,"id":1}\n');
      }
    });

    test("a client that ends without a word is ended", async () => {
      const socket = await open(server());
      socket.end();
      expect(await text(socket)).toBe("");
    });
  });

  describe("a server whose methods take time", () => {
    let slow: Server;
    beforeAll(async () => {
      slow = await startServer(machine, [], "test/apps/echo/slow-app.ts");
    });
    afterAll(() => slow.stop());

    test("ends what vscode-jsonrpc cancels, and answers all the rest", async () => {
      const socket = await open(slow);
      const connection = createMessageConnection(new SocketMessageReader(socket), new SocketMessageWriter(socket));
      connection.listen();
      const idle = await connection.sendRequest<number>("tasks");
      const source = new CancellationTokenSource();
      const hanging = Array.from({ length: 10 }, () => connection.sendRequest("hang", source.token));
      expect(await connection.sendRequest<number>("tasks")).toBe(idle + 10);
      source.cancel();
      for (const request of hanging) await expect(request).rejects.toMatchObject({ code: -32800 });
      expect(await connection.sendRequest<number>("tasks")).toBe(idle);
      await expect(connection.sendRequest("rejects")).rejects.toMatchObject({
        code: -32603,
        message: "Internal error",
      });
      connection.dispose();
      socket.destroy();
    });

    test("answers a client that has ended its side, when it is done", async () => {
      const socket = await open(slow);
      socket.end(`${request("nap", [50], 1)}\n${request("sum", [1], 2)}\n`);
      expect(await text(socket)).toBe('{"jsonrpc":"2.0","result":1,"id":2}\n{"jsonrpc":"2.0","result":null,"id":1}\n');
    });

    test("writes nothing of a secret to anybody", () => {
      expect(slow.output).not.toContain("secret");
    });
  });
});
