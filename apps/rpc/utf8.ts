// Bytes to text. Nothing here refuses anything: the scanner has judged JSON before, and in headers only ASCII counts.

import { Buffer } from "node:buffer";

/** V8 keeps strings up to here in one piece however they are put together, so that they can be added up. */
const shortText = 12;

/** The text of `bytes` from `start` to `end`. */
export function utf8(bytes: Uint8Array, start: number, end: number): string {
  return (end - start <= shortText ? shortAscii(bytes, start, end) : undefined) ?? decode(bytes, start, end);
}

/** Ids and names of methods, as a rule; a third of the time that a call out of JavaScript takes. */
function shortAscii(bytes: Uint8Array, start: number, end: number): string | undefined {
  let text = "";
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number; // in range
    if (byte >= 0x80) return undefined;
    text += String.fromCharCode(byte);
  }
  return text;
}

function decode(bytes: Uint8Array, start: number, end: number): string {
  // A Buffer is used as it is: a view costs more than the decoding of a short text.
  const buffer = bytes instanceof Buffer ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return buffer.toString("utf8", start, end);
}
