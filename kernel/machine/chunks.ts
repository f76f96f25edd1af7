// What a peer has sent and nobody has read yet, in the chunks that it came in. How much that may be is its owner's to bound.

export class Chunks {
  readonly #chunks: Uint8Array[] = [];
  #length = 0;

  /** Bytes. */
  get length(): number {
    return this.#length;
  }

  /** Adds what came. Not copied: nobody else may write to it. */
  push(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
  }

  /** Takes the oldest bytes, at most `max`, and maybe less; undefined where there are none. */
  take(max: number): Uint8Array | undefined {
    const [first] = this.#chunks;
    if (first === undefined) return undefined;
    const bytes = first.length > max ? this.#part(first, max) : this.#whole(first, max);
    this.#length -= bytes.length;
    return bytes;
  }

  #part(first: Uint8Array, max: number): Uint8Array {
    this.#chunks[0] = first.subarray(max);
    return first.subarray(0, max);
  }

  // As many as fit, in one: who sends byte by byte is not to cost a read each.
  #whole(first: Uint8Array, max: number): Uint8Array {
    const chunks = this.#chunks;
    if (chunks.length === 1) {
      chunks.length = 0;
      return first;
    }
    let [count, length] = [0, 0];
    for (const chunk of chunks) {
      if (length + chunk.length > max) break;
      length += chunk.length;
      count++;
    }
    const taken = chunks.splice(0, count);
    return count === 1 ? first : Buffer.concat(taken, length);
  }
}
