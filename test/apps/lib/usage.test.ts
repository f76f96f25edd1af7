// Numbers as they are typed on a command line.

import { expect, test } from "vitest";
import { UsageError, wholeNumber } from "../../../apps/lib/index.ts";

test("a whole number within its bounds is taken", () => {
  expect(["0", "7", "007", "65535"].map((text) => wholeNumber("port", text, [0, 65_535]))).toEqual([0, 7, 7, 65_535]);
});

test.each(["", " 1", "1 ", "-1", "+1", "1.0", "1e3", "0x10", "\u0661", "65536", "99999999999", "NaN", "Infinity"])(
  "%j is a fault of the command line",
  (text) => {
    const sentence = `--port ${JSON.stringify(text)} is not a whole number from 1 to 65535`;
    expect(() => wholeNumber("port", text, [1, 65_535])).toThrow(new UsageError(sentence));
  },
);
