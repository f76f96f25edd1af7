// One direction of a virtual connection: bytes on their way, then bytes to be read, together never more than the
// capacity (back-pressure), then the end. Bytes arrive in order, each portion after a latency of its own. What is
// written is kept by reference and copied by `take`: a writer that changes bytes it gave away is found out, a reader
// owns what it gets.

import { Fifo } from "./virtual-queue.ts";
import type { World } from "./virtual-world.ts";

/** Who is at the two ends of a pipe, and is told. */
export interface PipeEnd {
  /** To the reader: bytes or the end arrived. */
  arrived(): void;
  /** To the reader: bytes arrived that nobody will read. */
  refused(): void;
  /** To the writer: a full pipe has room again. */
  roomMade(): void;
}

interface Portion {
  readonly dueMs: number;
  /** Undefined: the end. */
  readonly bytes: Uint8Array | undefined;
}

export class Pipe {
  /** The reader; undefined until the connect has reached the other side. */
  reader: PipeEnd | undefined = undefined;
  readonly #writer: PipeEnd;
  readonly #world: World;
  readonly #capacityBytes: number;
  readonly #flight = new Fifo<Portion>();
  readonly #buffer = new Fifo<Uint8Array>();
  /** How much of the buffer's first portion was read. */
  #taken = 0;
  #flightBytes = 0;
  #readableBytes = 0;
  #arrivalScheduled = false;
  #roomScheduled = false;
  #finished = false;
  #ended = false;
  #severed = false;
  #refusing = false;

  constructor(world: World, capacityBytes: number, writer: PipeEnd) {
    this.#world = world;
    this.#capacityBytes = capacityBytes;
    this.#writer = writer;
  }

  /** How many bytes a write can be given now. */
  get roomBytes(): number {
    return this.#capacityBytes - this.#flightBytes - this.#readableBytes;
  }

  get readableBytes(): number {
    return this.#readableBytes;
  }

  /** The writer has sent the end. */
  get finished(): boolean {
    return this.#finished;
  }

  /** The end arrived: after what is readable there is no more. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Sends bytes, at most `roomBytes` of them and at least one. */
  push(bytes: Uint8Array): void {
    this.#flightBytes += bytes.length;
    this.#send(bytes);
  }

  /** Sends the end, after all that was sent before; not when some of that was lost. Twice is once. */
  finish(): void {
    if (this.#finished) return;
    this.#finished = true;
    if (!this.#severed) this.#send(undefined);
  }

  /** The first `count` readable bytes, as a copy. */
  take(count: number): Uint8Array {
    const bytes = new Uint8Array(count);
    let filled = 0;
    for (let first = this.#buffer.peek(); first !== undefined && filled < count; first = this.#buffer.peek()) {
      const part = first.subarray(this.#taken, this.#taken + count - filled);
      bytes.set(part, filled);
      filled += part.length;
      this.#taken += part.length;
      if (this.#taken < first.length) break;
      this.#buffer.shift();
      this.#taken = 0;
    }
    const wasFull = this.roomBytes === 0;
    this.#readableBytes -= count;
    if (wasFull) this.#tellRoom();
    return bytes;
  }

  /** Loses what is on its way, for good: the end can never arrive any more, as it would hide the loss. */
  sever(): void {
    this.#severed = true;
    this.#flight.clear();
    this.#flightBytes = 0;
  }

  /** From here on nothing that arrives is kept; what is readable stays. */
  refuse(): void {
    this.#refusing = true;
  }

  #send(bytes: Uint8Array | undefined): void {
    this.#flight.push({ dueMs: this.#world.nowMs + this.#world.latencyMs(), bytes });
    this.#scheduleArrival();
  }

  /** One event for the next portion, however many are on their way; those that were faster wait behind it. */
  #scheduleArrival(): void {
    const next = this.#flight.peek();
    if (this.#arrivalScheduled || next === undefined) return;
    this.#arrivalScheduled = true;
    this.#world.after(Math.max(0, next.dueMs - this.#world.nowMs), () => {
      this.#arrivalScheduled = false;
      this.#arrive();
    });
  }

  #arrive(): void {
    const lostBefore = this.#flightBytes + this.#readableBytes;
    for (let next = this.#flight.peek(); next && next.dueMs <= this.#world.nowMs; next = this.#flight.peek()) {
      this.#flight.shift();
      this.#flightBytes -= next.bytes?.length ?? 0;
      if (this.#refusing) continue;
      if (next.bytes === undefined) this.#ended = true;
      else {
        this.#buffer.push(next.bytes);
        this.#readableBytes += next.bytes.length;
      }
    }
    this.#scheduleArrival();
    if (this.#flightBytes + this.#readableBytes < lostBefore) this.reader?.refused();
    else this.reader?.arrived();
  }

  /** One event, however often the pipe was full and read meanwhile. */
  #tellRoom(): void {
    if (this.#roomScheduled) return;
    this.#roomScheduled = true;
    this.#world.after(this.#world.latencyMs(), () => {
      this.#roomScheduled = false;
      this.#writer.roomMade();
    });
  }
}
