// The protocol's frames, for every system in this folder: an int32 length, big-endian, then so many bytes of JSON. Pure.
// A system that can wait in the middle of its code reads four bytes, then as many as `bodyBytes` says; one that cannot
// gives each packet to a Decoder, which remembers for it where in a frame it stands. A length that is negative or above
// `maxFrameBytes` is a FramingError before anything is kept for it: the connection can only be closed.

import { Buffer } from "node:buffer";
import { SyscallError } from "../../kernel/errors.ts";

/** Bytes before each body. */
export const headerBytes = 4;

/** The most bytes that a body may have. */
export const maxFrameBytes = 1_048_576;

/** The stream cannot be cut into frames, now or later. Its code is `EMSGSIZE`. */
export class FramingError extends SyscallError {
  /** @param bytes the length that was claimed */
  constructor(bytes: number) {
    super("EMSGSIZE", `a frame of ${bytes} bytes: its length must be from 0 to ${maxFrameBytes}`);
  }

  static {
    FramingError.prototype.name = "FramingError";
  }
}

/** A body as a frame, ready to be written. @param text JSON */
export function encode(text: string): Uint8Array {
  const bytes = Buffer.byteLength(text);
  const frame = Buffer.allocUnsafe(headerBytes + bytes);
  frame.writeInt32BE(bytes, 0);
  frame.write(text, headerBytes);
  return frame;
}

/**
 * The bytes of the body that a header announces.
 * @param header four bytes, or more, of which the first four count
 * @throws FramingError (EMSGSIZE) for a length that no frame may have
 */
export function bodyBytes(header: Uint8Array): number {
  const bytes = new DataView(header.buffer, header.byteOffset, headerBytes).getInt32(0);
  if (bytes < 0 || bytes > maxFrameBytes) throw new FramingError(bytes);
  return bytes;
}

const nothing = new Uint8Array(0);

/**
 * Cuts packets into bodies, wherever they were split or joined. One per connection.
 *
 * ```ts
 * decoder.push(packet);
 * for (let body = decoder.next(); body !== undefined; body = decoder.next()) reply(body);
 * ```
 */
export class Decoder {
  #buffer: Uint8Array = nothing;
  #start = 0;
  #end = 0;

  /** Bytes that have come and belong to no body that was given. */
  get pendingBytes(): number {
    return this.#end - this.#start;
  }

  /** Adds what has come; the bytes must not be changed afterwards. Take all bodies before the next packet is added. */
  push(packet: Uint8Array): void {
    const pending = this.pendingBytes;
    if (pending === 0) {
      [this.#buffer, this.#start, this.#end] = [packet, 0, packet.length]; // as a rule, and no copy
      return;
    }
    if (this.#end + packet.length > this.#buffer.length) {
      // Twice what is needed, so that a frame that comes byte by byte is not copied as often as it has bytes. A packet
      // that was taken as it is has no room behind it: bytes that belong to others are never written to.
      const grown = new Uint8Array(2 * (pending + packet.length));
      grown.set(this.#buffer.subarray(this.#start, this.#end));
      [this.#buffer, this.#start, this.#end] = [grown, 0, pending];
    }
    this.#buffer.set(packet, this.#end);
    this.#end += packet.length;
  }

  /**
   * The next body, whole; undefined: more packets are needed.
   * @throws FramingError (EMSGSIZE), now and at every further call, for a length that no frame may have
   */
  next(): Uint8Array | undefined {
    if (this.pendingBytes < headerBytes) return undefined;
    const start = this.#start + headerBytes;
    const end = start + bodyBytes(this.#buffer.subarray(this.#start));
    if (end > this.#end) return undefined;
    this.#start = end;
    const body = this.#buffer.subarray(start, end);
    if (end === this.#end) [this.#buffer, this.#start, this.#end] = [nothing, 0, 0]; // an idle connection holds nothing
    return body;
  }
}
