// Lines of a kernel's log, and of what its apps print.

import { printable } from "../../../kernel/text.ts";
import type { LogLine } from "../../control/records.ts";
import { clockText } from "./words.ts";

/**
 * "12:36:55.101 warn   31 uploader  the text"; a text of several lines goes on below, further in.
 * @param bootTime ms since 1970 at which the kernel booted
 * @param zone of the times, an IANA name; default: the process's own
 */
export function logLines({ at, level, tid, name, text }: LogLine, bootTime: number, zone?: string): string[] {
  const who = tid === 0 ? "kernel" : `${tid} ${name}`;
  const head = `${clockText(bootTime + at, zone)} ${level.padEnd(6)} ${who.replaceAll("\n", " ")}  `;
  return textLines(head + text);
}

/** What was printed as it is; what was logged with its level and its task. */
export function outputLines({ level, tid, name, text }: LogLine): string[] {
  const isPrinted = level === "stdout" || level === "stderr";
  return textLines(isPrinted ? text : `${level} ${tid} ${name.replaceAll("\n", " ")}: ${text}`);
}

function textLines(text: string): string[] {
  const [first = "", ...more] = text.replace(/\n$/, "").split("\n");
  return [first, ...more.map((line) => `    ${line}`)].map((line) => printable(line, Number.POSITIVE_INFINITY));
}

/** The line for those that were lost. */
export function lostText(count: number): string {
  return `--- ${count} ${count === 1 ? "line" : "lines"} dropped: there were more than could be kept ---`;
}
