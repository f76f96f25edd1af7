// Lines as the source of a pipeline: of a file, of standard input, of a file that grows. In constant memory: a line is
// held once, and at most a chunk with it. A line that is too long or not UTF-8 is left out, and said.

import { type Program, SyscallError, type Yieldable } from "../../kernel/syscall.ts";
import { type LinesOptions, Open, OpenStdin, Read } from "../../syscalls/index.ts";
import { LineBuffer } from "../../syscalls/line-buffer.ts";
import { follow, recv } from "../lib/index.ts";
import type { Outlet, Source } from "./pipeline.ts";

const chunkBytes = 65_536;
const maxLineBytes = 65_536;

/** Who is told of what is read. */
export interface Reading {
  /** So many bytes more. */
  readonly read?: (bytes: number) => void;
  /** A line was left out, EMSGSIZE or EPROTO. Default: that ends the source with this error. */
  readonly leftOut?: (error: SyscallError) => void;
}

/** The lines of a file. @throws as Open and Read */
export function fileLines(path: string, reading: Reading = {}): Source<string> {
  return function* fileLines(output): Program<void> {
    const file = yield* new Open(path);
    yield* cut(() => new Read(file, chunkBytes), file.label, output, reading);
  };
}

/** The lines of standard input. @throws as OpenStdin and recv */
export function stdinLines(reading: Reading = {}): Source<string> {
  return function* stdinLines(output): Program<void> {
    const input = yield* new OpenStdin();
    yield* cut(() => recv(input, chunkBytes), input.label, output, reading);
  };
}

/** The lines of a file as it grows, through rotation and truncation; there is no end. @throws as OpenLines */
export function growingLines(path: string, options: LinesOptions = {}, reading: Reading = {}): Source<string> {
  return function* growingLines(output): Program<void> {
    const lines = yield* follow(path, options);
    for (;;) {
      try {
        const step = yield* lines.next();
        if (step.done) return;
        yield* output.send(step.value);
      } catch (error) {
        leaveOut(error, reading);
      }
    }
  };
}

/** The lines of a file, or, for "-", of standard input. */
export function linesOf(path: string, reading: Reading = {}): Source<string> {
  return path === "-" ? stdinLines(reading) : fileLines(path, reading);
}

// Everything that is here is sent before more is read.
function* cut(
  read: () => Yieldable<Uint8Array>,
  label: string,
  output: Outlet<string>,
  reading: Reading,
): Program<void> {
  const buffer = new LineBuffer(maxLineBytes, label);
  for (let isLast = false; !isLast; ) {
    const bytes = yield* read();
    isLast = bytes.length === 0;
    reading.read?.(bytes.length);
    buffer.append(bytes);
    for (let found = buffer.first(isLast); found !== undefined; found = buffer.first(isLast)) {
      buffer.drop(found);
      if ("error" in found) leaveOut(found.error, reading);
      else yield* output.send(found.line);
    }
  }
}

function leaveOut(error: unknown, { leftOut }: Reading): void {
  const isAboutLine = error instanceof SyscallError && (error.code === "EMSGSIZE" || error.code === "EPROTO");
  if (!isAboutLine || leftOut === undefined) throw error;
  leftOut(error);
}
