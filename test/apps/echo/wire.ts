// A client's eyes and mouth: the three framings, written from their descriptions. Shares no code with the server.

import { Buffer } from "node:buffer";

export type Framing = "length" | "lines" | "headers";
export const framings: readonly Framing[] = ["length", "lines", "headers"];

/** A text as one frame. */
export function frame(framing: Framing, text: string | Uint8Array): Buffer {
  const body = Buffer.from(text);
  if (framing === "lines") return Buffer.concat([body, Buffer.from("\n")]);
  if (framing === "headers") return Buffer.concat([Buffer.from(`Content-Length: ${body.length}\r\n\r\n`), body]);
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length);
  return Buffer.concat([length, body]);
}

/** A request as text. */
export function request(method: string, params?: unknown, id?: unknown): string {
  return JSON.stringify({ jsonrpc: "2.0", method, params, id });
}

/** The text of an error without data. */
export function errorText(code: number, message: string, id: string): string {
  return `{"jsonrpc":"2.0","error":{"code":${code},"message":"${message}"},"id":${id}}`;
}

export const parseError: string = errorText(-32700, "Parse error", "null");
export const invalidRequest: string = errorText(-32600, "Invalid Request", "null");

/** What came of a server, cut into texts. Throws for bytes that are not exactly framed as was agreed. */
export class Answers {
  readonly #framing: Framing;
  #chunks: Buffer[] = [];
  #bytes = 0;
  #needed = 1;

  constructor(framing: Framing) {
    this.#framing = framing;
  }

  /** Bytes that belong to no whole answer yet. */
  get rest(): number {
    return this.#bytes;
  }

  /** Adds what came, and gives the answers that are whole by it. */
  push(bytes: Uint8Array): string[] {
    this.#chunks.push(Buffer.from(bytes));
    this.#bytes += bytes.length;
    if (this.#framing !== "lines" && this.#bytes < this.#needed) return [];
    if (this.#framing === "lines" && !bytes.includes(10)) return [];
    let rest = Buffer.concat(this.#chunks);
    const texts: string[] = [];
    for (;;) {
      const [start, end, after] = this.#cut(rest);
      if (after > rest.length || after === 0) break;
      texts.push(new TextDecoder("utf-8", { fatal: true }).decode(rest.subarray(start, end)));
      rest = rest.subarray(after);
    }
    this.#chunks = [rest];
    this.#bytes = rest.length;
    return texts;
  }

  /** Start and end of the first text, and where the next frame starts; the last is 0 while that is not known. */
  #cut(bytes: Buffer): [start: number, end: number, after: number] {
    this.#needed = 1;
    if (this.#framing === "lines") {
      const end = bytes.indexOf(10);
      return [0, end, end + 1];
    }
    let start = 4;
    let length = bytes.length < 4 ? 0 : bytes.readInt32BE(0);
    if (this.#framing === "headers") {
      const place = bytes.indexOf("\r\n\r\n");
      const header = /^Content-Length: (0|[1-9][0-9]*)$/.exec(bytes.toString("latin1", 0, Math.max(0, place)));
      if (place >= 0 && header === null) throw new Error(`a strange header: ${JSON.stringify(String(bytes))}`);
      start = place < 0 ? bytes.length + 1 : place + 4;
      length = Number(header?.[1] ?? 0);
    }
    if (start > bytes.length) return [0, 0, 0];
    if (length <= 0) throw new Error(`an answer of ${length} bytes`);
    this.#needed = start + length;
    return [start, start + length, start + length];
  }
}
