// The documents are true: every app in a README runs and prints what the README says, and every link leads somewhere.

import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const documents = [
  "README.md",
  "apps/README.md",
  "apps/lib/README.md",
  "bench/README.md",
  "kernel/README.md",
  "syscalls/README.md",
  "test/README.md",
  "test/kit/README.md",
];

interface Snippet {
  readonly line: number;
  readonly code: string;
  /** What the document says it prints; undefined: it says nothing. */
  readonly output: string | undefined;
  /** The name the document gives the file. */
  readonly file: string;
}

function snippetsOf(document: string): Snippet[] {
  const text = readFileSync(join(root, document), "utf8");
  const blocks = [...text.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)];
  return blocks.flatMap((block, i) => {
    const [, language, code = ""] = block;
    if (language !== "ts" || !code.includes("export default")) return [];
    const until = blocks.slice(i + 1).findIndex(([, next]) => next === "ts");
    const behind = blocks.slice(i + 1, until < 0 ? undefined : i + 1 + until);
    const before = text.slice(0, block.index);
    const [, file = "app.ts"] = /`(\w+\.ts)`:?\s*$/.exec(before) ?? [];
    return [{ line: before.split("\n").length, code, output: behind.find(([, next]) => next === "text")?.[2], file }];
  });
}

async function run(snippet: Snippet): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "yieldix-readme-"));
  try {
    writeFileSync(join(folder, snippet.file), snippet.code);
    const main = join(root, "apps/cli/main.ts");
    const tsx = import.meta.resolve("tsx");
    const argv = ["--import", tsx, main, "run", snippet.file];
    return (await promisify(execFile)(process.execPath, argv, { cwd: folder })).stdout;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

// Trailing blanks are nothing a reader can see.
function seen(text: string): string {
  return text.replace(/[ \t]+$/gm, "").trim();
}

describe.each(documents)("%s", (document) => {
  const snippets = snippetsOf(document);
  for (const snippet of snippets) {
    test(`the app on line ${snippet.line} runs and prints what is said`, async () => {
      const printed = await run(snippet);
      if (snippet.output !== undefined) expect(seen(printed)).toBe(seen(snippet.output));
    });
  }

  test("every link to a file leads to one", () => {
    const text = readFileSync(join(root, document), "utf8");
    const links = [...text.matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)].map(([, link = ""]) => link);
    const broken = links.filter((link) => !/^https?:/.test(link) && !existsSync(join(root, dirname(document), link)));
    expect(broken).toEqual([]);
  });
});

test("the README has apps to run, and says what they print", () => {
  expect(snippetsOf("README.md").filter(({ output }) => output !== undefined).length).toBeGreaterThanOrEqual(2);
  expect(snippetsOf("syscalls/README.md").length).toBeGreaterThanOrEqual(1);
});
