// Tables, CSV and JSON of the command: what is read back is what was written, and nothing hostile gets through.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Column, chosen, lineEnd, tableLines } from "../../../apps/cli/table.ts";
import { jsonText } from "../../../apps/lib/json-text.ts";
import { cut, textWidth } from "../../../apps/lib/text-width.ts";
import { printable } from "../../../kernel/text.ts";
import { readCsv } from "./csv.ts";

interface Row {
  readonly tid: number;
  readonly name: string;
  readonly cpu: number | null;
}

const columns: readonly Column<Row>[] = [
  { name: "tid", side: "right", value: ({ tid }) => tid },
  { name: "name", isElastic: true, value: ({ name }) => name },
  {
    name: "cpu",
    head: "CPU%",
    side: "right",
    value: ({ cpu }) => cpu,
    text: ({ cpu }) => (cpu === null ? "-" : `${cpu * 100}`),
  },
];
const rows: readonly Row[] = [
  { tid: 1, name: "main", cpu: 0.5 },
  { tid: 1204, name: "a name of some length", cpu: null },
];

const acts = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;
const hostile = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.constantFrom("\u001b[2J", "\u202egnol", "a\u0301", "漢字", "👩‍👩‍👧", '"', "a,b", "a\r\nb", " x ", "\ud800", ""),
);
const anyRow: fc.Arbitrary<Row> = fc.record({
  tid: fc.nat(),
  name: hostile,
  cpu: fc.option(fc.constantFrom(0, 0.25, 1)),
});

describe("a table", () => {
  test("lines its columns up, numbers on the right", () => {
    expect(tableLines(rows, columns, {})).toEqual([
      " TID  NAME                   CPU%",
      "   1  main                     50",
      "1204  a name of some length     -",
    ]);
  });

  test("counts a wide character as two cells and a combining one as none", () => {
    const two = [
      { tid: 1, name: "漢字", cpu: 0 },
      { tid: 2, name: "e\u0301", cpu: 0 },
    ];
    expect(tableLines(two, columns, { header: false })).toEqual(["1  漢字  0", "2  e\u0301     0"]);
  });

  test("is cut where a width is given, the elastic column first", () => {
    expect(tableLines(rows, columns, { width: 26 })).toEqual([
      " TID  NAME            CPU%",
      "   1  main              50",
      "1204  a name of som~     -",
    ]);
    expect(tableLines(rows, columns, { width: 8 })).toEqual([" TID  N~", "   1  m~", "1204  a~"]);
  });

  test("has the columns that were asked for, in that order", () => {
    expect(tableLines(rows, chosen(columns, "name, tid"), { header: false })[0]).toBe("main                      1");
    expect(chosen(columns, undefined, ["cpu"]).map(({ name }) => name)).toEqual(["cpu"]);
  });

  test.each(["", "tid,", "nam", "\u001b[1m"])("of wrong columns %# is refused, and says which there are", (names) => {
    expect(() => chosen(columns, names)).toThrow(/tid, name, cpu/);
    expect(() => chosen(columns, names)).not.toThrow(acts);
  });

  test("has no line that could act on a terminal, nor one wider than asked", () => {
    fc.assert(
      fc.property(fc.array(anyRow, { maxLength: 5 }), fc.integer({ min: 1, max: 60 }), (some, width) => {
        for (const line of tableLines(some, columns, { width })) {
          expect(line).not.toMatch(acts);
          expect(textWidth(line)).toBeLessThanOrEqual(width);
        }
      }),
    );
  });
});

describe("CSV", () => {
  test("quotes what needs it, has no field for what is not known, and CRLF", () => {
    const odd = [{ tid: 7, name: 'says "a, b"', cpu: null }];
    expect(tableLines(odd, columns, { csv: true })).toEqual(["tid,name,cpu", '7,"says ""a, b""",']);
    expect(lineEnd({ csv: true })).toBe("\r\n");
  });

  test("is read back as it was written", () => {
    fc.assert(
      fc.property(fc.array(anyRow, { maxLength: 5 }), (some) => {
        const text = tableLines(some, columns, { csv: true, header: false })
          .map((line) => line + lineEnd({ csv: true }))
          .join("");
        expect(text.replaceAll("\r\n", "")).not.toMatch(acts);
        expect(readCsv(text)).toEqual(
          some.map(({ tid, name, cpu }) => [String(tid), printable(name, Number.POSITIVE_INFINITY), String(cpu ?? "")]),
        );
      }),
    );
  });
});

describe("JSON", () => {
  test("parses to the very records, on one line without a byte that acts", () => {
    fc.assert(
      fc.property(fc.array(anyRow, { maxLength: 5 }), (some) => {
        const [line = "", ...rest] = tableLines(some, columns, { json: true });
        expect(rest).toEqual([]);
        expect(line).not.toMatch(acts);
        expect(JSON.parse(line)).toEqual(some);
      }),
    );
  });

  test("writes what could act on a terminal as escapes", () => {
    expect(jsonText("\u202e\u{e0001}\u009b")).toBe(String.raw`"\u202e\udb40\udc01\u009b"`);
  });
});

test("a text that is cut never takes more cells than asked", () => {
  expect([cut("abc", 3), cut("abcd", 3), cut("漢字", 3), cut("ab", 1), cut("ab", 0)]).toEqual([
    "abc",
    "ab~",
    "漢~",
    "~",
    "",
  ]);
});
