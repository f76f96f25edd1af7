// Sending a response: its head with the one framing that fits, and its body, in one piece or as it is written.

import { Buffer } from "node:buffer";
import type { Connection } from "../../../kernel/machine/machine.ts";
import { Cancelled, type Program, type Routine, type Runnable, routine } from "../../../kernel/syscall.ts";
import { framed } from "../../../syscalls/frame.ts";
import { type Headers, sentField } from "./fields.ts";
import type { BodyLength } from "./framing.ts";
import type { RequestHead } from "./head.ts";
import type { HttpResponse } from "./messages.ts";
import { BodyWriter, bytesOf, responseHead, type SendLimits, sendWithin } from "./write.ts";

/** A handler's response that cannot be sent, or whose body threw: not the client's fault. */
export class BadResponse extends Error {
  readonly reason: unknown;
  /** Whether some of it has been sent. */
  readonly hasBegun: boolean;

  constructor(reason: unknown, hasBegun: boolean) {
    super("a response could not be made");
    this.reason = reason;
    this.hasBegun = hasBegun;
  }
}

/**
 * Sends a response.
 * @param request what it answers; undefined: what was none
 * @param mayGoOn whether another may follow
 * @returns whether it does: not where its end is the connection's
 * @throws BadResponse for one that cannot be; ETIMEDOUT for a client that takes nothing; as send
 */
export const sendResponse: Routine<
  [
    connection: Connection,
    request: RequestHead | undefined,
    response: HttpResponse,
    mayGoOn: boolean,
    limits: SendLimits,
  ],
  boolean
> = routine(function* sendResponse(connection, request, response, mayGoOn, limits) {
  const { status = 200, body = "" } = response;
  const isWritten = typeof body === "function";
  const hasNone = status === 204 || status === 304;
  const length = isWritten ? (response.length ?? (request?.version === "1.0" ? "close" : "chunked")) : sizeOf(body);
  const goesOn = mayGoOn && (hasNone || length !== "close");
  const head = headOf(request, response, hasNone ? undefined : length, goesOn);
  const isBare = hasNone || request?.method === "HEAD";
  if (isBare || isWritten || Number(length) > mostJoined) {
    yield* sendWithin(connection, Buffer.from(head, "latin1"), limits);
    if (isBare) return goesOn;
    if (isWritten) yield* written(body, new BodyWriter(connection, length, limits));
    else yield* sendWithin(connection, bytesOf(body), limits);
  } else yield* sendWithin(connection, joined(head, body, length), limits);
  return goesOn;
});

// Of other memory not all would be copied, and what was there before be sent instead.
function sizeOf(body: string | Uint8Array): number {
  if (typeof body === "string" || body instanceof Uint8Array) return Buffer.byteLength(body);
  throw new BadResponse(new TypeError("the body of a response is no text, no Uint8Array and no function"), false);
}

/** Bytes of a body that are copied to be sent with their head. */
const mostJoined = 65_536;

/** A head and a short body in one piece: one write, and for text one copy. */
function joined(head: string, body: string | Uint8Array, length: BodyLength): Uint8Array {
  const bytes = Buffer.allocUnsafe(head.length + Number(length));
  bytes.write(head, "latin1");
  if (typeof body === "string") bytes.write(body, head.length);
  else bytes.set(body, head.length);
  return bytes;
}

function headOf(
  request: RequestHead | undefined,
  response: HttpResponse,
  length: BodyLength | undefined,
  goesOn: boolean,
): string {
  const { status = 200, headers = {}, body } = response;
  try {
    const typed =
      typeof body === "string" && sentField(headers, "content-type") === undefined ? withType(headers) : headers;
    const kept = goesOn && request?.version === "1.0" ? "keep-alive" : undefined;
    return responseHead(status, typed, length, goesOn ? kept : "close");
  } catch (error) {
    throw new BadResponse(error, false);
  }
}

function withType(headers: Headers): Headers {
  return { ...headers, "content-type": "text/plain; charset=utf-8" };
}

const written = routine(function* written(
  body: (writer: BodyWriter) => Runnable<void>,
  writer: BodyWriter,
): Program<void> {
  try {
    yield* framed(body(writer), body.name || "body");
    yield* writer.end();
  } catch (error) {
    if (error instanceof Cancelled || (error !== undefined && error === writer.failure)) throw error;
    throw new BadResponse(error, true);
  }
});
