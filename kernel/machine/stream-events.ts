// Which connection a stream belongs to, written on the stream itself, so that all streams share the same listeners:
// a closure for each event of each stream would be the largest part of an idle connection (500 bytes of it).

import type { Readable, Writable } from "node:stream";

/** Whom the listeners of a stream tell. */
export interface StreamUser {
  readonly closed: boolean;
  streamReadable(): void;
  /** Only who lets the stream flow is told. */
  streamData?(chunk: Uint8Array): void;
  streamEnded(): void;
  streamDrained(): void;
  streamFailed(cause: unknown, stream: Readable | Writable): void;
  streamClosed(stream: Readable | Writable): void;
}

const reader: unique symbol = Symbol("reader");
const writer: unique symbol = Symbol("writer");

interface Marked {
  [reader]?: StreamUser | undefined;
  [writer]?: StreamUser | undefined;
}

type MarkedStream = (Readable | Writable) & Marked;

/** Whether somebody else reads from the one, or writes to the other. */
export function inUse(readable: (Readable & Marked) | undefined, writable: (Writable & Marked) | undefined): boolean {
  return readable?.[reader]?.closed === false || writable?.[writer]?.closed === false;
}

/** Lets the streams tell `user`; what becomes readable only after `startReading`. */
export function attach(
  user: StreamUser,
  readable: (Readable & Marked) | undefined,
  writable: (Writable & Marked) | undefined,
): void {
  if (readable !== undefined) {
    readable[reader] = user;
    readable.on("end", onEnd).on("error", onError).on("close", onClose);
  }
  if (writable !== undefined) {
    writable[writer] = user;
    writable.on("drain", onDrain);
    if (!Object.is(writable, readable)) writable.on("error", onError).on("close", onClose);
  }
}

/** Has the stream hold what comes, and say so. */
export function startReading(readable: Readable): void {
  readable.on("readable", onReadable);
}

/** Has the stream hand over what comes, until `pause`: for those who hold it themselves. */
export function startFlowing(readable: Readable): void {
  readable.on("data", onData).resume();
}

/** Leaves the streams as they were found, but for one listener that contains what may still fail. */
export function detach(readable: (Readable & Marked) | undefined, writable: (Writable & Marked) | undefined): void {
  if (readable !== undefined) {
    readable[reader] = undefined;
    readable.off("end", onEnd).off("readable", onReadable).pause();
  }
  if (writable !== undefined) {
    writable[writer] = undefined;
    writable.off("drain", onDrain);
  }
  for (const stream of new Set([readable, writable])) {
    stream?.off("error", onError).off("close", onClose);
    if (stream?.listeners("error").includes(ignore) === false) stream.on("error", ignore);
  }
}

function onReadable(this: Readable & Marked): void {
  // An end behind an empty buffer comes through only when something is read.
  if (this.readableLength === 0) this.read(0);
  else this[reader]?.streamReadable();
}

function onData(this: Marked, chunk: Uint8Array): void {
  this[reader]?.streamData?.(chunk);
}

function onEnd(this: Marked): void {
  this[reader]?.streamEnded();
}

function onDrain(this: Marked): void {
  this[writer]?.streamDrained();
}

function onError(this: MarkedStream, cause: unknown): void {
  const [first, second] = [this[reader], this[writer]];
  first?.streamFailed(cause, this);
  if (second !== first) second?.streamFailed(cause, this);
}

function onClose(this: MarkedStream): void {
  const [first, second] = [this[reader], this[writer]];
  first?.streamClosed(this);
  if (second !== first) second?.streamClosed(this);
}

function ignore(): void {}
