// The tables of this suite.

import { cpuPerRequest } from "../echo/grid.ts";
import { figureOf } from "../lib/figures.ts";
import type { Cell, Table } from "../lib/suite.ts";
import { ratios, type Served, watchings } from "./served.ts";
import type { FigureName, Figures, What } from "./what.ts";

/** What the children gave, by what they measured. */
export type Rounds = ReadonlyMap<string, readonly Figures[]>;

/** One figure of each round. */
export function valuesOf(rounds: Rounds, what: What, name: FigureName): number[] {
  return (rounds.get(what) ?? []).flatMap((figures) => figures[name] ?? []);
}

function cellOf(values: readonly number[]): Cell {
  return values.length === 0 ? "not measured" : figureOf(values);
}

export function tablesOf(rounds: Rounds, all: Served): Table[] {
  const row = (name: string, what: What, ...figures: FigureName[]) => ({
    name,
    cells: figures.map((figure) => cellOf(valuesOf(rounds, what, figure))),
  });
  return [
    {
      title: "What it costs to be looked at",
      note: "Nanoseconds of CPU time, each in a process of its own. trap: one that is answered at once; turn: two tasks that give up the CPU in turn. Without counters: traps are not counted by kind, nor noted in the ring.",
      columns: ["trap", "turn"],
      rows: [
        row("nobody watches", "plain", "trap", "turn"),
        row("nobody watches, without counters", "uncounted", "trap", "turn"),
        row("somebody watches", "watched", "trap", "turn"),
        row("somebody traces all syscalls", "traced", "trap", "turn"),
      ],
    },
    {
      title: "A frame of 10,000 tasks, in the kernel",
      note: "Milliseconds of CPU time: all tasks looked at and put in order, forty cut out, findings included. JSON: that frame as text.",
      columns: ["by CPU", "by name", "filtered by a pattern", "as a tree", "JSON", "bytes"],
      rows: [row("yieldix", "frames", "byCpu", "byName", "filtered", "tree", "json", "bytes")],
    },
    {
      title: "A frame of 10,000 tasks, in the viewer",
      note: "Milliseconds of CPU time, at 120x40. lines: the view is drawn as lines; screen: these are brought to a terminal.",
      columns: ["lines", "screen", "its bytes", "unchanged", "its bytes", "bytes kept, 10,000 frames"],
      rows: [row("yieldix", "drawing", "draw", "screen", "screenBytes", "unchanged", "unchangedBytes", "growth")],
    },
    servedTable(all),
    {
      title: "A turn that does not end",
      note: "Milliseconds on the clock, middle of 15: from the loop's first round until the guard names its task, until it has the line, and from a kill until the kernel answers again.",
      columns: ["named", "with its line", "ended"],
      rows: [row("for (;;) {}", "ending", "named", "located", "ended")],
    },
    {
      title: "A viewer that reads nothing",
      note: "It asks for 20,000 frames. growth: of the process's resident memory, bytes; another's frame: milliseconds that another viewer waits for one beside it.",
      columns: ["growth", "another's frame"],
      rows: [row("yieldix", "deaf", "deafGrowth", "deafAnswer")],
    },
  ];
}

function servedTable(all: Served): Table {
  return {
    title: "Echo with 1,000 busy connections, watched",
    note: "The JSON-RPC server on one core, its guard included. CPU: microseconds a request; ratio: to the same round without a control port. Where the part above 1 goes while somebody watches was found by taking it out piece by piece, in hundredths: 4 the clock, read once a turn, as times that are exact need it; 8 what is noted of a turn, 2 of them its samples; 5 waits and traps; 3 frames.",
    columns: ["CPU", "ratio", "requests/s"],
    rows: watchings.map(({ name }) => {
      const samples = all.get(name) ?? [];
      return {
        name,
        cells: [
          cellOf(samples.map(cpuPerRequest)),
          cellOf(ratios(all, name)),
          cellOf(samples.map(({ requests, seconds }) => requests / seconds)),
        ],
      };
    }),
  };
}
