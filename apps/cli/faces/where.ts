// Where a task stands: its frames, innermost first, each with its place and its line, and with its local variables where
// they were asked for.

import { printable } from "../../../kernel/text.ts";
import type { FrameRecord, TaskRow } from "../../control/records.ts";
import { padded, textWidth } from "../../lib/text-width.ts";
import { duration } from "../../monitor/views/format.ts";
import { waitText } from "./tasks.ts";

/** Local variables of a frame that are shown. */
const maxLocals = 64;

/**
 * The lines about a task.
 * @param task undefined where it is not known any more
 */
export function whereLines(task: TaskRow | undefined, frames: readonly FrameRecord[]): string[] {
  const head = task === undefined ? [] : [taskLine(task)];
  if (frames.length === 0) return [...head, "  (no frames: it has ended, or has not begun)"];
  const places = frames.map(({ at }) => clean(at === "" ? "(place not known)" : at));
  const names = frames.map(({ name }) => clean(name === "" ? "(anonymous)" : name));
  const [widthOfName, widthOfPlace] = [widest(names), widest(places)];
  const body = frames.flatMap(({ source, locals }, at) => {
    const line = `  ${padded(names[at] ?? "", widthOfName)}  ${padded(places[at] ?? "", widthOfPlace)}  ${clean(source.trim())}`;
    return [line.trimEnd(), ...localLines(locals)];
  });
  return [...head, ...body];
}

/** "task 31 uploader: J exit of 32, for 4m12s" */
function taskLine(task: TaskRow): string {
  return clean(`task ${task.tid} ${task.name}: ${task.state} ${waitText(task)}, for ${duration(task.forMs)}`);
}

function localLines(locals: Readonly<Record<string, string>>): string[] {
  const all = Object.entries(locals);
  const lines = all.slice(0, maxLocals).map(([name, value]) => `      ${clean(name)} = ${clean(value)}`);
  return all.length > maxLocals ? [...lines, `      … and ${all.length - maxLocals} more`] : lines;
}

function widest(texts: readonly string[]): number {
  return texts.reduce((most, text) => Math.max(most, textWidth(text)), 0);
}

function clean(text: string): string {
  return printable(text, Number.POSITIVE_INFINITY);
}
