// The body of a message, taken piece by piece as its reader likes: what nobody asks for is not read, so that TCP holds the
// sender back. It ends with its length, its last chunk or the connection, and never takes a byte of the next message.

import { Buffer } from "node:buffer";
import { type Call, Cancelled, type Program, routine, SyscallError } from "../../../kernel/syscall.ts";
import { type Step, Timeout } from "../../../syscalls/index.ts";
import { chunkBytes, type Reader, readUntil } from "../reader.ts";
import { recv } from "../sockets.ts";
import { HttpError } from "./errors.ts";
import { HeaderFields } from "./fields.ts";
import { type BodyLength, chunkSize } from "./framing.ts";
import { headEnd, parseTrailers } from "./head.ts";
import { type MessageLimits, messageLimits } from "./limits.ts";

/** Bytes of the line before a chunk; of all extensions together `maxHeadBytes`. */
const maxSizeLine = 512;

export interface BodyOptions {
  readonly limits?: MessageLimits;
  /** Run once, before the first byte is waited for: to tell the sender that it may go on. */
  readonly begin?: (() => Call<void>) | undefined;
  /** Told before and after the connection is waited for, so that whoever watches it lets go of it. */
  readonly waiting?: (isWaiting: boolean) => void;
}

export class Body {
  readonly #reader: Reader;
  readonly #limits: MessageLimits;
  readonly #length: BodyLength;
  readonly #waiting: ((isWaiting: boolean) => void) | undefined;
  #begin: (() => Call<void>) | undefined;
  /** Bytes until the end, of the body or of the chunk. */
  #left: number;
  #isOver: boolean;
  #hasChunk = false;
  #failure: unknown = undefined;
  #taken = 0;
  #extensionBytes = 0;
  #trailers = none;

  /**
   * @param length as its head says
   * @throws HttpError 413 for more than `maxBodyBytes`, as far as that is known
   */
  constructor(reader: Reader, length: BodyLength, options: BodyOptions = {}) {
    const { limits = messageLimits, begin, waiting } = options;
    if (typeof length === "number" && length > limits.maxBodyBytes) throw tooLarge(limits.maxBodyBytes);
    this.#reader = reader;
    this.#limits = limits;
    this.#length = length;
    this.#begin = begin;
    this.#waiting = waiting;
    this.#left = typeof length === "number" ? length : length === "close" ? Number.POSITIVE_INFINITY : 0;
    this.#isOver = length === 0;
  }

  /** Its length, where the head said it. */
  get length(): number | undefined {
    return typeof this.#length === "number" ? this.#length : undefined;
  }

  /** True once all of it has been taken, or there is none. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Why it could not be read to its end: what `next` has thrown, and will throw again; undefined: nothing is wrong. */
  get failure(): unknown {
    return this.#failure;
  }

  /** True while the sender waits to be told that it may go on. */
  get isHeldBack(): boolean {
    return this.#begin !== undefined && !this.#isOver;
  }

  /** The sender has been told something else: it will not be told to go on. */
  letGo(): void {
    this.#begin = undefined;
  }

  /** What came behind a chunked body. Known once it is over. */
  get trailers(): HeaderFields {
    return this.#trailers;
  }

  /**
   * Waits for the next piece, of any length but 0: `{done: false, value}`, or `{done: true}` at the end. The bytes are the
   * caller's to keep.
   * @throws HttpError: 400 when it is not as it should be or ends too early, 408 when nothing comes for `bodyMs`, 413 for more
   * than `maxBodyBytes`; and as recv
   */
  next(): Call<Step<Uint8Array>> {
    return Body.#next(this);
  }

  /**
   * All of it that is left.
   * @param maxBytes that it may have; default `maxBodyBytes`
   * @throws HttpError 413 for more; as `next`
   */
  bytes(maxBytes?: number): Call<Uint8Array> {
    return Body.#bytes(this, maxBytes ?? this.#limits.maxBodyBytes);
  }

  /** All of it that is left as text, in UTF-8; what is none becomes U+FFFD. As `bytes`. */
  text(maxBytes?: number): Call<string> {
    return Body.#text(this, maxBytes ?? this.#limits.maxBodyBytes);
  }

  /**
   * Reads on without keeping anything. Answers whether that was the end: false when there was more.
   * @param maxBytes after which it gives up
   */
  discard(maxBytes: number): Call<boolean> {
    return Body.#discard(this, maxBytes);
  }

  static readonly #next = routine(function* next(body: Body): Program<Step<Uint8Array>> {
    if (body.#failure !== undefined) throw body.#failure;
    try {
      return yield* Body.#piece(body);
    } catch (error) {
      if (!(error instanceof Cancelled)) body.#failure = error;
      throw error;
    }
  });

  static readonly #piece = routine(function* piece(body: Body): Program<Step<Uint8Array>> {
    if (body.#isOver) return { done: true };
    if (body.#begin !== undefined) {
      const begin = body.#begin;
      body.#begin = undefined;
      yield* begin();
    }
    if (body.#length === "chunked" && body.#left === 0 && !(yield* Body.#nextChunk(body))) return { done: true };
    const bytes = yield* Body.#some(body);
    if (bytes === null) return { done: true };
    body.#left -= bytes.length;
    body.#taken += bytes.length;
    if (body.#taken > body.#limits.maxBodyBytes) throw tooLarge(body.#limits.maxBodyBytes);
    if (body.#left === 0 && body.#length !== "chunked") body.#isOver = true;
    return { done: false, value: bytes };
  });

  static readonly #bytes = routine(function* bytes(body: Body, maxBytes: number): Program<Uint8Array> {
    const pieces: Uint8Array[] = [];
    let size = 0;
    for (let piece = yield* body.next(); !piece.done; piece = yield* body.next()) {
      size += piece.value.length;
      if (size > maxBytes) throw tooLarge(maxBytes);
      pieces.push(piece.value);
    }
    const [only] = pieces;
    return pieces.length === 1 && only !== undefined ? only : Buffer.concat(pieces);
  });

  static readonly #text = routine(function* text(body: Body, maxBytes: number): Program<string> {
    return new TextDecoder().decode(yield* body.bytes(maxBytes));
  });

  static readonly #discard = routine(function* discard(body: Body, maxBytes: number): Program<boolean> {
    if (typeof body.#length === "number" && body.#left > maxBytes) return false;
    for (let size = 0; size <= maxBytes; ) {
      const piece = yield* body.next();
      if (piece.done) return true;
      size += piece.value.length;
    }
    return body.#isOver;
  });

  /** Some bytes, `#left` at most; null at the end of a body that ends with its connection. */
  static readonly #some = routine(function* some(body: Body): Program<Uint8Array | null> {
    const reader = body.#reader;
    if (reader.available > 0) return reader.take(body.#left);
    const bytes =
      reader.connection.read(chunkBytes) ?? (yield* Body.#patiently(body, recv(reader.connection, chunkBytes)));
    if (bytes.length === 0) {
      if (body.#length !== "close") throw body.#endedEarly();
      body.#isOver = true;
      return null;
    }
    if (bytes.length <= body.#left) return bytes;
    reader.append(bytes.subarray(body.#left));
    return bytes.subarray(0, body.#left);
  });

  /** Goes on to the next chunk; false: that was the last, and its trailers have been read. */
  static readonly #nextChunk = routine(function* nextChunk(body: Body): Program<boolean> {
    if (body.#hasChunk && (yield* Body.#line(body, crlf.length)) !== crlf)
      throw new HttpError(400, "a chunk is longer than its size");
    body.#hasChunk = true;
    const line = (yield* Body.#line(body, maxSizeLine)).slice(0, -crlf.length);
    body.#left = chunkSize(line);
    const semicolon = line.indexOf(";");
    if (semicolon >= 0) body.#extensionBytes += line.length - semicolon;
    if (body.#extensionBytes > body.#limits.maxHeadBytes) {
      throw new HttpError(400, `the chunk extensions have more than ${body.#limits.maxHeadBytes} bytes`);
    }
    if (body.#left > 0) return true;
    yield* Body.#readTrailers(body);
    body.#isOver = true;
    return false;
  });

  static readonly #readTrailers = routine(function* readTrailers(body: Body): Program<void> {
    const { maxHeadBytes } = body.#limits;
    let lines = "";
    while (lines !== crlf && !lines.endsWith(headEnd)) {
      lines += yield* Body.#line(body, maxHeadBytes);
      if (lines.length > maxHeadBytes) throw new HttpError(431, `the trailers have more than ${maxHeadBytes} bytes`);
    }
    body.#trailers = parseTrailers(Buffer.from(lines, "latin1"), body.#limits);
  });

  /** A line between chunks, with its CRLF. */
  static readonly #line = routine(function* line(body: Body, maxBytes: number): Program<string> {
    const bytes = yield* Body.#patiently(body, readUntil(body.#reader, crlf, maxBytes));
    if (bytes.length === 0) throw body.#endedEarly();
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
  });

  /** What a program reads, if it comes in time; no bytes when the sender has ended. */
  static readonly #patiently = routine(function* patiently(
    body: Body,
    program: Call<Uint8Array | null>,
  ): Program<Uint8Array> {
    body.#waiting?.(true);
    try {
      return (yield* new Timeout(body.#limits.bodyMs, program)) ?? nothing;
    } catch (error) {
      throw error instanceof SyscallError ? body.#faultOf(error) : error;
    } finally {
      body.#waiting?.(false);
    }
  });

  #faultOf(error: SyscallError): SyscallError {
    if (error.code === "ETIMEDOUT") return new HttpError(408, `nothing of the body came for ${this.#limits.bodyMs} ms`);
    if (error.code === "EPROTO") return this.#endedEarly();
    return error.code === "EMSGSIZE" ? new HttpError(400, "a line between chunks does not end where it must") : error;
  }

  #endedEarly(): HttpError {
    return new HttpError(400, `the connection ended ${this.#taken} bytes into the body`);
  }
}

const crlf = "\r\n";
const nothing = new Uint8Array(0);
const none = new HeaderFields();

function tooLarge(maxBytes: number): HttpError {
  return new HttpError(413, `the body has more than ${maxBytes} bytes`);
}
