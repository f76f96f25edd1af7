// What is where on a screen: windows and their cursor, what is dropped when it gets narrow, what a click means.

import { describe, expect, test } from "vitest";
import type { Finding, PlacedRow } from "../../../apps/control/records.ts";
import { draw } from "../../../apps/monitor/views/draw.ts";
import { sparkline, topOf } from "../../../apps/monitor/views/glyphs.ts";
import { firstInSight, tableRows } from "../../../apps/monitor/views/layout.ts";
import type { Region, Screen, Size } from "../../../apps/monitor/views/model.ts";
import { appearance } from "../../../apps/monitor/views/palette.ts";
import { shortened, waitingText } from "../../../apps/monitor/views/words.ts";
import { cases } from "./cases.ts";
import { frame, kernelRecord, screenOf, task } from "./fixtures.ts";

const large: Size = { columns: 120, rows: 40 };
const usual: Size = { columns: 80, rows: 24 };
const textOf = (screen: Screen): readonly string[] =>
  draw(screen).lines.map((line) => line.map(({ text }) => text).join(""));

function withRows(rows: readonly PlacedRow[], size: Size, parts: Partial<Screen> = {}, first = 0): Screen {
  const tasks = { total: 10_000, all: 10_000, first, rows };
  return screenOf("tasks", size, { frame: { ...frame, tasks }, ...parts });
}
const some = (count: number, from = 1): PlacedRow[] =>
  Array.from({ length: count }, (_, n) => task(from + n, `task-${from + n}`));

/** What the last region at a place says. */
function at(screen: Screen, row: number, column: number): Region["target"] | undefined {
  return draw(screen).regions.findLast((region) => region.row === row && region.from <= column && column < region.to)
    ?.target;
}

describe("the meters", () => {
  test.each([80, 100, 120, 160])("never run into each other at %i columns, however wide the numbers are", (columns) => {
    const numbers = [0.001, 9.87, 399.3, 4_555, 1_234_567];
    for (const ms of numbers) {
      for (const n of [0, 79, 12_345, 123_456]) {
        const spread = { p50: ms, p90: ms, p99: ms, max: ms };
        const kernel = { ...kernelRecord, ready: n, turnsPerS: n, readyWait: spread, lag: spread, lagHistory: [ms] };
        const screen = screenOf("tasks", { columns, rows: 40 }, { frame: { ...frame, kernel } });
        const [, ...meters] = textOf(screen).slice(0, columns < 110 ? 3 : 4);
        for (const line of meters) expect(line).not.toMatch(/\d(ms)?[A-Za-z]*(Tasks|Turns|Lag|Fds)|\d(p50|p99|max)/);
      }
    }
  });
});

test("a filter is read in full at 80 columns; tabs without their words are clicked all the same", () => {
  const query = { tasks: { sort: "cpu", filter: "name~client for>10s" } };
  const screen = screenOf("tasks", usual, { query });
  const row = textOf(screen).findIndex((line) => line.startsWith(" 1Tasks"));
  expect(textOf(screen)[row]).toContain(" 1Tasks 2 3 4 5 6 7 8 ");
  expect(textOf(screen)[row]).toContain("name~client for>10s");
  expect(at(screen, row, 12)).toEqual({ kind: "view", view: "io" });
});

describe("the table of tasks", () => {
  const titles = (columns: number): string =>
    textOf(screenOf("tasks", { columns, rows: 24 })).find((line) => line.includes("TID")) ?? "";

  test("drops columns in their order as it gets narrow; TID, S and NAME never", () => {
    const order = ["RUN s", "TRAP/s", "RDY ms", "CPU 10s", "NI", "TURN/s", "MAX ms", "FOR"];
    let gone = 0;
    for (let columns = 200; columns >= 40; columns--) {
      const line = titles(columns);
      while (gone < order.length && !line.includes(` ${order[gone]} `)) gone += 1;
      for (const title of order.slice(gone))
        expect({ columns, line }).toEqual({ columns, line: expect.stringContaining(` ${title} `) });
      for (const title of ["TID", " S ", "NAME"]) expect(line).toContain(title);
    }
    expect(order.slice(0, gone)).toEqual(order);
  });

  test("shows the columns that were chosen, in their order", () => {
    const line = textOf(screenOf("tasks", usual, { columns: ["name", "tid", "app", "job"] })).find((text) =>
      text.includes("TID"),
    );
    expect(line?.trim().split(/ +/)).toEqual(["NAME", "TID", "APP", "JOB"]);
  });

  test("keeps the cursor in sight, wherever it was scrolled to", () => {
    const rows = some(100);
    for (const top of [0, 30, 99, 500]) {
      for (const cursor of [1, 50, 100]) {
        const screen = withRows(rows, usual, { cursor, places: { tasks: { top, row: 0 } } });
        expect(textOf(screen).filter((line) => line.startsWith(">"))).toHaveLength(1);
      }
    }
  });

  test("says which rows of how many are in sight", () => {
    const screen = withRows(some(50, 201), usual, { cursor: 201 }, 200);
    expect(textOf(screen).find((line) => line.includes("1Tasks"))).toContain(`201-${200 + tableRows(screen)} of 10000`);
    expect(draw(screen).scroll).toEqual({ top: 200, rows: tableRows(screen), total: 10_000 });
  });

  test("of 10,000 rows draws those in sight and no more", () => {
    let read = 0;
    const rows = some(10_000).map((row) =>
      Object.defineProperty({ ...row }, "name", { get: () => `task-${String(read++)}`, enumerable: true }),
    );
    draw(withRows(rows, large, { cursor: 5_000 }));
    expect(read).toBeLessThan(100);
  });

  test("marks the cursor and what is tagged, and what has just begun", () => {
    const screen = withRows(some(3), usual, { cursor: 2, tagged: new Set([2, 3]), born: new Set([1]) });
    const marks = textOf(screen)
      .filter((line) => line.includes("task-"))
      .map((line) => line.slice(0, 7));
    expect(marks).toEqual(["      1", ">*    2", " *    3"]);
    expect(
      draw(screen)
        .lines.flat()
        .some(({ text, style }) => style === "born" && text.includes("task-1")),
    ).toBe(true);
  });

  test("says why it is empty", () => {
    const none = { total: 0, all: 12, first: 0, rows: [] };
    const screen = screenOf("tasks", usual, {
      frame: { ...frame, tasks: none },
      query: { tasks: { filter: "cpu>90" } },
    });
    expect(textOf(screen).join("\n")).toContain("no task of 12 passes the filter: cpu>90");
    expect(
      textOf(screenOf("tasks", usual, { frame: undefined, connection: { kind: "connecting" } })).join("\n"),
    ).toContain("waiting for the first frame");
  });
});

test("a task that a frame does not have in full is said to have ended, or in a recording not to be in it", () => {
  const parts = { frame: { ...frame, detail: null }, query: { detail: 9 } };
  const shown = (connection: Screen["connection"]): string =>
    textOf(screenOf("detail", usual, { ...parts, connection })).join("\n");
  expect(shown({ kind: "live" })).toContain("task 9 has ended and is no longer remembered, or never was");
  expect(shown({ kind: "replay", place: 1, frames: 6, isPlaying: false })).toContain(
    "task 9 is not in full in this frame",
  );
});

describe("a click", () => {
  const screen = withRows(some(40), usual, { cursor: 1 });

  test("on a row is its task, on a title its column, on a tab its view", () => {
    expect(at(screen, 5, 20)).toEqual({ kind: "task", tid: 1 });
    expect(at(screen, 9, 79)).toEqual({ kind: "task", tid: 5 });
    const title = textOf(screen)[4] ?? "";
    expect(at(screen, 4, title.indexOf("MAX"))).toEqual({ kind: "sort", column: "max" });
    const tabs = textOf(screen)[3] ?? "";
    expect(at(screen, 3, tabs.indexOf("Log"))).toEqual({ kind: "view", view: "log" });
  });

  test("on a finding is its first task, and on a line of a menu that choice", () => {
    const notes = textOf(screen)[22] ?? "";
    expect(at(screen, 22, notes.indexOf("STARVING"))).toEqual({ kind: "task", tid: 77 });
    const menu = { ...screen, dialog: { kind: "signal", targets: [], choice: 0, top: 0 } } as const;
    const lines = textOf(menu);
    const row = lines.findIndex((line) => line.includes("KILL"));
    expect(at(menu, row, lines[row]?.indexOf("KILL") ?? 0)).toEqual({ kind: "choice", choice: 1 });
  });

  test("on findings of one letter, which stand together, is the first of their tasks", () => {
    const crash = (tid: number): Finding => ({ letter: "X", tids: [tid], text: "", forMs: 5_000 });
    const bar = (tids: readonly number[]): Screen =>
      screenOf("tasks", usual, { frame: { ...frame, findings: tids.map(crash) } });
    expect(textOf(bar([47, 59, 61]))[22]).toMatch(/^ ! CRASHED 47, 59, 61 5\.0s /);
    const many = bar([47, 59, ...Array.from({ length: 11 }, (_, n) => 100 + n)]);
    expect(textOf(many)[22]).toMatch(/^ ! CRASHED 47, 59 \+11 5\.0s /);
    expect(at(many, 22, 4)).toEqual({ kind: "task", tid: 47 });
  });

  test("never lies outside of the screen, or beside what it says", () => {
    for (const { screen } of cases) {
      for (const { row, from, to } of draw(screen).regions) {
        expect(row).toBeLessThan(screen.size.rows);
        expect(from).toBeLessThanOrEqual(to);
      }
    }
  });
});

describe("what is typed", () => {
  const typed = (text: string, at: number): Screen =>
    screenOf("tasks", usual, { prompt: { kind: "filter", text, at, completions: [], choice: -1, hint: "" } });

  test("has the terminal's cursor at its place, and slides when it is long", () => {
    expect(draw(typed("abc", 1)).cursor).toEqual({ row: 23, column: "Filter: a".length });
    const long = draw(typed("x".repeat(200), 200));
    expect(long.cursor?.row).toBe(23);
    expect(long.cursor?.column).toBeLessThan(80);
    expect(textOf(typed(`${"x".repeat(200)}END`, 203)).at(-1)).toContain("END");
  });

  test("stands in place of the keys, its completions above", () => {
    const screen = screenOf("tasks", usual, {
      prompt: { kind: "command", text: "re", at: 2, completions: ["renice", "reset"], choice: 1, hint: "forgets" },
    });
    expect(textOf(screen).at(-2)?.trim()).toBe("renice  reset");
    expect(textOf(screen).at(-1)).toMatch(/^:re +forgets/);
  });
});

describe("words", () => {
  test("of a connection the near end goes first when there is no room", () => {
    const text = "read tcp 127.0.0.1:7000 <- 10.0.0.9:51234";
    expect([41, 40, 26].map((width) => shortened(text, width))).toEqual([
      text,
      "read tcp <- 10.0.0.9:51234",
      "read tcp <- 10.0.0.9:51234",
    ]);
    expect(shortened(text, 25)).toBe("read 10.0.0.9:51234");
    expect(shortened("read unix /tmp/a.sock", 5)).toBe("read unix /tmp/a.sock");
  });

  test("what a task waits for", () => {
    const shown = (state: PlacedRow["state"], verb: string, object: string, place = 0): string =>
      waitingText({ state, verb, object, place }, 12, 40);
    expect(shown("R", "", "")).toBe("(running)");
    expect(shown("r", "", "", 12)).toBe("(ready, place 12 of 12)");
    expect(shown("P", "sleep", "60 ms")).toBe("(stopped) sleep 60 ms");
    expect(shown("J", "exit of", "32")).toBe("exit of 32");
  });
});

describe("small pictures", () => {
  const text = (values: readonly number[], top: number, glyphs: "unicode" | "ascii"): string =>
    sparkline(values, top, values.length, glyphs)
      .map((part) => part.text)
      .join("");

  test("a sparkline is calm where there is nothing, and full at its top", () => {
    expect(text([0, 0.001, 0.01, 0.5, 0.99, 1, 7], 1, "unicode")).toBe("··▁▄███");
    expect(text([0, 0.01, 0.5, 1], 1, "ascii")).toBe(" .+@");
    expect(text([0, 0], 0, "unicode")).toBe("··");
    expect(
      sparkline([1], 1, 3, "unicode")
        .map((part) => part.text)
        .join(""),
    ).toBe("  █");
    expect(topOf([], 3)).toBe(3);
  });

  test("the first row in sight", () => {
    expect(firstInSight(100, 10, 50, -1)).toBe(50);
    expect(firstInSight(100, 10, 99, -1)).toBe(90);
    expect(firstInSight(100, 10, 50, 3)).toBe(3);
    expect(firstInSight(100, 10, 50, 70)).toBe(61);
    expect(firstInSight(3, 10, 5, 2)).toBe(0);
  });
});

test("without colours there are bold and reverse, and no colour", () => {
  const styles = new Set(
    cases.flatMap(({ screen }) =>
      draw(screen)
        .lines.flat()
        .map(({ style }) => style),
    ),
  );
  expect(styles.size).toBeGreaterThan(20);
  for (const style of styles) {
    expect(appearance(style, false)).toMatchObject({ foreground: undefined, background: undefined });
  }
});
