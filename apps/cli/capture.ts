// What the process prints while a monitor has the terminal: kept from it, handed on line by line, and written when the
// monitor has gone. Only what goes through `process.stdout` and `process.stderr` can be kept: a child process that inherits
// the terminal writes where it likes.

import process from "node:process";

/** Bytes that are kept to be written afterwards; the oldest are left out. */
const mostKept = 262_144;
/** Characters of a line that has not ended yet. */
const longestLine = 16_384;

type Level = "stdout" | "stderr";
type Write = NodeJS.WriteStream["write"];

export class CapturedOutput {
  #line: (level: Level, text: string) => void = () => {};
  readonly #restore: (() => void)[];
  readonly #decoders = { stdout: new TextDecoder(), stderr: new TextDecoder() };
  readonly #begun = { stdout: "", stderr: "" };
  #kept: { readonly level: Level; readonly bytes: Uint8Array }[] = [];
  #keptBytes = 0;
  #leftOut = 0;
  #isReleased = false;

  /** Captures from now on. */
  constructor() {
    this.#restore = [this.#divert("stdout", process.stdout), this.#divert("stderr", process.stderr)];
  }

  /** @param line told of each whole line from now on, without its end */
  listen(line: (level: Level, text: string) => void): void {
    this.#line = line;
  }

  /** Keeps a text that is known of otherwise: it is only written afterwards. */
  keep(level: Level, text: string): void {
    if (this.#isReleased) process[level].write(text);
    else this.#add(level, new TextEncoder().encode(text));
  }

  /** Lets the terminal have it: what was kept, and from now on everything. Twice is once. */
  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    for (const restore of this.#restore) restore();
    if (this.#leftOut > 0) process.stderr.write(`yieldix: ${this.#leftOut} bytes of earlier output are left out\n`);
    for (const { level, bytes } of this.#kept) process[level].write(bytes);
    this.#kept = [];
  }

  #divert(level: Level, stream: NodeJS.WriteStream): () => void {
    const original = stream.write;
    const write = (chunk: Uint8Array | string, ...rest: unknown[]): boolean => {
      const [encoding] = rest;
      const isNamed = typeof encoding === "string" && Buffer.isEncoding(encoding);
      const bytes = typeof chunk === "string" ? Buffer.from(chunk, isNamed ? encoding : "utf8") : chunk.slice();
      this.#add(level, bytes);
      this.#split(level, bytes);
      const told = rest.at(-1);
      if (typeof told === "function") process.nextTick(told as () => void); // its last argument, a callback
      return true;
    };
    stream.write = write as Write; // one function for all its overloads
    return () => {
      stream.write = original;
    };
  }

  #add(level: Level, bytes: Uint8Array): void {
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

  #split(level: Level, bytes: Uint8Array): void {
    const text = this.#begun[level] + this.#decoders[level].decode(bytes, { stream: true });
    const lines = text.split("\n");
    const last = lines.pop() ?? "";
    for (const line of lines) this.#line(level, line);
    const isLong = last.length > longestLine;
    if (isLong) this.#line(level, last);
    this.#begun[level] = isLong ? "" : last;
  }
}
