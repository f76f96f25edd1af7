// What goes through `process.stdout` and `process.stderr` while an app runs: each piece is handed on as well, so that it can be
// seen from elsewhere; and while a monitor has the terminal it is kept from it, and written when the monitor has gone. What a
// child process writes that has inherited them is its own affair.

import process from "node:process";

/** Bytes that are kept to be written afterwards; the oldest are left out. */
const mostKept = 262_144;

type Level = "stdout" | "stderr";
type Write = NodeJS.WriteStream["write"];
type Piece = Uint8Array | string;

export class CapturedOutput {
  #told: (level: Level, piece: Piece) => void = () => {};
  readonly #originals: Readonly<Record<Level, Write>>;
  #kept: { readonly level: Level; readonly bytes: Uint8Array }[] = [];
  #keptBytes = 0;
  #leftOut = 0;
  #isKept: boolean;

  /** Captures from now on. @param isKept true: the terminal gets nothing until `release` */
  constructor(isKept: boolean) {
    this.#isKept = isKept;
    this.#originals = { stdout: process.stdout.write, stderr: process.stderr.write };
    for (const level of ["stdout", "stderr"] as const) this.#divert(level);
  }

  /** @param told of each piece from now on, which nobody changes afterwards */
  listen(told: (level: Level, piece: Piece) => void): void {
    this.#told = told;
  }

  /** Writes a text that is known of otherwise: nobody is told. */
  write(level: Level, text: string): void {
    if (this.#isKept) this.#keep(level, new TextEncoder().encode(text));
    else this.#originals[level].call(process[level], text);
  }

  /** Lets the terminal have it: what was kept, and from now on everything. Twice is once. */
  release(): void {
    if (!this.#isKept) return;
    this.#isKept = false;
    if (this.#leftOut > 0) this.write("stderr", `yieldix: ${this.#leftOut} bytes of earlier output are left out\n`);
    for (const { level, bytes } of this.#kept) this.#originals[level].call(process[level], bytes);
    this.#kept = [];
  }

  /** Releases it, and nobody is told any more. */
  end(): void {
    this.release();
    this.#told = () => {};
    for (const level of ["stdout", "stderr"] as const) process[level].write = this.#originals[level];
  }

  #divert(level: Level): void {
    const original = this.#originals[level];
    const stream = process[level];
    const write = (chunk: Piece, ...rest: unknown[]): boolean => {
      const piece = pieceOf(chunk, rest[0]);
      this.#told(level, piece);
      // Its own arguments, whichever overload they are of.
      if (!this.#isKept) return original.apply(stream, [chunk, ...rest] as Parameters<Write>);
      this.#keep(level, typeof piece === "string" ? Buffer.from(piece) : piece);
      const told = rest.at(-1);
      if (typeof told === "function") process.nextTick(told as () => void); // its last argument, a callback
      return true;
    };
    stream.write = write as Write; // one function for all its overloads
  }

  #keep(level: Level, bytes: Uint8Array): void {
    this.#kept.push({ level, bytes });
    this.#keptBytes += bytes.length;
    let first = 0;
    for (; this.#keptBytes > mostKept; first++) {
      const length = this.#kept[first]?.bytes.length ?? 0;
      this.#keptBytes -= length;
      this.#leftOut += length;
    }
    if (first > 0) this.#kept.splice(0, first);
  }
}

/** Bytes belong to whoever wrote them, who may use the place again; text in another encoding than usual is bytes. */
function pieceOf(chunk: Piece, encoding: unknown): Piece {
  if (typeof chunk !== "string") return Uint8Array.prototype.slice.call(chunk); // a Buffer's own slice is no copy
  const isOther = typeof encoding === "string" && Buffer.isEncoding(encoding) && !/^utf-?8$/i.test(encoding);
  return isOther ? Buffer.from(chunk, encoding) : chunk;
}
