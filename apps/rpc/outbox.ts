// What waits to be written to one peer: the queue between the tasks that answer and the one that writes. Adding never
// waits, so that an answer is never lost; who could go on making answers asks for room first, and that is how a peer
// that does not read is not read from either. Everything that is queued goes out in one write.

import type { Connection } from "../../kernel/machine/machine.ts";
import { type Call, type Program, routine, SyscallError } from "../../kernel/syscall.ts";
import { Park, Timeout, WaitQueue, WriteWait } from "../../syscalls/index.ts";

/** Above this many queued bytes there is no room, until the peer has taken some. */
const highWaterBytes = 262_144;

export class Outbox {
  readonly connection: Connection;
  readonly #filled: WaitQueue;
  readonly #emptied: WaitQueue;
  #chunks: Uint8Array[] = [];
  #bytes = 0;
  #ended = false;

  constructor(connection: Connection) {
    this.connection = connection;
    this.#filled = new WaitQueue("wait for", () => `something to send on ${connection.label}`);
    this.#emptied = new WaitQueue("wait for", () => `room to send on ${connection.label}`);
  }

  /** Bytes that have not been handed to the connection yet. */
  get bytes(): number {
    return this.#bytes;
  }

  get hasRoom(): boolean {
    return this.#bytes < highWaterBytes;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Adds a frame; it must not be changed afterwards. After `end` it is dropped: nobody would write it. */
  add(frame: Uint8Array): void {
    if (this.#ended) return;
    this.#chunks.push(frame);
    this.#bytes += frame.length;
    this.#filled.wake();
  }

  /** Nothing more is added: the writer ends when all is written. */
  end(): void {
    this.#ended = true;
    this.#filled.wake(Number.POSITIVE_INFINITY);
    this.#emptied.wake(Number.POSITIVE_INFINITY);
  }

  /** Waits until there is room, or nobody writes any more. */
  room(): Call<void> {
    return Outbox.#room(this);
  }

  /**
   * Writes what is added until `end`. One task's whole work.
   * @param stalledMs how long the peer may take nothing of what it is sent, milliseconds
   * @throws ETIMEDOUT for a peer that does not read; EPIPE, ECONNRESET, EBADF
   */
  write(stalledMs: number): Call<void> {
    return Outbox.#write(this, stalledMs);
  }

  static readonly #room = routine(function* room(outbox: Outbox): Program<void> {
    while (!outbox.hasRoom && !outbox.#ended) yield* new Park(outbox.#emptied);
  });

  static readonly #write = routine(function* write(outbox: Outbox, stalledMs: number): Program<void> {
    for (;;) {
      while (outbox.#chunks.length === 0) {
        if (outbox.#ended) return;
        yield* new Park(outbox.#filled);
      }
      const chunks = outbox.#chunks;
      outbox.#chunks = [];
      let rest = chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
      while (rest.length > 0) {
        const sent = outbox.connection.write(rest);
        rest = rest.subarray(sent);
        outbox.#bytes -= sent;
        if (rest.length > 0) yield* new Timeout(stalledMs, new WriteWait(outbox.connection));
      }
      if (outbox.hasRoom) outbox.#emptied.wake(Number.POSITIVE_INFINITY);
    }
  });
}

/** True for the error of a peer that is gone or does not read, which ends one connection and is no fault of ours. */
export function isPeerGone(error: unknown): error is SyscallError {
  return error instanceof SyscallError && goneCodes.has(error.code);
}

const goneCodes: ReadonlySet<string> = new Set(["EPIPE", "ECONNRESET", "ECONNABORTED", "EBADF", "ETIMEDOUT"]);
