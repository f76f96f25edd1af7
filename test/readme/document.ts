// A document taken apart: its files, its apps with what they print, its tests, and the changes that it says break them.

/** A file that the document gives. */
export interface Snippet {
  readonly line: number;
  readonly code: string;
  /** The name the document gives it. */
  readonly file: string;
  /** What the document says it prints; undefined: it says nothing. */
  readonly output: string | undefined;
}

/** A line changed for the worse, and what is said then. */
export interface Break {
  readonly line: number;
  readonly file: string;
  /** The file's text after it. */
  readonly code: string;
  readonly output: string;
}

export interface Document {
  /** Those with a default export. */
  readonly apps: readonly Snippet[];
  /** Those that import vitest. */
  readonly tests: readonly Snippet[];
  readonly breaks: readonly Break[];
}

interface Block {
  readonly language: string;
  readonly text: string;
  readonly line: number;
  readonly before: string;
}

/** @throws Error for a change of a line that none of its files, or more than one, has */
export function readDocument(text: string): Document {
  const blocks = [...text.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map((block): Block => {
    const [, language = "", code = ""] = block;
    const before = text.slice(0, block.index);
    return { language, text: code, line: before.split("\n").length, before };
  });
  const snippets = blocks.flatMap(({ language, text: code, line, before }, i) => {
    const [, file = "app.ts"] = /`([\w.-]+\.ts)`:?\s*$/.exec(before) ?? [];
    return language === "ts" ? [{ line, code, file, output: said(blocks, i) }] : [];
  });
  const apps = snippets.filter(({ code }) => code.includes("export default"));
  const tests = snippets.filter(({ code }) => code.includes('from "vitest"') && code.includes("import"));
  const breaks = blocks.flatMap((block, i) =>
    block.language === "diff" ? [broken(block, said(blocks, i) ?? "", [...apps, ...tests])] : [],
  );
  return { apps, tests, breaks };
}

// The first text block after it, up to the next file or change.
function said(blocks: readonly Block[], place: number): string | undefined {
  const behind = blocks.slice(place + 1);
  const end = behind.findIndex(({ language }) => language === "ts" || language === "diff");
  return behind.slice(0, end < 0 ? undefined : end).find(({ language }) => language === "text")?.text;
}

function broken({ text, line }: Block, output: string, files: readonly Snippet[]): Break {
  const side = (sign: string): string =>
    text
      .split("\n")
      .filter((each) => each.startsWith(sign))
      .map((each) => each.slice(1))
      .join("\n");
  const found = files.filter(({ code }) => code.includes(side("-")));
  const [it] = found;
  if (it === undefined || found.length > 1) throw new Error(`line ${line}: ${found.length} files have what is changed`);
  return { line, file: it.file, code: it.code.replace(side("-"), () => side("+")), output };
}
