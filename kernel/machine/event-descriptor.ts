// A descriptor of an epoll set that makes the set readable: how a wish for a lap gets into Node's loop. Edge-triggered, as
// all of the set, so each write is an event of its own and nothing needs to be read. It would block after 2⁶⁴ of them.

import type { EpollSet, EventTarget } from "./epoll-set.ts";
import type { Memory } from "./libc.ts";

const closeOnExec = 0x80000;
const nonBlocking = 0x800;

export class EventDescriptor implements EventTarget {
  generation = 0;
  readonly #set: EpollSet;
  readonly #fd: number;
  readonly #one: Memory;

  /** @throws EMFILE and the like */
  constructor(set: EpollSet) {
    this.#set = set;
    this.#one = set.libc.memory(8);
    this.#one.bytes.writeBigUInt64LE(1n);
    this.#fd = set.libc.eventfd(0, closeOnExec | nonBlocking);
    if (this.#fd < 0) throw set.failure("eventfd");
    set.add(this.#fd, this);
  }

  /** Has the set be readable. */
  set(): void {
    const { libc } = this.#set;
    try {
      libc.write(this.#fd, this.#one.address, 8);
    } catch {
      // A lap of another kernel was cut off, and koffi tells it to whoever comes first.
      libc.forgetCut();
      libc.write(this.#fd, this.#one.address, 8);
    }
  }

  event(): void {}

  close(): void {
    this.#set.close(this.#fd);
  }
}
