// What a route gets and gives: a request whose body is still to be read, a response whose body may still be to be made.

import type { Runnable } from "../../../kernel/syscall.ts";
import type { Body } from "./body.ts";
import { type HttpError, phraseOf } from "./errors.ts";
import type { HeaderFields, Headers } from "./fields.ts";
import { authorityOf, type RequestHead, type Version } from "./head.ts";
import type { BodyWriter } from "./write.ts";

/** A request whose head has come. Its body is read as far as the route likes. */
export class HttpRequest implements RequestHead {
  readonly method: string;
  readonly target: string;
  readonly version: Version;
  readonly headers: HeaderFields;
  /** What comes behind the head. A client that waits to be told that it may send it is told so by the first `next`. */
  readonly body: Body;
  /** The other end: "127.0.0.1:51234". */
  readonly peer: string;
  /** What is asked for, as it came: "/a%20b". */
  readonly path: string;

  constructor(head: RequestHead, body: Body, peer: string) {
    this.method = head.method;
    this.target = head.target;
    this.version = head.version;
    this.headers = head.headers;
    this.body = body;
    this.peer = peer;
    this.path = pathOf(head.target);
  }

  /**
   * Whom it is for, by name and port, as it came: a target that is a whole URL counts more than Host (RFC 9112, 3.2.2).
   * Undefined: HTTP/1.0, which need not say.
   */
  get host(): string | undefined {
    return authorityOf(this.target) ?? this.headers.get("host");
  }

  /** What is behind "?", taken apart. */
  get query(): URLSearchParams {
    const mark = this.target.indexOf("?");
    return new URLSearchParams(mark < 0 ? "" : this.target.slice(mark + 1));
  }
}

function pathOf(target: string): string {
  const local = target.startsWith("/") ? target : target.replace(/^https?:\/\/[^/?]*/i, "");
  const mark = local.indexOf("?");
  const path = mark < 0 ? local : local.slice(0, mark);
  return path === "" ? "/" : path;
}

export interface HttpResponse {
  /** Default: 200. */
  readonly status?: number;
  /** What says how the body is framed is set by itself. Text has a content type by itself, too: plain text. */
  readonly headers?: Headers;
  /**
   * Text, sent in UTF-8, or bytes, which must not be changed afterwards; or what writes it, piece by piece, as the client
   * takes them. For HEAD it is not run.
   */
  readonly body?: string | Uint8Array | ((writer: BodyWriter) => Runnable<void>);
  /** Bytes of a body that is written, where they are known: it is then not sent in chunks. */
  readonly length?: number;
}

/** Answers a request, in the task of its connection. What it throws is 500, or the status of the HttpError. */
export type Handler = (request: HttpRequest) => Runnable<HttpResponse>;

/** The page for a fault: plain text, one sentence. */
export function faultPage(status: number, sentence: string, headers: Headers = {}): HttpResponse {
  const body = `${status} ${phraseOf(status)}\n\n${sentence}\n`;
  return { status, headers: { ...headers, "x-content-type-options": "nosniff" }, body };
}

/** The page for what is wrong with a request. */
export function errorPage({ status, message }: HttpError): HttpResponse {
  return faultPage(status, message);
}
