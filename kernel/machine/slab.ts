// Where the epoll machine receives. Small reads follow each other in one block of 16 KB and are handed out as parts of
// it, so that no read is copied and none needs a block of its own. A part that somebody keeps holds its whole block:
// that is why the block is small. A read that expects much gets memory of its own.

import { markAsUntransferable } from "node:worker_threads";
import type { Libc, Memory } from "./libc.ts";

const blockBytes = 16_384;
/** Less room than this is not worth a read. */
const leastRoom = 2_048;

export class Slab {
  readonly #libc: Libc;
  #block: Memory;
  #used = 0;

  constructor(libc: Libc) {
    this.#libc = libc;
    this.#block = newBlock(libc);
  }

  /** Where the next read may write, at most `room(max)` bytes. Good until the next call. */
  get address(): number {
    return this.#block.address + this.#used;
  }

  /** How many bytes a read of at most `max` may take here; makes room where there is too little. */
  room(max: number): number {
    // Its length is 0 where somebody has transferred it to another owner all the same: nothing is written there then.
    const left = this.#block.bytes.length - this.#used;
    if (left >= max || left >= leastRoom) return Math.min(max, left);
    this.#block = newBlock(this.#libc);
    this.#used = 0;
    return Math.min(max, blockBytes);
  }

  /** The `length` bytes that were just written at `address`; the reader's to keep. */
  take(length: number): Uint8Array {
    const from = this.#used;
    // Rounded up, so that reads begin at multiples of eight.
    this.#used = (from + length + 7) & ~7;
    return this.#block.bytes.subarray(from, from + length);
  }
}

// Shared by the reads of many tasks: none of them may give it away, as Node's own pool may not be.
function newBlock(libc: Libc): Memory {
  const block = libc.memory(blockBytes);
  markAsUntransferable(block.bytes.buffer);
  return block;
}
