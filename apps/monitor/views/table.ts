// Tables: columns that fit a width, the line of their titles, and rows. Columns are dropped in their order until the rest
// is comfortable; what is left over goes to those that grow. There is one blank between columns.

import { apart, filled, type Run, run, type StyledLine, toLeft, toRight } from "./line.ts";
import type { Region } from "./model.ts";

export interface Column<Row> {
  /** What it is sorted by. */
  readonly name: string;
  readonly title: string;
  /** Cells; of one that grows, those it is comfortable with. */
  readonly width: number;
  /** Its share of what is left over; absent: it does not grow. */
  readonly grows?: number;
  /** How wide it becomes; absent: as wide as can be. */
  readonly most?: number;
  /** How narrow it becomes when nothing is left to drop. */
  readonly least?: number;
  /** The smaller the sooner it is dropped; absent: never. */
  readonly drop?: number;
  readonly isRight?: boolean;
  readonly cell: (row: Row, width: number) => Run | readonly Run[];
}

/** Columns with the widths that they have. */
export interface Table<Row> {
  readonly columns: readonly Column<Row>[];
  readonly widths: readonly number[];
}

/** @param width of all of them, with one blank after each but the last */
export function tableOf<Row>(all: readonly Column<Row>[], width: number): Table<Row> {
  const columns = [...all];
  while (needed(columns) > width) {
    const next = nextToDrop(columns);
    if (next === -1) break;
    columns.splice(next, 1);
  }
  return { columns, widths: widthsOf(columns, width) };
}

function needed(columns: readonly Column<never>[]): number {
  return columns.reduce((sum, column) => sum + column.width + 1, -1);
}

function nextToDrop(columns: readonly Column<never>[]): number {
  let next = -1;
  let least = Number.POSITIVE_INFINITY;
  for (const [place, { drop = least }] of columns.entries()) {
    if (drop >= least) continue;
    least = drop;
    next = place;
  }
  return next;
}

function widthsOf(columns: readonly Column<never>[], width: number): number[] {
  const spare = width - needed(columns);
  const widths = columns.map((column) => column.width);
  // More is shared as columns grow, less as they can shrink.
  const shares = columns.map(({ grows = 0, least, width }) => (spare > 0 ? grows : width - (least ?? width)));
  const sum = shares.reduce((all, share) => all + share, 0);
  let left = spare;
  for (const [place, share] of shares.entries()) {
    const before = widths[place] ?? 0;
    const most = columns[place]?.most ?? Number.POSITIVE_INFINITY;
    const after = share === 0 ? before : Math.max(1, Math.min(most, before + Math.trunc((spare * share) / sum)));
    widths[place] = after;
    left -= after - before;
  }
  // What rounding left, or one could not take, is the last one's that can.
  const last = shares.findLastIndex((share, place) => share > 0 && (left < 0 || columns[place]?.most === undefined));
  if (last !== -1) widths[last] = Math.max(1, (widths[last] ?? 0) + left);
  return widths;
}

/** The titles, with an arrow at the one that the rows are sorted by. */
export function titleLine<Row>(
  { columns, widths }: Table<Row>,
  sorted: { readonly name: string; readonly arrow: string },
): StyledLine {
  const runs: Run[] = [];
  for (const [place, { name, title, isRight }] of columns.entries()) {
    const width = widths[place] ?? 0;
    const isSorted = name === sorted.name;
    const text = isSorted && title.length < width ? title + sorted.arrow : title;
    if (place > 0) runs.push(run(" ", "header"));
    runs.push(run(isRight ? toRight(text, width) : toLeft(text, width), isSorted ? "sorted" : "header"));
  }
  return runs;
}

/** Where the titles are. @param from the first one's column on the screen */
export function titleRegions<Row>({ columns, widths }: Table<Row>, row: number, from: number): readonly Region[] {
  const regions: Region[] = [];
  let column = from;
  for (const [place, { name }] of columns.entries()) {
    const width = widths[place] ?? 0;
    regions.push({ row, from: column, to: column + width, target: { kind: "sort", column: name } });
    column += width + 1;
  }
  return regions;
}

export function rowLine<Row>({ columns, widths }: Table<Row>, row: Row): StyledLine {
  const runs: Run[] = [];
  for (const [place, column] of columns.entries()) {
    const width = widths[place] ?? 0;
    const between = place === 0 ? "" : " ";
    const cell = column.cell(row, width);
    if ("text" in cell) {
      // By far the most cells are a single run.
      const text = column.isRight ? toRight(cell.text, width) : toLeft(cell.text, width);
      runs.push({ text: between + text, style: cell.style });
    } else if (column.isRight) runs.push(run(between), ...apart([], cell, width));
    else runs.push(run(between), ...filled(cell, width));
  }
  return runs;
}
