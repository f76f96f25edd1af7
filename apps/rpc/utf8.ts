// Bytes to text. Only for bytes that the scanner has found to be valid UTF-8: nothing here refuses anything.

import { Buffer } from "node:buffer";

/** The text of `bytes` from `start` to `end`. */
export function utf8(bytes: Uint8Array, start: number, end: number): string {
  // A Buffer from elsewhere is used as it is; a view costs more than the decoding of a short text.
  const buffer = bytes instanceof Buffer ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return buffer.toString("utf8", start, end);
}
