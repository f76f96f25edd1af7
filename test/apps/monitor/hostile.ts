// Screens as a hostile kernel would have them: every text and every number in the records replaced.

import fc from "fast-check";
import type { Screen } from "../../../apps/monitor/views/model.ts";

const nasty = [
  "\u001b[2J",
  "\u001b]0;title\u0007",
  "\u009b31m",
  "\r",
  "\n",
  "\t",
  "\b",
  "\u0000",
  "\u007f",
  "\u0085",
  "\u00ad",
  "\u0300",
  "\u061c",
  "\u05d0",
  "\u0627",
  "\u0e33",
  "\u200b",
  "\u200d",
  "\u200f",
  "\u2028",
  "\u202e",
  "\u2066",
  "\u3042",
  "\uac00",
  "\u1100",
  "\uff21",
  "\u231a",
  "\u2705",
  "\ufe0f",
  "\ufeff",
  "\ue000",
  "\ud83d",
  "\ude00",
  "\u{1f600}",
  "\u{1f468}\u200d\u{1f469}",
  "\u{e0041}",
  "{bold}",
  "{/}",
  "a",
  " ",
  "tcp x <- ",
  "(",
] as const;

/** Short ones mostly: escapes, what has no width, two cells or its own direction, halves of characters. */
export const hostileText: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: fc.array(fc.constantFrom(...nasty), { maxLength: 8 }).map((parts) => parts.join("")) },
  { weight: 2, arbitrary: fc.string({ unit: "binary", maxLength: 20 }) },
  {
    weight: 2,
    arbitrary: fc
      .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 12 })
      .map((units) => String.fromCharCode(...units)),
  },
);

export const hostileNumber: fc.Arbitrary<number> = fc.oneof(
  fc.constantFrom(0, -1, 0.5, 1e9, 1e308, -1e308, Number.MAX_SAFE_INTEGER, 2 ** 31),
  fc.double({ noNaN: true }),
  fc.nat({ max: 100_000 }),
);

// What decides which way is taken, and what the viewer itself keeps: not from the kernel.
const kept: ReadonlySet<string> = new Set([
  "size",
  "look",
  "view",
  "shape",
  "state",
  "letter",
  "finding",
  "level",
  "end",
  "sort",
  "places",
  "columns",
  "choice",
  "choices",
  "at",
  "top",
  "row",
  "cursor",
  "access",
  "everyMs",
]);
const keptText: ReadonlySet<string> = new Set(["kind"]);

/** The same screen with other texts and numbers, taken in turn from these. */
export function spoiled(screen: Screen, texts: readonly string[], numbers: readonly number[]): Screen {
  let nextText = 0;
  let nextNumber = 0;
  const spoil = (value: unknown, key: string): unknown => {
    if (kept.has(key)) return value;
    if (typeof value === "string")
      return keptText.has(key) || texts.length === 0 ? value : texts[nextText++ % texts.length];
    if (typeof value === "number") return numbers.length === 0 ? value : numbers[nextNumber++ % numbers.length];
    if (value instanceof Set || value === null || typeof value !== "object") return value;
    if (Array.isArray(value)) return value.map((each) => spoil(each, ""));
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, spoil(each, name)]));
  };
  return spoil(screen, "") as Screen; // the same shape
}
