// How the epoll machine connects: looks the host up where it has a name, then tries its addresses in order, each but the
// last for a quarter of a second, as Node does.

import { SyscallError } from "../errors.ts";
import type { EpollSet, EventTarget } from "./epoll-set.ts";
import type { Address } from "./machine.ts";
import { encodeAddress, familyOf, isNumeric, type NumericAddress, resolve } from "./socket-address.ts";

/** How long one address is tried while there are others, ms. */
const attemptMs = 250;

export class Opening implements EventTarget {
  generation = 0;
  readonly #set: EpollSet;
  readonly #done: (fd: number, failure: unknown) => void;
  #addresses: NumericAddress[] = [];
  #fd = -1;
  #failure: unknown = undefined;
  #timer: NodeJS.Timeout | undefined = undefined;
  #isOver = false;

  /**
   * @param done told once: a connected descriptor, registered in the set with this as its target, to be taken over;
   * or why there is none. Perhaps while `start` runs
   */
  constructor(set: EpollSet, done: (fd: number, failure: unknown) => void) {
    this.#set = set;
    this.#done = done;
  }

  start(to: Address): void {
    if ("path" in to || isNumeric(to)) {
      this.#addresses = [to];
      this.#next();
      return;
    }
    resolve(to, (failure, found) => {
      if (this.#isOver) return;
      this.#failure = failure;
      this.#addresses = [...found];
      this.#next();
    });
  }

  /** Gives up; `done` is not told. */
  stop(): void {
    this.#isOver = true;
    this.#drop();
  }

  event(): void {
    const code = this.#set.socketError(this.#fd);
    if (code === undefined) this.#succeed();
    else this.#fail(new SyscallError(code, "connecting failed"));
  }

  #next(): void {
    const address = this.#addresses.shift();
    if (address === undefined) {
      this.#isOver = true;
      this.#done(-1, this.#failure ?? new SyscallError("ENOTFOUND", "the name has no address"));
      return;
    }
    try {
      this.#fd = openSocket(this.#set, address);
      this.#try(address);
    } catch (error) {
      this.#fail(error);
    }
  }

  #try(address: NumericAddress): void {
    const { libc, address: memory } = this.#set;
    const length = encodeAddress(libc, address, memory);
    const isConnected = libc.connect(this.#fd, memory.address, length) === 0;
    const code = isConnected ? undefined : libc.errno();
    if (code !== undefined && code !== "EINPROGRESS") throw new SyscallError(code, "connecting failed");
    this.#set.add(this.#fd, this);
    if (isConnected) this.#succeed();
    else if (this.#addresses.length > 0) {
      this.#timer = setTimeout(() => this.#fail(new SyscallError("ETIMEDOUT", "no answer in time")), attemptMs);
    }
  }

  #succeed(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    const fd = this.#fd;
    this.#fd = -1;
    this.#done(fd, undefined);
  }

  #fail(failure: unknown): void {
    this.#failure = failure;
    this.#drop();
    this.#next();
  }

  #drop(): void {
    clearTimeout(this.#timer);
    if (this.#fd >= 0) this.#set.close(this.#fd);
    this.#fd = -1;
  }
}

const streamSocket = 1;
const nonBlocking = 0x800;
const closeOnExec = 0x80000;
const [tcpLevel, noDelay] = [6, 1];

/** `accept4` and `socket` make descriptors that do not block and that no child process inherits. */
export const socketFlags: number = nonBlocking | closeOnExec;

/** A stream socket for an address. @throws EMFILE, ENFILE, EAFNOSUPPORT */
export function openSocket(set: EpollSet, address: NumericAddress): number {
  const fd = set.libc.socket(familyOf(address), streamSocket | socketFlags, 0);
  if (fd < 0) throw set.failure("socket");
  try {
    // An accepted connection has it from its listener.
    if (!("path" in address)) set.setOption(fd, tcpLevel, noDelay, 1);
    return fd;
  } catch (error) {
    set.libc.close(fd);
    throw error;
  }
}
