// Lines of a kernel's log, and of what its apps print.

import { printable } from "../../../kernel/text.ts";
import type { LogLine } from "../../control/records.ts";
import { clockText } from "./words.ts";

/**
 * "12:36:55.101 warn   31 uploader  the text"
 * @param bootTime ms since 1970 at which the kernel booted
 * @param zone of the times, an IANA name; default: the process's own
 */
export function logText({ at, level, tid, name, text }: LogLine, bootTime: number, zone?: string): string {
  const who = tid === 0 ? "kernel" : `${tid} ${name}`;
  const line = `${clockText(bootTime + at, zone)} ${level.padEnd(6)} ${who}  ${text.replace(/\n$/, "")}`;
  return printable(line, Number.POSITIVE_INFINITY);
}

/** The line for those that were lost. */
export function lostText(count: number): string {
  return `--- ${count} ${count === 1 ? "line" : "lines"} dropped: there were more than could be kept ---`;
}
