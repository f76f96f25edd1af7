// Heads and bodies to be sent. What would break out of its line is EINVAL before a byte is sent; lengths and codings are
// the library's own affair, so that no message contradicts itself.

import { Buffer } from "node:buffer";
import type { Connection } from "../../../kernel/machine/machine.ts";
import { type Call, type Program, type Routine, routine, SyscallError } from "../../../kernel/syscall.ts";
import { shown, truncated } from "../../../kernel/text.ts";
import { WriteWait } from "../../../syscalls/index.ts";
import { phraseOf } from "./errors.ts";
import { fieldLines, type Headers, isToken, sentField } from "./fields.ts";
import type { BodyLength } from "./framing.ts";
import { Pace } from "./pace.ts";

/**
 * The head of a request as it is sent, its empty line included.
 * @param length of its body; undefined: it has none
 * @throws EINVAL for a method, target, host or header that is none, or a header that is set by itself
 */
export function requestHead(
  method: string,
  target: string,
  host: string,
  headers: Headers,
  length: number | undefined,
): string {
  if (!isToken(method)) throw new SyscallError("EINVAL", `method ${shown(truncated(method, 64))} is none`);
  if (!/^[\x21\x22\x24-\x7e]+$/.test(target)) {
    throw new SyscallError(
      "EINVAL",
      `target ${shown(truncated(target, 64))} is none: percent-encode what is not ASCII`,
    );
  }
  const end = length === undefined ? "\r\n" : `content-length: ${length}\r\n\r\n`;
  return `${method} ${target} HTTP/1.1\r\n${fieldLines({ host })}${linesWithout(ofRequest, headers)}${end}`;
}

/**
 * The head of a response as it is sent, its empty line included.
 * @param length of its body; undefined: it says nothing of one
 * @param connection what it says of the connection; undefined: nothing
 * @throws EINVAL for a status, length or header that is none, or a header that is set by itself
 */
export function responseHead(
  status: number,
  headers: Headers,
  length: BodyLength | undefined,
  connection: "close" | "keep-alive" | undefined,
): string {
  if (!Number.isInteger(status) || status < 200 || status > 599) {
    throw new SyscallError("EINVAL", `status ${shown(status)} is none of a response: give 200 to 599`);
  }
  if (typeof length === "number" && !(Number.isSafeInteger(length) && length >= 0)) {
    throw new SyscallError("EINVAL", `length ${shown(length)} is none of a body: give a whole number of bytes`);
  }
  let end = connection === undefined ? "\r\n" : `connection: ${connection}\r\n\r\n`;
  if (typeof length === "number") end = `content-length: ${length}\r\n${end}`;
  else if (length === "chunked") end = `transfer-encoding: chunked\r\n${end}`;
  return `HTTP/1.1 ${status} ${phraseOf(status)}\r\n${linesWithout(ofResponse, headers)}${end}`;
}

/** What is set by itself. */
const ofRequest = ["host", "content-length", "transfer-encoding"] as const;
const ofResponse = ["content-length", "transfer-encoding", "connection"] as const;

function linesWithout(own: readonly string[], headers: Headers): string {
  const lines = fieldLines(headers);
  const given = own.find((name) => sentField(headers, name) !== undefined);
  if (given === undefined) return lines;
  throw new SyscallError("EINVAL", `header ${given} is set by itself: leave it out`);
}

/** A chunk of a body. */
export function chunkOf(bytes: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`, "latin1"), bytes, lineBreak]);
}

const lineBreak = Buffer.from("\r\n", "latin1");
/** What ends a chunked body. */
export const lastChunk: Uint8Array = Buffer.from("0\r\n\r\n", "latin1");

/** Text as bytes: UTF-8. */
export function bytesOf(data: string | Uint8Array): Uint8Array {
  return typeof data === "string" ? Buffer.from(data) : data;
}

/** How slow a peer may be that is sent to. */
export interface SendLimits {
  /** How long it may take nothing, milliseconds. */
  readonly stalledWriteMs: number;
  /** What it must take at least, over all the time beyond that in which it was waited for. */
  readonly minBytesPerSecond: number;
}

/**
 * Sends all of it to a peer that takes it in time.
 * @throws ETIMEDOUT when it does not; as send
 */
export const sendWithin: Routine<[connection: Connection, bytes: Uint8Array, limits: SendLimits], void> = routine(
  function* sendWithin(connection, bytes, limits) {
    let sent = connection.write(bytes);
    if (sent === bytes.length) return;
    const pace = new Pace(limits.stalledWriteMs, limits.minBytesPerSecond);
    while (sent < bytes.length) {
      const taken = connection.write(bytes.subarray(sent));
      if (taken === 0) yield* pace.wait(new WriteWait(connection), sent);
      sent += taken;
    }
  },
);

/** A body that is being sent, piece by piece. */
export class BodyWriter {
  readonly #connection: Connection;
  readonly #length: BodyLength;
  readonly #limits: SendLimits;
  #sent = 0;
  #failure: unknown = undefined;

  /** @param length what the head said */
  constructor(connection: Connection, length: BodyLength, limits: SendLimits) {
    this.#connection = connection;
    this.#length = length;
    this.#limits = limits;
  }

  /**
   * Sends a piece, waiting whenever the peer is slow; bytes must not be changed afterwards.
   * @throws EOVERFLOW for more than the length that was promised; ETIMEDOUT for a peer that takes nothing; as send
   */
  write(data: string | Uint8Array): Call<void> {
    return BodyWriter.#write(this, bytesOf(data));
  }

  /** Why it could not be sent: what `write` or `end` has thrown of the connection; undefined: nothing is wrong. */
  get failure(): unknown {
    return this.#failure;
  }

  /** Says that this was all. @throws EPROTO when less was sent than was promised; as `write` */
  end(): Call<void> {
    return BodyWriter.#end(this);
  }

  static readonly #write = routine(function* write(writer: BodyWriter, bytes: Uint8Array): Program<void> {
    if (bytes.length === 0) return; // an empty chunk would be the last
    const length = writer.#length;
    writer.#sent += bytes.length;
    if (typeof length === "number" && writer.#sent > length) {
      throw new SyscallError("EOVERFLOW", `a body of ${length} bytes was promised: ${writer.#sent} are more`);
    }
    yield* BodyWriter.#send(writer, length === "chunked" ? chunkOf(bytes) : bytes);
  });

  static readonly #end = routine(function* end(writer: BodyWriter): Program<void> {
    const length = writer.#length;
    if (length === "chunked") yield* BodyWriter.#send(writer, lastChunk);
    if (typeof length === "number" && writer.#sent < length) {
      throw new SyscallError("EPROTO", `a body of ${length} bytes was promised: ${writer.#sent} are less`);
    }
  });

  static readonly #send = routine(function* sendPart(writer: BodyWriter, bytes: Uint8Array): Program<void> {
    try {
      yield* sendWithin(writer.#connection, bytes, writer.#limits);
    } catch (error) {
      writer.#failure = error;
      throw error;
    }
  });
}
