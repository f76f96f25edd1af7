// The waits that methods make, of locks, channels, groups and the like, keep what every syscall promises. A new one is a
// line in one of the tables of conformance/.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Modules } from "../docs/modules.ts";
import { readVocabulary } from "../docs/vocabulary.ts";
import { channels } from "./conformance/channels.ts";
import { fileLines } from "./conformance/files.ts";
import { locks } from "./conformance/locks.ts";
import { instantly, structure } from "./conformance/structure.ts";

const waiting = { ...fileLines, ...locks, ...channels, ...structure };

/** Several steps each, and one that is the body's of a group alone; and the test file of each. */
const elsewhere: Readonly<Record<string, string>> = {
  "condition.wait": "test/laws/cases-condition.test.ts",
  "condition.waitFor": "test/laws/cases-condition.test.ts",
  "lock.hold": "test/laws/cases-lock.test.ts",
  "members.end": "test/laws/cases-group-members.test.ts",
  "semaphore.hold": "test/laws/cases-semaphore.test.ts",
};

const read = (path: string): string => readFileSync(join(new URL("../..", import.meta.url).pathname, path), "utf8");

test.each(Object.entries(waiting))("%s", async (_name, check) => {
  const report = await check();
  expect(report.promises.find((finding) => finding.name === "killed")).toMatchObject({ kept: true });
  expect(report.family).not.toBe("own");
});

test.each(Object.entries(instantly))("%s never waits", async (_name, check) => {
  const report = await check();
  expect(report.promises.find((finding) => finding.name === "killed")).toMatchObject({
    kept: "not asked",
    why: expect.stringContaining("it never waits: it was answered with"),
  });
  expect(report.family).not.toBe("own");
});

test.each(Object.entries(elsewhere))("%s is tested in %s", (name, file) => {
  expect(read(file)).toMatch(new RegExp(`\\.${name.replace(/.*\./, "")}\\(`));
});

test("every method that is yielded has a line here", () => {
  const modules = new Modules(read);
  const rows = ["apps/lib/index.ts", "syscalls/index.ts"].flatMap((index) => readVocabulary(modules, index).rows);
  const methods = rows.flatMap(({ call }) => /^yield\* (\w+\.\w+)\(/.exec(call)?.[1] ?? []);
  const lines = [...Object.keys(waiting), ...Object.keys(instantly), ...Object.keys(elsewhere)];
  const checked = new Set(lines.map((line) => line.replace(/[ ,].*/, "")));
  expect(methods.filter((method) => !checked.has(method))).toEqual([]);
  expect(methods.length).toBeGreaterThan(20);
});
