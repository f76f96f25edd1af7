// The body of a message, taken piece by piece as its reader likes: what nobody asks for is not read, so that TCP holds the
// sender back. It ends with its length, its last chunk or the connection, and never takes a byte of the next message.

import { type Call, Cancelled, type Program, routine, SyscallError } from "../../../kernel/syscall.ts";
import { ByteBuffer } from "../../../syscalls/byte-buffer.ts";
import type { Step } from "../../../syscalls/index.ts";
import { chunkBytes, type Reader } from "../reader.ts";
import { recv } from "../sockets.ts";
import { Chunks } from "./chunks.ts";
import { HttpError, ofResponse } from "./errors.ts";
import type { HeaderFields } from "./fields.ts";
import type { BodyLength } from "./framing.ts";
import { type MessageLimits, messageLimits } from "./limits.ts";
import { Pace } from "./pace.ts";

export interface BodyOptions {
  readonly limits?: MessageLimits;
  /** Run once, before the first byte is waited for: to tell the sender that it may go on. */
  readonly begin?: (() => Call<void>) | undefined;
  /** Told before and after the connection is waited for, so that whoever watches it lets go of it. */
  readonly waiting?: (isWaiting: boolean) => void;
  /** Of a response: its faults are 502. Default: of a request. */
  readonly isResponse?: boolean;
}

export class Body {
  readonly #reader: Reader;
  readonly #limits: MessageLimits;
  readonly #length: BodyLength;
  readonly #waiting: ((isWaiting: boolean) => void) | undefined;
  readonly #isResponse: boolean;
  #begin: (() => Call<void>) | undefined;
  readonly #chunks: Chunks;
  readonly #pace: Pace;
  /** Bytes until its end, where that is known. */
  #left: number;
  #isOver: boolean;
  #failure: unknown = undefined;
  #taken = 0;

  /**
   * @param length as its head says
   * @throws HttpError 413 for more than `maxBodyBytes`, as far as that is known
   */
  constructor(reader: Reader, length: BodyLength, options: BodyOptions = {}) {
    const { limits = messageLimits, begin, waiting, isResponse = false } = options;
    if (typeof length === "number" && length > limits.maxBodyBytes) {
      const error = tooLarge(limits.maxBodyBytes);
      throw isResponse ? ofResponse(error) : error;
    }
    this.#isResponse = isResponse;
    this.#reader = reader;
    this.#limits = limits;
    this.#length = length;
    this.#begin = begin;
    this.#waiting = waiting;
    this.#chunks = new Chunks(limits);
    this.#pace = new Pace(limits.bodyMs, limits.minBytesPerSecond);
    this.#left = typeof length === "number" ? length : Number.POSITIVE_INFINITY;
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
    return this.#chunks.trailers;
  }

  /**
   * Waits for the next piece, of any length but 0: `{done: false, value}`, or `{done: true}` at the end. The bytes are the
   * caller's to keep.
   * @throws HttpError: 400 when it is not as it should be or ends too early, 408 when it comes too slowly, 413 for more
   * than `maxBodyBytes`; of a response 502, ETIMEDOUT or EPROTO; and as recv
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
      if (error instanceof Cancelled) throw error;
      body.#failure = body.#isResponse ? ofResponse(error) : error;
      throw body.#failure;
    }
  });

  static readonly #piece = routine(function* piece(body: Body): Program<Step<Uint8Array>> {
    if (body.#isOver) return { done: true };
    if (body.#begin !== undefined) {
      const begin = body.#begin;
      body.#begin = undefined;
      yield* begin();
    }
    const bytes = yield* body.#length === "chunked" ? Body.#chunk(body) : Body.#some(body);
    if (bytes.length === 0) {
      body.#isOver = true;
      return { done: true };
    }
    body.#taken += bytes.length;
    if (body.#taken > body.#limits.maxBodyBytes) throw tooLarge(body.#limits.maxBodyBytes);
    return { done: false, value: bytes };
  });

  static readonly #bytes = routine(function* bytes(body: Body, maxBytes: number): Program<Uint8Array> {
    const first = yield* body.next();
    if (first.done) return nothing;
    if (body.#isOver) {
      if (first.value.length > maxBytes) throw tooLarge(maxBytes);
      return first.value;
    }
    // In one buffer, as pieces may be of a byte each: kept one by one, they would take hundreds of times what they are.
    const all = new ByteBuffer();
    for (let piece: Step<Uint8Array> = first; !piece.done; piece = yield* body.next()) {
      if (all.available + piece.value.length > maxBytes) throw tooLarge(maxBytes);
      all.append(piece.value);
    }
    return all.take(all.available);
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

  /** Some bytes of a body that is not in chunks; none at the end of one that ends with its connection. */
  static readonly #some = routine(function* some(body: Body): Program<Uint8Array> {
    const reader = body.#reader;
    if (reader.available === 0) {
      const bytes = yield* Body.#more(body);
      if (bytes.length === 0) {
        if (body.#length === "close") return nothing;
        throw body.#endedEarly();
      }
      reader.append(bytes);
    }
    const bytes = reader.take(body.#left);
    body.#left -= bytes.length;
    if (body.#left === 0) body.#isOver = true;
    return bytes;
  });

  /** Some bytes of a body in chunks; none at its end. */
  static readonly #chunk = routine(function* chunk(body: Body): Program<Uint8Array> {
    const chunks = body.#chunks;
    for (;;) {
      const piece = chunks.take(body.#reader);
      if (chunks.isOver) body.#isOver = true;
      if (piece.length > 0 || chunks.isOver) return piece;
      const bytes = yield* Body.#more(body);
      if (bytes.length === 0) throw body.#endedEarly();
      body.#reader.append(bytes);
    }
  });

  /** What comes next, if it comes in time; no bytes when the sender has ended. */
  static readonly #more = routine(function* more(body: Body): Program<Uint8Array> {
    const { connection } = body.#reader;
    return connection.read(chunkBytes) ?? (yield* Body.#patiently(body, recv(connection, chunkBytes)));
  });

  static readonly #patiently = routine(function* patiently(body: Body, program: Call<Uint8Array>): Program<Uint8Array> {
    body.#waiting?.(true);
    try {
      return yield* body.#pace.wait(program, body.#taken);
    } catch (error) {
      throw error instanceof SyscallError ? body.#faultOf(error) : error;
    } finally {
      body.#waiting?.(false);
    }
  });

  #faultOf(error: SyscallError): SyscallError {
    if (error.code !== "ETIMEDOUT") return error;
    const { bodyMs, minBytesPerSecond } = this.#limits;
    return this.#pace.left(this.#taken) < bodyMs
      ? new HttpError(408, `the body comes slower than ${minBytesPerSecond} bytes a second`)
      : new HttpError(408, `nothing of the body came for ${bodyMs} ms`);
  }

  #endedEarly(): SyscallError {
    const message = `the connection ended ${this.#taken} bytes into the body`;
    return this.#isResponse ? new SyscallError("EPROTO", message) : new HttpError(400, message);
  }
}

const nothing = new Uint8Array(0);

function tooLarge(maxBytes: number): HttpError {
  return new HttpError(413, `the body has more than ${maxBytes} bytes`);
}
