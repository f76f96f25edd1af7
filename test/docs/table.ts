// The table as Markdown, and its place in a document: between two comments, which stay.

import type { Row } from "./vocabulary.ts";

const begin = "<!-- docs: made from the docstrings by `npm run docs`; change them, not this -->";
const end = "<!-- /docs -->";

/** The rows as a table. */
export function table(rows: readonly Row[]): string {
  const lines = rows.map(({ call, answer, what, errors, family }) =>
    [code(call), answer === "void" ? "nothing" : code(answer), cell(what), cell(errors.join(", ")), family].join(" | "),
  );
  const head = ["| call | answer | what it does | errors | family |", "|---|---|---|---|---|"];
  return [...head, ...lines.map((line) => `| ${line} |`.replace(/ {2,}/g, " "))].join("\n");
}

/**
 * A document with its table replaced.
 * @throws Error if the document has no place for one
 */
export function withTable(document: string, rows: readonly Row[]): string {
  const [start, stop] = [document.indexOf(begin), document.indexOf(end)];
  if (start < 0 || stop < start) throw new Error(`there is no place for a table: put ${begin} and ${end} there`);
  return `${document.slice(0, start + begin.length)}\n\n${table(rows)}\n\n${document.slice(stop)}`;
}

function code(text: string): string {
  return text === "" ? "" : `\`${cell(text)}\``;
}

// A bar would end the cell, in code as well.
function cell(text: string): string {
  return text.replaceAll("|", "\\|").replace(/\s+/g, " ");
}
