// What the viewer remembers: written in one step, read with care, never a reason not to start.

import { readdirSync } from "node:fs";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readSettings, settingsPath, writeSettings } from "../../../apps/monitor/settings.ts";
import { Folder } from "../cli/command.ts";

let folder: Folder;
beforeEach(() => {
  folder = new Folder({});
});
afterEach(() => folder.remove());

test("what was written is read again, and no other file is left", () => {
  const path = settingsPath({ XDG_CONFIG_HOME: folder.path });
  expect(path).toBe(`${folder.path}/yieldix/top.json`);
  const settings = { columns: ["tid", "name"], sort: "max", isPinned: false, everyMs: 500 };
  writeSettings(path, settings);
  expect(readSettings(path)).toEqual({ settings, problem: "" });
  expect(readdirSync(`${folder.path}/yieldix`)).toEqual(["top.json"]);
});

test("a folder that is not absolute is passed over", () => {
  expect(settingsPath({ XDG_CONFIG_HOME: "here" })).toMatch(/^\/.*\/\.config\/yieldix\/top\.json$/);
});

test("none are no problem", () => {
  expect(readSettings(`${folder.path}/none.json`)).toEqual({ settings: {}, problem: "" });
});

test.each([
  ["", /JSON/],
  ["[]", /no object/],
  ['{"columns":"tid"}', /columns/],
  ['{"columns":[1]}', /columns/],
  [`{"columns":${JSON.stringify(Array(65).fill("tid"))}}`, /columns/],
  ['{"sort":""}', /sort/],
  ['{"isPinned":1}', /isPinned/],
  ['{"everyMs":-1}', /everyMs/],
  [`"${"x".repeat(70_000)}"`, /at most/],
])("%.40s is ignored, and said", (text, problem) => {
  folder.write({ "top.json": text });
  const read = readSettings(`${folder.path}/top.json`);
  expect(read.settings).toEqual({});
  expect(read.problem).toMatch(problem);
});

test("a folder in its place is ignored too", () => {
  expect(readSettings(folder.path).problem).toContain("is ignored");
});
