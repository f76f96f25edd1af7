// Views of rows that are no tasks: a table whose rows the cursor moves over, and lists whose rows are several lines each.

import { signs } from "./glyphs.ts";
import { type Body, firstInSight } from "./layout.ts";
import { filled, restyled, run, type StyledLine } from "./line.ts";
import type { Place, Region, Screen, Scroll } from "./model.ts";
import { type Column, rowLine, tableOf, titleLine, titleRegions } from "./table.ts";

export interface ListOptions<Row> {
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  /** Place of the first of `rows` among all, from 0. */
  readonly first?: number;
  /** Lines below a row that belong to it. */
  readonly below?: (row: Row) => readonly StyledLine[];
  /** What it is sorted by; absent: titles cannot be clicked. */
  readonly sorted?: { readonly name: string; readonly isAscending: boolean };
  /** Stands alone where there are no rows. */
  readonly empty: string;
  /** Without a place of its own the list shows its end, and no cursor. */
  readonly isAtEnd?: boolean;
}

export interface ListBody extends Omit<Body, "info"> {
  readonly scroll: Scroll;
  /** "1-30": the rows in sight, from 1. */
  readonly shown: string;
}

/** A table under its titles, with a cursor, as far as it fits into `rows` lines. */
export function listView<Row>(screen: Screen, rows: number, options: ListOptions<Row>): ListBody {
  const { size, look } = screen;
  const { columns, first = 0, sorted, empty, below } = options;
  const table = tableOf(columns, size.columns - 1);
  const { down, up } = signs[look.glyphs];
  const mark =
    sorted === undefined ? { name: "", arrow: "" } : { name: sorted.name, arrow: sorted.isAscending ? up : down };
  const titles = filled([run(" ", "header"), ...titleLine(table, mark)], size.columns, "header");
  const regions: Region[] = sorted === undefined ? [] : [...titleRegions(table, 0, 1)];
  const blocks = options.rows.map((row) => [[run(" "), ...rowLine(table, row)], ...(below?.(row) ?? [])]);
  const { lines, places, scroll } = inSight(
    blocks,
    Math.max(0, rows - 1),
    placeOf(screen, options),
    size.columns,
    first,
  );
  for (const [at, row] of places.entries())
    regions.push({ row: at + 1, from: 0, to: size.columns, target: { kind: "row", row } });
  const [from = 0] = places;
  const shown = places.length === 0 ? "0" : `${from + 1}-${(places.at(-1) ?? 0) + 1}`;
  return {
    lines: [titles, ...lines, ...(lines.length === 0 ? [[], [run(` ${empty}`, "dim")]] : [])],
    regions,
    shown,
    scroll,
  };
}

function placeOf<Row>({ view, places }: Screen, { isAtEnd = false }: ListOptions<Row>): Place {
  return places[view] ?? { top: 0, row: 0, isAtEnd };
}

/** The lines in sight, and for each the place of the row that it belongs to. */
function inSight(
  blocks: readonly (readonly StyledLine[])[],
  room: number,
  place: Place,
  width: number,
  first: number,
): { lines: readonly StyledLine[]; places: readonly number[]; scroll: Scroll } {
  const all = blocks.flatMap((block, at) =>
    block.map((line, below) => ({ line, row: at + first, isHead: below === 0 })),
  );
  const isAtEnd = place.isAtEnd === true;
  const cursor = isAtEnd ? -1 : Math.min(place.row, first + blocks.length - 1);
  const at = all.findIndex(({ row }) => row === cursor);
  const wanted = isAtEnd ? all.length : all.findIndex(({ row }) => row >= place.top);
  const from = firstInSight(all.length, room, wanted === -1 ? all.length : wanted, at);
  const shown = all.slice(from, from + room);
  const lines = shown.map(({ line, row, isHead }) =>
    row === cursor && isHead ? restyled(filled(line, width), "cursor") : line,
  );
  return { lines, places: shown.map(({ row }) => row), scroll: { top: from, rows: shown.length, total: all.length } };
}
