// Which sizes are measured, and how to find a figure again.

import { figureOf, median } from "../lib/figures.ts";
import type { Cell } from "../lib/suite.ts";
import type { FigureName, Figures, What } from "./what.ts";

export type Sizes = Readonly<Record<What, readonly number[]>>;

export interface Grown {
  readonly sizes: Sizes;
  /** By case. */
  readonly rounds: ReadonlyMap<string, readonly Figures[]>;
}

export const million = 1_000_000;
/** So many timers are compared with Node's when quick. */
export const compared = 100_000;
const powers = [10, 100, 1_000, 10_000, compared, million];
const upTo = (most: number): number[] => powers.filter((size) => size <= most);

/** Only what checks need, when quick. */
export function sizesOf(quick: boolean): Sizes {
  const none: number[] = [];
  if (quick) {
    const [live, depth] = [
      [10, million],
      [1, 100_000],
    ];
    const nodeTimers = [compared];
    const timers = [compared, million];
    return { live, killing: none, asyncLive: none, waking: none, timers, nodeTimers, depth, bareDepth: none };
  }
  return {
    live: powers,
    killing: powers,
    asyncLive: powers,
    waking: powers,
    timers: powers,
    nodeTimers: powers,
    depth: [1, ...upTo(100_000)],
    bareDepth: [1, ...upTo(1_000)], // native calls overflow the stack near 5,000
  };
}

export function caseName(what: What, size: number): string {
  return `${what} ${size}`;
}

function valuesOf({ rounds }: Grown, what: What, size: number, figure: FigureName): number[] {
  return (rounds.get(caseName(what, size)) ?? []).flatMap((figures) => figures[figure] ?? []);
}

export function cellAt(grown: Grown, what: What, size: number, figure: FigureName): Cell {
  const values = valuesOf(grown, what, size, figure);
  return values.length === 0 ? "not told" : figureOf(values);
}

/** The median; no number where nothing was measured. */
export function middleAt(grown: Grown, what: What, size: number, figure: FigureName): number {
  const values = valuesOf(grown, what, size, figure);
  return values.length === 0 ? Number.NaN : median(values);
}
