// Any Node stream as a connection: stdin, a child's pipes, and (socket-connection.ts, which reads them otherwise) sockets,
// plain and TLS. Read in paused mode, so that the stream itself holds back its source when nobody reads; written to
// no further than its high-water mark, because `write` of a stream never refuses. No event is ever remembered:
// whether a direction is ready is asked of the stream. Errors are contained, and belong to the direction they came from.

import { Socket } from "node:net";
import type { Readable, Writable } from "node:stream";
import { SyscallError } from "../errors.ts";
import { Endpoint } from "./endpoint.ts";
import type { Connection, Interest } from "./machine.ts";
import { errorCode, systemError } from "./node-error.ts";
import { attach, detach, inUse, type StreamUser, startReading } from "./stream-events.ts";

export interface StreamOptions {
  /** True: closing and shutdown let go of the streams and leave them open. For stdin and stdout, the process's own. */
  readonly keep?: boolean;
  /** How long what was taken may stand still after `close`, ms; then it is dropped: nobody reads. Default 3000. */
  readonly lingerMs?: number;
}

/**
 * Wraps streams as a connection. Nothing else may read from or write to them from now on.
 * @param readable where bytes come from; without one the reading side has ended
 * @param writable where bytes go, the same object for a Duplex; without one writing throws EPIPE
 * @param label for people: "pipe cat"
 * @throws EINVAL for streams of objects or text, and for one that somebody else reads; EBUSY for one wrapped already
 */
export function fromStream(
  readable: Readable | undefined,
  writable: Writable | undefined,
  label: string,
  options: StreamOptions = {},
): Connection {
  const connection = new StreamConnection(readable, writable, label, options);
  connection.begin();
  return connection;
}

export class StreamConnection extends Endpoint implements Connection, StreamUser {
  readonly #readable: Readable | undefined;
  readonly #writable: Writable | undefined;
  readonly #options: StreamOptions;
  #label: string;
  #ended: boolean;
  #shut = false;
  #bytesRead = 0;
  #bytesWritten = 0;
  #readError: unknown = undefined;
  #writeError: unknown = undefined;

  constructor(readable: Readable | undefined, writable: Writable | undefined, label: string, options: StreamOptions) {
    super();
    refuseUnfit(readable, writable, label);
    this.#readable = readable;
    this.#writable = writable;
    this.#label = label;
    this.#options = options;
    this.#ended = readable?.readableEnded ?? true;
    attach(this, readable, writable);
  }

  /** Starts reading. Apart, so that a connection nobody has accepted takes no bytes in. */
  begin(): void {
    if (this.#readable !== undefined) startReading(this.#readable);
  }

  get label(): string {
    return this.#label;
  }

  get local(): string {
    return "";
  }

  get peer(): string {
    return "";
  }

  get bytesRead(): number {
    return this.#bytesRead;
  }

  get bytesWritten(): number {
    return this.#bytesWritten;
  }

  check(): void {
    this.mustBeOpen();
  }

  read(max: number): Uint8Array | null {
    this.mustBeOpen();
    if (!Number.isInteger(max) || max < 1) {
      throw new SyscallError("EINVAL", `read of ${max} bytes from ${this.#label}: give a positive integer`);
    }
    const bytes = this.take(max);
    if (bytes !== undefined) {
      this.#bytesRead += bytes.length;
      return bytes;
    }
    if (this.#ended) return new Uint8Array(0);
    if (this.#readError !== undefined) throw this.readFailure(this.#readError);
    return null;
  }

  write(bytes: Uint8Array): number {
    this.mustBeOpen();
    const writable = this.#writable;
    if (this.#writeError !== undefined || writable === undefined || this.#shut || !writable.writable) {
      throw this.writeFailure(this.#writeError ?? writable?.errored ?? undefined); // it is told of that later
    }
    const room = roomOf(writable);
    if (room <= 0) return 0;
    const taken = bytes.length <= room ? bytes : bytes.subarray(0, room);
    this.#bytesWritten += taken.length;
    writable.write(taken);
    return taken.length;
  }

  shutdown(): void {
    this.mustBeOpen();
    this.#shut = true;
    if (!this.#options.keep && this.#writable?.writable) this.#writable.end();
    // A writer that waits for room would now wait for ever: writing fails from here on, and it is told.
    this.signal("write");
  }

  streamReadable(): void {
    this.signal("read");
  }

  /** An end that follows a failure is no end: Node tells both where TLS was broken off. */
  streamEnded(): void {
    if (this.#readError !== undefined) return;
    this.#ended = true;
    this.signal("read");
  }

  streamDrained(): void {
    this.signal("write");
  }

  /** Remembered for the directions the stream serves. */
  streamFailed(cause: unknown, stream: Readable | Writable): void {
    if (this.closed) return;
    if (Object.is(stream, this.#readable)) this.#readError ??= cause;
    if (Object.is(stream, this.#writable)) this.#writeError ??= cause;
    this.signal("read");
    this.signal("write");
  }

  /** Closed in the end, or by somebody else before it. */
  streamClosed(stream: Readable | Writable): void {
    if (this.closed) return;
    const whole = Object.is(stream, this.#readable) ? this.#ended : this.#writable?.writableFinished;
    if (whole) this.signal("write");
    else this.streamFailed(new SyscallError("ECONNRESET", `${this.#label} was closed before its end`), stream);
  }

  protected isReady(interest: Interest): boolean {
    if (interest === "read") {
      return this.holds() || this.#ended || this.#readError !== undefined;
    }
    const writable = this.#writable;
    return this.#writeError !== undefined || this.#shut || !writable?.writable || roomOf(writable) > 0;
  }

  /** Whether there are bytes to read. */
  protected holds(): boolean {
    return (this.#readable?.readableLength ?? 0) > 0;
  }

  /** Takes at most `max` of them; undefined where there are none. */
  protected take(max: number): Uint8Array | undefined {
    const readable = this.#readable;
    return readable === undefined || readable.readableLength === 0 ? undefined : take(readable, max);
  }

  /** What was taken is still sent, as the system does for a descriptor that is closed; unread input is dropped. */
  protected release(): void {
    const [readable, writable] = [this.#readable, this.#writable];
    if (this.#options.keep) {
      detach(readable, writable);
      return;
    }
    if (readable !== undefined && !Object.is(readable, writable)) readable.destroy();
    if (writable === undefined) return;
    if (writable.destroyed || writable.writableFinished) {
      writable.destroy();
      return;
    }
    writable.once("finish", () => writable.destroy());
    if (writable instanceof Socket) writable.setTimeout(this.#options.lingerMs ?? 3_000, () => writable.destroy());
    writable.end();
  }

  protected rename(label: string): void {
    this.#label = label;
  }

  protected readFailure(cause: unknown): SyscallError {
    // A Duplex that broke while writing says EPIPE; to a reader, what broke is the connection.
    const code = errorCode(cause);
    return systemError(cause, `read ${this.#label}`, code === "EPIPE" ? "ECONNRESET" : code);
  }

  /** @param cause undefined where the writing side was never there, or was shut down */
  protected writeFailure(cause: unknown): SyscallError {
    return systemError(cause, `write ${this.#label}`, cause === undefined ? "EPIPE" : errorCode(cause));
  }
}

/** How many bytes fit under the high-water mark; at least one where the mark is 0 and nothing is held. */
function roomOf(writable: Writable): number {
  return Math.max(1, writable.writableHighWaterMark) - writable.writableLength;
}

/** Takes at most `max` of the bytes a stream holds. */
function take(readable: Readable, max: number): Uint8Array {
  // All without a size: a stream notices its end only in a read that could have taken more. A part never over the
  // high-water mark: a larger size would raise the mark, and with it what the stream holds for a peer nobody reads.
  return readable.readableLength <= max
    ? readable.read()
    : readable.read(Math.min(max, readable.readableHighWaterMark));
}

function refuseUnfit(readable: Readable | undefined, writable: Writable | undefined, label: string): void {
  if (readable?.readableObjectMode || writable?.writableObjectMode) {
    throw new SyscallError("EINVAL", `${label} is a stream of objects: only bytes can be a connection`);
  }
  if (readable !== undefined && readable.readableEncoding !== null) {
    throw new SyscallError("EINVAL", `${label} decodes to ${readable.readableEncoding}: leave setEncoding out`);
  }
  if (inUse(readable, writable)) {
    throw new SyscallError("EBUSY", `${label} belongs to another connection: close that one first`);
  }
  if (readable?.readableFlowing && !readable.readableEnded) {
    throw new SyscallError("EINVAL", `${label} is read by somebody else: remove its "data" listeners and pipes first`);
  }
}
