// Bytes that have come and are not used yet, pure. The buffer doubles as it must, so that adding is linear.

const empty = new Uint8Array(0);

export class ByteBuffer {
  #bytes: Uint8Array = empty;
  #start = 0;
  #end = 0;

  /** How many bytes are here already. */
  get available(): number {
    return this.#end - this.#start;
  }

  /** How many bytes it has memory for. */
  get capacity(): number {
    return this.#bytes.length;
  }

  /** Gives its memory back if nothing is in it: for who keeps it while nothing comes. */
  shrink(): void {
    if (this.#end === 0) this.#bytes = empty;
  }

  /** Looks at the first bytes that are here, `count` at most: they are good until the next call. */
  peek(count: number): Uint8Array {
    return this.#bytes.subarray(this.#start, this.#start + this.#upTo(count));
  }

  /** Takes the first bytes that are here, `count` at most; they are the caller's to keep. */
  take(count: number): Uint8Array {
    const bytes = this.peek(count).slice();
    this.drop(count);
    return bytes;
  }

  /** Forgets the first bytes that are here, `count` at most. */
  drop(count: number): void {
    this.#start += this.#upTo(count);
    if (this.#start === this.#end) this.#start = this.#end = 0;
  }

  /** Puts bytes that were taken last back, before those that are here. */
  unread(bytes: Uint8Array): void {
    const rest = this.take(this.available);
    this.append(bytes);
    this.append(rest);
  }

  /** Where a delimiter begins, counted from the first byte that is here, from a place on; -1: not here. */
  indexOf(delimiter: Uint8Array, from: number): number {
    const bytes = Buffer.from(this.#bytes.buffer, this.#bytes.byteOffset, this.#end);
    const place = bytes.indexOf(delimiter, this.#start + from);
    return place < 0 ? -1 : place - this.#start;
  }

  /** Adds bytes behind those that are here. */
  append(bytes: Uint8Array): void {
    if (this.#end + bytes.length > this.#bytes.length) {
      const size = this.available + bytes.length;
      const grown = size > this.#bytes.length / 2 ? new Uint8Array(Math.max(256, 2 * size)) : this.#bytes;
      grown.set(this.#bytes.subarray(this.#start, this.#end));
      [this.#bytes, this.#end, this.#start] = [grown, this.available, 0];
    }
    this.#bytes.set(bytes, this.#end);
    this.#end += bytes.length;
  }

  #upTo(count: number): number {
    return Math.max(0, Math.min(count, this.available));
  }
}
