// Bytes to frames and back: three framings on one port, whatever the packets are; and what hostile bytes come to.

import { Buffer } from "node:buffer";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Decoder, type Frame } from "../../../apps/rpc/framing.ts";
import { defaultLimits, resolveLimits } from "../../../apps/rpc/limits.ts";
import { encodeFrame } from "../../../apps/rpc/payload.ts";
import { Scanner } from "../../../apps/rpc/scan.ts";
import { answers, byteByByte, cut, framed, framings, PureServer, unframed } from "./pure-server.ts";

const parseError = '{"jsonrpc":"2.0","error":{"code":-32700,"message":"Parse error"},"id":null}';
const invalidRequest = '{"jsonrpc":"2.0","error":{"code":-32600,"message":"Invalid Request"},"id":null}';
const ask = (id: number | string): string => `{"jsonrpc":"2.0","method":"foo","id":${id}}`;
const answer = (id: number | string): string => `{"jsonrpc":"2.0","result":"ok","id":${id}}`;

/** Everything that is answered to these packets, in the framing they turn out to have. */
function served(packets: string | readonly (string | Uint8Array)[], server = new PureServer()): string[] {
  const sent = (typeof packets === "string" ? [packets] : packets).map((packet) => server.receive(Buffer.from(packet)));
  return unframed(server.decoder.framing ?? "lines", Buffer.concat(sent));
}

const int32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
};

describe("which framing", () => {
  it.each([
    ["length", [0, 1, 2, 3, 4, 5, 6, 7, 8]],
    ["lines", [..."{[ \t\n\r"].map((c) => c.charCodeAt(0))],
  ] as const)("%s is told by one byte", (framing, firsts) => {
    for (const first of firsts) {
      const decoder = new Decoder(defaultLimits, new Scanner()); // literals
      decoder.push(Uint8Array.of(first));
      expect(decoder.next()).toBeUndefined();
      expect(decoder.framing).toBe(framing);
    }
  });

  it("headers are told by eight letters in any case, and not before", () => {
    for (const start of ["content-", "CONTENT-", "cOnTeNt-"]) {
      const decoder = new Decoder(defaultLimits, new Scanner());
      for (const [i, byte] of Buffer.from(start).entries()) {
        expect(decoder.framing).toBeUndefined();
        decoder.push(Uint8Array.of(byte));
        expect(decoder.next()).toBeUndefined();
        expect(decoder.partial).toBe(true);
        if (i < 7) expect(decoder.framing).toBeUndefined();
      }
      expect(decoder.framing).toBe("headers");
    }
  });

  it("every other first byte is foreign: nothing is answered, nothing that follows is looked at", () => {
    const known = new Set([0, 1, 2, 3, 4, 5, 6, 7, 8, ...Buffer.from("{[ \t\n\rcC")]);
    for (let first = 0; first < 256; first++) {
      if (known.has(first)) continue;
      const server = new PureServer();
      expect(server.receive(Buffer.concat([Buffer.of(first), Buffer.from(`\n${ask(1)}\n`)]))).toHaveLength(0);
      expect(server.receive(Buffer.from(ask(2)))).toHaveLength(0);
      expect([server.closed, server.run, server.decoder.partial]).toEqual([true, [], false]);
    }
  });

  it.each([
    ["a GET", "GET / HTTP/1.1\r\n\r\n"],
    ["a browser's POST", `POST / HTTP/1.1\r\nContent-Length: ${ask(1).length}\r\n\r\n${ask(1)}`],
    ["TLS", Buffer.from("16030100a5010000a10303", "hex")],
    ["SSH", "SSH-2.0-OpenSSH_9.2\r\n"],
    ["UTF-16", Buffer.from(`\ufeff${ask(1)}`, "utf16le")],
    ["a byte order mark", `\ufeff${ask(1)}`],
    ["nearly a header", `Content_Length: ${ask(1).length}\r\n\r\n${ask(1)}`],
    ["another header first", `Accept: *\r\nContent-Length: ${ask(1).length}\r\n\r\n${ask(1)}`],
  ])("%s is closed at the first bytes and nothing is run", (_name, bytes) => {
    for (const packets of [[Buffer.from(bytes)], byteByByte(Buffer.from(bytes))]) {
      const server = new PureServer();
      expect(Buffer.concat(packets.map((packet) => server.receive(packet)))).toHaveLength(0);
      expect([server.closed, server.run]).toEqual([true, []]);
    }
  });

  it.each(framings)("%s, once told, stays: and is answered in kind", (framing) => {
    const server = new PureServer();
    for (let id = 1; id < 4; id++) {
      expect(unframed(framing, server.receive(framed(framing, ask(id))))).toEqual([answer(id)]);
      expect(server.decoder.framing).toBe(framing);
    }
  });
});

describe("packets", () => {
  const texts = [ask(1), '[{"jsonrpc":"2.0","method":"echo","params":["é😀"],"id":"ключ"}]', "{}", ask(2), '{"a":1}'];

  it.each(framings)("%s: cut anywhere, the same frames come out, and stay as they are", (framing) => {
    const bytes = Buffer.concat(texts.map((text) => framed(framing, text)));
    fc.assert(
      fc.property(fc.array(fc.nat({ max: bytes.length }), { maxLength: 40 }), (places) => {
        const decoder = new Decoder(defaultLimits, new Scanner());
        const frames: Frame[] = [];
        for (const packet of cut(bytes, places)) {
          decoder.push(packet);
          for (let frame = decoder.next(); frame !== undefined; frame = decoder.next()) frames.push(frame);
        }
        expect(decoder.partial).toBe(false);
        expect(frames.map(textOf)).toEqual(texts);
      }),
    );
  });

  it.each(framings)("%s: ten thousand frames in one packet are ten thousand answers, in order", (framing) => {
    const ids = Array.from({ length: 10_000 }, (_, i) => i);
    const packet = Buffer.concat(ids.map((id) => framed(framing, ask(id))));
    expect(answers(new PureServer(), framing, [packet])).toEqual(ids.map(answer));
  });

  /** Milliseconds of CPU for a stream, one byte at a time; and the frames. */
  const dripped = (bytes: Uint8Array, decoder: Decoder): [ms: number, frames: (string | undefined)[]] => {
    const frames: (string | undefined)[] = [];
    const before = process.cpuUsage();
    for (let at = 0; at < bytes.length; at++) {
      decoder.push(bytes.subarray(at, at + 1));
      for (let frame = decoder.next(); frame !== undefined; frame = decoder.next()) frames.push(textOf(frame));
    }
    const { user, system } = process.cpuUsage(before);
    return [(user + system) / 1000, frames];
  };

  it.each(framings)("%s: a frame of a mebibyte, one byte at a time, takes less than a second of CPU", (framing) => {
    const text = `["${"x".repeat(defaultLimits.maxFrameBytes - 4)}"]`;
    const [ms, frames] = dripped(framed(framing, text), new Decoder(defaultLimits, new Scanner()));
    expect(frames).toEqual([text]);
    expect(ms).toBeLessThan(1000);
  });

  it("so does a mebibyte of headers", () => {
    const decoder = new Decoder(resolveLimits({ maxHeaderBytes: 1_048_576 }), new Scanner());
    const block = `Content-Length: 2\r\nX:${"\r\n X:".repeat(200_000)}`;
    const [ms, frames] = dripped(Buffer.from(block), decoder);
    expect([frames, decoder.partial]).toEqual([[], true]);
    expect(ms).toBeLessThan(1000);
  });
});

describe("limits", () => {
  it.each(framings)("%s: a text as long as allowed is served, one byte more is refused and closed", (framing) => {
    const limits = resolveLimits({ maxFrameBytes: 80 });
    const text = (length: number): string => {
      const shell = '{"jsonrpc":"2.0","method":"foo","params":[""],"id":1}';
      return shell.replace('""', `"${"x".repeat(length - shell.length)}"`);
    };
    for (const split of [(bytes: Buffer): Uint8Array[] => [bytes], byteByByte]) {
      const server = new PureServer("strict", limits);
      expect(answers(server, framing, split(framed(framing, text(80))))).toEqual([answer(1)]);
      expect(server.closed).toBe(false);
      expect(answers(server, framing, split(framed(framing, text(81))))).toEqual([invalidRequest]);
      expect(server.closed).toBe(true);
      expect(answers(server, framing, split(framed(framing, text(80))))).toEqual([]);
      expect(server.decoder.partial).toBe(false);
    }
  });

  it("a block of headers as long as allowed is served, one byte more is refused and closed", () => {
    const limits = resolveLimits({ maxHeaderBytes: 100 });
    const block = (length: number): string => {
      const rest = `Content-Length: ${ask(1).length}\r\n\r\n`;
      return `Content-Note: ${"x".repeat(length - rest.length - "Content-Note: \r\n".length)}\r\n${rest}`;
    };
    for (const split of [(bytes: Buffer): Uint8Array[] => [bytes], byteByByte]) {
      const server = new PureServer("strict", limits);
      expect(answers(server, "headers", split(Buffer.from(block(100) + ask(1))))).toEqual([answer(1)]);
      expect(answers(server, "headers", split(Buffer.from(block(101) + ask(1))))).toEqual([invalidRequest]);
      expect([server.closed, server.run]).toEqual([true, ["foo"]]);
    }
  });

  it("skipping a broken text has the same bound as a text", () => {
    const limits = resolveLimits({ maxFrameBytes: 64 });
    const server = new PureServer("strict", limits);
    expect(served(["{x", " ".repeat(50)], server)).toEqual([parseError]);
    expect(server.decoder.partial).toBe(true);
    expect(served([" ".repeat(50)], server)).toEqual([invalidRequest]);
    expect(server.closed).toBe(true);
  });
});

describe("int32 lengths", () => {
  const latched = (): PureServer => {
    const server = new PureServer();
    expect(served([framed("length", ask(1))], server)).toEqual([answer(1)]);
    return server;
  };

  it.each([-1, 2 ** 31 - 1, -(2 ** 31), defaultLimits.maxFrameBytes + 1])(
    "a length of %i is refused at its fourth byte and closed",
    (length) => {
      const server = latched();
      const bytes = int32(length);
      expect(served([bytes.subarray(0, 3)], server)).toEqual([]);
      expect(served([bytes.subarray(3)], server)).toEqual([invalidRequest]);
      expect(server.closed).toBe(true);
    },
  );

  it("a length of 0 is -32700, and the next frame is served", () => {
    expect(served([Buffer.concat([int32(0), int32(0), framed("length", ask(2))])])).toEqual([
      parseError,
      parseError,
      answer(2),
    ]);
  });

  it("a length that is only claimed costs no memory", () => {
    const before = process.memoryUsage().arrayBuffers;
    const decoders = Array.from({ length: 2000 }, () => {
      const decoder = new Decoder(defaultLimits, new Scanner());
      decoder.push(Buffer.concat([int32(defaultLimits.maxFrameBytes), Buffer.from("{")]));
      expect(decoder.next()).toBeUndefined();
      return decoder;
    });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 1_048_576);
    expect(decoders.every((decoder) => decoder.partial)).toBe(true);
  });

  it("half a length, and half a frame, are partial; a whole one is not", () => {
    const bytes = framed("length", ask(1));
    const decoder = new Decoder(defaultLimits, new Scanner());
    expect(decoder.partial).toBe(false);
    for (let at = 0; at < bytes.length; at++) {
      decoder.push(bytes.subarray(at, at + 1));
      expect(textOf(decoder.next())).toBe(at === bytes.length - 1 ? ask(1) : undefined);
      expect(decoder.partial).toBe(at < bytes.length - 1);
    }
  });
});

describe("Content-Length", () => {
  const length = ask(1).length;

  it.each([
    ["lower case", `content-length: ${length}\r\n\r\n`],
    ["no space", `Content-Length:${length}\r\n\r\n`],
    ["more space", `Content-Length: \t ${length} \t\r\n\r\n`],
    [
      "Content-Type first",
      `Content-Type: application/vscode-jsonrpc; charset=utf-8\r\nContent-Length: ${length}\r\n\r\n`,
    ],
    ["an unknown header", `Content-Length: ${length}\r\nX-Anything: at: all\r\n\r\n`],
    ["leading zeros", `Content-Length: 000${length}\r\n\r\n`],
  ])("%s is served", (_name, block) => {
    expect(served(block + ask(1) + block + ask(1))).toEqual([answer(1), answer(1)]);
  });

  it.each([
    ["a negative length", "Content-Length: -5\r\n\r\n"],
    ["a plus sign", "Content-Length: +5\r\n\r\n"],
    ["hexadecimal", "Content-Length: 0x2c\r\n\r\n"],
    ["a fraction", "Content-Length: 5.0\r\n\r\n"],
    ["an exponent", "Content-Length: 5e1\r\n\r\n"],
    ["no number", "Content-Length: \r\n\r\n"],
    ["two numbers", "Content-Length: 5, 5\r\n\r\n"],
    ["two of them", `Content-Length: ${length}\r\nContent-Length: ${length}\r\n\r\n`],
    ["none of them", "Content-Type: text/json\r\n\r\n"],
    ["more than the limit", `Content-Length: ${defaultLimits.maxFrameBytes + 1}\r\n\r\n`],
    ["more than any number", `Content-Length: ${"9".repeat(400)}\r\n\r\n`],
    ["space before the colon", `Content-Length : ${length}\r\n\r\n`],
    ["a folded line", `Content-Length:\r\n ${length}\r\n\r\n`],
    ["a line without a colon", `Content-Length: ${length}\r\nhello\r\n\r\n`],
    ["an LF alone", `Content-Length: 5\nContent-Length: ${length}\r\n\r\n`],
  ])("%s is refused and closed", (_name, block) => {
    for (const packets of [[block + ask(1)], byteByByte(Buffer.from(block + ask(1)))]) {
      const server = new PureServer();
      expect(served(packets, server)).toEqual([invalidRequest]);
      expect([server.closed, server.run]).toEqual([true, []]);
    }
  });

  it("a line that ends with LF alone is refused at once, not when a clock ends the wait for a block", () => {
    for (const block of ["Content-Length: 5\n", "Content-Length: 5\r\n\n"]) {
      const server = new PureServer();
      expect(served([block.slice(0, -1)], server)).toEqual([]);
      expect(served(["\n"], server)).toEqual([invalidRequest]);
      expect(server.closed).toBe(true);
    }
  });

  it("a length of 0 is -32700, and the next frame is served", () => {
    expect(served(`Content-Length: 0\r\n\r\n${framed("headers", ask(2)).toString()}`)).toEqual([parseError, answer(2)]);
  });
});

describe("lines", () => {
  it("texts may touch, share a line, or take several", () => {
    expect(served(`${ask(1)}${ask(2)} ${ask(3)}\n\n\r\n${ask(4).replaceAll(",", ",\n  ")}\n${ask(5)}`)).toEqual(
      [1, 2, 3, 4, 5].map(answer),
    );
  });

  it("a text is answered when its last bracket has come, not when its line has ended", () => {
    const server = new PureServer();
    expect(served([ask(1).slice(0, -1)], server)).toEqual([]);
    expect(server.decoder.partial).toBe(true);
    expect(served(["}"], server)).toEqual([answer(1)]);
    expect(server.decoder.partial).toBe(false);
  });

  it.each([
    ["a quote left out", '{"jsonrpc": "2.0", "method": "foobar, "params": "bar", "baz]'],
    ["a string that does not end", '{"jsonrpc": "2.0", "method": "foo'],
    ["a word that is none", "hello, world"],
    ["a number that is none", "01"],
    ["invalid UTF-8", Buffer.from('{"jsonrpc":"2.0","method":"foo\xff","id":1}', "latin1")],
    ["a nest of 200,000", "[".repeat(200_000)],
    ["nonsense with requests in it", `[} ${ask(7)} ${ask(8)}`],
  ])("%s is answered once and skipped up to the LF", (name, broken) => {
    const bytes = Buffer.concat([Buffer.from("\n"), Buffer.from(broken), Buffer.from(`\n${ask(2)}\n`)]);
    const expected = name.startsWith("a nest") ? invalidRequest : parseError;
    for (const packets of [[bytes], byteByByte(bytes)]) {
      const server = new PureServer();
      expect(served(packets, server)).toEqual([expected, answer(2)]);
      expect(server.run).toEqual(["foo"]);
    }
  });

  it("a broken text that takes several lines is one error, and is skipped up to the end of the line that broke it", () => {
    expect(served(`[\n ${ask(1)},\n {"jsonrpc": "2.0", "method"\n]\n${ask(2)}\n`)).toEqual([parseError, answer(2)]);
  });

  it("a text cut short by its LF costs only itself", () => {
    for (const short of [ask(1).slice(0, -1), ask(1).slice(0, -5), "[1", '{"a"']) {
      const bytes = Buffer.from(`${short}\n  ${ask(2)}\n`);
      for (const packets of [[bytes], byteByByte(bytes)]) expect(served(packets)).toEqual([parseError, answer(2)]);
    }
  });

  it("a bracket that cannot be in the middle of a line starts nothing", () => {
    const server = new PureServer();
    expect(served(`{"a":1 ${ask(1)}\n${ask(2)}\n`, server)).toEqual([parseError, answer(2)]);
    expect(server.run).toEqual(["foo"]);
  });

  it("while a broken text is skipped it counts as partial, so that a clock can end it", () => {
    const server = new PureServer();
    expect(served(["{x"], server)).toEqual([parseError]);
    expect(server.decoder.partial).toBe(true);
    expect(served(["\n"], server)).toEqual([]);
    expect(server.decoder.partial).toBe(false);
  });

  it("white space between texts is no part of any, and is not kept", () => {
    const server = new PureServer("strict", resolveLimits({ maxFrameBytes: 64 }));
    for (let i = 0; i < 1000; i++) expect(served([" ".repeat(1000)], server)).toEqual([]);
    expect([server.closed, server.decoder.partial]).toEqual([false, false]);
    expect(served([ask(1)], server)).toEqual([answer(1)]);
  });

  it("a gibibyte without an LF is refused at the limit, and no more of it is kept", () => {
    const server = new PureServer();
    const packet = Buffer.alloc(65_536, "x");
    const sent = [server.receive(Buffer.from('["'))];
    const before = process.memoryUsage().arrayBuffers;
    for (let i = 0; i < 16_384; i++) sent.push(server.receive(packet));
    expect(unframed("lines", Buffer.concat(sent))).toEqual([invalidRequest]);
    expect([server.closed, server.decoder.partial]).toEqual([true, false]);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 * 1_048_576);
  });
});

describe("the end of the stream", () => {
  const atEnd = (bytes: string | Uint8Array): string[] => {
    const server = new PureServer();
    const sent = [server.receive(Buffer.from(bytes)), server.end()];
    expect(server.receive(Buffer.from(ask(9)))).toHaveLength(0);
    return unframed(server.decoder.framing ?? "lines", Buffer.concat(sent));
  };

  it("a text that it cuts off is -32700, a bare number is complete by it", () => {
    expect(atEnd(ask(1).slice(0, -1))).toEqual([parseError]);
    expect(atEnd("\n42")).toEqual([invalidRequest]);
    expect(atEnd("\n-")).toEqual([parseError]);
    expect(atEnd("{x")).toEqual([parseError]);
  });

  it("a whole text before it is answered, and nothing else is", () => {
    expect(atEnd(ask(1))).toEqual([answer(1)]);
    expect(atEnd(`${ask(1)}\n`)).toEqual([answer(1)]);
    for (const framing of framings) expect(atEnd(framed(framing, ask(1)))).toEqual([answer(1)]);
  });

  it("half a frame of another framing is dropped", () => {
    expect(atEnd(framed("length", ask(1)).subarray(0, 20))).toEqual([]);
    expect(atEnd(framed("headers", ask(1)).subarray(0, 30))).toEqual([]);
    expect(atEnd("Conte")).toEqual([]);
    expect(atEnd("")).toEqual([]);
  });
});

describe("frames that are sent", () => {
  const parts = fc.array(fc.oneof(fc.string({ unit: "grapheme" }), fc.uint8Array({ max: 9 })), { maxLength: 5 });

  it.each(framings)("%s: a client finds the payload's bytes", (framing) => {
    fc.assert(
      fc.property(parts, (payload) => {
        const bytes = Buffer.concat(payload.map((part) => Buffer.from(part)));
        expect(unframed(framing, encodeFrame(framing, payload))).toEqual([bytes.toString()]);
      }),
    );
  });

  it.each([0, 47, 48, 49, 64, 65, 1023, 1024, 1025, 4095, 4096, 16_384, 100_000])("of any length: %i", (length) => {
    for (const framing of framings) {
      for (const fill of ["x", "é", "😀"]) {
        const text = fill.repeat(length);
        expect(unframed(framing, encodeFrame(framing, ["<", text, Buffer.from(text), ">"]))).toEqual([
          `<${text}${text}>`,
        ]);
      }
    }
  });

  it("a frame stays as it is, however many are made after it", () => {
    const frames = Array.from({ length: 5000 }, (_, i) => encodeFrame(framings[i % 3] ?? "lines", [`[${i}`, "]"]));
    const found = frames.map((frame, i) => unframed(framings[i % 3] ?? "lines", frame));
    expect(found).toEqual(frames.map((_, i) => [`[${i}]`]));
  });

  it("a line is one line, whatever line feeds stood between the tokens that came in", () => {
    for (const length of [1, 100]) {
      const params = `[\n${'"a\\n",\n'.repeat(length)}1\n]`;
      const text = `{"jsonrpc":"2.0","method":"echo","params":${params},"id":1}`;
      const [line, ...more] = served(`${text}\n`);
      expect(more).toEqual([]);
      expect(JSON.parse(line ?? "").result).toEqual(JSON.parse(params));
      // A frame that says its length has the very bytes.
      expect(served([framed("length", text)])).toEqual([`{"jsonrpc":"2.0","result":${params},"id":1}`]);
    }
  });
});

function textOf(frame: Frame | undefined): string | undefined {
  return frame?.kind === "text" ? Buffer.from(frame.bytes).toString("utf8", frame.start, frame.end) : frame?.kind;
}
