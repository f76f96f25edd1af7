// `npm run docs`: writes the tables of the vocabulary into the documents. With --check it writes nothing, and fails when
// one of them is not what the docstrings say now.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Modules } from "./modules.ts";
import { withTable } from "./table.ts";
import { readVocabulary } from "./vocabulary.ts";

/** Each document, and the file whose exports it lists. */
const documents: Readonly<Record<string, string>> = {
  "syscalls/README.md": "syscalls/index.ts",
  "apps/lib/README.md": "apps/lib/index.ts",
};

const root = fileURLToPath(new URL("../../", import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), "utf8");

function main(isCheck: boolean): string[] {
  const modules = new Modules(read);
  return Object.entries(documents).flatMap(([document, index]) => {
    const { rows, faults } = readVocabulary(modules, index);
    if (faults.length > 0) return faults;
    const before = read(document);
    const after = withTable(before, rows);
    if (after === before) return [];
    if (isCheck) return [`${document} is not what the docstrings say: run npm run docs`];
    writeFileSync(join(root, document), after);
    return [];
  });
}

const { values } = parseArgs({ options: { check: { type: "boolean", default: false } } });
const faults = main(values.check);
for (const fault of faults) process.stderr.write(`${fault}\n`);
if (faults.length > 0) process.exitCode = 1;
