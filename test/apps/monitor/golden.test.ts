// What the monitor's screens look like, kept as files: of records that show all there is, and captured of a real kernel
// on a virtual machine. `YIELDIX_GOLDEN=write` writes them anew; look at the difference
// that git shows then.

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { draw } from "../../../apps/monitor/views/draw.ts";
import type { StyledLine } from "../../../apps/monitor/views/line.ts";
import type { Screen } from "../../../apps/monitor/views/model.ts";
import { appearance } from "../../../apps/monitor/views/palette.ts";
import { captured } from "./captured.ts";
import { cases } from "./cases.ts";

const folder = fileURLToPath(new URL("./golden/", import.meta.url));
const isWriting = process.env["YIELDIX_GOLDEN"] === "write";

const plain = (line: StyledLine): string => line.map(({ text }) => text).join("");
const withStyles = (line: StyledLine): string => line.map(({ text, style }) => `<${style}>${text}`).join("");

/** What is left of the styles where there are no colours. */
function withoutColour(line: StyledLine): string {
  return line
    .map(({ text, style }) => {
      const { isBold, isReverse } = appearance(style, false);
      const mark = `${isBold ? "bold " : ""}${isReverse ? "reverse" : ""}`.trim();
      return mark === "" ? text : `<${mark}>${text}</>`;
    })
    .join("");
}

/** Blanks at the end of lines are left out: laws.test.ts says how wide they are. */
function file(screen: Screen, shown: (line: StyledLine) => string): string {
  return draw(screen)
    .lines.map((line) => `${shown(line).trimEnd()}\n`)
    .join("");
}

const uncoloured = ["tasks-120x40", "tasks-80x24"];
const styled = ["tasks-120x40", "tasks-80x24", "tasks-signal-80x24", "tasks-stuck-80x24", "detail-80x24"];
const files: readonly (readonly [name: string, text: string])[] = [
  ...captured().map(({ name, screen }) => [`captured/${name}.txt`, file(screen, plain)] as const),
  ...cases.flatMap(({ name, screen }) => [
    [`${name}.txt`, file(screen, plain)] as const,
    ...(uncoloured.includes(name) ? [[`${name}.no-colour.txt`, file(screen, withoutColour)] as const] : []),
    ...(styled.includes(name) ? [[`${name}.styles.txt`, file(screen, withStyles)] as const] : []),
  ]),
];

describe("a screen is as it was:", () => {
  test.each(files)("%s", (name, text) => {
    if (isWriting) writeFileSync(folder + name, text);
    expect(text, `${name} differs; if it should, YIELDIX_GOLDEN=write`).toBe(readFileSync(folder + name, "utf8"));
  });

  test("and no file is left over", () => {
    const found = ["", "captured/"].flatMap((below) => readdirSync(folder + below).map((name) => below + name));
    expect(found.filter((name) => name.endsWith(".txt")).sort()).toEqual(files.map(([name]) => name).sort());
  });
});
