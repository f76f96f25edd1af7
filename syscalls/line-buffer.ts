// Bytes to lines, pure. Holds at most one line and one chunk: a line that is too long is refused once, and what is left of
// it skipped, so that who reads on gets the next.

import { SyscallError } from "../kernel/syscall.ts";

/** What is first in a buffer: a line, or what is wrong with it. `end` is where it ends. */
export type Found =
  | { readonly line: string; readonly end: number }
  | { readonly error: SyscallError; readonly end: number };

const newline = 10;
const carriageReturn = 13;
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export class LineBuffer {
  readonly #maxBytes: number;
  /** For messages: where the lines come from. */
  readonly #label: string;
  #bytes: Uint8Array = new Uint8Array(0);
  #start = 0;
  #end = 0;
  /** Up to here there is no newline. */
  #searched = 0;
  #isSkipping = false;

  constructor(maxBytes: number, label: string) {
    this.#maxBytes = maxBytes;
    this.#label = label;
  }

  /** True when nothing of a line is here. */
  get isEmpty(): boolean {
    return this.#start === this.#end;
  }

  append(bytes: Uint8Array): void {
    const held = this.#end - this.#start;
    if (this.#end + bytes.length > this.#bytes.length) {
      const size = held + bytes.length;
      const grown = size > this.#bytes.length / 2 ? new Uint8Array(2 * size) : this.#bytes;
      grown.set(this.#bytes.subarray(this.#start, this.#end));
      this.#bytes = grown;
      [this.#start, this.#end, this.#searched] = [0, held, this.#searched - this.#start];
    }
    this.#bytes.set(bytes, this.#end);
    this.#end += bytes.length;
  }

  /** The line that is first, left where it is. @param isLast nothing comes any more: what is left is a line */
  first(isLast: boolean): Found | undefined {
    if (this.#isSkipping && !this.#skip()) return undefined;
    const at = this.#newline();
    const length = at < 0 ? this.#end - this.#start : at + 1 - this.#start;
    if (length > this.#maxBytes) {
      const message = `${this.#label} has a line of more than ${this.#maxBytes} bytes: it is left out`;
      return { error: new SyscallError("EMSGSIZE", message), end: at < 0 ? -1 : at + 1 };
    }
    if (at >= 0) return this.#decoded(this.#bytes[at - 1] === carriageReturn && at > this.#start ? at - 1 : at, at + 1);
    return isLast && length > 0 ? this.#decoded(this.#end, this.#end) : undefined;
  }

  /** Takes out what `first` found. */
  drop({ end }: Found): void {
    this.#isSkipping = end < 0;
    this.#start = this.#searched = end < 0 ? this.#end : end;
    if (this.#start === this.#end) this.#start = this.#end = this.#searched = 0;
  }

  clear(): void {
    this.#start = this.#end = this.#searched = 0;
    this.#isSkipping = false;
  }

  #newline(): number {
    const at = this.#bytes.subarray(0, this.#end).indexOf(newline, Math.max(this.#searched, this.#start));
    this.#searched = at < 0 ? this.#end : at;
    return at;
  }

  /** Skips the rest of a line that was refused; true once it is all gone. */
  #skip(): boolean {
    const at = this.#newline();
    this.drop({ line: "", end: at < 0 ? this.#end : at + 1 });
    this.#isSkipping = at < 0;
    return at >= 0;
  }

  #decoded(to: number, end: number): Found {
    try {
      return { line: decoder.decode(this.#bytes.subarray(this.#start, to)), end };
    } catch (error) {
      const message = `${this.#label} has a line that is not UTF-8: it is left out`;
      return { error: new SyscallError("EPROTO", message, { cause: error }), end };
    }
  }
}
