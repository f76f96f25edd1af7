// The block of headers before a body, as language servers write it. Strict where two readers could disagree about what
// comes next: lines end with CR LF, there is one Content-Length, and it is digits. Other headers are passed over.

import { utf8 } from "./utf8.ts";

const LF = 0x0a;
const CR = 0x0d;
const emptyLine = "\r\n\r\n";

/** The index after the empty line that ends a block of headers; 0: not there yet; -1: a line ends without CR. */
export function endOfBlock(bytes: Uint8Array, start: number, from: number, to: number): number {
  for (let at = from; at < to; at++) {
    if (bytes[at] !== LF) continue;
    if (at === start || bytes[at - 1] !== CR) return -1;
    if (at - start >= 3 && bytes[at - 2] === LF && bytes[at - 3] === CR) return at + 1;
  }
  return 0;
}

/** The one Content-Length of the block from `start` to `end`; undefined for none, two, or one that is no plain number. */
export function contentLength(bytes: Uint8Array, start: number, end: number): number | undefined {
  let length: number | undefined;
  for (const line of utf8(bytes, start, end - emptyLine.length).split("\r\n")) {
    const colon = line.indexOf(":");
    if (colon < 1 || /[^!-~]/.test(line.slice(0, colon))) return undefined;
    if (line.slice(0, colon).toLowerCase() !== "content-length") continue;
    const digits = /^[ \t]*([0-9]{1,10})[ \t]*$/.exec(line.slice(colon + 1))?.[1];
    if (length !== undefined || digits === undefined) return undefined;
    length = Number(digits);
  }
  return length;
}
