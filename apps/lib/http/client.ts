// The client's side of HTTP/1.1, in straight lines: a request is sent, its response is read. Connections, deadlines and
// retries are the caller's, who has Connect, Timeout and loops for them.

import { SyscallError } from "../../../kernel/errors.ts";
import type { Connection } from "../../../kernel/machine/machine.ts";
import { type Routine, routine } from "../../../kernel/syscall.ts";
import { type Reader, readUntil } from "../reader.ts";
import { Body } from "./body.ts";
import { HttpError } from "./errors.ts";
import type { Headers } from "./fields.ts";
import { mayGoOn, responseLength } from "./framing.ts";
import { headEnd, parseResponseHead, type ResponseHead } from "./head.ts";
import { limitsOf, type MessageLimits, messageLimits } from "./limits.ts";
import { bytesOf, requestHead, sendWithin } from "./write.ts";

export interface OutgoingRequest {
  /** Default: "GET". */
  readonly method?: string;
  /** "/path?query", percent-encoded. */
  readonly target: string;
  /** What is asked, as a URL has it: "example.org", "127.0.0.1:8080". */
  readonly host: string;
  /** Others than Host and those that say how the body is framed: these are set by themselves. */
  readonly headers?: Headers;
  /** Text is sent in UTF-8. */
  readonly body?: string | Uint8Array;
}

/** A response whose head has come. Its body is still to be read, before anything else from this connection. */
export interface IncomingResponse extends ResponseHead {
  readonly body: Body;
  /**
   * Whether another request may be sent once the body has been read to its end. What is in the reader then, though nothing more
   * was asked for, would be taken for the next response: such a connection is to be closed.
   */
  readonly goesOn: boolean;
}

/** The caller has a deadline. */
const patient = { stalledWriteMs: Number.POSITIVE_INFINITY, minBytesPerSecond: 1 };
/** Responses before the one that counts: a server that sends them without end is none. */
const mostInterim = 10;

/**
 * Sends a request, all of it. Put a Timeout around it.
 * @throws EINVAL for a method, target, host or header that cannot be sent; as send
 *
 * ```ts
 * const reader = new Reader(yield* new Connect({ port: 8080 }));
 * yield* sendRequest(reader.connection, { target: "/tasks", host: "127.0.0.1:8080" });
 * const { status, body } = yield* readResponse(reader, "GET");
 * const tasks = JSON.parse(yield* body.text());
 * ```
 */
export const sendRequest: Routine<[connection: Connection, request: OutgoingRequest], void> = routine(
  function* sendRequest(connection, { method = "GET", target, host, headers = {}, body }) {
    const bytes = body === undefined ? undefined : bytesOf(body);
    const head = bytesOf(requestHead(method, target, host, headers, bytes?.length));
    yield* sendWithin(connection, bytes === undefined ? head : Buffer.concat([head, bytes]), patient);
  },
);

/**
 * Reads the head of the response to a request. Put a Timeout around it.
 * @param method of the request
 * @param limits of the response; default: `messageLimits`, and as long between pieces of the body as the caller likes
 * @throws HttpError 502 for what is no response; EPROTO when the server ends before; as recv
 */
export const readResponse: Routine<
  [reader: Reader, method: string, limits?: Partial<MessageLimits>],
  IncomingResponse
> = routine(function* readResponse(reader, method, given = {}) {
  const limits = limitsOf(messageLimits, { bodyMs: Number.POSITIVE_INFINITY, ...given });
  for (let tries = 0; tries <= mostInterim; tries++) {
    const head = parseResponseHead(yield* responseHeadBytes(reader, limits.maxHeadBytes), limits);
    if (head.status < 200 && head.status !== 101) continue; // 100 Continue, 103 Early Hints
    const length = responseLength(head, method);
    const body = new Body(reader, length, { limits, isResponse: true });
    return { ...head, body, goesOn: length !== "close" && head.status !== 101 && mayGoOn(head) };
  }
  throw new HttpError(502, `the response has more than ${mostInterim} others before it`);
});

const responseHeadBytes: Routine<[reader: Reader, maxBytes: number], Uint8Array> = routine(
  function* responseHeadBytes(reader, maxBytes) {
    try {
      const bytes = yield* readUntil(reader, headEnd, maxBytes);
      if (bytes !== null) return bytes;
    } catch (error) {
      if (!(error instanceof SyscallError) || error.code !== "EMSGSIZE") throw error;
      throw new HttpError(502, `the head of the response has more than ${maxBytes} bytes`, { cause: error });
    }
    throw new SyscallError("EPROTO", `${reader.connection.label} ended before a response`);
  },
);
