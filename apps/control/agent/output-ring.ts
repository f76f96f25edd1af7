// The latest lines of a kernel: its log, and what its apps print, in the order in which they came. Bounded in lines and in
// characters; whoever reads says after which line, and is told how many are gone.

import type { RecentLog } from "../../../kernel/log-ring.ts";
import { Ring } from "../../../kernel/syscall.ts";
import { truncated } from "../../../kernel/text.ts";
import type { LogQuery } from "../protocol.ts";
import type { LogLine, LogPage } from "../records.ts";

const maxLines = 2_000;
const maxCharacters = 2_000_000;
/** Characters of a line; what is longer is cut. */
const maxLine = 16_384;

/** The kernel's own memory of its log. */
interface LogSource {
  recentLog(after: number, limit: number): RecentLog;
}

export class OutputRing {
  readonly #source: LogSource;
  readonly #lines = new Ring<LogLine>();
  #characters = 0;
  #seq = 0;
  /** Up to where the kernel's log has been taken over. */
  #logged = 0;

  /** @param source the kernel */
  constructor(source: LogSource) {
    this.#source = source;
  }

  /**
   * Adds what an app has printed: one line, without its end.
   * @param tid of the task, 0 where it is not known @param at ms since boot
   */
  printed(level: "stdout" | "stderr", tid: number, name: string, text: string, at: number): void {
    this.#takeLog();
    this.#add({ level, tid, name, text, at });
  }

  /** Lines after one, oldest first; without `after` the latest. */
  page({ tid, after, limit = 100 }: LogQuery): LogPage {
    this.#takeLog();
    const oldest = this.#seq - this.#lines.size + 1;
    const dropped = after === undefined ? 0 : Math.max(0, oldest - after - 1);
    const lines: LogLine[] = [];
    for (const line of this.#lines) {
      if (line.seq > (after ?? 0) && (tid === undefined || line.tid === tid)) lines.push(line);
    }
    if (after === undefined) return { lines: limit === 0 ? [] : lines.slice(-limit), last: this.#seq, dropped };
    const page = lines.slice(0, limit);
    const isAll = page.length === lines.length;
    return { lines: page, last: isAll ? this.#seq : (page.at(-1)?.seq ?? after), dropped };
  }

  #takeLog(): void {
    const { records, last } = this.#source.recentLog(this.#logged, maxLines);
    this.#logged = last;
    for (const { level, tid, name, text, at, fields } of records) {
      const said = Object.entries(fields).map(([field, value]) => ` ${field}=${value}`);
      this.#add({ level, tid, name, text: text + said.join(""), at });
    }
  }

  #add(line: Omit<LogLine, "seq">): void {
    const text = truncated(line.text, maxLine);
    this.#lines.push({ ...line, text, seq: ++this.#seq });
    this.#characters += text.length;
    while (this.#lines.size > maxLines || this.#characters > maxCharacters) {
      this.#characters -= this.#lines.shift()?.text.length ?? 0;
    }
  }
}
