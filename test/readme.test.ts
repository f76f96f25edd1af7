// The documents are true: every app in a README runs and prints what the README says, its tests pass, what it breaks is
// found out in the words that it says, and every link leads somewhere.

import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { root } from "./apps/cli/command.ts";
import { readDocument, type Snippet } from "./readme/document.ts";
import { Project } from "./readme/project.ts";

const documents = [
  "README.md",
  "apps/README.md",
  "apps/cli/README.md",
  "apps/control/README.md",
  "apps/crawler/README.md",
  "apps/evolution/README.md",
  "apps/http/README.md",
  "apps/lib/README.md",
  "apps/monitor/README.md",
  "apps/pipelines/README.md",
  "apps/pyos/README.md",
  "bench/README.md",
  "kernel/README.md",
  "syscalls/README.md",
  "test/README.md",
  "test/kit/README.md",
  "test/laws/README.md",
];

const textOf = (document: string): string => readFileSync(join(root, document), "utf8");

const filesOf = (snippets: readonly Snippet[]): Record<string, string> =>
  Object.fromEntries(snippets.map(({ file, code }) => [file, code]));

async function within<T>(files: Record<string, string>, use: (project: Project) => Promise<T>): Promise<T> {
  const project = new Project(files);
  try {
    return await use(project);
  } finally {
    project.remove();
  }
}

// Trailing blanks are nothing a reader can see; how long a task has waited is not the same twice.
function seen(text: string): string {
  return text
    .replace(/[ \t]+$/gm, "")
    .replace(/ for \d+ ms /g, " for … ms ")
    .trim();
}

describe.each(documents)("%s", (document) => {
  const { apps, tests, breaks } = readDocument(textOf(document));
  for (const { line, file, code, output } of apps) {
    test(`the app on line ${line} runs and prints what is said`, async () => {
      const ended = await within({ [file]: code }, (project) => project.run(file));
      const isMeantToFail = output?.startsWith("yieldix: ") === true;
      if (!isMeantToFail) expect(ended.code, ended.err).toBe(0);
      if (output !== undefined) expect(seen(ended.out + (isMeantToFail ? ended.err : ""))).toBe(seen(output));
    });
  }

  if (tests.length > 0)
    test("the tests pass, and with the apps they compile", async () => {
      const files = filesOf([...apps, ...tests]);
      expect(await within(files, (project) => project.compile())).toBe("");
      expect(await within(files, (project) => project.test())).toMatch(/Tests +\d+ passed \(\d+\)/);
    });

  for (const { line, file, code, output } of breaks) {
    test(`the change on line ${line} is found out, in the words that are said`, async () => {
      const files = { ...filesOf([...apps, ...tests]), [file]: code };
      const isTypes = /error TS\d/.test(output);
      const printed = await within(files, (project) => (isTypes ? project.compile() : project.test()));
      for (const said of seen(output).split("\n")) expect(printed).toContain(said.trim());
    });
  }

  test("every link to a file leads to one", () => {
    const links = [...textOf(document).matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)].map(([, link = ""]) => link);
    const broken = links.filter((link) => !/^https?:/.test(link) && !existsSync(join(root, dirname(document), link)));
    expect(broken).toEqual([]);
  });
});

test("the README has apps to run and says what they print, and the guide to syscalls has all its steps", () => {
  expect(readDocument(textOf("README.md")).apps.filter(({ output }) => output !== undefined).length).toBeGreaterThan(1);
  const guide = readDocument(textOf("syscalls/README.md"));
  expect(guide.apps.map(({ file }) => file)).toEqual(["count-tasks.ts", "take.ts", "borrow.ts"]);
  expect(guide.tests.map(({ file }) => file)).toEqual(["take.test.ts"]);
  expect(guide.breaks.map(({ file }) => file)).toEqual(["count-tasks.ts", "take.ts"]);
});
