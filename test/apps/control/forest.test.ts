// Trees out of any "stands below", rings and missing rows among it: every row is drawn once, below what it stands below.

import fc from "fast-check";
import { expect, test } from "vitest";
import { Forest } from "../../../apps/control/agent/forest.ts";
import { rowWith } from "./row.ts";

const size = 8;
// For each tid what it stands below, 0 for nothing; and which of the tids have rows.
const worlds = fc.record({
  above: fc.array(fc.integer({ min: 0, max: size }), { minLength: size, maxLength: size }),
  present: fc.subarray(Array.from({ length: size }, (_, place) => place + 1)),
  folded: fc.array(fc.integer({ min: 1, max: size + 1 })),
});

/** What a tid stands below among those that are there. */
function nearest(tid: number, above: readonly number[], present: readonly number[]): number {
  const seen = new Set<number>();
  for (let at = above[tid - 1] ?? 0; at !== 0 && !seen.has(at); at = above[at - 1] ?? 0) {
    if (present.includes(at)) return at;
    seen.add(at);
  }
  return 0;
}

test("every row is drawn once, below what it stands below; what is drawn twice closes a ring", () => {
  fc.assert(
    fc.property(worlds, ({ above, present }) => {
      const rows = present.map((tid) => rowWith({ tid }));
      const forest = new Forest(rows, (tid) => above[tid - 1] ?? 0);
      const lines = forest.slice(0, forest.size);
      expect(
        lines
          .filter(({ isRepeat }) => !isRepeat)
          .map(({ tid }) => tid)
          .sort(),
      ).toEqual([...present].sort());
      const path: number[] = [];
      for (const { tid, lasts, isRepeat } of lines) {
        path.length = lasts.length - 1;
        const parent = path.at(-1) ?? 0;
        if (isRepeat) expect(path).toContain(tid);
        if (parent !== 0) expect(parent).toBe(nearest(tid, above, present));
        path.push(tid);
      }
      for (const [place, { tid }] of lines.entries()) {
        if (lines[place]?.isRepeat === false) expect(forest.placeOf(tid)).toBe(place);
      }
    }),
  );
});

test("what is folded away is counted, and found at what it is folded into", () => {
  fc.assert(
    fc.property(worlds, ({ above, present, folded }) => {
      const rows = present.map((tid) => rowWith({ tid, turns: 1 }));
      const aboveOf = (tid: number): number => above[tid - 1] ?? 0;
      const forest = new Forest(rows, aboveOf, folded);
      const lines = forest.slice(0, forest.size).filter(({ isRepeat }) => !isRepeat);
      expect(lines.reduce((sum, { count }) => sum + count, 0)).toBe(present.length);
      for (const { count, turns } of lines) expect(turns).toBe(count);
      for (const tid of present) expect(forest.placeOf(tid)).toBeGreaterThanOrEqual(0);
    }),
  );
});
