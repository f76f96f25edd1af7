// The tables of this suite.

import { figureOf } from "../lib/figures.ts";
import type { Cell, Table } from "../lib/suite.ts";
import { type Rounds, valuesOf } from "./measure.ts";
import { type Memory, type OperationName, operationNames, type Timings } from "./peers/peer.ts";
import type { System } from "./systems.ts";
import { type Vocabulary, type VocabularyName, vocabularyNames } from "./vocabulary.ts";

const titles: Readonly<Record<OperationName, string>> = {
  trap: "trap",
  deepTrap: "50 deep",
  call: "call + return",
  switch: "switch",
  channel: "channel round trip",
  spawn: "spawn + join",
};

const timingNote =
  "Nanoseconds of CPU time an operation, each system in a process of its own. trap: a request that is answered at once (GetTid; `await undefined`; where there is none, giving way with nobody else ready); 50 deep: the same from 50 calls down; call: of a routine that does nothing; switch: two tasks that give way in turn; channel: an item there and back between two tasks, through channels of one item or none; that of async functions twenty lines of promises, effection's queues are unbounded; spawn + join: of a task that returns 1.";

export function timingTable(systems: readonly System[], rounds: Rounds<Timings>): Table {
  return {
    title: "Traps, calls, switches",
    note: timingNote,
    columns: operationNames.map((name) => titles[name]),
    rows: systems.map((system) => ({
      name: system.name,
      cells: operationNames.map((operation) => timingCell(system, operation, rounds)),
    })),
  };
}

function timingCell({ name, command, lacks }: System, operation: OperationName, rounds: Rounds<Timings>): Cell {
  if (typeof command === "string") return command;
  return cellOf(
    valuesOf(rounds, name, (timings) => timings[operation]),
    lacks[operation] ?? "none",
  );
}

function cellOf(values: readonly number[], otherwise: string): Cell {
  return values.length === 0 ? otherwise : figureOf(values);
}

/** By system and operation, of each round. */
export type Mixed = Readonly<Record<"ours" | "bare" | "await", Timings>>;

export function mixedTable(rounds: readonly Mixed[], operations: readonly OperationName[]): Table {
  const row = (name: string, key: keyof Mixed): Table["rows"][number] => ({
    name,
    cells: operations.map((operation) =>
      cellOf(
        rounds.flatMap((mixed) => mixed[key][operation] ?? []),
        "none",
      ),
    ),
  });
  return {
    title: "Among others",
    note: "The same in one process, after a dozen other kinds of syscalls have been made in it and compiled for.",
    columns: operations.map((name) => titles[name]),
    rows: [row("yieldix", "ours"), row("bare generators", "bare"), row("async functions", "await")],
  };
}

const vocabularyTitles: Readonly<Record<VocabularyName, string>> = {
  lock: "lock, nobody else",
  handOver: "lock hand-over",
  select: "Select of 3",
  group: "Group of 100, each",
  timer: "timer, 1,000,000",
};

const vocabularyNote =
  "Nanoseconds of CPU time, of this kernel alone. lock: acquire and release; hand-over: from one task to the next that waits, with the switch between them; Select: of two locks that are taken and of a queue that another task wakes, with that wake and the switch; Group: a member from its spawn to the end of its group of 100; timer: set and cancelled in the kernel's sleep queue, among 1,000,000.";

export function vocabularyTable(rounds: readonly Vocabulary[]): Table {
  const cells = vocabularyNames.map((name) => figureOf(rounds.map((round) => round[name])));
  return {
    title: "The rest of the vocabulary",
    note: vocabularyNote,
    columns: vocabularyNames.map((name) => vocabularyTitles[name]),
    rows: [{ name: "yieldix", cells }],
  };
}

const memoryNote =
  "Bytes for each task that waits, in a fresh process. Heap: V8's after garbage collection; of Go, heap and stacks; Python does not tell. Resident: growth of the process. 1,000,000 in one round only.";

/** @param rounds by number of tasks */
export function memoryTable(systems: readonly System[], rounds: ReadonlyMap<number, Rounds<Memory>>): Table {
  const counts = [...rounds.keys()];
  return {
    title: "A task that waits",
    note: memoryNote,
    columns: counts.flatMap((count) => [
      `${count.toLocaleString("en")}: heap`,
      `${count.toLocaleString("en")}: resident`,
    ]),
    rows: systems.map((system) => ({
      name: system.name,
      cells: [...rounds].flatMap(([count, ofCount]) => memoryCells(system, count, ofCount)),
    })),
  };
}

function memoryCells({ name, command, mostParked }: System, count: number, rounds: Rounds<Memory>): Cell[] {
  if (typeof command === "string") return [command, command];
  if (count > mostParked) return ["not tried", "not tried"];
  return [
    cellOf(
      valuesOf(rounds, name, ({ heap }) => heap),
      rounds.has(name) ? "not told" : "not run",
    ),
    cellOf(
      valuesOf(rounds, name, ({ resident }) => resident),
      "not run",
    ),
  ];
}
