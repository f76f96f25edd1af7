// Frames: any split of the bytes gives the same bodies, and a length that no frame may have is refused before anything
// is kept for it.

import { Buffer } from "node:buffer";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  bodyBytes,
  Decoder,
  encode,
  FramingError,
  headerBytes,
  maxFrameBytes,
} from "../../../apps/evolution/framing.ts";

const header = (bytes: number): Uint8Array => {
  const written = Buffer.alloc(headerBytes);
  written.writeInt32BE(bytes);
  return written;
};

/** All bodies of some packets, taken after each packet, as text. */
function decoded(packets: Iterable<Uint8Array>, decoder: Decoder = new Decoder()): string[] {
  const bodies: Uint8Array[] = [];
  for (const packet of packets) {
    decoder.push(packet);
    for (let body = decoder.next(); body !== undefined; body = decoder.next()) bodies.push(body);
  }
  return bodies.map((body) => Buffer.from(body).toString());
}

/** Bytes as packets of these lengths, again and again. */
function cut(bytes: Uint8Array, lengths: readonly number[]): Uint8Array[] {
  const packets: Uint8Array[] = [];
  for (let at = 0, n = 0; at < bytes.length; n++) {
    const length = lengths[n % lengths.length] ?? bytes.length;
    packets.push(bytes.slice(at, at + length));
    at += length;
  }
  return packets;
}

describe("a frame", () => {
  it("is its length, int32 and big-endian, and its bytes", () => {
    const request = '{"jsonrpc":"2.0","method":"foo","id":"abcdefgh"}';
    expect(Buffer.from(encode(request)).toString("latin1")).toBe(`\0\0\0\x30${request}`);
    expect(Buffer.from(encode("é")).toString("hex")).toBe("00000002c3a9");
  });

  it("may be empty", () => {
    expect(decoded([encode(""), encode("x")])).toEqual(["", "x"]);
  });

  it("may have as many bytes as the bound, and not one more", () => {
    expect(bodyBytes(header(0))).toBe(0);
    expect(bodyBytes(header(maxFrameBytes))).toBe(maxFrameBytes);
    expect(decoded([encode("x".repeat(maxFrameBytes))])).toEqual(["x".repeat(maxFrameBytes)]);
    for (const bytes of [maxFrameBytes + 1, 0x7fffffff, -1, -0x80000000]) {
      expect(() => bodyBytes(header(bytes))).toThrow(new FramingError(bytes));
    }
    expect(new FramingError(-1)).toMatchObject({
      name: "FramingError",
      code: "EMSGSIZE",
      message: "a frame of -1 bytes: its length must be from 0 to 1048576",
    });
  });
});

describe("a decoder", () => {
  it("gives the same bodies however the bytes are split", () => {
    const bodies = fc.array(fc.string({ unit: "binary", maxLength: 40 }), { maxLength: 12 });
    const lengths = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(bodies, lengths, (texts, cuts) => {
        const decoder = new Decoder();
        expect(decoded(cut(Buffer.concat(texts.map(encode)), cuts), decoder)).toEqual(texts);
        expect(decoder.pendingBytes).toBe(0);
      }),
    );
  });

  it("never writes to a packet, nor to a body that it gave", () => {
    const lengths = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(lengths, (cuts) => {
        const packets = cut(Buffer.concat(["one", "two", "three", "four", "five"].map(encode)), cuts);
        const before = packets.map((packet) => packet.slice());
        expect(decoded(packets)).toEqual(["one", "two", "three", "four", "five"]); // read when all had been given
        expect(packets).toEqual(before);
      }),
    );
  });

  it("knows what is pending", () => {
    const decoder = new Decoder();
    decoder.push(encode("whole"));
    decoder.next();
    decoder.push(encode("partial").subarray(0, 6));
    expect([decoder.next(), decoder.pendingBytes]).toEqual([undefined, 6]);
  });

  it("refuses a length that no frame may have at its header, after what came before it", () => {
    const decoder = new Decoder();
    decoder.push(Buffer.concat([encode("good"), header(0x7fffffff), encode("never")]));
    expect(Buffer.from(decoder.next() ?? []).toString()).toBe("good");
    expect(() => decoder.next()).toThrow(FramingError);
    expect(() => decoder.next()).toThrow(FramingError);
  });

  it("takes a frame that comes byte by byte in time that is linear, not square", () => {
    const decoder = new Decoder();
    const frame = encode("x".repeat(maxFrameBytes)); // copied at every byte, it would be 512 GiB
    let body: Uint8Array | undefined;
    for (let at = 0; at < frame.length; at++) {
      decoder.push(frame.subarray(at, at + 1));
      body ??= decoder.next();
    }
    expect(body?.length).toBe(maxFrameBytes);
  });
});
