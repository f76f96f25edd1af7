// Numbers as people read them.

import fc from "fast-check";
import { expect, test } from "vitest";
import {
  bytes,
  bytesText,
  clock,
  compact,
  count,
  duration,
  fineMillis,
  millis,
  percent,
  seconds,
} from "../../../apps/monitor/views/format.ts";

test("a duration has one unit, or two when it is long", () => {
  const cases: readonly [ms: number, text: string][] = [
    [0, "0ms"],
    [0.04, "0.0ms"],
    [0.3, "0.3ms"],
    [0.96, "1ms"],
    [12.4, "12ms"],
    [999.4, "999ms"],
    [999.6, "1.0s"],
    [4_210, "4.2s"],
    [9_960, "10s"],
    [59_400, "59s"],
    [59_600, "1m00s"],
    [252_000, "4m12s"],
    [3_599_600, "1h00m"],
    [7_500_000, "2h05m"],
    [86_400_000, "1d00h"],
    [3 * 86_400_000 + 4 * 3_600_000, "3d04h"],
    [400 * 86_400_000, "400d"],
  ];
  for (const [ms, text] of cases) expect(duration(ms)).toBe(text);
});

test("numbers are as short as their column, and zero looks like zero", () => {
  expect([0, 0.04, 6.12, 999.9, 4_210, 99_999, 250_000].map(millis)).toEqual([
    "0.0",
    "0.0",
    "6.1",
    "999.9",
    "4210",
    "99999",
    "250k",
  ]);
  expect([0, 0.02, 0.996, 1.84].map(fineMillis)).toEqual(["0.0", "0.02", "1.0", "1.8"]);
  expect([0, 20, 94_110, 1_000_000].map(seconds)).toEqual(["0.00", "0.02", "94.11", "1000"]);
  expect([0, 0.182, 1, 12].map(percent)).toEqual(["0.0", "18.2", "100.0", "1.2k"]);
  expect([0, 8_801, 99_999, 812_004].map(count)).toEqual(["0", "8801", "99999", "812k"]);
  expect([0, 0.931, 812.4, 999.6, 18_214, 182_140, 1_821_400].map(compact)).toEqual([
    "0",
    "0.93",
    "812",
    "1.0k",
    "18.2k",
    "182k",
    "1.8M",
  ]);
  expect([0, 812, 65_536, 50_541_000].map(bytes)).toEqual(["0", "812", "64.0K", "48.2M"]);
  expect([812, 50_541_000].map(bytesText)).toEqual(["812 B", "48.2 MiB"]);
});

test("the time of day is of the viewer's own zone", () => {
  const time = Date.UTC(2026, 4, 14, 23, 41, 7, 250);
  expect(clock(time, 0)).toBe("23:41:07");
  expect(clock(time, 120)).toBe("01:41:07");
  expect(clock(time, -1_440, true)).toBe("23:41:07.250");
});

test("what is not known is a dash", () => {
  for (const shown of [duration, millis, fineMillis, seconds, percent, count, compact, bytes, bytesText]) {
    expect([null, Number.NaN, Number.POSITIVE_INFINITY].map(shown)).toEqual(["-", "-", "-"]);
  }
});

test("nothing is longer than its column, whatever the number", () => {
  const any = fc.oneof(fc.double({ noNaN: true }), fc.double({ min: 0, max: 1e7, noNaN: true }), fc.nat());
  fc.assert(
    fc.property(any, (n) => {
      for (const shown of [duration, millis, seconds, percent, count, compact, bytes]) {
        if (n >= 0) expect(shown(n).length).toBeLessThanOrEqual(6);
        expect(shown(n)).toMatch(/^[ -~]+$/);
      }
    }),
    { numRuns: 2_000 },
  );
});
