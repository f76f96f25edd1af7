// Any Node stream as a connection: stdin, a child's pipes, a TLS socket, and (node-socket.ts) every socket of the
// node machine. Read in paused mode, so that the stream itself holds back its source when nobody reads; written to
// no further than its high-water mark, because `write` of a stream never refuses. No event is ever remembered:
// whether a direction is ready is asked of the stream. Errors are contained, and belong to the direction they came from.

import { Socket } from "node:net";
import type { Readable, Writable } from "node:stream";
import { SyscallError } from "../errors.ts";
import { Endpoint } from "./endpoint.ts";
import type { Connection, Interest } from "./machine.ts";
import { errorCode, systemError } from "./node-error.ts";

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
 * @throws EINVAL for streams of objects or text, and for one that somebody else reads
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

export class StreamConnection extends Endpoint implements Connection {
  readonly #readable: Readable | undefined;
  readonly #writable: Writable | undefined;
  /** Takes the listeners off again; only where the streams outlive this. */
  readonly #detach: (() => void)[] | undefined;
  readonly #lingerMs: number;
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
    this.#ended = readable?.readableEnded ?? true;
    this.#detach = options.keep ? [] : undefined;
    this.#lingerMs = options.lingerMs ?? 3_000;
    if (readable !== undefined) {
      this.#on(readable, "end", () => this.#end());
      this.#contain(readable);
    }
    if (writable !== undefined) {
      this.#on(writable, "drain", () => this.signal("write"));
      if (!Object.is(writable, readable)) this.#contain(writable);
    }
  }

  /** Starts reading. Apart, so that a connection nobody has accepted takes no bytes in. */
  begin(): void {
    const readable = this.#readable;
    if (readable === undefined) return;
    this.#on(readable, "readable", () => {
      // An end behind an empty buffer comes through only when something is read.
      if (readable.readableLength === 0) readable.read(0);
      else this.signal("read");
    });
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
    const readable = this.#readable;
    if (readable !== undefined && readable.readableLength > 0) {
      const bytes = take(readable, max);
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
      throw this.writeFailure(this.#writeError);
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
    if (this.#detach === undefined && this.#writable?.writable) this.#writable.end();
    // A writer that waits for room would now wait for ever: writing fails from here on, and it is told.
    this.signal("write");
  }

  protected isReady(interest: Interest): boolean {
    if (interest === "read") {
      return this.#ended || this.#readError !== undefined || (this.#readable?.readableLength ?? 0) > 0;
    }
    const writable = this.#writable;
    return this.#writeError !== undefined || this.#shut || !writable?.writable || roomOf(writable) > 0;
  }

  /** What was taken is still sent, as the system does for a descriptor that is closed; unread input is dropped. */
  protected release(): void {
    const [readable, writable] = [this.#readable, this.#writable];
    if (this.#detach !== undefined) {
      for (const off of this.#detach) off();
      for (const stream of [readable, writable]) {
        // What was taken may still fail, with nobody left to be told.
        if (stream?.listeners("error").includes(ignore) === false) stream.on("error", ignore);
      }
      readable?.pause();
      return;
    }
    if (readable !== undefined && !Object.is(readable, writable)) readable.destroy();
    if (writable === undefined) return;
    if (writable.destroyed || writable.writableFinished) {
      writable.destroy();
      return;
    }
    writable.once("finish", () => writable.destroy());
    if (writable instanceof Socket) writable.setTimeout(this.#lingerMs, () => writable.destroy());
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

  /** The stream broke, or was closed by somebody else: remembered for the directions it serves. */
  protected fail(cause: unknown, stream: Readable | Writable): void {
    if (this.closed) return;
    if (Object.is(stream, this.#readable)) this.#readError ??= cause;
    if (Object.is(stream, this.#writable)) this.#writeError ??= cause;
    this.signal("read");
    this.signal("write");
  }

  #end(): void {
    this.#ended = true;
    this.signal("read");
  }

  #contain(stream: Readable | Writable): void {
    // Never without one: an `error` that nobody listens to ends the process.
    this.#on(stream, "error", (cause) => this.fail(cause, stream));
    this.#on(stream, "close", () => {
      if (this.closed) return;
      const whole = Object.is(stream, this.#readable) ? this.#ended : this.#writable?.writableFinished;
      if (!whole) this.fail(new SyscallError("ECONNRESET", `${this.#label} was closed before its end`), stream);
      else this.signal("write");
    });
  }

  #on(stream: Readable | Writable, event: string, listener: (cause: unknown) => void): void {
    stream.on(event, listener);
    this.#detach?.push(() => stream.off(event, listener));
  }
}

function ignore(): void {}

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
  if (readable?.readableFlowing) {
    throw new SyscallError("EINVAL", `${label} is read by somebody else: remove its "data" listeners and pipes first`);
  }
}
