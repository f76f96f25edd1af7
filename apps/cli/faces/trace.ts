// Syscalls as lines, in the manner of strace: when, who, what, what came of it, and how long it was blocked. A syscall that
// was shown while it still blocked ends on a line of its own, "resumed". Keeps one entry for each task that is blocked.

import { printable } from "../../../kernel/text.ts";
import type { TraceRecord } from "../../control/records.ts";
import { fineMillis } from "../../monitor/views/format.ts";
import { clockText } from "./words.ts";

/** Tasks whose open line is remembered; of more, "resumed" is shown as a whole syscall. */
const maxOpen = 100_000;

/** A handler takes less, ms. */
const longestBack = 1_000;

export class TraceText {
  readonly #zone: string | undefined;
  /** By tid: the `at` of the syscall that was shown unfinished. */
  readonly #open = new Map<number, number>();
  /** Of the line before, ms since 1970. */
  #latest = 0;
  /** One that blocks, and has not been shown yet. */
  #held: { readonly record: TraceRecord; readonly bootTime: number } | undefined = undefined;

  /** @param zone of the times, an IANA name; default: the process's own */
  constructor(zone?: string) {
    this.#zone = zone;
  }

  /**
   * The lines of records that came, oldest first. A syscall that blocks and is over with the very next record is one line;
   * the last one may be held back for that, see `flush`.
   * @param bootTime ms since 1970 at which the kernel booted
   */
  lines(records: readonly TraceRecord[], bootTime: number): string[] {
    return records.flatMap((record) => this.#next(record, bootTime));
  }

  /** The line that is held back, if one is: nothing has come for a while. */
  flush(): string[] {
    const held = this.#held;
    if (held === undefined) return [];
    this.#held = undefined;
    const { record, bootTime } = held;
    if (this.#open.size < maxOpen) this.#open.set(record.tid, record.at);
    return [this.#line(bootTime + record.at, record, `${record.syscall} <unfinished ...>`)];
  }

  #next(record: TraceRecord, bootTime: number): string[] {
    const { at, tid, syscall, result, blockedMs, kernelMs } = record;
    const begun = this.#held?.record;
    const isEnd = begun !== undefined && begun.tid === tid && begun.at === at && result !== "";
    if (isEnd) this.#held = undefined;
    const before = this.flush();
    if (result === "") {
      this.#held = { record, bootTime };
      return before;
    }
    const isResumed = this.#open.get(tid) === at;
    this.#open.delete(tid);
    const what = isResumed ? `<... ${nameOf(syscall)} resumed>` : syscall;
    const when = isResumed ? at + kernelMs + blockedMs : at;
    return [...before, this.#line(bootTime + when, record, `${what} ${result}${blockedText(blockedMs)}`)];
  }

  /** The line for records that were lost. */
  dropped(count: number): string {
    return `--- ${count} ${count === 1 ? "syscall" : "syscalls"} dropped: there were more than could be kept ---`;
  }

  // Who wakes another has begun to before that one goes on, and is over after it: times do not go back for that.
  #line(time: number, { tid, name }: TraceRecord, text: string): string {
    const isBefore = time < this.#latest && this.#latest - time < longestBack; // beyond it the clock was set
    if (!isBefore) this.#latest = time;
    return printable(`${clockText(this.#latest, this.#zone)} ${tid} ${name}  ${text}`, Number.POSITIVE_INFINITY);
  }
}

/** "ReadWait" of "ReadWait(tcp …)". */
export function nameOf(syscall: string): string {
  const end = syscall.indexOf("(");
  return end < 0 ? syscall : syscall.slice(0, end);
}

function blockedText(ms: number): string {
  return ms > 0 ? ` <${fineMillis(ms)} ms>` : "";
}
