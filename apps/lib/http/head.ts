// Heads of requests and responses, pure: bytes to what they say. http-parser-js takes the fields apart; what it would let
// pass, and what two programs in a row could understand in two ways (the root of request smuggling), is refused before:
// bare CR and LF, other controls, folded lines, blanks around names, lines that are no field.

import { Buffer } from "node:buffer";
import { HTTPParser } from "http-parser-js";
import { HttpError, ofResponse } from "./errors.ts";
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

const requestLine = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([\x21\x22\x24-\x7e]+) HTTP\/(\d\.\d)$/;
const statusLine = /^HTTP\/(\d\.\d) ([1-5]\d\d)(?: ([\t\x20-\x7e\x80-\xff]*))?$/;
const fields = /^(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t\x20-\x7e\x80-\xff]*\r\n)*\r\n$/;
const host = /^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~!$&'()*+,;=%-]*)(?::\d{0,5})?$/;

/**
 * Parses the head of a request, its empty line included; one empty line before it is passed over, as some clients end
 * a body with one more.
 * @throws HttpError 400 for what is no head, 414 and 431 for too much of it, 501 for a method nobody knows, 505 for another version
 */
export function parseRequestHead(bytes: Uint8Array, limits: MessageLimits = messageLimits): RequestHead {
  const text = latin1(bytes[0] === 13 && bytes[1] === 10 ? bytes.subarray(2) : bytes);
  const end = text.indexOf("\r\n");
  const [, method = "", target = "", version = ""] = partsOf(requestLine, text.slice(0, end), "METHOD target HTTP/1.1");
  const spoken = versionOf(version);
  const headers = fieldsOf(text.slice(end + 2), limits);
  if (!methods.has(method)) throw new HttpError(501, "the method is none that is known");
  if (target.length > limits.maxTargetBytes) {
    throw new HttpError(414, `the target is longer than ${limits.maxTargetBytes} bytes`);
  }
  const head = { method, target, version: spoken, headers };
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
    const text = latin1(bytes);
    const end = text.indexOf("\r\n");
    const parts = partsOf(statusLine, text.slice(0, end), "HTTP/1.1 status reason");
    const [, version = "", status, reason = ""] = parts;
    return {
      status: Number(status),
      reason,
      version: versionOf(version),
      headers: fieldsOf(text.slice(end + 2), limits),
    };
  } catch (error) {
    throw ofResponse(error);
  }
}

/** The fields behind a chunked body. @throws HttpError 400 for what is none, 431 for too many */
export function parseTrailers(bytes: Uint8Array, limits: MessageLimits): HeaderFields {
  return fieldsOf(latin1(bytes), limits);
}

// Only its method for a field is used, which keeps nothing: its states, and what it makes of lengths, are for whole messages.
const parser = new HTTPParser();
const methods: ReadonlySet<string> = new Set(HTTPParser.methods);

/** @param text lines of fields, and the empty line */
function fieldsOf(text: string, { maxHeaders }: MessageLimits): HeaderFields {
  if (!fields.test(text)) throw noFields(text);
  const raw: string[] = [];
  for (let start = 0, end = text.indexOf("\r\n"); end > start; end = text.indexOf("\r\n", start)) {
    if (raw.length === 2 * maxHeaders) throw new HttpError(431, `there are more than ${maxHeaders} header fields`);
    parser.parseHeader(text.slice(start, end), raw);
    start = end + 2;
  }
  return new HeaderFields(raw);
}

/** Bytes as text, a character each. */
export function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}

/** A later 1.x is spoken to as 1.1. */
function versionOf(version: string): Version {
  if (!version.startsWith("1.")) throw new HttpError(505, "only HTTP/1.0 and HTTP/1.1 are spoken here");
  return version === "1.0" ? "1.0" : "1.1";
}

function partsOf(pattern: RegExp, line: string, shape: string): readonly (string | undefined)[] {
  const parts = pattern.exec(line);
  if (parts !== null) return parts;
  const reason = hasControl.test(line) ? `: ${controls}` : "";
  throw new HttpError(400, `the first line is not ${JSON.stringify(shape)}${reason}`);
}

const hasControl = /[^\t\x20-\x7e\x80-\xff]/;
const controls = "it has a control character, or a line break that is not CRLF";

// Only to say what is wrong: that something is, is known.
function noFields(text: string): HttpError {
  const line =
    text.split("\r\n").find((each) => !/^[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t\x20-\x7e\x80-\xff]*$/.test(each)) ?? "";
  if (hasControl.test(line)) return new HttpError(400, `a header field is none: ${controls}`);
  if (/^[\t ]/.test(line)) return new HttpError(400, "a header field goes on in a second line, which is not allowed");
  if (/[\t ]/.test(line.slice(0, Math.max(0, line.indexOf(":"))))) {
    return new HttpError(400, "a header field has a blank in its name, or before its colon");
  }
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
