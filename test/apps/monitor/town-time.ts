// The time in the little town, and numbers that look like chance: the same on every run.

import type { Spread } from "../../../apps/control/records.ts";

export const minutes = 60_000;
/** 12:41:07.250 on a day in 2026, and how long the kernel has been up then. */
export const time = Date.UTC(2026, 4, 14, 12, 41, 7, 250);
export const upMs = 12 * minutes + 41_000;

/** Always the same numbers that look like chance, 0 to 1. */
export const chance = (n: number): number => {
  const mixed = Math.imul(n + 1, 0x9e37_79b1) >>> 0;
  return ((Math.imul(mixed ^ (mixed >>> 15), 0x85eb_ca6b) >>> 0) % 10_007) / 10_007;
};
export const series = (length: number, at: (n: number) => number): number[] => Array.from({ length }, (_, n) => at(n));
export const spread = (p50: number, p90: number, p99: number, max: number): Spread => ({ p50, p90, p99, max });
