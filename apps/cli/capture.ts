// What goes through `process.stdout` and `process.stderr` while an app runs: each piece is handed on as well, so that it can be
// seen from elsewhere; and while a monitor has the terminal it is kept from it, and the end of it written when the monitor has
// gone. What goes to a file or a pipe is never kept. What a child process writes that has inherited them is its own affair.

import process from "node:process";
import { clearStatus } from "../../kernel/machine/terminal.ts";

/** Bytes that are kept to be written afterwards; the oldest are left out. */
const mostKept = 262_144;
/** Of them, so many lines are written, and more only where they are of one text with those. */
const enoughLines = 10;

type Level = "stdout" | "stderr";
type Write = NodeJS.WriteStream["write"];
type Piece = Uint8Array | string;

export class CapturedOutput {
  #told: (level: Level, piece: Piece) => void = () => {};
  readonly #originals: Readonly<Record<Level, Write>>;
  #kept: { readonly level: Level; readonly bytes: Uint8Array }[] = [];
  #keptBytes = 0;
  /** Lines that are not kept any more. */
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
    if (this.#keeps(level)) this.#keep(level, new TextEncoder().encode(text));
    else {
      clearStatus();
      this.#originals[level].call(process[level], text);
    }
  }

  /** Lets the terminal have it: the end of what was kept, and from now on everything. Twice is once. */
  release(): void {
    if (!this.#isKept) return;
    this.#isKept = false;
    const shown = this.#kept.length - lastOf(this.#kept);
    const leftOut = this.#kept.slice(0, shown).reduce((lines, { bytes }) => lines + linesIn(bytes), this.#leftOut);
    if (leftOut > 0) this.write("stderr", `yieldix: ${leftOut} earlier lines were in the monitor's log only\n`);
    for (const { level, bytes } of this.#kept.slice(shown)) this.#originals[level].call(process[level], bytes);
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
      clearStatus();
      const piece = pieceOf(chunk, rest[0]);
      this.#told(level, piece);
      // Its own arguments, whichever overload they are of.
      if (!this.#keeps(level)) return original.apply(stream, [chunk, ...rest] as Parameters<Write>);
      this.#keep(level, typeof piece === "string" ? Buffer.from(piece) : piece);
      const told = rest.at(-1);
      if (typeof told === "function") process.nextTick(told as () => void); // its last argument, a callback
      return true;
    };
    stream.write = write as Write; // one function for all its overloads
  }

  #keeps(level: Level): boolean {
    return this.#isKept && process[level].isTTY;
  }

  #keep(level: Level, bytes: Uint8Array): void {
    this.#kept.push({ level, bytes });
    this.#keptBytes += bytes.length;
    let first = 0;
    for (; this.#keptBytes > mostKept; first++) {
      const { bytes: oldest } = this.#kept[first] as { bytes: Uint8Array }; // there are bytes, so there is a piece
      this.#keptBytes -= oldest.length;
      this.#leftOut += linesIn(oldest);
    }
    if (first > 0) this.#kept.splice(0, first);
  }
}

/** How many of the last pieces make enough lines. */
function lastOf(pieces: readonly { readonly bytes: Uint8Array }[]): number {
  let pieceCount = 0;
  for (let lines = 0; lines < enoughLines && pieceCount < pieces.length; pieceCount++) {
    const { bytes } = pieces[pieces.length - 1 - pieceCount] as { bytes: Uint8Array }; // the loop ends before the first
    lines += linesIn(bytes);
  }
  return pieceCount;
}

function linesIn(bytes: Uint8Array): number {
  let lines = 0;
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) lines++;
  return lines;
}

/** Bytes belong to whoever wrote them, who may use the place again; text in another encoding than usual is bytes. */
function pieceOf(chunk: Piece, encoding: unknown): Piece {
  if (typeof chunk !== "string") return Uint8Array.prototype.slice.call(chunk); // a Buffer's own slice is no copy
  const isOther = typeof encoding === "string" && Buffer.isEncoding(encoding) && !/^utf-?8$/i.test(encoding);
  return isOther ? Buffer.from(chunk, encoding) : chunk;
}
