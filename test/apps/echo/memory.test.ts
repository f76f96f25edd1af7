// Floods and crowds against a real server: its memory stays flat, and everybody else is served meanwhile.

import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { hostMachines } from "../../kernel/machine/host-machines.ts";
import { type Server, type SocketClient, startServer } from "./server.ts";
import { invalidRequest, parseError, request } from "./wire.ts";

const MiB = 1_048_576;

describe.each(hostMachines)("on the %s machine", (machine) => {
  let server: Server;
  beforeAll(async () => {
    server = await startServer(machine, ["--port", "0"]);
  });
  afterEach(() => server.serves());
  afterAll(async () => {
    expect(await server.stop()).toEqual({ code: 0, signal: null });
  });

  describe.runIf(process.platform === "linux")("memory stays flat", () => {
    /** Writes one thing over and over until no more of it is taken while another client is served many times. */
    async function flood(client: SocketClient, bytes: Buffer, mostBytes: number): Promise<number> {
      const other = await server.connect("length");
      let isClosed = false;
      client.ended.then(() => {
        isClosed = true;
      });
      let sent = 0;
      for (let served = 0; served < 400 && sent < mostBytes && !isClosed; ) {
        if (client.socket.writableLength > 0) {
          await other.settled();
          served++;
          continue;
        }
        client.write(bytes);
        sent += bytes.length;
        served = 0;
      }
      other.destroy();
      return sent - client.socket.writableLength;
    }

    test.each([
      ["requests", `${request("echo", ["x".repeat(1_000)], 1)}\n`],
      ["large requests", `${request("echo", ["x".repeat(1_000_000)], 1)}\n`],
      ["invalid messages", "{}\n"],
      ["batches of what is invalid", `[${Array(1_000).fill("1").join()}]\n`],
    ])("for a client that sends 300 MiB of %s and never reads", async (_, text) => {
      const client = await server.connect("lines");
      client.socket.pause();
      const before = server.residentBytes;
      const sent = await flood(client, Buffer.from(text.repeat(Math.ceil(65_536 / text.length))), 300 * MiB);
      expect(server.residentBytes - before).toBeLessThan(60 * MiB);
      expect(sent).toBeLessThan(60 * MiB);
      client.destroy();
    });

    test.each([
      ["a string without an end", '{"jsonrpc":"2.0","method":"', "x"],
      ["a broken line without an end", "{]", "x"],
      ["an array without an end", "[", "1,"],
      ["a nest without an end", "[", "["],
      ["white space inside a text", "[", " "],
      ["a block of headers without an end", "Content-Length: 1\r\n", "X: y\r\n"],
      ["what is not ours", "GET /", "x"],
    ])("for %s, which is closed early", async (_, head, text) => {
      const client = await server.connect(head.startsWith("C") ? "headers" : "lines");
      const before = server.residentBytes;
      client.write(head);
      const sent = await flood(client, Buffer.from(text.repeat(32_768)), 64 * MiB);
      expect(sent).toBeLessThan(64 * MiB);
      // It may be lost on its way: who closes on what was not read resets the connection.
      const said = [[], [parseError], [invalidRequest], [parseError, invalidRequest], [invalidRequest, invalidRequest]];
      expect(said).toContainEqual(await client.rest());
      expect(server.residentBytes - before).toBeLessThan(60 * MiB);
      client.destroy();
    });
  });

  describe("a crowd", () => {
    test("of 1,000,000 notifications from one client lets others be served meanwhile", async () => {
      const [client, other] = [await server.connect("lines"), await server.connect("lines")];
      const chunk = `${request("notify_hello")}\n`.repeat(10_000);
      for (let i = 0; i < 100; i++) client.write(chunk);
      let isOver = false;
      const over = client.settled().then((texts) => {
        isOver = true;
        return texts;
      });
      let served = 0;
      while (!isOver) {
        expect(await other.settled()).toEqual([]);
        served++;
      }
      expect(await over).toEqual([]);
      expect(served).toBeGreaterThan(20);
      client.destroy();
      other.destroy();
    });

    // Ten thousand of them are in connections.test.ts, where they cost no descriptors.
    test("of 4,000 silent connections keeps nobody out", async () => {
      const silent: SocketClient[] = [];
      let closed = 0;
      for (let batch = 0; batch < 16; batch++) {
        const some = await Promise.all(Array.from({ length: 250 }, () => server.connect("lines")));
        for (const client of some) {
          client.ended.then(() => {
            closed++;
            client.destroy();
          });
        }
        silent.push(...some);
      }
      // The node machine cannot make Node wait: while as many wait as may, newcomers are turned away and come again.
      for (let tries = 0; ; tries++) {
        try {
          await server.serves();
          break;
        } catch (error) {
          if (machine !== "node" || tries === 200) throw error;
        }
      }
      // Had it waited for their first byte, all of them would have been closed by now.
      expect(silent.length - closed).toBeGreaterThan(500);
      for (const client of silent) client.destroy();
    });
  });
});
