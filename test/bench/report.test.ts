// The pure parts of bench/: medians, verdicts, tables, the report, and what a run of some suites replaces. Nothing here
// is timed.

import { describe, expect, test } from "vitest";
import { checksMarkdown, checkText, verdict } from "../../bench/lib/checks.ts";
import { cellText, figureOf, median, numberText } from "../../bench/lib/figures.ts";
import type { About } from "../../bench/lib/machine.ts";
import { resultsMarkdown } from "../../bench/lib/report.ts";
import { merged, type Section } from "../../bench/lib/results.ts";
import { interleaved } from "../../bench/lib/rounds.ts";
import type { Check, Table } from "../../bench/lib/suite.ts";
import { tableMarkdown, tableText } from "../../bench/lib/table.ts";

const about: About = { date: "2001-02-03", node: "v20.0.0", cpu: "A", cores: 2, kernel: "Linux 1", rounds: 5 };
const check: Check = { goal: "a / b", value: 1.5, unit: "", atMost: 1, floor: 2, remark: "b is better" };
const table: Table = {
  title: "Costs",
  note: "In ns.",
  columns: ["trap", "a|b"],
  rows: [
    { name: "ours", cells: [{ median: 42, min: 40, max: 50 }, "none"] },
    { name: "other", cells: [{ median: 7, min: 7, max: 7 }, "not installed"] },
  ],
};

function section(suite: string, date: string): Section {
  return { suite, about: { ...about, date }, result: { tables: [table], plots: [], checks: [check] } };
}

describe("figures", () => {
  test("the median is the middle one, by size and not by place or text", () => {
    expect(median([100, 9, 20])).toBe(20);
    expect(median([4, 1, 3, 2])).toBe(2);
    expect(() => median([])).toThrow(RangeError);
  });

  test("a figure has the spread of its rounds, and leaves them as they are", () => {
    const rounds = [3, 1, 2];
    expect(figureOf(rounds)).toEqual({ median: 2, min: 1, max: 3 });
    expect(rounds).toEqual([3, 1, 2]);
  });

  test("numbers have three digits that count, and two below one", () => {
    expect([12_345.6, 100.4, 42.44, 1.005, 0.1234, 0, Number.NaN].map(numberText)).toEqual([
      "12,346",
      "100",
      "42.4",
      "1",
      "0.12",
      "0",
      "NaN",
    ]);
  });

  test("a spread that is not to be seen is not written", () => {
    expect(cellText({ median: 42, min: 40, max: 50 })).toBe("42 (40-50)");
    expect(cellText({ median: 42.01, min: 42.0, max: 42.02 })).toBe("42");
    expect(cellText("none")).toBe("none");
  });
});

describe("checks", () => {
  test("a goal is met up to its limit, and has fallen only above its floor", () => {
    expect([1, 1.01, 2, 2.01].map((value) => verdict({ ...check, value }))).toEqual([
      "met",
      "missed",
      "missed",
      "fell",
    ]);
  });

  test("without a floor nothing falls", () => {
    expect(verdict({ goal: "ns", value: 1e9, unit: "ns", atMost: 50 })).toBe("missed");
  });

  test("no number meets nothing, and falls where there is a floor", () => {
    expect(verdict({ ...check, value: Number.NaN })).toBe("fell");
    expect(verdict({ goal: "ns", value: Number.NaN, unit: "ns", atMost: 50 })).toBe("missed");
  });

  test("the line names the goal, the value, the limits, and the remark of a miss alone", () => {
    expect(checkText(check)).toBe("missed  a / b: 1.5 (goal <= 1, floor 2) b is better");
    expect(checkText({ ...check, value: 1 })).toBe("met     a / b: 1 (goal <= 1, floor 2)");
    expect(checkText({ goal: "trap", value: 60, unit: "ns", atMost: 50 })).toBe("missed  trap: 60 ns (goal <= 50 ns)");
  });

  test("in the report a goal is met or missed, with its remark", () => {
    const markdown = checksMarkdown([check, { ...check, value: 3 }, { ...check, value: 0.5 }]);
    expect(markdown).toContain("| a / b | 1.5 | ≤ 1 | missed | b is better |");
    expect(markdown).toContain("| a / b | 3 | ≤ 1 | missed | b is better |");
    expect(markdown).toContain("| a / b | 0.5 | ≤ 1 | met |  |");
  });
});

describe("tables", () => {
  test("Markdown has a heading, a row each, and no bar that ends a cell", () => {
    expect(tableMarkdown(table)).toBe(
      [
        "### Costs",
        "",
        "|  | trap | a\\|b |",
        "| --- | ---: | ---: |",
        "| ours | 42 (40-50) | none |",
        "| other | 7 | not installed |",
        "",
        "In ns.",
        "",
      ].join("\n"),
    );
  });

  test("text is aligned", () => {
    expect(tableText(table)).toBe(
      [
        "Costs",
        "In ns.",
        "",
        "             trap            a|b",
        "ours   42 (40-50)           none",
        "other           7  not installed",
        "",
      ].join("\n"),
    );
  });
});

describe("results", () => {
  const order = ["switch", "scale", "echo"];

  test("a run replaces the sections of its suites and no other, in the order of the suites", () => {
    const old = [section("echo", "old"), section("switch", "old")];
    const all = merged(old, [section("switch", "new"), section("scale", "new")], order);
    expect(all.map(({ suite, about }) => `${suite} ${about.date}`)).toEqual(["switch new", "scale new", "echo old"]);
  });

  test("a suite that is no more is left out", () => {
    expect(merged([section("gone", "old")], [], order)).toEqual([]);
  });

  test("each section of the report says when, on what and how often it was measured", () => {
    const markdown = resultsMarkdown([section("switch", "2001-02-03"), section("scale", "2001-02-04")]);
    expect(markdown).toContain("## switch\n\n2001-02-03, Node v20.0.0, A, 2 cores, Linux 1; medians of 5");
    expect(markdown).toContain("## scale\n\n2001-02-04");
    expect(markdown.match(/^### Goals$/gm)).toHaveLength(2);
  });
});

test("rounds are interleaved: every case once, then every case again", async () => {
  const ran: string[] = [];
  const caseOf = (name: string) => ({ name, run: async () => ran.push(name) });
  const results = await interleaved([caseOf("a"), caseOf("b")], { quick: true, rounds: 2, say: () => {} });
  expect(ran).toEqual(["a", "b", "a", "b"]);
  expect([...results]).toEqual([
    ["a", [1, 3]],
    ["b", [2, 4]],
  ]);
});
