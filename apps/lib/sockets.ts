// Sockets in straight lines: Beazley's wrappers around ReadWait and WriteWait. Each tries first and waits only when it
// would block, so data that is there costs no trap; each tries again after a wake, because a wake may be spurious.

import type { Connection, Listener } from "../../kernel/machine/machine.ts";
import { type Program, type Routine, routine, SyscallError } from "../../kernel/syscall.ts";
import { Adopt, Log, MoveOn, ReadWait, Sleep, WriteWait } from "../../syscalls/index.ts";

/** How long accept waits when the system has no descriptors left, ms; doubled each time. */
const backOffMs = [5, 10, 20, 40, 80, 160, 320, 500] as const;

/**
 * The next connection of a listener, owned by the calling task. Out of descriptors, it says so on the kernel log, once, waits
 * and tries again.
 * @throws EBADF when the listener is or gets closed, EBUSY if another task accepts from it
 */
export const accept: Routine<[listener: Listener], Connection> = routine(function* accept(listener) {
  for (let tries = 0; ; ) {
    let connection: Connection | null;
    try {
      connection = listener.accept();
    } catch (error) {
      if (!isShortage(error)) throw error;
      if (!short.has(listener)) {
        short.add(listener);
        yield* new Log(`${error.message}. Connections wait or are turned away meanwhile`);
      }
      yield* new Sleep(backOffMs[Math.min(tries++, backOffMs.length - 1)] ?? 500);
      continue;
    }
    if (connection === null) {
      yield* new ReadWait(listener);
      continue;
    }
    let isOwned = false;
    try {
      yield* new Adopt(connection);
      isOwned = true;
      return connection;
    } finally {
      if (!isOwned) connection.close();
    }
  }
});

/** Said once of each listener: who comes near the limit may come again and again. */
const short = new WeakSet<Listener>();

const shortages: ReadonlySet<string> = new Set(["EMFILE", "ENFILE", "ENOBUFS", "ENOMEM", "ENOSPC"]);

function isShortage(error: unknown): error is SyscallError {
  return error instanceof SyscallError && shortages.has(error.code);
}

/**
 * Some bytes, as soon as there are any; length 0 when the peer has ended.
 * @param max how many bytes at most
 * @throws ECONNRESET and the like, EBADF when closed, EBUSY if another task reads from it
 */
export const recv: Routine<[connection: Connection, max: number], Uint8Array> = routine(
  function* recv(connection, max) {
    for (;;) {
      const bytes = connection.read(max);
      if (bytes !== null) return bytes;
      yield* new ReadWait(connection);
    }
  },
);

/**
 * Sends a part, at least one byte, and answers with how many; what was sent must not be changed afterwards.
 * @throws EPIPE, ECONNRESET, EBADF when closed, EBUSY if another task writes to it
 */
export const send: Routine<[connection: Connection, bytes: Uint8Array], number> = routine(
  function* send(connection, bytes) {
    if (bytes.length === 0) return 0;
    for (;;) {
      const sent = connection.write(bytes);
      if (sent > 0) return sent;
      yield* new WriteWait(connection);
    }
  },
);

/**
 * Sends all of it, waiting whenever the peer is slow; the bytes must not be changed afterwards.
 * @throws as send; how much had been sent is then not known to the peer either
 */
export const sendAll: Routine<[connection: Connection, bytes: Uint8Array], void> = routine(
  function* sendAll(connection, bytes) {
    let rest = bytes;
    while (rest.length > 0) {
      const sent = connection.write(rest);
      if (sent === 0) yield* new WriteWait(connection);
      else rest = rest.subarray(sent);
    }
  },
);

/** What a peer may go on to send while it is waited for, bytes. */
const mostAfterEnd = 1_048_576;
const goneCodes: ReadonlySet<string> = new Set(["EBADF", "ECONNABORTED", "ECONNRESET", "EPIPE", "ETIMEDOUT"]);

/**
 * Says that this was all, and lets the peer end first: to be called before a connection is closed whose peer may still be
 * sending. Closed with bytes unread, TCP breaks off, and takes back what the peer has not read yet. What comes is dropped, up
 * to 1 MiB. A peer that is gone is no error, nor is a connection that is closed already.
 * @param ms how long the peer has, milliseconds; 0: what has come by now is dropped
 * @throws EINVAL for another time
 *
 * ```ts
 * yield* sendAll(connection, lastWords);
 * yield* linger(connection, 1_000);
 * connection.close();
 * ```
 */
export const linger: Routine<[connection: Connection, ms: number], void> = routine(function* linger(connection, ms) {
  try {
    connection.shutdown();
    if (!isDrained(connection, mostAfterEnd) && ms !== 0) yield* new MoveOn(ms, drained(connection));
  } catch (error) {
    if (!(error instanceof SyscallError) || !goneCodes.has(error.code)) throw error;
  }
});

const drained = routine(function* drained(connection: Connection): Program<void> {
  const most = connection.bytesRead + mostAfterEnd;
  while (!isDrained(connection, most - connection.bytesRead)) yield* new ReadWait(connection);
});

/** Drops what has come, so many bytes about at most. False when more may come. */
function isDrained(connection: Connection, most: number): boolean {
  for (let left = most; left > 0; ) {
    const bytes = connection.read(65_536);
    if (bytes === null) return false;
    if (bytes.length === 0) return true;
    left -= bytes.length;
  }
  return true;
}
