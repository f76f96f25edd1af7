// The measured data of the suites, kept in one JSON file: a run replaces the sections of its suites and no other.

import { readFile, writeFile } from "node:fs/promises";
import type { About } from "./machine.ts";
import type { SuiteResult } from "./suite.ts";

export interface Section {
  readonly suite: string;
  readonly about: About;
  readonly result: SuiteResult;
}

/** The sections of both, in `order`; a new one takes the place of the old one of its suite. */
export function merged(old: readonly Section[], fresh: readonly Section[], order: readonly string[]): Section[] {
  const bySuite = new Map([...old, ...fresh].map((section) => [section.suite, section]));
  return order.flatMap((suite) => bySuite.get(suite) ?? []);
}

/** What the file holds; nothing when there is none yet. @throws SyntaxError for a file that is no JSON */
export async function readSections(file: URL): Promise<Section[]> {
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "[]";
    throw error;
  });
  return JSON.parse(text) as Section[]; // only `writeSections` writes it
}

export async function writeSections(file: URL, sections: readonly Section[]): Promise<void> {
  await writeFile(file, `${JSON.stringify(sections, null, 2)}\n`);
}
