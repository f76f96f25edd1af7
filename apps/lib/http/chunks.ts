// A body in chunks, pure: takes out of a buffer what has come of it. Chunks that have come together are one piece, as a
// sender may put each byte in one of its own: then whatever is done for a piece is not done for a byte.

import { Buffer } from "node:buffer";
import type { ByteBuffer } from "../../../syscalls/byte-buffer.ts";
import { HttpError } from "./errors.ts";
import { HeaderFields } from "./fields.ts";
import { chunkSize } from "./framing.ts";
import { headEnd, latin1, parseTrailers } from "./head.ts";
import type { MessageLimits } from "./limits.ts";

/** Bytes of the line before a chunk; of all extensions together `maxHeadBytes`. */
const maxSizeLine = 512;
/** Steps from chunk to chunk for one piece: more would be a long turn. */
const mostSteps = 1_024;
const crlf = "\r\n";
const none = new HeaderFields();

export class Chunks {
  readonly #limits: MessageLimits;
  #next: "size" | "data" | "break" | "trailers" | "nothing" = "size";
  /** Bytes until the end of the chunk. */
  #left = 0;
  #extensionBytes = 0;
  #trailers = none;

  constructor(limits: MessageLimits) {
    this.#limits = limits;
  }

  /** True once the last chunk has been taken, and what is behind it. */
  get isOver(): boolean {
    return this.#next === "nothing";
  }

  /** What came behind the last chunk. */
  get trailers(): HeaderFields {
    return this.#trailers;
  }

  /**
   * What is there of the chunks, put together; of length 0: it is over, or more must come.
   * @throws HttpError 400 for what is not as it should be, 431 for too many trailers; not before all that came before is taken
   */
  take(buffer: ByteBuffer): Uint8Array {
    const pieces: Uint8Array[] = [];
    try {
      for (let steps = 0; steps < mostSteps && this.#step(buffer, pieces); steps++);
    } catch (error) {
      if (pieces.length === 0) throw error; // else the next call finds the same
    }
    const [only] = pieces;
    return pieces.length === 1 && only !== undefined ? only : Buffer.concat(pieces);
  }

  /** One step on; false: there is none to be made now. Nothing is taken out of the buffer before it is known to be good. */
  #step(buffer: ByteBuffer, pieces: Uint8Array[]): boolean {
    switch (this.#next) {
      case "size":
        return this.#takeSize(buffer);
      case "data":
        return this.#takeData(buffer, pieces);
      case "break":
        return this.#takeBreak(buffer);
      case "trailers":
        return this.#takeTrailers(buffer);
      case "nothing":
        return false;
    }
  }

  #takeSize(buffer: ByteBuffer): boolean {
    const line = lineOf(buffer, maxSizeLine);
    if (line === undefined) return false;
    const size = chunkSize(line);
    const semicolon = line.indexOf(";");
    if (semicolon >= 0) this.#extensionBytes += line.length - semicolon;
    if (this.#extensionBytes > this.#limits.maxHeadBytes) {
      throw new HttpError(400, `the chunk extensions have more than ${this.#limits.maxHeadBytes} bytes`);
    }
    buffer.drop(line.length + crlf.length);
    this.#left = size;
    this.#next = size === 0 ? "trailers" : "data";
    return true;
  }

  #takeData(buffer: ByteBuffer, pieces: Uint8Array[]): boolean {
    const bytes = buffer.take(this.#left);
    if (bytes.length === 0) return false;
    pieces.push(bytes);
    this.#left -= bytes.length;
    if (this.#left === 0) this.#next = "break";
    return true;
  }

  #takeBreak(buffer: ByteBuffer): boolean {
    const line = lineOf(buffer, crlf.length);
    if (line === undefined) return false;
    if (line !== "") throw new HttpError(400, "a chunk is longer than its size");
    buffer.drop(crlf.length);
    this.#next = "size";
    return true;
  }

  #takeTrailers(buffer: ByteBuffer): boolean {
    const { maxHeadBytes } = this.#limits;
    const text = latin1(buffer.peek(maxHeadBytes + 1));
    const place = text.startsWith(crlf) ? 0 : text.indexOf(headEnd) + crlf.length;
    const isThere = place === 0 || place > crlf.length;
    const length = isThere ? place + crlf.length : text.length;
    if (length > maxHeadBytes) throw new HttpError(431, `the trailers have more than ${maxHeadBytes} bytes`);
    if (!isThere) return false;
    if (place > 0) this.#trailers = parseTrailers(buffer.peek(length), this.#limits);
    buffer.drop(length);
    this.#next = "nothing";
    return true;
  }
}

/** The first line of a buffer, without its CRLF; undefined: it has not come yet. */
function lineOf(buffer: ByteBuffer, maxBytes: number): string | undefined {
  const bytes = buffer.peek(maxBytes);
  const place = bytes.indexOf(13);
  const isWhole = place >= 0 && bytes[place + 1] === 10;
  if (isWhole) return latin1(bytes.subarray(0, place));
  if (bytes.length === maxBytes || (place >= 0 && place + 1 < bytes.length)) {
    throw new HttpError(400, "a line between chunks does not end where it must");
  }
  return undefined;
}
