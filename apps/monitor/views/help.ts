// Help of a view: its keys, made from the table that the program dispatches by, and what its letters and columns mean.

import { findingOrder } from "../../control/columns.ts";
import { titleOf } from "./columns.ts";
import { type KeyBinding, keyGroups, keysIn, keysOf, keyText } from "./keys.ts";
import { filled, run, type StyledLine, widthOf } from "./line.ts";
import type { Screen, ViewName } from "./model.ts";
import { findingMeanings, stateLetters, stateWords } from "./words.ts";

/** @param width of the lines at most; from 96 on there are two columns, below short entries share a line */
export function helpLines(screen: Screen, width: number): readonly StyledLine[] {
  const { view, frame } = screen;
  const isReadOnly = frame?.kernel.access === "read-only";
  const groups = keyGroups.map((group): Block => {
    const keys = keysIn(view).filter((binding) => binding.group === group);
    return { title: group, lines: keys.map((binding) => keyRow(binding, screen, isReadOnly)) };
  });
  const blocks = [...groups, ...legends(view)].filter(({ lines }) => lines.length > 0);
  if (width >= 96)
    return inTwo(
      blocks.map((block) => written(block, block.lines)),
      width,
    );
  return blocks.flatMap((block) => written(block, paired(block.lines, width)));
}

function keyRow(binding: KeyBinding, { look, isOwner }: Screen, isReadOnly: boolean): StyledLine {
  const keys = keysOf(binding, look.isVi).map(keyText).join(" ");
  if (isReadOnly && binding.isChanging === true)
    return [run(`  ${keys.padEnd(11)} `), run(`${binding.text} (read-only)`)];
  return entry(keys, isOwner ? (binding.ownText ?? binding.text) : binding.text, 11);
}

function entry(word: string, text: string, width: number): StyledLine {
  return [run(`  ${word.padEnd(width)} `, "accent"), run(text)];
}

interface Block {
  readonly title: string;
  readonly lines: readonly StyledLine[];
}

function legends(view: ViewName): readonly Block[] {
  const own: Block = { title: "Here", lines: (notes[view] ?? []).map((text) => [run(`  ${text}`)]) };
  const meters: Block = {
    title: "Meters",
    lines: Object.entries(meterMeanings).map(([word, text]) => entry(word, text, 11)),
  };
  if (view !== "tasks" && view !== "tree" && view !== "detail") return [own, meters];
  return [
    { title: "State", lines: stateLetters.map((letter) => entry(letter, stateWords[letter], 1)) },
    { title: "Findings", lines: findingOrder.map((letter) => entry(letter, findingMeanings[letter], 1)) },
    own,
    {
      title: "Columns",
      lines:
        view === "detail" ? [] : Object.entries(columnMeanings).map(([name, text]) => entry(titleOf(name), text, 11)),
    },
    { title: "Filters", lines: view === "detail" ? [] : filters.map(([word, text]) => entry(word, text, 15)) },
    meters,
  ];
}

const columnMeanings = {
  cpu: "share of the last second in turns",
  run: "time in turns since it is watched",
  ready: "longest wait for a turn, last second",
  "turns/s": "turns in the last second",
  "traps/s": "syscalls and calls in the last second",
  max: "longest turn yet; z forgets it",
  history: "ten seconds of CPU%; full is 100%",
  waiting: "what would have to happen",
  for: "how long it has been in this state",
} as const;

const filters: readonly (readonly [word: string, text: string])[] = [
  ["client 7000", "both, in name, app or WAITING ON"],
  ["state:Ww", "one of these letters; * is any"],
  ["app:x app=x", "in the column; the whole column"],
  ["cpu>5 for>10s", "< <= > >= =; percent, ms s m h"],
  ["name~^job", "a regular expression"],
  ["!a   a | b", "not; or"],
];

const meterMeanings = {
  Loop: "the last second: in turns, polls, idle",
  Ready: "tasks that wait for a turn; how long",
  Lag: "how late timers fired",
  "p50 p99 max": "of the last second: half, 99 %, all",
} as const;

const notes: Readonly<Partial<Record<ViewName, readonly string[]>>> = {
  io: ["OWNER closes it; READER and WRITER wait for it.", "L: it is open, and nobody waits for it."],
  syscalls: [
    "INSIDE: tasks that wait in it now.",
    "KERNEL%: the last second in its handler.",
    "Times are of how long it blocked.",
  ],
  log: ["Enter opens the task; the end stays in sight until one moves up."],
  apps: ["Gauges are what apps publish, a second a cell; a full cell is the most of a minute."],
  trace: [
    "BLOCKED: until its answer. TURN: the turn before it. KERN: its handler.",
    "A syscall that still waits is = …",
  ],
};

function written({ title }: Block, lines: readonly StyledLine[]): readonly StyledLine[] {
  return [[run(title, "bold")], ...lines, []];
}

/** Two short entries that follow each other are one line. */
function paired(entries: readonly StyledLine[], width: number): readonly StyledLine[] {
  const half = Math.floor(width / 2);
  const lines: StyledLine[] = [];
  let open: StyledLine | undefined;
  for (const line of entries) {
    const isShort = widthOf(line) < half;
    if (open !== undefined && isShort) {
      lines[lines.length - 1] = [...filled(open, half), ...line];
      open = undefined;
    } else {
      lines.push(line);
      open = isShort ? line : undefined;
    }
  }
  return lines;
}

/** Blocks in two columns of about the same length. */
function inTwo(blocks: readonly (readonly StyledLine[])[], width: number): readonly StyledLine[] {
  const total = blocks.reduce((sum, block) => sum + block.length, 0);
  const left: StyledLine[] = [];
  const right: StyledLine[] = [];
  for (const block of blocks) {
    const isLeft = right.length === 0 && left.length + block.length / 2 <= total / 2;
    (isLeft ? left : right).push(...block);
  }
  const half = Math.floor(width / 2);
  return Array.from({ length: Math.max(left.length, right.length) }, (_, row) => [
    ...filled(left[row] ?? [], half),
    ...(right[row] ?? []),
  ]);
}
