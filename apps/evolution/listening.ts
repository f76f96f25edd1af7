// What the servers on our kernel have in common and are not about: the command line, the port, the banner, frames one by
// one, and whose fault an error is.

import type { Listener } from "../../kernel/machine/machine.ts";
import { addressText, type Program, type Routine, routine, SyscallError } from "../../kernel/syscall.ts";
import { Listen } from "../../syscalls/index.ts";
import { type App, app, print, type Reader, readExactly, recv } from "../lib/index.ts";
import { isPeerGone } from "../rpc/outbox.ts";
import { bodyBytes, FramingError, headerBytes } from "./framing.ts";
import { addressIn, usageOf } from "./options.ts";

const chunkBytes = 65_536;

/**
 * An app that listens where its command line says, prints where that is, and serves.
 * @param style the file's name without its ending
 * @param serve is given the listener
 * @returns the app. It throws UsageError for a wrong command line; EADDRINUSE, EACCES and the like where it cannot listen
 */
export function listening(style: string, serve: (listener: Listener) => Program<void>): App {
  const served = routine(serve);
  return app(usageOf(style), addressIn, function* listen(address) {
    const listener = yield* new Listen(address);
    yield* print(`${style}: JSON-RPC (int32) on ${addressText(listener.address)}`);
    yield* served(listener);
  });
}

/**
 * Waits for the next frame, and gives its body; null when the client has ended.
 * @throws FramingError (EMSGSIZE) for a length that no frame may have; EPROTO when the client ends in the middle; as recv
 */
export const readFrame: Routine<[reader: Reader], Uint8Array | null> = routine(function* readFrame(reader) {
  if (reader.available === 0) {
    const bytes = yield* recv(reader.connection, chunkBytes);
    if (bytes.length === 0) return null;
    reader.append(bytes);
  }
  const header = yield* readExactly(reader, headerBytes);
  return yield* readExactly(reader, bodyBytes(header));
});

/** True for the error of a client that has gone or talks nonsense: its connection is over, and nothing else is. */
export function isClientsFault(error: unknown): boolean {
  if (error instanceof FramingError || isPeerGone(error)) return true;
  return error instanceof SyscallError && error.code === "EPROTO";
}
