// Syscalls as lines, in the manner of strace: when, who, what, what came of it, and how long it was blocked. A syscall that
// was shown while it still blocked ends on a line of its own, "resumed". Keeps one entry for each task that is blocked.

import { printable } from "../../../kernel/text.ts";
import type { TraceRecord } from "../../control/records.ts";
import { clockText, msText } from "./words.ts";

/** Tasks whose open line is remembered; of more, "resumed" is shown as a whole syscall. */
const maxOpen = 100_000;

export class TraceText {
  readonly #zone: string | undefined;
  /** By tid: the `at` of the syscall that was shown unfinished. */
  readonly #open = new Map<number, number>();

  /** @param zone of the times, an IANA name; default: the process's own */
  constructor(zone?: string) {
    this.#zone = zone;
  }

  /**
   * The line of one record; undefined where it says nothing new.
   * @param bootTime ms since 1970 at which the kernel booted
   */
  line(record: TraceRecord, bootTime: number): string | undefined {
    const { at, tid, name, syscall, result, blockedMs } = record;
    const isShown = this.#open.get(tid) === at;
    if (result === "") {
      if (isShown) return undefined;
      if (this.#open.size < maxOpen) this.#open.set(tid, at);
      return this.#with(bootTime + at, tid, name, `${syscall} <unfinished ...>`);
    }
    this.#open.delete(tid);
    const what = isShown ? `<... ${nameOf(syscall)} resumed>` : syscall;
    const when = isShown ? at + blockedMs : at;
    return this.#with(bootTime + when, tid, name, `${what} ${result}${blockedText(blockedMs)}`);
  }

  /** The line for records that were lost. */
  dropped(count: number): string {
    return `--- ${count} ${count === 1 ? "syscall" : "syscalls"} dropped: there were more than could be kept ---`;
  }

  #with(time: number, tid: number, name: string, text: string): string {
    return printable(`${clockText(time, this.#zone)} ${tid} ${name}  ${text}`, Number.POSITIVE_INFINITY);
  }
}

/** "ReadWait" of "ReadWait(tcp …)". */
export function nameOf(syscall: string): string {
  const end = syscall.indexOf("(");
  return end < 0 ? syscall : syscall.slice(0, end);
}

function blockedText(ms: number): string {
  return ms > 0 ? ` <${msText(ms)} ms>` : "";
}
