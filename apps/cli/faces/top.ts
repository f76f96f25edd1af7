// One frame of `top --batch`: the kernel in a few lines, what is wrong, the tasks.

import { printable } from "../../../kernel/text.ts";
import type { Frame } from "../../control/protocol.ts";
import type { KernelRecord, PlacedRow, Spread } from "../../control/records.ts";
import { cut } from "../../lib/text-width.ts";
import { bytesText, compact, duration, fineMillis, percent } from "../../monitor/views/format.ts";
import { type Column, tableLines } from "../table.ts";
import { clockText } from "./words.ts";

/**
 * The lines of a frame.
 * @param zone of its time, an IANA name; default: the process's own
 */
export function frameLines(
  frame: Frame,
  columns: readonly Column<PlacedRow>[],
  { width, header = true, zone }: { width?: number | undefined; header?: boolean; zone?: string } = {},
): string[] {
  const clean = (line: string): string => {
    const safe = printable(line, Number.POSITIVE_INFINITY);
    return width === undefined ? safe : cut(safe, width);
  };
  const findings = frame.findings.map(({ letter, text, forMs }) => `! ${letter} ${text}, for ${duration(forMs)}`);
  const head = [...kernelLines(frame.kernel, clockText(frame.time, zone)), ...findings].map(clean);
  return [...head, "", ...tableLines(frame.tasks?.rows ?? [], columns, { width, header })];
}

function kernelLines(kernel: KernelRecord, time: string): string[] {
  const { name, pid, node, machine, upMs, access, live, states, ready, readyWait, lag } = kernel;
  const letters = Object.entries(states).map(([letter, count]) => `${letter}${count}`);
  const shares = `run ${percent(kernel.run)}%  poll ${percent(kernel.poll)}%  idle ${percent(kernel.idle)}%`;
  const rates = `turns ${compact(kernel.turnsPerS)}/s  traps ${compact(kernel.trapsPerS)}/s  polls ${compact(kernel.pollsPerS)}/s`;
  const { endpoints, reading, writing, timers, heapBytes } = kernel;
  return [
    `${time}  ${name}  pid ${pid}  up ${duration(upMs)}  node ${node}  ${machine}  ${access}`,
    `${shares}   tasks ${live}: ${letters.join(" ")}`,
    `ready ${ready}, ${spreadText("wait", readyWait)}   ${spreadText("lag", lag)}   ${rates}`,
    `endpoints ${endpoints} (reading ${reading}, writing ${writing})  timers ${timers}  heap ${bytesText(heapBytes)}`,
  ];
}

function spreadText(what: string, { p50, p99, max }: Spread): string {
  return `${what} p50 ${fineMillis(p50)} p99 ${fineMillis(p99)} max ${fineMillis(max)} ms`;
}
