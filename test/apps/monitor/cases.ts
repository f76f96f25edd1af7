// The screens that are kept as golden files: every view at both sizes, and what else has a look of its own.

import type { PlacedRow } from "../../../apps/control/records.ts";
import type { Screen, Size, ViewName } from "../../../apps/monitor/views/model.ts";
import { frame, screenOf, siteRows, treeRows, waitRows } from "./fixtures.ts";

export interface Case {
  readonly name: string;
  readonly screen: Screen;
}

const large: Size = { columns: 120, rows: 40 };
const usual: Size = { columns: 80, rows: 24 };
const small: Size = { columns: 40, rows: 10 };

const views: readonly ViewName[] = ["tasks", "detail", "io", "syscalls", "log", "apps", "trace"];

function shaped(shape: "tree" | "waits" | "sites", rows: readonly PlacedRow[], size: Size): Screen {
  const tasks = { total: rows.length, all: 1206, first: 0, rows };
  return screenOf("tree", size, { frame: { ...frame, tasks }, query: { tasks: { shape, sort: "cpu" } } });
}

function both(name: string, make: (size: Size) => Screen): Case[] {
  return [large, usual].map((size) => ({ name: `${name}-${size.columns}x${size.rows}`, screen: make(size) }));
}

const ascii = { glyphs: "ascii", hasColour: false, isVi: false, zoneMinutes: 0 } as const;

export const cases: readonly Case[] = [
  ...views.flatMap((view) => both(view, (size) => screenOf(view, size))),
  ...both("tree", (size) => shaped("tree", treeRows, size)),
  ...both("waits", (size) => shaped("waits", waitRows, size)),
  ...both("sites", (size) => shaped("sites", siteRows, size)),
  { name: "tasks-40x10", screen: screenOf("tasks", small) },
  { name: "tasks-ascii-120x40", screen: screenOf("tasks", large, { look: ascii }) },
  { name: "tasks-ascii-80x24", screen: screenOf("tasks", usual, { look: ascii }) },
];
