// The language of filters: what matches what, and that a fault is one sentence with its position, always.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { durationIn } from "../../../apps/control/comparison.ts";
import { type Filter, FilterError, maxFilterLength, parseFilter } from "../../../apps/control/filter.ts";
import type { TaskRow } from "../../../apps/control/records.ts";
import { rowWith } from "./row.ts";

const client = rowWith({
  tid: 102,
  name: "client-102",
  app: "Echo",
  state: "W",
  verb: "read",
  object: "tcp 10.0.0.1:4000 <- 10.0.0.9:5123",
  cpu: 0.031,
  forMs: 12,
  maxMs: 1.5,
  turnsPerS: 412,
  spawnedAt: "serve (echo.ts:41:3)",
  columns: { queue: "12", Kind: "fast lane" },
});
const writer = rowWith({
  tid: 32,
  name: "writer",
  state: "J",
  verb: "exit of",
  object: "31",
  forMs: 252_000,
  finding: "D",
});

const matches = (text: string, row: TaskRow): boolean => parseFilter(text).matches(row);

describe("a filter lets through", () => {
  test.each<[string, TaskRow]>([
    ["", client],
    ["   ", client],
    ["client", client],
    ["CLIENT", client],
    ["echo", client],
    ["10.0.0.9:5123", client],
    [":4000", client],
    ['"exit of 31"', writer],
    ["read client", client],
    ["nobody | client", client],
    ["nobody client | writer | client read", client],
    ["!writer", client],
    ["!!client", client],
    ["state:W", client],
    ["state:JW", client],
    ["state=W", client],
    ["finding:*", writer],
    ["!finding:*", client],
    ["app:ech", client],
    ["app=echo", client],
    ["APP:echo", client],
    ["waiting:tcp", client],
    ["cpu>3", client],
    ["cpu>3%", client],
    ["cpu<=3.1", client],
    ["tid:102", client],
    ["tid>=102", client],
    ["for>10ms", client],
    ["for>4m11s", writer],
    ["for=4m12s", writer],
    ["max>1ms", client],
    ["turns/s>400", client],
    ["name~^client-\\d+$", client],
    ["name~^CLIENT", client],
    ['name~"w|c"', client],
    ["waiting~10.*5123", client],
    ["spawned:echo.ts", client],
    ["queue:12", client],
    ["queue>9", client],
    ["Kind:lane", client],
    ['Kind="fast lane"', client],
  ])("%s", (text, row) => {
    expect(matches(text, row)).toBe(true);
  });
});

describe("a filter holds back", () => {
  test.each<[string, TaskRow]>([
    ["writer", client],
    ["client writer", client],
    ["state:w", client],
    ["state:j", writer],
    ["app=ech", client],
    ["cpu>4", client],
    ["cpu>0", writer],
    ["cpu<=100", writer],
    ["for>10s", client],
    ["name~^lient", client],
    ["queue>12", client],
    ["queue:1", writer],
    ["queue<100", writer],
    ["Kind>1", client],
    ["finding:S", writer],
  ])("%s", (text, row) => {
    expect(matches(text, row)).toBe(false);
  });
});

describe("a fault says where it is and what was expected", () => {
  test.each<[string, number, RegExp]>([
    ["|", 1, /expected a word or a condition, found \|/],
    ["a |", 4, /found the end/],
    ["a || b", 4, /expected a word/],
    ["a !", 4, /expected a word/],
    ['a "b', 3, /quote is not closed/],
    ["cpu>", 5, /cpu>/],
    ["cpu>x", 5, /cpu: expected a number of percent, as 5 or 0\.5%, found x/],
    ["a for>10", 7, /for: expected a duration with its unit/],
    ["tid>1x", 5, /tid: expected a number, found 1x/],
    ["name>x", 5, /name is text/],
    ["state>W", 6, /state is a letter/],
    ["cpu~5", 4, /cpu is a number: write cpu:, cpu< or cpu>/],
    ["name~(", 6, /regular expression/],
    ["name~a*a*a*x", 6, /too many ways/],
    ['name~"^b|.*.*.*x"', 6, /too many ways/],
    [`name~"${"(a|a)".repeat(12)}x"`, 6, /too many ways/],
    [`name~${"a?".repeat(11)}x`, 6, /too many ways/],
    ["name~a{0,99}a{0,99}a{0,99}x", 6, /too many ways/],
    ["name~a name~b name~c name~d name~e", 29, /at most 4 regular expressions/],
    ["name~(a+)+b", 6, /for ever/],
    ['name~"(a|a)*b"', 6, /for ever/],
    ["name~(a(b*))+", 6, /for ever/],
    ["Kind~(a)\\1", 6, /refer back/],
    ["name~.*.*.*.*.*x", 6, /too many ways/],
    [`name~${"x".repeat(129)}`, 6, /at most 128/],
    ["x".repeat(maxFilterLength + 1), maxFilterLength + 1, /at most 1024 characters/],
    ["x ".repeat(65), 129, /at most 64/],
  ])("%s", (text, position, sentence) => {
    expect(() => parseFilter(text)).toThrow(FilterError);
    try {
      parseFilter(text);
    } catch (error) {
      expect(error).toMatchObject({ position, message: expect.stringMatching(sentence) });
      expect(String(error)).toContain(`position ${position}`);
    }
  });
});

const tame = [
  "lazy",
  "a.*b.*c",
  "^(get|post|put) .*/(a|b)$",
  "(ab)+c",
  "(?:a|b)?x",
  "[(]+",
  "a{1,3}?b",
  "^.*-\\d+$",
  "\\(+",
];
test.each(tame)("an expression that cannot take long is taken: %s", (pattern) => {
  expect(() => parseFilter(`name~"${pattern}"`)).not.toThrow();
});

test("a column that not every task has is named, for who knows the waits to judge", () => {
  expect(parseFilter("a queue>3 !Kind:x").declared).toEqual([
    { name: "queue", position: 3 },
    { name: "Kind", position: 12 },
  ]);
});

test("durations are sums of numbers with units", () => {
  expect(["0", "200ms", "10s", "4m12s", "1.5h", "1h1m1s1ms"].map(durationIn)).toEqual([
    0, 200, 10_000, 252_000, 5_400_000, 3_661_001,
  ]);
  expect(["", "10", "s", "1x", "-1s", "1s ", "1 s"].map(durationIn)).toEqual(Array(7).fill(undefined));
});

describe("whatever is typed", () => {
  const pieces = fc.constantFrom(
    "cpu",
    "state",
    "name",
    "tid",
    "for",
    ":",
    ">",
    "<=",
    "~",
    "!",
    "|",
    '"',
    " ",
    "a",
    "5",
    "W",
    "(",
    "*",
    "\\",
    "10s",
  );
  const typed = fc.oneof(
    fc.string({ maxLength: 60, unit: "binary" }),
    fc.array(pieces, { maxLength: 12 }).map((all) => all.join("")),
  );
  const row = fc.record({
    name: fc.string({ unit: "binary" }),
    object: fc.string(),
    forMs: fc.nat(),
    cpu: fc.option(fc.double({ min: 0, max: 1 })),
  });
  const parsed = (text: string): Filter | undefined => {
    try {
      return parseFilter(text);
    } catch (error) {
      expect(error).toBeInstanceOf(FilterError);
      return undefined;
    }
  };

  test("a fault is a FilterError, and what is none answers yes or no", () => {
    fc.assert(
      fc.property(typed, row, (text, some) => {
        const answer = parsed(text)?.matches(rowWith(some));
        expect([true, false, undefined]).toContain(answer);
      }),
      { numRuns: 2_000 },
    );
  });

  test("! is the opposite, | is one or the other, a space is both", () => {
    const term = fc.constantFrom("a", "cpu>5", "for<1s", '"b c"', "state:r", "tid=1", "!x", "name~^a");
    fc.assert(
      fc.property(term, term, row, (one, other, some) => {
        const subject = rowWith(some);
        const [is, isOther] = [matches(one, subject), matches(other, subject)];
        expect(matches(`!${one}`, subject)).toBe(!is);
        expect(matches(`${one} | ${other}`, subject)).toBe(is || isOther);
        expect(matches(`${one} ${other}`, subject)).toBe(is && isOther);
        expect(matches(`x ${one} | ${other}`, subject)).toBe((matches("x", subject) && is) || isOther);
      }),
    );
  });
});
