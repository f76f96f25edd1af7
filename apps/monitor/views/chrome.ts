// The lines around a view: tabs, the selected row in full, findings or the last message, the keys or what is typed.

import type { Finding } from "../../control/records.ts";
import { styleOfFinding } from "./columns.ts";
import { duration } from "./format.ts";
import { keysIn, keysOf, keyText } from "./keys.ts";
import { apart, filled, type Run, run, type Style, type StyledLine, widthOf } from "./line.ts";
import type { Message, Region, Screen, ViewName } from "./model.ts";
import { findingWords, waitingText, withoutFolder } from "./words.ts";

/** A line with what a click in it means; its row is 0. */
export interface Chrome {
  readonly lines: readonly [StyledLine];
  readonly regions: readonly Region[];
}

const tabs: readonly (readonly [view: ViewName, long: string, short: string])[] = [
  ["tasks", "Tasks", "Tasks"],
  ["tree", "Tree", "Tree"],
  ["detail", "Detail", "Detail"],
  ["io", "I/O", "I/O"],
  ["syscalls", "Syscalls", "Calls"],
  ["log", "Log", "Log"],
  ["apps", "Apps", "Apps"],
  ["trace", "Trace", "Trace"],
];
const shapes = { flat: "Tree", tree: "Tree", waits: "Waits", sites: "Sites" } as const;

/** @param info for the right end, longest first */
export function tabLine(screen: Screen, info: readonly StyledLine[]): Chrome {
  const { columns } = screen.size;
  const isWide = columns >= 100;
  const { filter = "", shape = "flat" } = screen.query.tasks ?? {};
  // A filter that cannot be read misleads more than tabs without their words.
  const isTight = !isWide && filter !== "" && isOfTasks(screen.view);
  const runs: Run[] = [run(" ")];
  const regions: Region[] = [];
  for (const [place, [view, long, short]] of tabs.entries()) {
    const word = view === "tree" ? shapes[shape] : isWide ? long : short;
    const isBare = isTight && view !== screen.view;
    const text = isWide ? ` ${place + 1} ${word} ` : `${place + 1}${isBare ? "" : word}`;
    const from = widthOf(runs);
    regions.push({ row: 0, from, to: from + text.length, target: { kind: "view", view } });
    runs.push(run(text, view === screen.view ? "tabOn" : "tab"), run(isWide ? "" : " "));
  }
  const room = columns - widthOf(runs) - 2;
  const fitting = info.find((line) => widthOf(line) <= room) ?? [];
  return { lines: [apart(runs, [...fitting, run(" ")], columns)], regions };
}

function isOfTasks(view: ViewName): boolean {
  return view === "tasks" || view === "tree";
}

/** The row with the cursor, with what had no room in it. */
export function selectionLine(screen: Screen): StyledLine {
  const { frame, cursor, tagged, size } = screen;
  const right = tagged.size === 0 ? [] : [run(`${tagged.size} tagged `, "tagged")];
  const task = isOfTasks(screen.view) ? frame?.tasks?.rows.find(({ tid }) => tid === cursor) : undefined;
  if (task === undefined) return apart([], right, size.columns);
  const { tid, name, app, parent, spawnedAt, children } = task;
  const parts: Run[] = [run(` ${tid} `, "bold"), run(name, "accent")];
  const say = (word: string, text: string): void => {
    if (text !== "") parts.push(run(`   ${word}`, "dim"), run(word === "" ? text : ` ${text}`));
  };
  say("", waitingText(task, frame?.kernel.ready ?? 0, size.columns));
  say("app", app);
  say("parent", parent === 0 ? "" : String(parent));
  say("children", children === 0 ? "" : String(children));
  say("spawned at", withoutFolder(spawnedAt.slice(-1_024)));
  return apart(parts, right, size.columns);
}

/** What happened last; else what is wrong, each with its tasks. */
export function notesLine(screen: Screen): Chrome {
  const { message, prompt, frame, size } = screen;
  if (prompt !== undefined && prompt.completions.length > 0) return { lines: [completionLine(screen)], regions: [] };
  if (message !== undefined) return { lines: [messageLine(message)], regions: [] };
  if (frame === undefined) return { lines: [[]], regions: [] };
  if (frame.findings.length === 0) return { lines: [[run(" no findings", "dim")]], regions: [] };
  const hint = size.columns >= 100 ? " ! visits each " : " ! visits ";
  return findingsLine(frame.findings, size.columns - hint.length, hint);
}

export function messageLine({ text, kind }: Message): StyledLine {
  const style: Style = kind === "info" ? "bold" : kind;
  return [run(` ${text}`, style)];
}

function findingsLine(findings: readonly Finding[], room: number, hint: string): Chrome {
  const runs: Run[] = [run(" ! ", "bad")];
  const regions: Region[] = [];
  let shown = 0;
  const groups = grouped(findings);
  for (const finding of groups) {
    const made = findingRuns(finding);
    const from = widthOf(runs);
    const to = from + widthOf(made);
    const isLast = shown === groups.length - 1;
    if (to + (isLast ? 0 : 9) > room && shown > 0) break;
    const [tid] = finding.tids;
    if (tid !== undefined) regions.push({ row: 0, from, to, target: { kind: "task", tid } });
    runs.push(...made, run("   "));
    shown += 1;
  }
  const rest = groups.length - shown;
  if (rest > 0) runs.push(run(`+${rest} more`, "bold"));
  return { lines: [[...filled(runs, room), run(hint, "dim")]], regions };
}

/** Those of one letter are one, as old as the first of them; each deadlock stands for itself. */
function grouped(findings: readonly Finding[]): readonly Finding[] {
  const groups: Finding[] = [];
  for (const finding of findings) {
    const at = finding.letter === "D" ? -1 : groups.findIndex(({ letter }) => letter === finding.letter);
    const group = groups[at];
    if (group === undefined) groups.push(finding);
    else groups[at] = { ...group, tids: [...group.tids, ...finding.tids] };
  }
  return groups;
}

/** Tids of a ring that are shown, and of others: if there are more, one less, and how many more. */
const mostInRing = 5;
const mostTids = 3;

/** "DEADLOCK 31 -> 32 -> 31 4m12s", "CRASHED 47, 59 +11 3s" */
function findingRuns({ letter, tids, ring = tids, forMs }: Finding): readonly Run[] {
  const word = Object.hasOwn(findingWords, letter) ? findingWords[letter] : letter;
  const text = letter === "D" ? ringText(ring) : listText(tids);
  return [run(word, styleOfFinding(letter)), run(` ${text} `), run(duration(forMs), "dim")];
}

function ringText(tids: readonly number[]): string {
  if (tids.length === 0) return "of all tasks";
  const shown = tids.length > mostInRing ? [...tids.slice(0, mostInRing), "…"] : tids;
  return [...shown, ...tids.slice(0, 1)].join(" -> ");
}

function listText(tids: readonly number[]): string {
  if (tids.length <= mostTids) return tids.join(", ");
  const shown = tids.slice(0, mostTids - 1);
  return `${shown.join(", ")} +${tids.length - shown.length}`;
}

/** As many keys as fit; the way out always does. */
export function keyLine(screen: Screen): Chrome {
  const { size, view, look, frame } = screen;
  const isReadOnly = frame?.kernel.access === "read-only";
  const items = keysIn(view).flatMap(({ action, bar, isChanging, ...binding }) => {
    const [key] = keysOf({ action, ...binding }, look.isVi);
    if (bar === undefined || key === undefined) return [];
    return [{ action, key: keyText(key), text: `${bar} `, isOff: isReadOnly && isChanging === true }];
  });
  const last = items.at(-1);
  let left = size.columns - 1 - (last === undefined ? 0 : last.key.length + last.text.length);
  const runs: Run[] = [];
  const regions: Region[] = [];
  for (const { action, key, text, isOff } of items) {
    const width = key.length + text.length;
    if (action !== last?.action && left < width) continue;
    const from = widthOf(runs);
    regions.push({ row: 0, from, to: from + width, target: { kind: "action", action } });
    runs.push(run(key, "key"), run(text, isOff ? "off" : "label"));
    left -= width;
  }
  return { lines: [runs], regions };
}

const promptWords = {
  find: "Find",
  filter: "Filter",
  command: ":",
  tid: "Task",
  interval: "Seconds between frames",
} as const;

/** What is being typed, and where the terminal's cursor stands in it. */
export function promptLine(screen: Screen): { readonly line: StyledLine; readonly column: number } {
  const { prompt, size } = screen;
  if (prompt === undefined) return { line: [], column: 0 };
  const word = promptWords[prompt.kind];
  const head = prompt.kind === "command" ? word : `${word}: `;
  const hint = prompt.hint === "" ? [] : [run(`  ${prompt.hint} `, "dim")];
  const hintWidth = Math.min(widthOf(hint), Math.floor(size.columns / 2));
  const room = Math.max(1, size.columns - 2 - head.length - hintWidth);
  // A long text slides so that the place of typing is in sight.
  const from = Math.max(0, Math.min(prompt.at, prompt.text.length) - room + 1);
  const shown = prompt.text.slice(from, from + room);
  const left = [run(head, "bold"), run(shown, "input")];
  const column = Math.min(size.columns - 1, head.length + Math.max(0, prompt.at - from));
  return { line: [...filled(left, size.columns - 1 - hintWidth), ...filled(hint, hintWidth)], column };
}

function completionLine({ prompt, size }: Screen): StyledLine {
  if (prompt === undefined) return [];
  const { completions, choice } = prompt;
  // The chosen one is in sight: what stands before it is left out as far as need be.
  let first = Math.max(0, choice);
  for (let width = 0; first > 0; first--) {
    width += (completions[first]?.length ?? 0) + 2;
    if (width > size.columns / 2) break;
  }
  const runs: Run[] = [run(" ")];
  for (const [place, text] of completions.entries()) {
    if (place < first) continue;
    if (widthOf(runs) > size.columns) break;
    runs.push(run(` ${text.slice(0, size.columns)} `, place === choice ? "choice" : "normal"));
  }
  return runs;
}
