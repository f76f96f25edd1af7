// Small pictures made of characters: sparklines, bars, the lines of trees and boxes; each in Unicode and in ASCII.

import { type Run, run, type Style } from "./line.ts";
import type { Look } from "./model.ts";

export type Glyphs = Look["glyphs"];

/** From the lowest value that is not nothing to the highest. */
const levels: Readonly<Record<Glyphs, string>> = { unicode: "▁▂▃▄▅▆▇█", ascii: ".:-=+*#%@" };
const zero: Readonly<Record<Glyphs, string>> = { unicode: "·", ascii: " " };

/**
 * The last `width` of these values, a cell each, newest at the right. Nothing at all is a dot, so that a row of idle
 * seconds is calm, and so is less than half a percent of `top`; seconds that were not seen are blank.
 * @param top the value of a full cell
 */
export function sparkline(values: readonly number[], top: number, width: number, glyphs: Glyphs): readonly Run[] {
  const shown = values.slice(-width);
  const runs: { text: string; style: Style }[] = [
    { text: " ".repeat(Math.max(0, width - shown.length)), style: "dim" },
  ];
  for (const value of shown) {
    const glyph = levelOf(value, top, glyphs);
    const style = glyph === zero[glyphs] ? "dim" : "spark";
    const last = runs.at(-1);
    if (last?.style === style) last.text += glyph;
    else runs.push({ text: glyph, style });
  }
  return runs;
}

function levelOf(value: number, top: number, glyphs: Glyphs): string {
  const steps = levels[glyphs];
  if (!(value >= top / 200) || !(value > 0) || !(top > 0)) return zero[glyphs];
  const place = Math.min(steps.length, Math.max(1, Math.ceil((value / top) * steps.length)));
  return steps[place - 1] ?? "";
}

/** The largest of them, at least `least`. */
export function topOf(values: readonly number[], least: number): number {
  return values.reduce((top, value) => (value > top ? value : top), least);
}

/** "[||||::   ]": shares of the whole, a sign and a style each; every share above nothing has a cell. */
export function bar(
  parts: readonly { readonly share: number; readonly sign: string; readonly style: Style }[],
  width: number,
): readonly Run[] {
  const inside = Math.max(0, width - 2);
  const runs: Run[] = [run("[", "bold")];
  let left = inside;
  for (const { share, sign, style } of parts) {
    const wanted = share > 0 ? Math.max(1, Math.round(share * inside)) : 0;
    const cells = Math.min(left, wanted);
    runs.push(run(sign.repeat(cells), style));
    left -= cells;
  }
  return [...runs, run(" ".repeat(left)), run("]", "bold")];
}

const branches: Readonly<Record<Glyphs, readonly [through: string, branch: string, last: string]>> = {
  unicode: ["│  ", "├─ ", "└─ "],
  ascii: ["|  ", "|- ", "`- "],
};

/** What stands before a row of a tree. @param lasts of each ancestor and the row: is it the last of its siblings? */
export function branchOf(lasts: readonly boolean[], glyphs: Glyphs): string {
  const [through, branch, last] = branches[glyphs];
  const own = lasts.length > 1 ? (lasts.at(-1) ? last : branch) : "";
  const above = lasts.slice(1, -1).slice(-24); // deeper ones would leave no room for a name
  return above.map((isLast) => (isLast ? "   " : through)).join("") + own;
}

export interface Box {
  readonly across: string;
  readonly down: string;
  readonly corners: readonly [topLeft: string, topRight: string, bottomLeft: string, bottomRight: string];
}

export const boxes: Readonly<Record<Glyphs, Box>> = {
  unicode: { across: "─", down: "│", corners: ["┌", "┐", "└", "┘"] },
  ascii: { across: "-", down: "|", corners: ["+", "+", "+", "+"] },
};

/** Small signs within text. */
export const signs: Readonly<Record<Glyphs, { down: string; up: string; times: string; back: string }>> = {
  unicode: { down: "▼", up: "▲", times: "×", back: "◄" },
  ascii: { down: "v", up: "^", times: "x", back: "<" },
};
