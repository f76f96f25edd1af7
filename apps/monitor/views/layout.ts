// Which lines of the screen are whose. From the top: meters, tabs, the view, the selected row in full, findings or what
// happened last, keys. As the screen gets lower it is the meters that shrink first, then everything but view and keys.

import type { StyledLine } from "./line.ts";
import type { Region, Screen, Scroll, Size } from "./model.ts";

/** The smallest screen that is drawn. */
export const leastSize: Size = { columns: 40, rows: 8 };

export interface Layout {
  /** How many lines each has; `keys` is the last one. */
  readonly header: number;
  readonly tabs: number;
  readonly body: number;
  readonly selection: number;
  readonly notes: number;
  readonly keys: number;
}

export function layoutOf({ columns, rows }: Size): Layout {
  // Of the four lines, which say more, the bars would be stumps on fewer columns.
  const header = columns >= 110 && rows >= 30 ? 4 : columns >= 72 && rows >= 20 ? 3 : 1;
  const tabs = rows >= 12 ? 1 : 0;
  const selection = rows >= 30 ? 1 : 0;
  const notes = rows >= 16 ? 1 : 0;
  return { header, tabs, body: Math.max(0, rows - header - tabs - selection - notes - 1), selection, notes, keys: 1 };
}

/** What a view draws: at most as many lines as it was given; regions count rows from its first line. */
export interface Body {
  readonly lines: readonly StyledLine[];
  readonly regions: readonly Region[];
  /** For the right end of the tab line, longest first: the first that fits is shown. */
  readonly info: readonly StyledLine[];
  readonly scroll?: Scroll;
}

export type View = (screen: Screen, rows: number) => Body;

/** Rows of the table that fit below its titles. */
export function tableRows({ size }: Pick<Screen, "size">): number {
  return Math.max(1, layoutOf(size).body - 1);
}

/** Which of `total` rows are in sight, where the one with the cursor has to be. @returns the first one's place, from 0 */
export function firstInSight(total: number, rows: number, wanted: number, cursor: number): number {
  let first = Math.max(0, Math.min(wanted, total - rows));
  if (cursor >= first + rows) first = cursor - rows + 1;
  if (cursor >= 0 && cursor < first) first = cursor;
  return first;
}
