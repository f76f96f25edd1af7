// The terminal that the process's outputs are shown on, and its status: a line or a few below all that is printed, drawn
// in place. Whoever else writes to the terminal takes it away first; it is back when it is shown the next time. It is
// never waited for, and is no part of what was printed: a status line that cannot be shown is not.

import { writeSync } from "node:fs";
import process from "node:process";
import { printableLines } from "../text.ts";
import type { OutputName, Terminal } from "./host-parts.ts";

const [usualColumns, usualRows] = [80, 24];

/** What is drawn now: on which descriptor, and how many lines. */
let drawn: { readonly fd: number; readonly lines: number } | undefined;
/** Something was printed that has not ended its line: there is no place for another. */
let isMidLine = false;
let isErasedAtExit = false;

/** The terminal that an output of the process is shown on; undefined where it is a file, a pipe, or nothing. */
export function terminalOf(output: OutputName): Terminal | undefined {
  return process[output].isTTY ? new OwnTerminal(process[output]) : undefined;
}

/** To be called before anything else is written to a terminal of the process. */
export function clearStatus(): void {
  if (drawn === undefined) return;
  const was = drawn;
  drawn = undefined;
  write(was.fd, `${toStart(was.lines)}\x1b[J`);
}

/** To be called when something was written to a terminal of the process. @param last its last byte */
export function noteWritten(last: number | undefined): void {
  if (last !== undefined) isMidLine = last !== 10;
}

class OwnTerminal implements Terminal {
  readonly #stream: NodeJS.WriteStream & { readonly fd: number };

  constructor(stream: NodeJS.WriteStream & { readonly fd: number }) {
    this.#stream = stream;
  }

  get columns(): number {
    return this.#stream.columns || usualColumns; // 0 where nobody has told the terminal its size
  }

  get rows(): number {
    return this.#stream.rows || usualRows;
  }

  showStatus(text: string): void {
    if (text === "") {
      clearStatus();
      return;
    }
    if (isMidLine || process.env["TERM"] === "dumb") return;
    const { fd } = this.#stream;
    if (drawn?.fd !== fd) clearStatus();
    if (!isErasedAtExit) process.on("exit", clearStatus);
    isErasedAtExit = true;
    const lines = printableLines(text, Number.POSITIVE_INFINITY).split("\n");
    // Line by line over what is there, so that nothing flickers; then what was below, if there was more.
    // Without wrapping, for who made the lines may not know yet how narrow it has become. The cursor stays at the start of the last
    // one: a terminal that is made narrower may wrap what is there anew, and takes the cursor along.
    write(fd, `${toStart(drawn?.lines ?? 1)}\x1b[?7l${lines.join("\x1b[K\r\n")}\x1b[K\x1b[J\r\x1b[?7h`);
    drawn = { fd, lines: lines.length };
  }
}

/** From the last of so many lines to the start of the first. */
function toStart(lines: number): string {
  return lines > 1 ? `\r\x1b[${lines - 1}A` : "\r";
}

// Past the stream: nothing of it is printed output, and where it is a terminal the stream holds nothing back.
function write(fd: number, text: string): void {
  try {
    writeSync(fd, text);
  } catch {
    // The terminal is gone, or takes nothing now.
  }
}
