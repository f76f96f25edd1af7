// What a connection and a listener of the epoll machine share: a descriptor, and the memory of what it is ready for.
// An event sets a direction ready; a call that would block, or that took less than it asked for, clears it. An event
// that comes while nobody waits is kept, or it would be a lost wake-up. What hangs up or fails stays ready: data and
// the end can come in one event, and a short read is then followed by no other. After a call that got all it asked for
// there may be more or not: whoever goes on calling finds out, and whoever waits first makes us ask the system.

import { Endpoint } from "./endpoint.ts";
import { type EpollSet, type EventTarget, epollEvents } from "./epoll-set.ts";
import type { Interest } from "./machine.ts";

const readableEvents =
  epollEvents.in | epollEvents.priority | epollEvents.readHangUp | epollEvents.hangUp | epollEvents.error;
const writableEvents = epollEvents.out | epollEvents.hangUp | epollEvents.error;
// A read stops short of out-of-band data, as of an end, with more behind it.
const lastingEvents = epollEvents.priority | epollEvents.readHangUp | epollEvents.hangUp | epollEvents.error;

export abstract class EpollEndpoint extends Endpoint implements EventTarget {
  generation = 0;
  protected readonly set: EpollSet;
  /** -1 while there is none. */
  fd = -1;
  protected readable = false;
  /** It was readable, and the latest call may have taken the rest. */
  protected mayBeDrained = false;
  protected writable = false;
  /** It has hung up or failed: it stays readable. */
  protected hungUp = false;

  constructor(set: EpollSet) {
    super();
    this.set = set;
    set.endpoints.add(this);
  }

  event(events: number): void {
    if ((events & readableEvents) !== 0) {
      this.readable = true;
      this.mayBeDrained = false;
    }
    if ((events & writableEvents) !== 0) this.writable = true;
    if ((events & lastingEvents) !== 0) this.hungUp = true;
    this.signal("read");
    this.signal("write");
  }

  /** Takes a descriptor over that is registered for somebody else. */
  protected takeOver(fd: number): void {
    this.set.move(fd, this);
    this.fd = fd;
  }

  /** Registers a descriptor, and closes it from now on. @throws ENOSPC, ENOMEM; it is closed then */
  protected hold(fd: number): void {
    try {
      this.set.add(fd, this);
    } catch (error) {
      this.set.libc.close(fd);
      throw error;
    }
    this.fd = fd;
  }

  /** Closes the descriptor, if there is one. */
  protected drop(): void {
    const fd = this.fd;
    this.fd = -1;
    this.readable = this.writable = this.hungUp = false;
    if (fd >= 0) this.set.close(fd);
  }

  /** Tells the watcher, and the poll that waits for one to be told: not every event comes from the set. */
  protected override rouse(interest: Interest): void {
    super.rouse(interest);
    this.set.told();
  }

  protected override release(): void {
    this.set.endpoints.delete(this);
    this.drop();
  }

  protected isReady(interest: Interest): boolean {
    if (interest === "write") return this.writable;
    if (this.readable && this.mayBeDrained && !this.hungUp) {
      this.readable = this.set.isReadable(this.fd);
      this.mayBeDrained = false;
    }
    return this.readable;
  }
}
