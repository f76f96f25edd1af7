// One port, three framings, told apart by the first bytes, latched, answered in kind:
//   0x00 to 0x08            an int32 length, big-endian, then that many bytes (the slides' own)
//   { [ or white space      JSON texts, one per line or touching; a broken one is skipped up to the next LF
//   content- in any case    a block of headers with Content-Length, then that many bytes (language servers)
// Anything else (HTTP, TLS, SSH) is closed at once: nobody skips ahead to look for JSON in a browser's POST body.
// Linear whatever the packets: places are remembered, and nothing is allocated for a length that was only claimed.

import { codes } from "./errors.ts";
import { contentLength, endOfBlock } from "./headers.ts";
import type { Limits } from "./limits.ts";
import { isSpace, OPEN_ARRAY, OPEN_OBJECT, type Scanner } from "./scan.ts";

export { encodeFrame, type Payload, payloadBytes } from "./payload.ts";

export type Framing = "length" | "lines" | "headers";

/** What comes out of a decoder. */
export type Frame =
  | {
      /** One JSON text; `scanned`: the scanner has judged it and still speaks of it. */
      readonly kind: "text";
      readonly bytes: Uint8Array;
      readonly start: number;
      readonly end: number;
      readonly scanned: boolean;
    }
  /** To be answered with this code; `fatal`: and then closed. */
  | { readonly kind: "refused"; readonly code: number; readonly fatal: boolean }
  /** Not a framing of ours: close, answer nothing. */
  | { readonly kind: "foreign" };

const LF = 0x0a;
const nothing = new Uint8Array(0);
const contentDash = "content-";

/** Cuts a stream of bytes into frames. One per connection. */
export class Decoder {
  framing: Framing | undefined;
  readonly #limits: Limits;
  readonly #scanner: Scanner;
  #buffer: Uint8Array = nothing;
  #start = 0;
  #end = 0;
  /** In headers: how far the end of the block was looked for, from #start. */
  #looked = 0;
  /** In headers: the body's length, once known; -1 before. */
  #bodyBytes = -1;
  /** In lines: a text is under way. */
  #isScanning = false;
  /** In lines: bytes skipped of a broken text, so far; -1 when none is being skipped. */
  #skipped = -1;
  #isOver = false;

  /** @param framing latched from the start: for a client, which speaks first */
  constructor(limits: Limits, scanner: Scanner, framing?: Framing) {
    this.#limits = limits;
    this.#scanner = scanner;
    this.framing = framing;
  }

  /** True when a frame has begun and is not complete. Meaningful once `next` has returned undefined. */
  get partial(): boolean {
    return this.#end > this.#start || this.#skipped >= 0 || this.#bodyBytes >= 0;
  }

  /** Adds what has come; the bytes must not be changed afterwards. */
  push(chunk: Uint8Array): void {
    if (this.#isOver) return;
    const rest = this.#end - this.#start;
    if (rest === 0) {
      // The usual case, and no copy: a packet that begins where a frame does.
      this.#buffer = chunk;
      this.#start = 0;
      this.#end = chunk.length;
      return;
    }
    if (this.#end + chunk.length > this.#buffer.length || this.#buffer.length < 4096) {
      const grown = new Uint8Array(Math.max(4096, 2 * (rest + chunk.length)));
      grown.set(this.#buffer.subarray(this.#start, this.#end));
      [this.#buffer, this.#start, this.#end] = [grown, 0, rest];
    }
    this.#buffer.set(chunk, this.#end);
    this.#end += chunk.length;
  }

  /** The next frame; undefined: more bytes are needed. After a fatal one there is none. */
  next(): Frame | undefined {
    if (this.#isOver) return undefined;
    if (this.#end === this.#start) {
      this.#buffer = nothing; // an idle connection holds no memory
      this.#start = this.#end = 0;
      return undefined;
    }
    if (this.framing === undefined && !this.#detect()) return this.#isOver ? { kind: "foreign" } : undefined;
    if (this.framing === "lines") return this.#nextText();
    return this.framing === "length" ? this.#nextByLength() : this.#nextByHeaders();
  }

  /** No more bytes come: what that makes of a frame that has begun. */
  end(): Frame | undefined {
    const isCutOff = !this.#isOver && this.framing === "lines" && this.#isScanning;
    this.#isOver = true;
    if (!isCutOff) return undefined;
    const start = this.#start;
    const isText = this.#scanner.finish() === "complete";
    return isText ? this.#text(start, start + this.#scanner.length, true) : refused(codes.parseError, false);
  }

  #detect(): boolean {
    const first = this.#buffer[this.#start] as number; // there is a byte
    if (first <= 8) this.framing = "length";
    else if (first === OPEN_OBJECT || first === OPEN_ARRAY || isSpace(first)) this.framing = "lines";
    else {
      for (let i = 0; i < contentDash.length; i++) {
        if (this.#start + i === this.#end) return false;
        const byte = (this.#buffer[this.#start + i] as number) | 0x20; // inside; to lower case, "-" is "-" still
        if (byte !== contentDash.charCodeAt(i)) {
          this.#stop();
          return false;
        }
      }
      this.framing = "headers";
    }
    return true;
  }

  #nextByLength(): Frame | undefined {
    const available = this.#end - this.#start;
    if (available < 4) return undefined;
    const length = int32At(this.#buffer, this.#start);
    if (length < 0 || length > this.#limits.maxFrameBytes) return this.#fatal();
    if (available < 4 + length) return undefined;
    const start = this.#start + 4;
    this.#start = start + length;
    return length === 0 ? refused(codes.parseError, false) : this.#text(start, this.#start, false);
  }

  #nextByHeaders(): Frame | undefined {
    if (this.#bodyBytes < 0) {
      const end = endOfBlock(this.#buffer, this.#start, this.#start + this.#looked, this.#end);
      const blockBytes = (end > 0 ? end : this.#end) - this.#start;
      if (end < 0 || blockBytes > this.#limits.maxHeaderBytes) return this.#fatal();
      if (end === 0) {
        this.#looked = blockBytes;
        return undefined;
      }
      const length = contentLength(this.#buffer, this.#start, end);
      if (length === undefined || length > this.#limits.maxFrameBytes) return this.#fatal();
      this.#start += blockBytes;
      this.#looked = 0;
      this.#bodyBytes = length;
    }
    if (this.#end - this.#start < this.#bodyBytes) return undefined;
    const start = this.#start;
    this.#start += this.#bodyBytes;
    this.#bodyBytes = -1;
    return start === this.#start ? refused(codes.parseError, false) : this.#text(start, this.#start, false);
  }

  // A text ends where its outermost bracket does, and an LF inside one is white space, so that printed JSON passes. It
  // is broken at the first byte that no text can have there, wherever the packets were cut, and the rest of that line is
  // skipped. But where a line begins with a bracket that cannot be, it is the text before that was cut short by its LF:
  // the line is read as a text of its own.
  #nextText(): Frame | undefined {
    if (this.#skipped >= 0 && !this.#skip())
      return this.#skipped > this.#limits.maxFrameBytes ? this.#fatal() : undefined;
    if (!this.#isScanning) {
      while (this.#start < this.#end && isSpace(this.#buffer[this.#start] as number)) this.#start++; // inside
      if (this.#start === this.#end) return undefined;
      this.#scanner.begin(this.#limits.maxDepth, this.#limits.maxBatch + 1);
      this.#isScanning = true;
    }
    const start = this.#start;
    const verdict = this.#scanner.run(this.#buffer, start, this.#end);
    const length = verdict === "partial" ? this.#end - start : this.#scanner.length;
    if (length > this.#limits.maxFrameBytes) return this.#fatal();
    if (verdict === "partial") return undefined;
    this.#isScanning = false;
    this.#start = start + length;
    if (verdict === "complete") return this.#text(start, this.#start, true);
    if (verdict === "deep" || !startsText(this.#buffer, start, this.#start)) this.#skipped = 0;
    return refused(verdict === "deep" ? codes.invalidRequest : codes.parseError, false);
  }

  #skip(): boolean {
    const place = this.#buffer.subarray(0, this.#end).indexOf(LF, this.#start);
    if (place < 0) {
      this.#skipped += this.#end - this.#start;
      this.#start = this.#end;
      return false;
    }
    this.#start = place + 1;
    this.#skipped = -1;
    return true;
  }

  #text(start: number, end: number, scanned: boolean): Frame {
    return { kind: "text", bytes: this.#buffer, start, end, scanned };
  }

  #fatal(): Frame {
    this.#stop();
    return refused(codes.invalidRequest, true);
  }

  #stop(): void {
    this.#isOver = true;
    this.#buffer = nothing;
    this.#start = this.#end = 0;
    this.#skipped = this.#bodyBytes = -1;
  }
}

function refused(code: number, fatal: boolean): Frame {
  return { kind: "refused", code, fatal };
}

function int32At(bytes: Uint8Array, at: number): number {
  const high = ((bytes[at] as number) << 24) | ((bytes[at + 1] as number) << 16); // four bytes are there
  return high | ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number); // four bytes are there
}

/** Whether the byte at `at`, inside a text that began at `start`, opens a bracket and is the first of its line. */
function startsText(bytes: Uint8Array, start: number, at: number): boolean {
  if (bytes[at] !== OPEN_OBJECT && bytes[at] !== OPEN_ARRAY) return false;
  for (let before = at - 1; before > start && isSpace(bytes[before] as number); before--) {
    // in range: between the text's start and the byte
    if (bytes[before] === LF) return true;
  }
  return false;
}
