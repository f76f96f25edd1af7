// The lines of a stream: all of them, or one after the other in constant memory. To wait for the next one is a syscall,
// so that it can be a branch of a Select; what it has read when it is given up stays in the reader.

import type { Connection, Watcher } from "../../kernel/machine/machine.ts";
import {
  type Answer,
  Call,
  type Kernel,
  type Program,
  Syscall,
  SyscallError,
  type Task,
  type Wait,
  type Waiter,
} from "../../kernel/syscall.ts";
import type { Step } from "../../syscalls/index.ts";
import { lineText, newline } from "../../syscalls/line-buffer.ts";
import { checkedCount } from "./checked.ts";
import { chunkBytes, mostBytes, type Reader, readLine } from "./reader.ts";

/**
 * The lines of what a reader reads, without their LF or CRLF; a last line without a newline counts. Yielded, it is all
 * of them up to the peer's end, as an array; `next()` is the next one alone.
 * @param maxLines how many all of them may be; default 65,536. As many as there are may be read one by one
 * @throws EINVAL for another bound; EMSGSIZE for more lines or a longer one (65,536 bytes), and as readLine
 *
 * ```ts
 * const input = lines(new Reader(socket));
 * for (let line = yield* input.next(); !line.done; line = yield* input.next()) yield* print(line.value);
 * ```
 */
export function lines(reader: Reader, maxLines = 65_536): Lines {
  return new Lines(reader, maxLines);
}

/** What `lines` gives: all lines, once it is yielded, or the next one. */
export class Lines extends Call<string[]> {
  override readonly label: string = "lines";
  readonly #reader: Reader;
  readonly #maxLines: number;

  constructor(reader: Reader, maxLines: number) {
    super();
    this.#reader = reader;
    this.#maxLines = checkedCount(maxLines, "maxLines of lines", 0, Number.MAX_SAFE_INTEGER);
  }

  /** All of them. */
  override enter(): Program<string[]> {
    return allOf(this.#reader, this.#maxLines);
  }

  /**
   * Waits for the next line: `{done: false, value}`, or `{done: true}` at the peer's end.
   * @param maxBytes how long it may be, its newline included; default 65,536, 1 GiB at most
   * @throws as readLine
   */
  next(maxBytes = 65_536): NextLine {
    return new NextLine(this.#reader, maxBytes);
  }
}

function* allOf(reader: Reader, maxLines: number): Program<string[]> {
  const all: string[] = [];
  for (let line = yield* readLine(reader); line !== null; line = yield* readLine(reader)) {
    if (all.length >= maxLines)
      throw new SyscallError("EMSGSIZE", `${reader.connection.label} sent more than ${maxLines} lines`);
    all.push(line);
  }
  return all;
}

/** Waits for a line: what `next` of lines gives. */
export class NextLine extends Syscall<Step<string>> implements Wait<Step<string>>, Watcher {
  readonly #reader: Reader;
  readonly #maxBytes: number;
  readonly verb = "read";
  readonly outside = true;
  /** How many of the bytes that are here have no newline among them. */
  #searched = 0;
  #taken: Uint8Array = new Uint8Array(0);
  #waiter: Waiter<Step<string>> | undefined = undefined;

  constructor(reader: Reader, maxBytes: number) {
    super();
    this.#reader = reader;
    this.#maxBytes = checkedCount(maxBytes, "maxBytes of a line", 1, mostBytes);
  }

  get object(): string {
    return this.pollable.label;
  }

  /** What it waits on. */
  get pollable(): Connection {
    return this.#reader.connection;
  }

  override get family(): string {
    return "io";
  }

  override handle(task: Task, _kernel: Kernel): Answer<Step<string>> {
    return (
      this.#take() ??
      task.block<Step<string>>(this, (waiter) => {
        this.#waiter = waiter;
        this.pollable.watch("read", this);
        return () => this.pollable.unwatch("read", this);
      })
    );
  }

  /** There is more to read, or an error to come by. */
  ready(error?: unknown): void {
    try {
      if (error !== undefined) throw error;
      const step = this.#take();
      if (step === undefined) this.pollable.watch("read", this);
      else if (this.#waiter?.wake(step) === false) this.giveBack();
    } catch (failure) {
      this.#waiter?.fail(failure);
    }
  }

  giveBack(): void {
    this.#reader.unread(this.#taken);
  }

  /** The next step; undefined: it has to be waited for. */
  #take(): Step<string> | undefined {
    const reader = this.#reader;
    for (;;) {
      const place = reader.indexOf(newline, this.#searched);
      const length = place < 0 ? reader.available : place + 1;
      if (length > this.#maxBytes) {
        throw new SyscallError("EMSGSIZE", `${this.object} sent more than ${this.#maxBytes} bytes without a newline`);
      }
      if (place >= 0) return this.#line(length);
      this.#searched = length;
      const bytes = this.pollable.read(chunkBytes);
      if (bytes === null) return undefined;
      if (bytes.length === 0) return length === 0 ? { done: true } : this.#line(length);
      reader.append(bytes);
    }
  }

  #line(length: number): Step<string> {
    this.#taken = this.#reader.take(length);
    return { done: false, value: lineText(this.#taken, this.object) };
  }
}
