// How long a message is, pure: where its body ends, and whether another message may follow. Where two answers are possible
// there is none: whoever sends such a message wants it to be two for one reader and one for the next.

import { HttpError, ofResponse } from "./errors.ts";
import type { HeaderFields } from "./fields.ts";
import { listOf } from "./fields.ts";
import type { RequestHead, ResponseHead, Version } from "./head.ts";

/** Bytes of a body; or by what its end is known: the last chunk, or the end of the connection. */
export type BodyLength = number | "chunked" | "close";

/**
 * How long the body of a request is.
 * @throws HttpError 400 for lengths that contradict each other, 501 for a transfer coding that is not known
 */
export function requestLength({ headers, version }: RequestHead): BodyLength {
  return lengthOf(headers, version) ?? 0;
}

/**
 * How long the body of a response is.
 * @param method of the request that it answers: to HEAD there is never one
 * @throws HttpError 502 for lengths that contradict each other, or a transfer coding that is not known
 */
export function responseLength({ headers, status, version }: ResponseHead, method: string): BodyLength {
  try {
    const length = lengthOf(headers, version);
    if (method === "HEAD" || status < 200 || status === 204 || status === 304) return 0;
    return length ?? "close";
  } catch (error) {
    throw ofResponse(error);
  }
}

/** Whether the sender of a head lets the connection go on after the message. */
export function mayGoOn({ headers, version }: { readonly headers: HeaderFields; readonly version: Version }): boolean {
  const options = listOf(headers.all("connection"));
  return version === "1.0" ? options.includes("keep-alive") && !options.includes("close") : !options.includes("close");
}

/**
 * Whether a client wants to be told to go on before it sends the body.
 * @throws HttpError 417 for another expectation
 */
export function expectsContinue({ headers, version }: RequestHead): boolean {
  const expected = headers.get("expect");
  if (expected === undefined || version === "1.0") return false;
  if (expected.toLowerCase() === "100-continue") return true;
  throw new HttpError(417, "the one expectation that is met here is 100-continue");
}

/** What the head says; undefined: nothing. */
function lengthOf(headers: HeaderFields, version: Version): BodyLength | undefined {
  const codings = headers.all("transfer-encoding");
  const lengths = headers.all("content-length");
  if (codings.length > 0) {
    if (lengths.length > 0) throw new HttpError(400, "Content-Length and Transfer-Encoding exclude each other");
    if (version === "1.0") throw new HttpError(400, "HTTP/1.0 has no Transfer-Encoding");
    return checkedCoding(listOf(codings));
  }
  if (lengths.length === 0) return undefined;
  const [length = ""] = lengths;
  if (lengths.length > 1) throw new HttpError(400, "there is more than one Content-Length");
  if (!/^\d{1,15}$/.test(length)) throw new HttpError(400, "Content-Length is no number of bytes");
  return Number(length);
}

function checkedCoding(codings: readonly string[]): "chunked" {
  if (codings.length === 1 && codings[0] === "chunked") return "chunked";
  if (codings.every((coding) => coding === "chunked" || coding === "")) {
    throw new HttpError(400, "Transfer-Encoding is not chunked, once");
  }
  throw new HttpError(501, "the one transfer coding that is known here is chunked");
}

/**
 * The size of a chunk.
 * @param line without its CRLF; what is behind ";" is an extension, and passed over
 * @throws HttpError 400 for what is none
 */
export function chunkSize(line: string): number {
  const size = /^([0-9A-Fa-f]{1,12})(?:;[\t\x20-\x7e\x80-\xff]*)?$/.exec(line)?.[1];
  if (size === undefined) throw new HttpError(400, "the size of a chunk is no hexadecimal number");
  return Number.parseInt(size, 16);
}
