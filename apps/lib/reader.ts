// Reading more than what one packet holds: exact counts, delimiters, lines. What was read too far must be kept for the
// next call, so these work on a Reader, which owns that rest, and not on the bare connection.

import type { Connection } from "../../kernel/machine/machine.ts";
import { type Routine, routine, SyscallError } from "../../kernel/syscall.ts";
import { ByteBuffer } from "../../syscalls/byte-buffer.ts";
import { lineText, newline } from "../../syscalls/line-buffer.ts";
import { checkedCount } from "./checked.ts";
import { recv } from "./sockets.ts";

/** How much is read at once, at most. */
export const chunkBytes = 65_536;
/** Most bytes that can be asked for in one piece. */
export const mostBytes: number = 2 ** 30;

const encoder = new TextEncoder();
/** The latest delimiter that was given as text: a protocol has few, and asks for one again and again. */
let latest = { text: "", bytes: new Uint8Array(0) };

function bytesOf(delimiter: Uint8Array | string): Uint8Array {
  if (typeof delimiter !== "string") return delimiter;
  if (latest.text !== delimiter) latest = { text: delimiter, bytes: encoder.encode(delimiter) };
  return latest.bytes;
}

/** A connection, and what has been read from it and not yet used. Use one per connection, in one task. */
export class Reader extends ByteBuffer {
  readonly connection: Connection;

  constructor(connection: Connection) {
    super();
    this.connection = connection;
  }
}

/**
 * Exactly `count` bytes, 1 GiB at most.
 * @throws EINVAL for another count; EPROTO when the peer ends before (the message says how many had come; they stay in the reader), and as recv
 */
export const readExactly: Routine<[reader: Reader, count: number], Uint8Array> = routine(
  function* readExactly(reader, count) {
    checkedCount(count, "count of readExactly", 0, mostBytes);
    while (reader.available < count) {
      const bytes = yield* recv(reader.connection, chunkBytes);
      if (bytes.length === 0) {
        throw new SyscallError(
          "EPROTO",
          `${reader.connection.label} ended after ${reader.available} of ${count} bytes`,
        );
      }
      reader.append(bytes);
    }
    return reader.take(count);
  },
);

/**
 * The bytes up to a delimiter and with it; null when the peer has ended and nothing is left.
 * @param delimiter bytes, or text, which is sent as UTF-8
 * @param maxBytes how many bytes there may be, the delimiter included; 1 GiB at most
 * @throws EINVAL for another bound; EMSGSIZE when there are more, EPROTO when the peer ends in between, and as recv; nothing is lost: what had
 * come stays in the reader
 *
 * ```ts
 * const head = yield* readUntil(reader, "\r\n\r\n", 16_384);
 * ```
 */
export const readUntil: Routine<[reader: Reader, delimiter: Uint8Array | string, maxBytes: number], Uint8Array | null> =
  routine(function* readUntil(reader, delimiter, maxBytes) {
    const bytes = yield* readPast(reader, bytesOf(delimiter), maxBytes);
    if (bytes !== null || reader.available === 0) return bytes;
    throw new SyscallError("EPROTO", `${reader.connection.label} ended ${reader.available} bytes into a message`);
  });

/** As readUntil; null when the peer has ended, and what is left is still in the reader. */
const readPast: Routine<[reader: Reader, delimiter: Uint8Array, maxBytes: number], Uint8Array | null> = routine(
  function* readPast(reader, delimiter, maxBytes) {
    checkedCount(maxBytes, "maxBytes of readUntil", 1, mostBytes);
    if (delimiter.length === 0) throw new SyscallError("EINVAL", "readUntil needs a delimiter that is not empty");
    let searched = 0;
    for (;;) {
      const place = reader.indexOf(delimiter, searched);
      const length = place < 0 ? reader.available : place + delimiter.length;
      if (length > maxBytes) {
        throw new SyscallError(
          "EMSGSIZE",
          `${reader.connection.label} sent more than ${maxBytes} bytes without a delimiter`,
        );
      }
      if (place >= 0) return reader.take(length);
      searched = Math.max(0, reader.available - delimiter.length + 1);
      const bytes = yield* recv(reader.connection, chunkBytes);
      if (bytes.length === 0) return null;
      reader.append(bytes);
    }
  },
);

/**
 * The next line as text, without its LF or CRLF; null at the end. A last line without a newline counts.
 * @param maxBytes how long a line may be, its newline included; default 65,536, 1 GiB at most
 * @throws EINVAL for another bound, EMSGSIZE for a longer one, EPROTO for bytes that are not UTF-8, and as recv
 *
 * ```ts
 * const reader = new Reader(socket);
 * for (let line = yield* readLine(reader); line !== null; line = yield* readLine(reader)) yield* new Log(line);
 * ```
 */
export const readLine: Routine<[reader: Reader, maxBytes?: number], string | null> = routine(function* readLine(
  reader,
  maxBytes = 65_536,
) {
  const bytes = yield* readPast(reader, newline, maxBytes);
  if (bytes !== null) return lineText(bytes, reader.connection.label);
  return reader.available === 0 ? null : lineText(reader.take(reader.available), reader.connection.label);
});
