// What is sent: a payload is one message as parts, a frame is a payload as bytes. Bytes that came in go out as they are,
// and a result that is text already is not copied into a larger text first: JSON.stringify of a whole envelope costs
// twice as much as its parts. Small frames share a chunk of memory, each byte of which is written once.

import { Buffer } from "node:buffer";
import type { Framing } from "./framing.ts";

/** One payload: text, and bytes that are JSON already. */
export type Payload = readonly (string | Uint8Array)[];

const LF = 0x0a;
const SPACE = 0x20;
const chunkBytes = 16_384;
/** Up to here a loop is faster than a call out of JavaScript. */
const shortText = 48;
const shortBytes = 64;
/** "Content-Length: " with the longest length that can be, and the empty line. */
const mostHeaderBytes = 40;

let chunk: Buffer = Buffer.allocUnsafeSlow(chunkBytes);
let used = 0;

/**
 * A payload as one frame, ready to be written; it is never changed afterwards. In a frame that is a line, the LF that
 * bytes from elsewhere may hold between their tokens become spaces.
 */
export function encodeFrame(framing: Framing, payload: Payload): Uint8Array {
  const most = mostHeaderBytes + mostBytes(payload) + 1;
  if (most > chunkBytes / 4) return fill(Buffer.allocUnsafeSlow(most), 0, framing, payload);
  if (used + most > chunkBytes) {
    chunk = Buffer.allocUnsafeSlow(chunkBytes);
    used = 0;
  }
  const frame = fill(chunk, used, framing, payload);
  used = frame.byteOffset + frame.length - chunk.byteOffset;
  return frame;
}

/** Bytes of a payload. */
export function payloadBytes(payload: Payload): number {
  let bytes = 0;
  for (const part of payload) bytes += typeof part === "string" ? Buffer.byteLength(part) : part.length;
  return bytes;
}

/** As many bytes as a payload has, or somewhat more: exact where an exact count is worth its time. */
export function mostBytes(payload: Payload): number {
  let bytes = 0;
  for (const part of payload) {
    if (typeof part !== "string") bytes += part.length;
    else bytes += part.length <= 1024 ? 3 * part.length : Buffer.byteLength(part);
  }
  return bytes;
}

/** Writes a frame into `target` from the index `from`; there is room. */
function fill(target: Buffer, from: number, framing: Framing, payload: Payload): Uint8Array {
  let start = from + (framing === "length" ? 4 : framing === "headers" ? mostHeaderBytes : 0);
  let at = start;
  for (const part of payload) {
    if (typeof part === "string") at = putText(target, at, part);
    else at = putBytes(target, at, part, framing === "lines");
  }
  if (framing === "lines") target[at++] = LF;
  else if (framing === "length") {
    target.writeInt32BE(at - start, from);
    start = from;
  } else {
    // The header's own length is known only now, so it is put right before the payload.
    const header = `Content-Length: ${at - start}\r\n\r\n`;
    start -= header.length;
    putText(target, start, header);
  }
  return target.subarray(start, at);
}

function putText(target: Buffer, at: number, text: string): number {
  if (text.length > shortText) return at + target.write(text, at);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code >= 0x80) return at + target.write(text, at);
    target[at + i] = code;
  }
  return at + text.length;
}

function putBytes(target: Buffer, at: number, bytes: Uint8Array, isLine: boolean): number {
  if (bytes.length <= shortBytes) {
    for (let i = 0; i < bytes.length; i++) {
      const byte = bytes[i] as number; // in range
      target[at + i] = byte === LF && isLine ? SPACE : byte;
    }
    return at + bytes.length;
  }
  target.set(bytes, at);
  if (isLine) {
    for (let place = bytes.indexOf(LF); place >= 0; place = bytes.indexOf(LF, place + 1)) target[at + place] = SPACE;
  }
  return at + bytes.length;
}
