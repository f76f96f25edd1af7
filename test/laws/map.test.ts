// The map of the laws leads somewhere: each test that README.md names is there.

import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const folder = new URL("./", import.meta.url);

/** The tests of a table's rows: "| clause | `file` name<br>`file` name |". */
function named(markdown: string): { file: string; name: string }[] {
  return markdown.split("\n").flatMap((line) => {
    const cell = /^\| .+ \| (`.+) \|$/.exec(line)?.[1] ?? "";
    return cell.split("<br>").flatMap((one) => {
      const [, file, name] = /^`([\w/-]+)` (.+)$/.exec(one) ?? [];
      return file === undefined || name === undefined ? [] : [{ file, name }];
    });
  });
}

const isIn = (text: string, name: string): boolean =>
  [`"${name}", `, `"${name}",\n`].some((title) => text.replaceAll('\\"', '"').includes(title));

/** What of it does not exist. */
function missing(markdown: string): string[] {
  return named(markdown).flatMap(({ file, name }) => {
    const path = new URL(`${file.includes("/") ? "../" : ""}${file}.test.ts`, folder);
    if (!existsSync(path)) return [`no file ${file}.test.ts`];
    return isIn(readFileSync(path, "utf8"), name) ? [] : [`${file} has no test: ${name}`];
  });
}

test("every test in the map of the laws exists", () => {
  const markdown = readFileSync(new URL("README.md", folder), "utf8");
  expect(missing(markdown)).toEqual([]);
  expect(named(markdown).length).toBeGreaterThan(100);
  // Each row names one at least.
  const rows = markdown.split("\n").filter((line) => /^\| (?!clause)/.test(line));
  expect(rows.filter((row) => named(row).length === 0)).toEqual([]);
});

test("a test that does not exist is found, and a file", () => {
  const rows =
    "| a law | `map` every test in the map of the laws exists<br>`map` not there |\n| another | `nowhere` either |";
  expect(missing(rows)).toEqual(["map has no test: not there", "no file nowhere.test.ts"]);
});
