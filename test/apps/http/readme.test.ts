// What apps/http/README.md says is true: its app runs and prints what is said, its links lead somewhere, its limits are the
// defaults.

import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { serverLimits } from "../../../apps/lib/http/index.ts";
import { readDocument } from "../../readme/document.ts";
import { Project } from "../../readme/project.ts";
import { root } from "../cli/command.ts";

const document = "apps/http/README.md";
const text = readFileSync(join(root, document), "utf8");
/** Where the package has the library. */
const library = new URL("../../../apps/lib/http/index.ts", import.meta.url).href;

test("the app runs and prints what is said", async () => {
  const { apps } = readDocument(text);
  expect(apps.map(({ file }) => file)).toEqual(["hello.ts"]);
  for (const { file, code, output } of apps) {
    const project = new Project({ [file]: code.replace('"yieldix/http"', JSON.stringify(library)) });
    try {
      const ended = await project.run(file);
      expect(ended.code, ended.err).toBe(0);
      expect(ended.out).toBe(output);
    } finally {
      project.remove();
    }
  }
});

test("every link to a file leads to one", () => {
  const links = [...text.matchAll(/\]\(([^)#]+)\)/g)].map(([, link = ""]) => link);
  expect(links.length).toBeGreaterThan(0);
  expect(links.filter((link) => !existsSync(join(root, dirname(document), link)))).toEqual([]);
});

test("its table has every limit", () => {
  const named = [...text.matchAll(/^\| (`.*?) \|/gm)].flatMap(([, cell = ""]) => [...cell.matchAll(/`(\w+)`/g)]);
  expect(named.map(([, name]) => name).sort()).toEqual(Object.keys(serverLimits).sort());
});
