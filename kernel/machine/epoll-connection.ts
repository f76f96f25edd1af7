// A TCP or Unix connection of the epoll machine: a raw descriptor, and nothing between it and the task. Reading and
// writing are one system call each, and none where it is known that it would block.

import type { ErrorCode } from "../errors.ts";
import { SyscallError } from "../errors.ts";
import { addressText } from "./endpoint.ts";
import { EpollEndpoint } from "./epoll-endpoint.ts";
import { Opening } from "./epoll-opening.ts";
import type { EpollSet } from "./epoll-set.ts";
import type { Address, Connection, Interest } from "./machine.ts";
import { connectError, systemError } from "./node-error.ts";
import { decodeEnd, type End, endText } from "./socket-address.ts";

const noSignal = 0x4000;
const writeSide = 1;
/** Up to here a copy into memory with a known address is cheaper than to ask for the address. */
const copiedBytes = 4_096;
/** What a read takes at most at once, where the one before it was full. */
const largeBytes = 65_536;

const nothing = new Uint8Array(0);

/** The system is told how much memory to read: what there is, whatever a subclass says of its length. */
const realLength = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), "length")?.get as (
  this: Uint8Array,
) => number; // it has one

export class EpollConnection extends EpollEndpoint implements Connection {
  readonly #kind: "tcp" | "unix";
  readonly #arrow: "->" | "<-";
  /** The attempts to connect; undefined once it is open, or has failed. */
  #opening: Opening | undefined = undefined;
  #openError: unknown = undefined;
  #local: End;
  #peer: End;
  #ended = false;
  #shut = false;
  #isFull = false;
  /** Why reading failed, or will once what has arrived is read: the system says it only once. */
  #failure: ErrorCode | undefined = undefined;
  #bytesRead = 0;
  #bytesWritten = 0;

  private constructor(set: EpollSet, kind: "tcp" | "unix", arrow: "->" | "<-", local: End, peer: End) {
    super(set);
    this.#kind = kind;
    this.#arrow = arrow;
    this.#local = local;
    this.#peer = peer;
  }

  /** Starts to open a connection. The address has been checked. */
  static connect(set: EpollSet, to: Address): EpollConnection {
    const made = new EpollConnection(set, "path" in to ? "unix" : "tcp", "->", "", addressText(to));
    made.#opening = new Opening(set, (fd, failure) => made.#opened(fd, failure));
    made.#opening.start(to);
    return made;
  }

  /**
   * Takes a connection that was accepted.
   * @throws ENOSPC, ENOMEM; the descriptor is closed then
   */
  static accepted(set: EpollSet, fd: number, kind: "tcp" | "unix", local: End, peer: End): EpollConnection {
    const made = new EpollConnection(set, kind, "<-", local, peer);
    try {
      made.hold(fd);
    } catch (error) {
      made.close();
      throw error;
    }
    made.writable = true;
    return made;
  }

  get label(): string {
    const peer = this.peer === "" ? "" : ` ${this.peer}`;
    return `${this.#kind}${this.#local === "" ? "" : ` ${this.local}`} ${this.#arrow}${peer}`;
  }

  get local(): string {
    return endText(this.#local);
  }

  get peer(): string {
    return endText(this.#peer);
  }

  get bytesRead(): number {
    return this.#bytesRead;
  }

  get bytesWritten(): number {
    return this.#bytesWritten;
  }

  check(): void {
    this.mustBeOpen();
    if (this.#openError !== undefined) throw this.#openFailure();
  }

  read(max: number): Uint8Array | null {
    this.mustBeOpen();
    if (!Number.isInteger(max) || max < 1) {
      throw new SyscallError("EINVAL", `read of ${max} bytes from ${this.label}: give a positive integer`);
    }
    if (!this.readable) return this.#unreadable();
    const bytes = this.#isFull && max > copiedBytes ? this.#receiveMuch(max) : this.#receive(max);
    if (bytes !== null) this.#bytesRead += bytes.length;
    return bytes;
  }

  write(bytes: Uint8Array): number {
    this.mustBeOpen();
    if (this.#opening !== undefined) return 0;
    if (this.#openError !== undefined) throw this.#openFailure();
    if (this.#shut) throw this.#writeFailure("EPIPE");
    if (!(bytes instanceof Uint8Array)) throw new SyscallError("EINVAL", `write ${this.label}: give a Uint8Array`);
    const length = realLength.call(bytes);
    if (length === 0) return 0;
    // Tried even where it would have blocked a moment ago: the peer may have read since the latest poll.
    const sent = this.#send(bytes, length);
    if (sent < 0) return this.#sentNothing();
    this.writable = sent === length;
    this.#bytesWritten += sent;
    return sent;
  }

  shutdown(): void {
    this.mustBeOpen();
    this.#shut = true;
    // A connection that has broken off has no side left to shut.
    if (this.#opening === undefined) this.set.libc.shutdown(this.fd, writeSide);
    // A writer that waits for room would now wait for ever: writing fails from here on, and it is told.
    this.signal("write");
  }

  /** Closes at once: what was taken and not sent is dropped, and over TCP the peer sees ECONNRESET. Twice is once. */
  reset(): void {
    if (this.closed) return;
    if (this.fd >= 0) this.set.resetOnClose(this.fd);
    this.close();
  }

  protected override isReady(interest: Interest): boolean {
    if (this.#opening !== undefined) return false;
    if (this.#openError !== undefined || super.isReady(interest)) return true;
    return interest === "read" ? this.#ended || this.#failure !== undefined : this.#shut;
  }

  protected override release(): void {
    this.#opening?.stop();
    this.#opening = undefined;
    super.release();
  }

  /** Would block; or it has ended, or never opened. */
  #unreadable(): Uint8Array | null {
    if (this.#openError !== undefined) throw this.#openFailure();
    if (this.#ended) return nothing;
    if (this.#failure !== undefined) throw this.#readFailure(this.#failure);
    return null;
  }

  #receive(max: number): Uint8Array | null {
    const { libc, slab } = this.set;
    const room = slab.room(max);
    const received = libc.recv(this.fd, slab.address, room, 0);
    this.#noteRead(received, room);
    return received > 0 ? slab.take(received) : this.#receivedNothing(received);
  }

  // Many bytes are coming: a block of its own, which is handed out whole.
  #receiveMuch(max: number): Uint8Array | null {
    const bytes = Buffer.allocUnsafeSlow(Math.min(max, largeBytes));
    const received = this.set.libc.recvInto(this.fd, bytes, bytes.length, 0);
    this.#noteRead(received, bytes.length);
    return received > 0 ? bytes.subarray(0, received) : this.#receivedNothing(received);
  }

  // A short read over a Unix socket need not be the last: it stops where other descriptors or credentials came along.
  #noteRead(received: number, asked: number): void {
    this.#isFull = received === asked;
    this.mayBeDrained = this.#isFull || this.#kind === "unix";
    if (!this.mayBeDrained) this.readable = this.hungUp;
  }

  #receivedNothing(received: number): Uint8Array | null {
    const code = received === 0 ? this.#failure : this.set.libc.errno();
    if (code === "EAGAIN") {
      this.readable = this.hungUp = false;
      return null;
    }
    this.readable = false;
    this.#ended = code === undefined;
    if (code === undefined) return nothing;
    this.#failure = code;
    throw this.#readFailure(code);
  }

  #send(bytes: Uint8Array, length: number): number {
    const { libc, output } = this.set;
    if (length > copiedBytes) return libc.sendFrom(this.fd, bytes, length, noSignal);
    output.bytes.set(bytes);
    return libc.send(this.fd, output.address, length, noSignal);
  }

  #sentNothing(): number {
    const code = this.set.libc.errno();
    if (code === "EAGAIN") {
      this.writable = false;
      return 0;
    }
    // The system has now told it, and would tell the reader that this is the end.
    if (code !== "EPIPE") this.#failure = code;
    throw this.#writeFailure(code);
  }

  /** @param failure why it did not open; undefined when it did */
  #opened(fd: number, failure: unknown): void {
    this.#opening = undefined;
    this.#openError = failure;
    if (failure === undefined) {
      this.takeOver(fd);
      this.writable = true;
      if (this.#kind === "tcp" && this.set.readName(fd)) this.#local = decodeEnd(this.set.address);
      if (this.#shut) this.set.libc.shutdown(fd, writeSide);
    }
    this.signal("read");
    this.signal("write");
  }

  #openFailure(): SyscallError {
    return connectError(this.#openError, this.label);
  }

  #readFailure(code: ErrorCode): SyscallError {
    // A connection that broke while writing says EPIPE; to a reader, what broke is the connection.
    return systemError(undefined, `read ${this.label}`, code === "EPIPE" ? "ECONNRESET" : code);
  }

  #writeFailure(code: ErrorCode): SyscallError {
    return systemError(undefined, `write ${this.label}`, code);
  }
}
