// The lines of a file, one after the other, in constant memory; to its end, or on and on as `tail -F` does, through rotation
// and truncation. The wait for the next one is a syscall, so that it can be selected.
//
// Following looks again every `pollMs`, and does not use the system's watches: those are few, report nothing from network
// file systems, and lose the file itself when it is renamed. A look costs two `stat`s.

import type { Files, RawFile } from "../kernel/machine/files.ts";
import type { Closable, Owner } from "../kernel/machine/machine.ts";
import { type Syscall, SyscallError, type Waiter } from "../kernel/syscall.ts";
import { pathText } from "./file.ts";
import { LineBuffer } from "./line-buffer.ts";
import type { Step } from "./next.ts";
import { type Look, NextFileLine } from "./next-file-line.ts";
import { Returned } from "./returned.ts";

/** How the lines of a file are read. */
export interface LinesOptions {
  /** How long a line may be, bytes, its newline included. Default 65,536. */
  readonly maxBytes?: number;
  /** Goes on at the end, and waits for more. Default false. */
  readonly follow?: boolean;
  /** Where to begin. Default "start"; to follow, "end". */
  readonly from?: "start" | "end";
  /** How often to look whether there is more, ms, at least 1. Default 250. */
  readonly pollMs?: number;
}

const chunkBytes = 65_536;

/** The lines of an open file. Owned like an endpoint. One task at a time waits for the next. */
export class FileLines implements Closable {
  readonly path: string;
  owner: Owner | undefined = undefined;
  readonly #options: Required<LinesOptions>;
  readonly #files: Files;
  readonly #buffer: LineBuffer;
  #raw: RawFile;
  /** What the path has come to lead to: read once the old file is at its end. */
  #next: RawFile | undefined = undefined;
  #position: number;
  #isAtEnd = false;
  #filling: Promise<boolean> | undefined = undefined;
  #closed = false;
  #look: Look | undefined = undefined;
  /** Lines that were granted to tasks that were killed before taking them. */
  readonly #returned = new Returned<string>();
  /** How many different lines have been granted. */
  #granted = 0;

  constructor(files: Files, path: string, raw: RawFile, position: number, options: Required<LinesOptions>) {
    this.path = path;
    this.#files = files;
    this.#raw = raw;
    this.#position = position;
    this.#options = options;
    this.#buffer = new LineBuffer(options.maxBytes, this.label);
  }

  get label(): string {
    return `lines of ${pathText(this.path)}`;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** How often it looks whether there is more, ms. */
  get pollMs(): number {
    return this.#options.pollMs;
  }

  /**
   * Waits for the next line, without its LF or CRLF: `{done: false, value}`, or `{done: true}` at the end, ever after. A last
   * line without a newline counts. A line that nobody took is the next one's.
   * @throws EMSGSIZE for a line that is too long, EPROTO for one that is not UTF-8 (the next call has the line after it);
   * EIO and the like; EBADF when it is closed, now or meanwhile; EBUSY when another task waits
   */
  next(): Syscall<Step<string>> {
    return new NextFileLine(this);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.owner?.disown(this);
    this.owner = undefined;
    this.#next?.close();
    this.#raw.close();
    this.#look?.fail(this.#closedError());
  }

  /** For the wait: gives what is here already to whoever waits; false when there is nothing. */
  serve(wait: NextFileLine, waiter: Waiter<Step<string>>): boolean {
    const returned = this.#returned.shift();
    if (returned !== undefined) {
      const { item, order } = returned;
      wait.order = order;
      if (!waiter.wake({ done: false, value: item })) this.#returned.add(item, order);
      return true;
    }
    const found = this.#buffer.first(this.#isAtEnd);
    if (found === undefined) {
      if (this.#isAtEnd) waiter.wake({ done: true });
      return this.#isAtEnd;
    }
    wait.order = this.#granted + 1;
    const isTaken = "error" in found ? waiter.fail(found.error) : waiter.wake({ done: false, value: found.line });
    if (!isTaken) return true;
    this.#granted++;
    this.#buffer.drop(found);
    return true;
  }

  /** For the wait: it begins. @throws EBADF, EBUSY */
  begin(look: Look): void {
    this.#mustBeOpen();
    if (this.#look?.isOver === false) {
      throw new SyscallError("EBUSY", `${this.label}: another task waits for the next one, one at a time`);
    }
    this.#look = look;
  }

  /** For the wait: it was granted to a task that was killed before taking it. */
  takeBack(step: Step<string>, order: number): void {
    if (!step.done) this.#returned.add(step.value, order);
  }

  /**
   * For the wait: reads on. Who gives up waiting leaves it running, and the next waits for the same.
   * @returns whether there may be more at once
   */
  fill(): Promise<boolean> {
    this.#filling ??= this.#fill().finally(() => {
      this.#filling = undefined;
    });
    return this.#filling;
  }

  async #fill(): Promise<boolean> {
    const bytes = await this.#raw.read(chunkBytes, this.#position);
    this.#position += bytes.length;
    this.#buffer.append(bytes);
    if (bytes.length > 0) return true;
    if (this.#next !== undefined) return this.#turnOver(this.#next);
    if (this.#options.follow) return this.#isChanged();
    this.#isAtEnd = true;
    return true;
  }

  /** The old file is at its end, and another has its path. */
  #turnOver(next: RawFile): true {
    if (!this.#buffer.isEmpty) this.#buffer.append(Uint8Array.of(10)); // its last line is over
    this.#raw.close();
    [this.#raw, this.#next, this.#position] = [next, undefined, 0];
    return true;
  }

  /** At the end: was the file truncated, or does its path lead to another? */
  async #isChanged(): Promise<boolean> {
    const here = await this.#raw.stat();
    if (here.size < this.#position) {
      this.#position = 0;
      this.#buffer.clear();
      return true;
    }
    try {
      const there = await this.#files.stat(this.path);
      if (there.id === here.id) return here.size > this.#position;
      const next = await this.#files.open(this.path, "r", 0);
      if (this.#closed) next.close();
      else this.#next = next;
      return true; // the old one may have got more meanwhile
    } catch (error) {
      if (error instanceof SyscallError && error.code === "ENOENT") return false; // between the rename and a new file
      throw error;
    }
  }

  #mustBeOpen(): void {
    if (this.#closed) throw this.#closedError();
  }

  #closedError(): SyscallError {
    return new SyscallError("EBADF", `${this.label}: it is closed`);
  }
}
