// What no client of good will sends, to a real server: each gets the right answer or none, nothing of it is run, and
// the next client is served as if nothing had been. (Clocks are in timers.test.ts, floods in memory.test.ts, handlers
// that go wrong in handlers.test.ts.)

import { randomBytes } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { hostMachines } from "../../kernel/machine/host-machines.ts";
import { type Server, startServer } from "./server.ts";
import { type Framing, frame, framings, invalidRequest, parseError, request } from "./wire.ts";
import { world } from "./world.ts";

const isLinux = process.platform === "linux";
const MiB = 1_048_576;
const foo = request("foo", undefined, 1);
const ok = '{"jsonrpc":"2.0","result":"ok","id":1}';

const body = `${foo}\n${foo}\n`;
const foreign: readonly (readonly [what: string, bytes: Uint8Array | string])[] = [
  ["a GET", "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"],
  ["a POST with a request in it", `POST / HTTP/1.1\r\nContent-Length: ${body.length}\r\n\r\n${body}`],
  ["a PUT whose head looks like ours later", `PUT / HTTP/1.1\r\n\r\n\r\n${frame("headers", foo)}`],
  ["HTTP/2", `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${body}`],
  ["a TLS hello", Buffer.concat([Uint8Array.of(0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3), randomBytes(500)])],
  ["SSH", `SSH-2.0-OpenSSH_9.6\r\n${body}`],
  ["a scalar", `"text"\n${body}`],
  ["a header that only begins like ours", `Content_Length: 5\r\n\r\n${body}`],
  ["a byte order mark", `\ufeff${body}`],
  ["UTF-16", Buffer.concat([Uint8Array.of(0xff, 0xfe), Buffer.from(body, "utf16le")])],
  ["the byte 9 to 0x1f", Buffer.concat([Uint8Array.of(0x0b), Buffer.from(body)])],
  ["bytes over 0x7f", Buffer.concat([Uint8Array.of(0xc3, 0xa9), Buffer.from(body)])],
  ["random bytes", Buffer.concat([Uint8Array.of(0xf7), randomBytes(10_000)])],
];

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

test.each(foreign)("nothing in %s is run", (_, bytes) => {
  const { value } = world(function* (world) {
    const client = yield* world.connect();
    yield* client.sendRaw(bytes);
    const texts = yield* client.rest();
    const { requests, notifications, batches, refused } = world.counters;
    return { texts, counts: [requests, notifications, batches, refused] };
  });
  expect(value).toEqual({ texts: [], counts: [0, 0, 0, 1] });
});

describe.each(hostMachines)("on the %s machine", (machine) => {
  let server: Server;
  beforeAll(async () => {
    server = await startServer(machine, ["--port", "0"]);
  });
  afterEach(() => server.serves());
  afterAll(async () => {
    expect(await server.stop()).toEqual({ code: 0, signal: null });
  });

  /** What comes back for bytes, until the server ends. */
  async function replies(framing: Framing, bytes: Uint8Array | string): Promise<string[]> {
    const client = await server.connect(framing);
    client.write(bytes);
    const texts = await client.rest();
    client.destroy();
    return texts;
  }

  describe("a length of four bytes", () => {
    test.each([-1, -2_147_483_648, 2_147_483_647, 0x0b00_0000])(
      "that is %i is no framing of ours, and is closed",
      async (length) => {
        expect(await replies("length", int32(length))).toEqual([]);
      },
    );

    test.each([-1, -2_147_483_648, 2_147_483_647, MiB + 1])(
      "that is %i after a good frame is refused and closed",
      async (length) => {
        const bytes = Buffer.concat([frame("length", foo), int32(length), frame("length", foo)]);
        expect(await replies("length", bytes)).toEqual([ok, invalidRequest]);
      },
    );

    test.each([MiB + 1, 0x08ff_ffff])("that is %i is refused and closed before a byte of it comes", async (length) => {
      expect(await replies("length", int32(length))).toEqual([invalidRequest]);
    });

    test("that is 0 is a parse error, and the next frame is served", async () => {
      const client = await server.connect("length");
      client.write(Buffer.concat([int32(0), int32(0), frame("length", foo)]));
      expect([await client.next(), await client.next(), await client.next()]).toEqual([parseError, parseError, ok]);
      client.destroy();
    });

    test.runIf(isLinux)("takes no memory by being claimed", async () => {
      const before = server.residentBytes;
      const clients = await Promise.all(Array.from({ length: 500 }, () => server.connect("length")));
      for (const client of clients) client.write(int32(MiB));
      await Promise.all(clients.slice(0, 5).map(async (client) => client.send("x")));
      await server.serves();
      expect(server.residentBytes - before).toBeLessThan(100 * MiB);
      for (const client of clients) client.destroy();
    });
  });

  describe("a block of headers", () => {
    const length = Buffer.byteLength(foo);

    test.each([
      ["a negative length", "Content-Length: -5"],
      ["a sign", `Content-Length: +${length}`],
      ["a length in hexadecimal", `Content-Length: 0x${length.toString(16)}`],
      ["a length with a point", `Content-Length: ${length}.0`],
      ["a length with an exponent", "Content-Length: 4e1"],
      ["no length", "Content-Length: "],
      ["a length that is no number", "Content-Length: NaN"],
      ["two lengths", `Content-Length: ${length}\r\nContent-Length: ${length}`],
      ["two lengths in one line", `Content-Length: ${length}, ${length}`],
      ["two lengths that differ in case", `Content-Length: ${length}\r\ncontent-length: 5`],
      ["a space before its colon", `Content-Length : ${length}`],
      ["a folded line", `Content-Length:\r\n ${length}`],
      ["a line without a colon", `Content-Length: ${length}\r\nContent`],
      ["another header only", "Content-Type: application/json"],
      ["a length over the cap", `Content-Length: ${MiB + 1}`],
      ["a length over all numbers", `Content-Length: ${"9".repeat(400)}`],
      ["eleven zeros before its length", `Content-Length: 00000000000${length}`],
    ])("with %s is refused and closed", async (_, block) => {
      expect(await replies("headers", `${block}\r\n\r\n${foo}`)).toEqual([invalidRequest]);
    });

    test("without an end is refused at its bound", async () => {
      expect(await replies("headers", `Content-Length: 5\r\n${"X: y\r\n".repeat(1_400)}`)).toEqual([invalidRequest]);
      expect(await replies("headers", `Content-Length: ${" ".repeat(8_200)}`)).toEqual([invalidRequest]);
    });

    test.each([
      ["in lower case", `content-length: ${length}`],
      ["in upper case", `CONTENT-LENGTH:${length}`],
      ["with its type first", `Content-Type: application/vscode-jsonrpc; charset=utf-8\r\nContent-Length: ${length}`],
      ["with a header that nobody knows", `Content-Length: ${length}\r\nX-Nobody-Knows: this\r\nX-Empty:`],
      ["with blanks around its length", `Content-Length: \t ${length} \t`],
    ])("%s is served", async (_, block) => {
      const client = await server.connect("headers");
      client.write(`${block}\r\n\r\n${foo}`);
      expect(await client.next()).toBe(ok);
      client.destroy();
    });
  });

  describe("what is not ours", () => {
    test.each(foreign)("%s is closed at once, and unanswered", async (_, bytes) => {
      expect(await replies("lines", bytes)).toEqual([]);
    });
  });

  describe("a text", () => {
    test.each(framings)("of 200,000 brackets over %s is refused, and the connection goes on", async (framing) => {
      for (const text of ["[".repeat(200_000), '{"a":'.repeat(100_000), "[".repeat(100_000) + "]".repeat(100_000)]) {
        const client = await server.connect(framing);
        client.send(text);
        expect(await client.settled()).toEqual([invalidRequest]);
        client.destroy();
      }
    });

    test.each(framings)("that is not UTF-8 over %s is a parse error, never something else", async (framing) => {
      const client = await server.connect(framing);
      for (const bytes of [[0xff], [0xc3], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82]]) {
        const [head, tail] = request("echo", ["|"], 1).split("|");
        client.write(
          frame(framing, Buffer.concat([Buffer.from(head ?? ""), Uint8Array.from(bytes), Buffer.from(tail ?? "")])),
        );
      }
      expect(await client.settled()).toEqual(Array(6).fill(parseError));
      client.destroy();
    });

    test.each(framings)("is one of 10,000 in one packet over %s, and each is answered", async (framing) => {
      const client = await server.connect(framing);
      client.send(...Array.from({ length: 10_000 }, (_, id) => request("echo", [id], id)));
      const texts = await client.settled();
      expect(texts).toEqual(texts.map((_, id) => `{"jsonrpc":"2.0","result":[${id}],"id":${id}}`));
      expect(texts.length).toBe(10_000);
      client.destroy();
    });

    test("that is a batch of 1,001 is one error, and none of it is run", async () => {
      const client = await server.connect("length");
      client.send(`[${Array(1_001).fill(foo).join()}]`);
      expect(await client.settled()).toEqual([invalidRequest]);
      client.destroy();
    });

    test("with control bytes in its names brings none of them back, and none to a terminal", async () => {
      const client = await server.connect("lines");
      const name = "\u001b[2J\u001b]0;owned\u0007\u009b31m\u202e\r";
      client.send(request(name, [], 1), request(name, { [name]: name }), `{"jsonrpc":"2.0","method":"${name}","id":2}`);
      client.send(request("$/cancelRequest", { id: name }), request("foo", [], name));
      const texts = await client.settled();
      expect(texts.length).toBe(3);
      for (const text of texts) expect(text).not.toMatch(/[\u0000-\u001f\u007f]/);
      client.destroy();
      expect(server.output.replaceAll("\n", "")).toMatch(/^[ -~]*$/);
    });
  });
});
