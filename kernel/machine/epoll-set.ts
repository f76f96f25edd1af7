// The descriptors of one epoll machine, and the memory that their system calls share. Each descriptor is registered
// once, edge-triggered, for both directions; its endpoint remembers what is ready. So waiting costs no system call.
// An event names its descriptor and a generation: one for a descriptor that has been closed and opened anew since is
// not its event.

import type { ErrorCode, SyscallError } from "../errors.ts";
import type { Libc, Memory } from "./libc.ts";
import type { Closable } from "./machine.ts";
import { systemError } from "./node-error.ts";
import { Slab } from "./slab.ts";
import { addressBytes } from "./socket-address.ts";

/** What a descriptor's events go to. */
export interface EventTarget {
  readonly generation: number;
  /** @param events a set of `epollEvents` */
  event(events: number): void;
}

export const epollEvents = { in: 0x1, priority: 0x2, out: 0x4, error: 0x8, hangUp: 0x10, readHangUp: 0x2000 } as const;

const edgeTriggered = 0x80000000;
const registered = epollEvents.in | epollEvents.priority | epollEvents.out | epollEvents.readHangUp | edgeTriggered | 0;
const operationAdd = 1;
const operationModify = 3;
const closeOnExec = 0x80000;
/** Events taken from the system at once; the rest stay there, in order. */
const mostEvents = 1024;

export class EpollSet {
  readonly libc: Libc;
  /** The descriptor of the set itself; -1 once it is given back. */
  fd: number;
  /** Every endpoint that is not closed. */
  readonly endpoints: Set<Closable> = new Set();
  /** For one address, and the 32-bit words in and out of the calls about it. */
  readonly address: Memory;
  readonly word: Memory;
  /** What is to be sent, where it is small. */
  readonly output: Memory;
  readonly slab: Slab;
  /** A watcher was told: the poll under way is to end. */
  readonly told: () => void;
  readonly #targets: (EventTarget | undefined)[] = [];
  /** One `struct epoll_event` to register with; and those that were harvested, as bytes and as words. */
  readonly #entry: Memory;
  readonly #events: Memory;
  readonly #words: Int32Array;
  #generation = 0;

  /** @throws ENOTSUP, EMFILE where the system gives no epoll descriptor */
  constructor(libc: Libc, told: () => void) {
    this.libc = libc;
    this.told = told;
    this.fd = libc.epollCreate1(closeOnExec);
    if (this.fd < 0) throw this.failure("epoll_create1");
    this.address = libc.memory(addressBytes);
    this.word = libc.memory(8);
    this.output = libc.memory(16_384);
    this.slab = new Slab(libc);
    this.#entry = libc.memory(16);
    this.#events = libc.memory(4 * libc.eventLayout.words * mostEvents);
    const { buffer, byteOffset, length } = this.#events.bytes;
    this.#words = new Int32Array(buffer, byteOffset, length / 4);
  }

  /**
   * Registers a descriptor. Its first event comes with the next harvest, if it is ready for anything.
   * @param target is given the generation that the descriptor's events will have
   * @throws ENOSPC, ENOMEM
   */
  add(fd: number, target: EventTarget & { generation: number }, operation: number = operationAdd): void {
    const { dataWord } = this.libc.eventLayout;
    this.#generation = (this.#generation + 1) | 0;
    const { bytes, address } = this.#entry;
    bytes.writeInt32LE(registered, 0);
    bytes.writeInt32LE(fd, 4 * dataWord);
    bytes.writeInt32LE(this.#generation, 4 * dataWord + 4);
    if (this.libc.epollCtl(this.fd, operation, fd, address) !== 0) throw this.failure("epoll_ctl");
    target.generation = this.#generation;
    this.#targets[fd] = target;
  }

  /** Gives a registered descriptor another target, which is told anew what the descriptor is ready for. */
  move(fd: number, target: EventTarget & { generation: number }): void {
    this.add(fd, target, operationModify);
  }

  /** Closes a descriptor, which takes it out of the set. */
  close(fd: number): void {
    this.#targets[fd] = undefined;
    this.libc.close(fd);
  }

  /**
   * Hands out the events there are, without waiting.
   * @returns how many
   */
  harvest(): number {
    const { words, dataWord } = this.libc.eventLayout;
    const count = this.libc.epollWait(this.fd, this.#events.address, mostEvents, 0);
    for (let at = 0; at < count * words; at += words) {
      const target = this.#targets[this.#words[at + dataWord] ?? -1];
      if (target !== undefined && target.generation === this.#words[at + dataWord + 1]) {
        target.event(this.#words[at] ?? 0);
      }
    }
    return count;
  }

  /** Asks the system, without waiting, whether a descriptor can be read, or has hung up or failed. */
  isReadable(fd: number): boolean {
    const { bytes, address } = this.word;
    // struct pollfd, whose POLLIN is EPOLLIN.
    bytes.writeInt32LE(fd, 0);
    bytes.writeInt32LE(epollEvents.in, 4);
    return this.libc.poll(address, 1, 0) !== 0;
  }

  /** Gives the set itself back; every endpoint has been closed. Twice is once: its number may be another's by then. */
  free(): void {
    if (this.fd >= 0) this.libc.close(this.fd);
    this.fd = -1;
  }

  /** Sets an option of 32 bits. */
  setOption(fd: number, level: number, option: number, value: number): void {
    this.word.bytes.writeInt32LE(value, 0);
    if (this.libc.setsockopt(fd, level, option, this.word.address, 4) !== 0) throw this.failure("setsockopt");
  }

  /** Makes the close of a descriptor abrupt: the peer of a TCP connection gets ECONNRESET. */
  resetOnClose(fd: number): void {
    // struct linger: on, for 0 seconds.
    this.word.bytes.writeInt32LE(1, 0);
    this.word.bytes.writeInt32LE(0, 4);
    this.libc.setsockopt(fd, solSocket, soLinger, this.word.address, 8);
  }

  /** The error that waits on a socket, and takes it; undefined if there is none. */
  socketError(fd: number): ErrorCode | undefined {
    this.word.bytes.writeInt32LE(4, 4);
    const { address } = this.word;
    if (this.libc.getsockopt(fd, solSocket, soError, address, address + 4) !== 0) return this.libc.errno();
    const errno = this.word.bytes.readInt32LE(0);
    return errno === 0 ? undefined : this.libc.errorName(errno);
  }

  /** Writes a socket's own address to `address`. */
  readName(fd: number): boolean {
    this.word.bytes.writeInt32LE(addressBytes, 0);
    return this.libc.getsockname(fd, this.address.address, this.word.address) === 0;
  }

  /** The latest call's failure. @param attempt what was tried, on what */
  failure(attempt: string): SyscallError {
    return systemError(undefined, attempt, this.libc.errno());
  }
}

const solSocket = 1;
const soError = 4;
const soLinger = 13;
