// What stands in place of the meters while there are no new frames: which turn does not end and where, or that the kernel
// is gone or comes back.

import type { Stuck } from "../../control/records.ts";
import { duration } from "./format.ts";
import { apart, filled, type Run, run, type StyledLine } from "./line.ts";
import type { Screen } from "./model.ts";

/** Undefined while frames come. @param rows how many lines there are */
export function bannerLines(
  { connection, size, target, frame }: Screen,
  rows: number,
): readonly StyledLine[] | undefined {
  if (connection.kind === "stuck") {
    const kill = connection.stuck.tid === 0 ? "" : " k ends its turn  ";
    const act = frame?.kernel.access === "read-only" ? "" : `${kill} X ends its process  `;
    const hint = `${act} the frame below is ${duration(connection.ageMs)} old`;
    return filledUp(stuckLines(connection.stuck, hint, size.columns, rows), rows);
  }
  if (connection.kind === "reconnecting" || connection.kind === "gone") {
    const isGone = connection.kind === "gone";
    const text = isGone ? ` ${target}: the kernel is gone ` : ` ${target}: connection lost, trying again `;
    const age = `the frame below is ${duration(connection.ageMs)} old `;
    const line = apart(
      [run(text, isGone ? "alarm" : "notice")],
      [run(age, isGone ? "alarm" : "notice")],
      size.columns,
      isGone ? "alarm" : "notice",
    );
    return filledUp(
      [line, [run(` ${connection.why}`)], [run(isGone ? " q quits" : " q quits; all else waits", "dim")]],
      rows,
    );
  }
  return undefined;
}

function stuckLines(stuck: Stuck, hint: string, columns: number, rows: number): readonly StyledLine[] {
  const { tid, name, forMs, stack } = stuck;
  const what = tid === 0 ? "its thread is busy outside its tasks" : `task ${tid} ${name} does not yield`;
  const text = ` NOT RESPONDING for ${duration(forMs)}: ${what} `;
  const who = tid === 0 ? "outside its tasks" : `${tid} ${name} ${placeOf(stack[0] ?? "")}`;
  const short = ` STUCK ${duration(forMs)}: ${who} `;
  const head = filled([run(columns < 72 ? short : text, "alarm")], columns, "alarm");
  if (rows < 4) return [head, [run(hint)], [run(" "), ...stackRuns(stack, stack.length)]];
  const [innermost] = stack;
  const at = innermost === undefined ? [run(" its stack is not known yet", "dim")] : [run(" "), ...stackRuns(stack, 1)];
  const callers = stack.length > 1 ? [run("   called by ", "dim"), ...stackRuns(stack.slice(1), stack.length)] : [];
  return [head, at, callers, [run(hint)]];
}

/** "words.ts:91:5" of "/srv/words.ts:91:5 in spin". */
function placeOf(frame: string): string {
  const [at = ""] = frame.slice(0, 1_024).split(" in ");
  return at.slice(at.lastIndexOf("/") + 1);
}

/** "evil  town.ts:88:5 <- main  town.ts:12:3" */
function stackRuns(stack: readonly string[], most: number): readonly Run[] {
  return stack.slice(0, most).flatMap((frame, place) => {
    const [at = "", name = ""] = frame.split(" in ");
    return [run(place === 0 ? "" : "  <-  ", "dim"), run(name), run(name === "" ? "" : " "), run(at, "accent")];
  });
}

function filledUp(lines: readonly StyledLine[], rows: number): readonly StyledLine[] {
  return Array.from({ length: rows }, (_, row) => lines[row] ?? []);
}
