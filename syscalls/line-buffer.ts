// Bytes to lines, pure. Holds at most one line and one chunk: a line that is too long is refused once, and what is left of
// it skipped, so that who reads on gets the next.

import { SyscallError } from "../kernel/syscall.ts";
import { ByteBuffer } from "./byte-buffer.ts";

/** What is first in a buffer: a line, or what is wrong with it; and how many bytes it takes up, Infinity for more than are here. */
export type Found =
  | { readonly line: string; readonly bytes: number }
  | { readonly error: SyscallError; readonly bytes: number };

/** LF. */
export const newline: Uint8Array = Uint8Array.of(10);

export class LineBuffer {
  readonly #maxBytes: number;
  /** For messages: where the lines come from. */
  readonly #label: string;
  readonly #buffer = new ByteBuffer();
  /** So many of the first bytes have no newline among them. */
  #searched = 0;
  #isSkipping = false;

  constructor(maxBytes: number, label: string) {
    this.#maxBytes = maxBytes;
    this.#label = label;
  }

  /** True when nothing of a line has come yet. */
  get isEmpty(): boolean {
    return this.#buffer.available === 0 && !this.#isSkipping;
  }

  append(bytes: Uint8Array): void {
    this.#buffer.append(bytes);
  }

  /** The line that is first, left where it is. @param isLast nothing comes any more: what is left is a line */
  first(isLast: boolean): Found | undefined {
    if (this.#isSkipping && !this.#skip()) {
      if (isLast) this.#isSkipping = false; // it ends here
      return undefined;
    }
    const place = this.#newline();
    const bytes = place < 0 ? this.#buffer.available : place + 1;
    if (bytes > this.#maxBytes) {
      const message = `${this.#label} has a line of more than ${this.#maxBytes} bytes: it is left out`;
      return { error: new SyscallError("EMSGSIZE", message), bytes: place < 0 ? Number.POSITIVE_INFINITY : bytes };
    }
    return place >= 0 || (isLast && bytes > 0) ? this.#decoded(bytes) : undefined;
  }

  /** Takes out what `first` found. */
  drop({ bytes }: Found): void {
    this.#isSkipping = bytes === Number.POSITIVE_INFINITY;
    this.#buffer.drop(bytes);
    this.#searched = 0;
  }

  clear(): void {
    this.#buffer.drop(this.#buffer.available);
    this.#searched = 0;
    this.#isSkipping = false;
  }

  #newline(): number {
    const place = this.#buffer.indexOf(newline, this.#searched);
    this.#searched = place < 0 ? this.#buffer.available : place;
    return place;
  }

  /** Skips the rest of a line that was refused; true once it is all gone. */
  #skip(): boolean {
    const place = this.#newline();
    this.drop({ line: "", bytes: place < 0 ? Number.POSITIVE_INFINITY : place + 1 });
    return place >= 0;
  }

  #decoded(bytes: number): Found {
    try {
      return { line: lineText(this.#buffer.peek(bytes), this.#label), bytes };
    } catch (error) {
      return { error: error as SyscallError, bytes }; // nothing else is thrown there
    }
  }
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A line as text, without its LF or CRLF. @throws EPROTO for bytes that are not UTF-8, naming where they come from */
export function lineText(bytes: Uint8Array, label: string): string {
  let end = bytes.length;
  if (bytes[end - 1] === 10) end -= bytes[end - 2] === 13 ? 2 : 1;
  try {
    return decoder.decode(bytes.subarray(0, end));
  } catch (error) {
    throw new SyscallError("EPROTO", `${label} has a line that is not UTF-8: it is left out`, { cause: error });
  }
}
