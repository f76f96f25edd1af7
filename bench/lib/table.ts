// A table for the terminal and for Markdown.

import { cellText } from "./figures.ts";
import type { Table } from "./suite.ts";

/** Aligned columns, for the terminal. */
export function tableText(table: Table): string {
  const rows = grid(table);
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  const lines = rows.map((row) =>
    row.map((text, column) => (column === 0 ? text.padEnd(widths[0] ?? 0) : text.padStart(widths[column] ?? 0))),
  );
  return [`${table.title}`, table.note, "", ...lines.map((line) => line.join("  ").trimEnd()), ""].join("\n");
}

/** A heading, the table, and the note below it. */
export function tableMarkdown(table: Table): string {
  const [head, ...rows] = grid(table).map((row) => row.map(escaped));
  const alignment = table.columns.map(() => "---:");
  return [
    `### ${table.title}`,
    "",
    line(head ?? []),
    line(["---", ...alignment]),
    ...rows.map(line),
    "",
    table.note,
    "",
  ].join("\n");
}

function grid(table: Table): string[][] {
  return [["", ...table.columns], ...table.rows.map(({ name, cells }) => [name, ...cells.map(cellText)])];
}

function escaped(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ");
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}
