// What rounds of a measurement come to: median and spread, and how one is written.

import type { Cell, Figure } from "./suite.ts";

/** The middle value; of an even number of them, the lower of the middle two. @throws RangeError for none */
export function median(values: readonly number[]): number {
  const middle = values.toSorted((a, b) => a - b)[(values.length - 1) >> 1];
  if (middle === undefined) throw new RangeError("the median of no values: did every round fail?");
  return middle;
}

/** Median and spread of the rounds. @throws RangeError for none */
export function figureOf(values: readonly number[]): Figure {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) };
}

/** Three significant digits; thousands apart from 1,000 on. */
export function numberText(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString("en");
  return String(Number(value.toPrecision(value < 1 ? 2 : 3)));
}

/** "42 (40-45)"; without the spread where it is not to be seen. */
export function cellText(cell: Cell): string {
  if (typeof cell === "string") return cell;
  const [middle, least, most] = [cell.median, cell.min, cell.max].map(numberText);
  return least === most ? `${middle}` : `${middle} (${least}-${most})`;
}
