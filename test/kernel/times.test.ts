// The histogram of durations.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Times } from "../../kernel/times.ts";

function timesOf(...durations: number[]): Times {
  const times = new Times();
  for (const ms of durations) times.record(ms);
  return times;
}

describe("durations in a histogram", () => {
  test("none are no time at all", () => {
    const { p50, p99, max, mean, counts, count } = timesOf();
    expect([p50, p99, max, mean, count, counts]).toEqual([0, 0, 0, 0, 0, []]);
  });

  test("count, sum and maximum are exact", () => {
    const times = timesOf(1, 2, 4.5, 0);
    expect([times.count, times.sumMs, times.max, times.mean]).toEqual([4, 7.5, 4.5, 1.875]);
  });

  test("a percentile is right to within its bucket, whatever was recorded", () => {
    const durations = fc.array(fc.double({ min: 0.001, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(durations, fc.constantFrom(0.01, 0.5, 0.9, 0.99, 1), (given, share) => {
        const times = timesOf(...given);
        const sorted = [...given].sort((one, other) => one - other);
        const exact = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] as number; // there is one
        const told = times.quantile(share);
        expect(told).toBeLessThanOrEqual(times.max);
        expect(told).toBeGreaterThanOrEqual(exact / 2);
        expect(told).toBeLessThanOrEqual(exact * 2);
      }),
    );
  });

  test("percentiles rise with the share", () => {
    const times = timesOf(...Array.from({ length: 1_000 }, (_, i) => (i % 37) ** 2 / 10));
    const quantiles = [0, 0.1, 0.5, 0.9, 0.99, 1].map((share) => times.quantile(share));
    expect(quantiles).toEqual([...quantiles].sort((one, other) => one - other));
  });

  test("each count is of durations below twice where its bucket begins", () => {
    const { counts, lowUs } = timesOf(0.003, 0.003, 0.005);
    const bucketOf = (us: number): number => Math.floor(Math.log2(us / lowUs));
    expect([counts[bucketOf(3)], counts[bucketOf(5)], counts.length]).toEqual([2, 1, bucketOf(5) + 1]);
  });

  test("what is too short, too long or below zero is in the first bucket, or the last", () => {
    const { counts, max, sumMs } = timesOf(-1, 0, 1e-9, 1e15);
    expect([counts[0], counts.at(-1), max]).toEqual([3, 1, 1e15]);
    expect(sumMs).toBeGreaterThanOrEqual(1e15);
  });

  test("a reset forgets all of it", () => {
    const times = timesOf(1, 2, 3);
    times.reset();
    expect([times.count, times.sumMs, times.max, times.p50, times.counts]).toEqual([0, 0, 0, 0, []]);
  });
});
