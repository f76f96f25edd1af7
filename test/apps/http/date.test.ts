// Dates of HTTP, against those that the language has.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { httpDate } from "../../../apps/lib/http/index.ts";

describe("a date of HTTP", () => {
  test.each([
    ["Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777],
    ["Sunday, 06-Nov-94 08:49:37 GMT", 784_111_777],
    ["Sun Nov  6 08:49:37 1994", 784_111_777],
    [" Thu, 01 Jan 1970 00:00:00 GMT ", 0],
    ["Wed, 31 Dec 2008 23:59:60 GMT", 1_230_768_000],
    ["Thu, 29 Feb 2024 00:00:00 GMT", 1_709_164_800],
    ["Tuesday, 01-Jan-69 00:00:00 GMT", 3_124_224_000],
  ])("%s is %i seconds from 1970", (text, seconds) => {
    expect(httpDate(text)).toBe(seconds);
  });

  test.each([
    "",
    "soon",
    "120",
    "Thu, 29 Feb 2023 00:00:00 GMT",
    "Sun, 31 Apr 1994 08:49:37 GMT",
    "Sun, 00 Nov 1994 08:49:37 GMT",
    "Sun, 06 Nov 1994 24:00:00 GMT",
    "Sun, 06 Nov 1994 08:49:37 CET",
    "Sun, 06 Nov 1994 08:49:37 +0100",
    "Sun, 6 Nov 1994 08:49:37 GMT",
    "1994-11-06T08:49:37Z",
    `Sun, 06 Nov 1994 08:49:37 GMT${"x".repeat(100_000)}`,
  ])("%.40s is none", (text) => {
    expect(httpDate(text)).toBeUndefined();
  });

  test("is what the language says it is", () => {
    const days = fc.date({ min: new Date("0001-01-01"), max: new Date("9999-12-31T23:59:59Z"), noInvalidDate: true });
    fc.assert(
      fc.property(days, (date) => {
        expect(httpDate(date.toUTCString())).toBe(Math.floor(date.getTime() / 1_000));
      }),
      { numRuns: 2_000 },
    );
  });
});
