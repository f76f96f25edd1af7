// What holds of every screen of the monitor, whatever a kernel says: each line is exactly as wide as the screen, each
// character is one cell, and nothing in it acts on a terminal.

import xterm from "@xterm/headless";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { draw } from "../../../apps/monitor/views/draw.ts";
import { asciiCells, cells, type StyledLine, seal } from "../../../apps/monitor/views/line.ts";
import type { Screen } from "../../../apps/monitor/views/model.ts";
import { cases } from "./cases.ts";
import { hostileNumber, hostileText, spoiled } from "./hostile.ts";

const plain = (line: StyledLine): string => line.map(({ text }) => text).join("");

// Told by Unicode's own properties, not by the list that the views use.
const acting = /[\p{C}\p{M}\p{Zl}\p{Zp}\p{Emoji_Presentation}]/u;
const wideOrTurned =
  /[\p{sc=Han}\p{sc=Hangul}\p{sc=Hira}\p{sc=Kana}\p{sc=Bopo}\p{sc=Yi}\p{sc=Hebrew}\p{sc=Arabic}\p{sc=Syriac}\p{sc=Thaana}\p{sc=Nko}\uff00-\uff60\uffe0-\uffe6]/u;

function expectSafe(text: string): void {
  expect(text).not.toMatch(acting);
  expect(text).not.toMatch(wideOrTurned);
}

/** What a terminal of its width shows after a text was written to it: its first line, and where its cursor is. */
async function shownBy(terminal: xterm.Terminal, text: string): Promise<{ line: string; column: number; row: number }> {
  await new Promise<void>((done) => terminal.write(`\u001bc${text}`, done));
  const { active } = terminal.buffer;
  return { line: active.getLine(0)?.translateToString() ?? "", column: active.cursorX, row: active.cursorY };
}

describe("text from outside", () => {
  test("each character is one cell, and none can act on a terminal: 100,000 hostile ones", () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const made = cells(text);
        if (made.length !== text.length) expect(made).toHaveLength(text.length);
        if (acting.test(made) || wideOrTurned.test(made)) expectSafe(made);
        if (!/^[ -~]*$/.test(asciiCells(text))) expect(asciiCells(text)).toMatch(/^[ -~]*$/);
      }),
      { numRuns: 100_000 },
    );
  });

  test("so it is with a few huge ones", () => {
    for (const part of ["\u001b[31m", "\u{1f600}", "e\u0301", "\u202eabc", "日本"]) {
      const text = part.repeat(200_000);
      const made = cells(text);
      expect(made.length).toBe(text.length);
      expectSafe(made);
    }
  });

  test("a terminal shows each of the 65,536 characters in one cell", async () => {
    const columns = 256;
    const terminal = new xterm.Terminal({ cols: columns + 1, rows: 2, allowProposedApi: true });
    for (let from = 0; from < 65_536; from += columns) {
      const made = cells(String.fromCharCode(...Array.from({ length: columns }, (_, n) => from + n)));
      expect(await shownBy(terminal, made)).toEqual({ line: `${made} `, column: columns, row: 0 });
    }
    terminal.dispose();
  });

  test("what people can read is kept", () => {
    for (const text of ["naïve café", "Ελληνικά", "Привет", "a → b ≤ c", "▁▂▃▄▅▆▇█·×│├└─◄▼", "“quoted” – … €"]) {
      expect(cells(text)).toBe(text);
    }
    expect(cells("a\tb\nc\u00a0d")).toBe("a b c d");
    expect(cells("\u001b[31m日本\u{1f600}")).toBe("?[31m????");
    expect(asciiCells("é…→")).toBe("?~?");
  });

  test("a sealed line is as wide as it should be, whatever it was", () => {
    fc.assert(
      fc.property(fc.array(hostileText, { maxLength: 6 }), fc.integer({ min: 0, max: 60 }), (texts, width) => {
        const line = texts.map((text) => ({ text, style: "normal" }) as const);
        expect(plain(seal(line, width, false)).length).toBe(width);
      }),
    );
  });
});

function expectWhole(screen: Screen): void {
  const { lines, cursor, regions } = draw(screen);
  const { columns, rows } = screen.size;
  expect(lines.length).toBe(rows);
  for (const line of lines) {
    const text = plain(line);
    if (text.length !== columns) expect(text).toHaveLength(columns);
    if (acting.test(text)) expectSafe(text);
  }
  expect(plain(lines.at(-1) ?? []).at(-1)).toBe(" ");
  for (const { row, from, to } of regions) {
    if (row < 0 || row >= rows || from < 0 || to < from) expect({ row, from, to }).toBe("within the screen");
  }
  if (cursor !== undefined && (cursor.row >= rows || cursor.column >= columns)) expect(cursor).toBe("on the screen");
}

describe("a screen", () => {
  // By name, so that a counterexample can be read.
  const names = fc.constantFrom(...cases.map(({ name }) => name));
  const screenOf = (name: string): Screen => {
    const found = cases.find((each) => each.name === name);
    if (found === undefined) throw new Error(`no case ${name}`);
    return found.screen;
  };
  const size = fc.record({ columns: fc.integer({ min: 1, max: 200 }), rows: fc.integer({ min: 1, max: 60 }) });

  test("every view is exactly as large as it should be, at any size from 1x1 to 200x60", () => {
    fc.assert(
      fc.property(names, size, fc.constantFrom("unicode", "ascii"), (name, size, glyphs) => {
        const screen = screenOf(name);
        expectWhole({ ...screen, size, look: { ...screen.look, glyphs } });
      }),
      { numRuns: 600 },
    );
  });

  test("the bar of the loop is long enough to be read, where there is one", () => {
    for (let columns = 72; columns <= 200; columns++) {
      for (const rows of [20, 40]) {
        const { lines } = draw({ ...screenOf("tasks-120x40"), size: { columns, rows } });
        expect(/\[([|: ]*)\]/.exec(plain(lines[1] ?? []))?.[1]?.length, `${columns}x${rows}`).toBeGreaterThanOrEqual(
          10,
        );
      }
    }
  });

  test("whatever texts and numbers a kernel sends", () => {
    const texts = fc.array(hostileText, { maxLength: 40 });
    const numbers = fc.oneof(fc.constant([]), fc.array(hostileNumber, { maxLength: 20 }));
    fc.assert(
      fc.property(names, size, texts, numbers, (name, size, texts, numbers) => {
        expectWhole({ ...spoiled(screenOf(name), texts, numbers), size });
      }),
      { numRuns: 600 },
    );
  });

  test("with texts of a million characters", () => {
    const huge = "\u001b[31m日本 ".repeat(125_000);
    for (const { screen } of cases) expectWhole(spoiled(screen, [huge], []));
  });

  test("of every size from 1x1 to 50x12, tasks", () => {
    const screen = screenOf("tasks-80x24");
    for (let columns = 1; columns <= 50; columns++) {
      for (let rows = 1; rows <= 12; rows++) expectWhole({ ...screen, size: { columns, rows } });
    }
  });

  test("in ASCII nothing else is on it", () => {
    for (const { screen } of cases) {
      const { lines } = draw({ ...screen, look: { ...screen.look, glyphs: "ascii" } });
      expect(lines.map(plain).join("")).toMatch(/^[ -~]*$/);
    }
  });

  test("the same state gives the same picture, and is not changed by it", () => {
    for (const { screen } of cases) {
      const before = structuredClone(screen);
      expect(draw(screen)).toEqual(draw(screen));
      expect(screen).toEqual(before);
    }
  });
});
