// Seeded chance: sfc32, the small fast counting generator of Chris Doty-Humphrey (PractRand). The same seed gives the
// same numbers on every platform and engine: integer arithmetic only. Not for secrets: its state can be guessed.

import { SyscallError } from "../errors.ts";

export class Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  /**
   * @param seed any safe integer; another throws EINVAL
   * @param stream numbers of one seed that do not depend on each other: one stream for each consumer
   */
  constructor(seed: number, stream = 0) {
    if (!Number.isSafeInteger(seed)) {
      throw new SyscallError("EINVAL", `a seed is a safe integer, not ${seed}: give a whole number within 2^53`);
    }
    this.#a = stream | 0;
    this.#b = seed | 0;
    this.#c = Math.floor(seed / 2 ** 32) | 0;
    for (let round = 0; round < 20; round += 1) this.#bits();
  }

  /** In [0, 1), 53 bits of it. */
  next(): number {
    return ((this.#bits() >>> 5) * 2 ** 26 + (this.#bits() >>> 6)) / 2 ** 53;
  }

  /** A whole number in [0, n). @param n a positive integer */
  below(n: number): number {
    return Math.floor(this.next() * n);
  }

  /** True with probability `p`; certain for 1 and more, never for 0 and less. */
  chance(p: number): boolean {
    return this.next() < p;
  }

  #bits(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum;
  }
}
