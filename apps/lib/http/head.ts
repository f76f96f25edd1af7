// Heads of requests and responses, pure: bytes to what they say. http-parser-js takes them apart; what it would let pass,
// and what two programs in a row could understand in two ways (the root of request smuggling), is refused before: bare CR
// and LF, other controls, folded lines, blanks around names, lines that are no field.

import { Buffer } from "node:buffer";
import { HTTPParser } from "http-parser-js";
import { HttpError } from "./errors.ts";
import { HeaderFields } from "./fields.ts";
import { type MessageLimits, messageLimits } from "./limits.ts";

export type Version = "1.0" | "1.1";

export interface RequestHead {
  /** In capitals: one of those that are registered. */
  readonly method: string;
  /** As it came: "/path?query", "http://host/path", "*". */
  readonly target: string;
  readonly version: Version;
  readonly headers: HeaderFields;
}

export interface ResponseHead {
  /** 100 to 599. */
  readonly status: number;
  readonly reason: string;
  readonly version: Version;
  readonly headers: HeaderFields;
}

/** What ends a head. */
export const headEnd = "\r\n\r\n";

const requestLine = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+ [\x21\x22\x24-\x7e]+ HTTP\/\d\.\d$/;
const statusLine = /^HTTP\/\d\.\d [1-5]\d\d(?: [\t\x20-\x7e\x80-\xff]*)?$/;
const fields = /^(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t\x20-\x7e\x80-\xff]*\r\n)*\r\n$/;
const host = /^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~!$&'()*+,;=%-]*)(?::\d{0,5})?$/;

/**
 * Parses the head of a request, its empty line included; one empty line before it is passed over, as some clients end
 * a body with one more.
 * @throws HttpError 400 for what is no head, 414 and 431 for too much of it, 501 for a method nobody knows, 505 for another version
 */
export function parseRequestHead(bytes: Uint8Array, limits: MessageLimits = messageLimits): RequestHead {
  const start = bytes[0] === 13 && bytes[1] === 10 ? 2 : 0;
  const { line, info } = parse("REQUEST", start === 0 ? bytes : bytes.subarray(start), limits);
  const { method, url: target, headers } = info;
  const name = HTTPParser.methods[method];
  if (name === undefined) throw new HttpError(501, "the method is none that is known");
  if (target.length > limits.maxTargetBytes) {
    throw new HttpError(414, `the target is longer than ${limits.maxTargetBytes} bytes`);
  }
  const head = { method: name, target, version: versionOf(line.slice(-3)), headers: new HeaderFields(headers) };
  checkTarget(head);
  checkHost(head);
  return head;
}

/**
 * Parses the head of a response, its empty line included.
 * @throws HttpError 502 for what is none, or too much of it
 */
export function parseResponseHead(bytes: Uint8Array, limits: MessageLimits = messageLimits): ResponseHead {
  try {
    const { line, info } = parse("RESPONSE", bytes, limits);
    const { statusCode: status, statusMessage: reason, headers } = info;
    return { status, reason, version: versionOf(line.slice(5, 8)), headers: new HeaderFields(headers) };
  } catch (error) {
    if (error instanceof HttpError) throw new HttpError(502, `of the response, ${error.message}`, { cause: error });
    throw error;
  }
}

/** The fields behind a chunked body. @throws HttpError 400 for what is none, 431 for too many */
export function parseTrailers(bytes: Uint8Array, limits: MessageLimits): HeaderFields {
  const head = Buffer.concat([Buffer.from("HTTP/1.1 200 OK\r\n"), bytes]);
  return new HeaderFields(parse("RESPONSE", head, limits).info.headers);
}

interface Info {
  /** Its place in `HTTPParser.methods`. */
  readonly method: number;
  readonly url: string;
  readonly statusCode: number;
  readonly statusMessage: string;
  readonly headers: readonly string[];
}

type Kind = "REQUEST" | "RESPONSE";

function parse(kind: Kind, bytes: Uint8Array, { maxHeaders }: MessageLimits): { line: string; info: Info } {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const text = head.toString("latin1");
  const lineEnd = text.indexOf("\r\n");
  const line = text.slice(0, lineEnd < 0 ? text.length : lineEnd);
  if (!(kind === "REQUEST" ? requestLine : statusLine).test(line)) throw noFirstLine(kind, line);
  if (!isVersion1(kind === "REQUEST" ? line.slice(-3) : line.slice(5, 8))) {
    throw new HttpError(505, "only HTTP/1.0 and HTTP/1.1 are spoken here");
  }
  const rest = text.slice(lineEnd + 2);
  if (!fields.test(rest)) throw noFields(rest);
  const info = takenApart(kind, head);
  if (info.headers.length > 2 * maxHeaders) throw new HttpError(431, `there are more than ${maxHeaders} header fields`);
  return { line, info };
}

// One parser for all: a head is parsed from its first byte to its last in one call.
const parser = new HTTPParser("REQUEST");
let parsed: Info | undefined;
const passOver = 2; // it is over with the head: what follows is none of its business

parser[HTTPParser.kOnHeadersComplete] = (info: Info | number, ...rest: readonly unknown[]): number => {
  // Positional once anybody in the process has asked for `kOnExecute`, as Node's own http does of its parser.
  if (typeof info === "object") parsed = info;
  else {
    const [, headers, method, url, statusCode, statusMessage] = rest;
    parsed = { headers, method, url, statusCode, statusMessage } as Info; // in its own order
  }
  return passOver;
};

function takenApart(kind: Kind, head: Buffer): Info {
  const { encoding } = HTTPParser;
  HTTPParser.encoding = "latin1"; // "ascii" drops the eighth bit, and makes a line break of byte 0x8a
  parsed = undefined;
  parser.initialize(kind);
  parser.maxHeaderSize = head.length + 1;
  try {
    const read = parser.execute(head);
    // What it finds fault with itself are lengths that contradict each other, and methods it does not know.
    if (read instanceof Error) {
      throw "code" in read
        ? new HttpError(400, "the head contradicts itself")
        : new HttpError(501, "the method is none that is known");
    }
  } finally {
    HTTPParser.encoding = encoding;
  }
  const info: Info | undefined = parsed;
  if (info === undefined) throw new HttpError(400, "the head does not end");
  return info;
}

function isVersion1(version: string): boolean {
  return version.startsWith("1.");
}

/** A later 1.x is spoken to as 1.1. */
function versionOf(version: string): Version {
  return version === "1.0" ? "1.0" : "1.1";
}

function noFirstLine(kind: Kind, line: string): HttpError {
  const what = kind === "REQUEST" ? "METHOD target HTTP/1.1" : "HTTP/1.1 status reason";
  return new HttpError(
    400,
    `the first line is not ${JSON.stringify(what)}${hasControl.test(line) ? `: ${controls}` : ""}`,
  );
}

const hasControl = /[^\t\x20-\x7e\x80-\xff]/;
const controls = "it has a control character, or a line break that is not CRLF";

// Only to say what is wrong: that something is, is known.
function noFields(text: string): HttpError {
  const line =
    text.split("\r\n").find((each) => !/^[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t\x20-\x7e\x80-\xff]*$/.test(each)) ?? "";
  if (hasControl.test(line)) return new HttpError(400, `a header field is none: ${controls}`);
  if (/^[\t ]/.test(line)) return new HttpError(400, "a header field goes on in a second line, which is not allowed");
  if (/^[^:]*[\t ]+:/.test(line))
    return new HttpError(400, "a header field has a blank in its name, or before its colon");
  return new HttpError(400, 'a header field is not "name: value"');
}

function checkTarget({ method, target }: RequestHead): void {
  if (method === "CONNECT") throw new HttpError(501, "this is no proxy");
  if (target.startsWith("/")) return;
  const authority = authorityOf(target);
  if (authority !== undefined && authority !== "" && host.test(authority)) return;
  if (target === "*" && method === "OPTIONS") return;
  throw new HttpError(400, "the target is no path");
}

/** The name and port of a target that is a whole URL; undefined: it is none. */
export function authorityOf(target: string): string | undefined {
  return /^https?:\/\/([^/?]*)/i.exec(target)?.[1];
}

function checkHost({ headers, version }: RequestHead): void {
  const hosts = headers.all("host");
  if (hosts.length === 0 && version === "1.0") return;
  if (hosts.length !== 1)
    throw new HttpError(400, `there must be one Host, not ${hosts.length === 0 ? "none" : "several"}`);
  if (!host.test(hosts[0] ?? "")) throw new HttpError(400, "Host is no host");
}
