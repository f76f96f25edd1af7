// The latest lines of a kernel: its log, and what its apps print, in the order in which they came. Bounded in lines and in
// characters; whoever reads says after which line, and is told how many are gone. Nearly all is done by who reads: what is
// printed while nobody does is only put by, until there is enough for it to be cut into lines.

import type { RecentLog } from "../../../kernel/log-ring.ts";
import { Ring } from "../../../kernel/syscall.ts";
import { truncated } from "../../../kernel/text.ts";
import type { LogQuery } from "../protocol.ts";
import type { LogLine, LogPage } from "../records.ts";

const maxLines = 2_000;
const maxCharacters = 2_000_000;
/** Characters of a line; what is longer is cut. */
const maxLine = 16_384;
/** Of what is put by. */
const maxPieces = 1_024;
const maxPieceLengths = 65_536;

/** The kernel's own memory of its log. */
interface LogSource {
  recentLog(after: number, limit: number): RecentLog;
}

/** What a task has written at once. */
export interface Printed {
  readonly level: "stdout" | "stderr";
  /** 0 where it is not known. */
  readonly tid: number;
  readonly name: string;
  /** ms since boot. */
  readonly at: number;
  /** Nobody changes it afterwards. */
  readonly piece: Uint8Array | string;
}

type Line = Omit<LogLine, "seq">;

export class OutputRing {
  readonly #source: LogSource;
  readonly #appOf: (tid: number) => number;
  readonly #lines = new Ring<LogLine>();
  readonly #texts = { stdout: new LineCutter(), stderr: new LineCutter() };
  #pieces: Printed[] = [];
  #pieceLengths = 0;
  #characters = 0;
  #seq = 0;
  /** Up to where the kernel's log has been taken over. */
  #logged = 0;

  /**
   * @param source the kernel
   * @param appOf tid of the main task of a task's app; 0: it belongs to none
   */
  constructor(source: LogSource, appOf: (tid: number) => number = () => 0) {
    this.#source = source;
    this.#appOf = appOf;
  }

  /** A task has written something, a line or a part of one or several. */
  printed(printed: Printed): void {
    this.#pieces.push(printed);
    this.#pieceLengths += printed.piece.length;
    if (this.#pieces.length >= maxPieces || this.#pieceLengths >= maxPieceLengths) this.#take();
  }

  /** Lines after one, oldest first; without `after` the latest. */
  page({ tid, app, after, limit = 100 }: LogQuery): LogPage {
    this.#take();
    const oldest = this.#seq - this.#lines.size + 1;
    const dropped = after === undefined ? 0 : Math.max(0, oldest - after - 1);
    const lines: LogLine[] = [];
    for (const line of this.#lines) {
      if (line.seq <= (after ?? 0) || (tid !== undefined && line.tid !== tid)) continue;
      if (app === undefined || line.tid === app || line.app === app) lines.push(line);
    }
    if (after === undefined) return { lines: limit === 0 ? [] : lines.slice(-limit), last: this.#seq, dropped };
    const page = lines.slice(0, limit);
    const isAll = page.length === lines.length;
    return { lines: page, last: isAll ? this.#seq : (page.at(-1)?.seq ?? after), dropped };
  }

  // Both are in order; the clock says how they belong together.
  #take(): void {
    const lines = [...this.#takeLog(), ...this.#takePrinted()];
    for (const line of lines.sort((one, other) => one.at - other.at)) this.#add(line);
  }

  #takeLog(): Line[] {
    const { records, last } = this.#source.recentLog(this.#logged, maxLines);
    this.#logged = last;
    return records.map(({ level, tid, name, text, at, fields }) => {
      const said = Object.entries(fields).map(([field, value]) => ` ${field}=${value}`);
      return { level, tid, name, text: text + said.join(""), at };
    });
  }

  #takePrinted(): Line[] {
    const pieces = this.#pieces;
    this.#pieces = [];
    this.#pieceLengths = 0;
    return pieces.flatMap(({ piece, ...by }) => this.#texts[by.level].cut(piece).map((text) => ({ ...by, text })));
  }

  #add(line: Line): void {
    const text = truncated(line.text, maxLine);
    const app = this.#appOf(line.tid);
    this.#lines.push({ ...line, ...(app === 0 ? {} : { app }), text, seq: ++this.#seq });
    this.#characters += text.length;
    while (this.#lines.size > maxLines || this.#characters > maxCharacters) {
      this.#characters -= this.#lines.shift()?.text.length ?? 0;
    }
  }
}

/** Cuts what comes in pieces into lines. */
class LineCutter {
  readonly #decoder = new TextDecoder();
  #begun = "";

  /** The lines that this piece ends, without their ends; what is too long for a line is one as it is. */
  cut(piece: Uint8Array | string): string[] {
    const text = typeof piece === "string" ? piece : this.#decoder.decode(piece, { stream: true });
    const lines = (this.#begun + text).split("\n");
    this.#begun = lines.pop() ?? "";
    if (this.#begun.length > maxLine) {
      lines.push(this.#begun);
      this.#begun = "";
    }
    return lines;
  }
}
