// Records as people and programs want them on standard output: a table, CSV as in RFC 4180, or JSON. Lines come out, nothing
// is written. No control byte and nothing that could act on a terminal is ever in one, whatever a record says. A table is
// only cut where a width is given, that is for a terminal; into a pipe goes the full text.

import { type Command, Option } from "commander";
import { printable } from "../../kernel/text.ts";
import { jsonText } from "../lib/json-text.ts";
import { cut, padded, textWidth } from "../lib/text-width.ts";
import { UsageError } from "../lib/usage.ts";

/** One column of a table of `T`. */
export interface Column<T> {
  /** As `--columns` and the head of CSV know it: "waiting". */
  readonly name: string;
  /** Above the column; default: the name in capitals. */
  readonly head?: string;
  /** Default "left"; numbers are easier to compare on the "right". */
  readonly side?: "left" | "right";
  /** True where a narrow terminal may cut it first: free text in the middle of a row. */
  readonly isElastic?: boolean;
  /** What a program reads; null where nothing is known. */
  readonly value: (row: T) => string | number | null;
  /** What people read; default: the value, and "-" for null. */
  readonly text?: (row: T) => string;
}

/** What the command line asks for. */
export interface TableOptions {
  /** Lines of CSV, or JSON, in place of a table. */
  readonly csv?: boolean;
  readonly json?: boolean;
  /** False: without the head. */
  readonly header?: boolean;
  /** Cells of the terminal that it is for; undefined: none, and nothing is cut. */
  readonly width?: number | undefined;
}

/** Between two columns. */
const gap = "  ";
// An elastic column keeps at least this much, cells.
const leastElastic = 12;

/**
 * Adds `--json`, `--csv`, `--no-header` and `--columns` to a subcommand that shows a table.
 * @param columns names that it knows, for the help
 */
export function addTableOptions(command: Command, columns: readonly string[]): Command {
  return command
    .addOption(new Option("--json", "whole records, as one JSON document").conflicts(["csv", "columns"]))
    .option("--csv", "comma-separated values (RFC 4180)")
    .option("--no-header", "without the line of names")
    .option("--columns <names>", `some of: ${columns.join(", ")}`);
}

/**
 * The columns that a list of names asks for, in its order.
 * @param names as typed, with commas between; undefined: `usual`
 * @param option that they were given to, for the message
 * @throws UsageError for a name that is no column's, or none at all
 */
export function chosen<T>(
  all: readonly Column<T>[],
  names: string | undefined,
  usual: readonly string[] = all.map(({ name }) => name),
  option = "--columns",
): Column<T>[] {
  const wanted = names === undefined ? usual : names.split(",").map((name) => name.trim());
  return wanted.map((name) => {
    const column = all.find((each) => each.name === name);
    if (column !== undefined) return column;
    throw new UsageError(`${option} ${printable(names ?? name)}: ${columnFault(name, all)}`);
  });
}

function columnFault<T>(name: string, all: readonly Column<T>[]): string {
  const known = all.map((column) => column.name).join(", ");
  return name === "" ? `give names with commas between, of ${known}` : `there is no ${printable(name)}, only ${known}`;
}

/**
 * Rows as lines, without line breaks: those of a table, of CSV, or of a JSON array of the rows themselves.
 *
 * ```ts
 * const lines = tableLines(rows, [{ name: "tid", side: "right", value: (row) => row.tid }], { width: 80 });
 * ```
 */
export function tableLines<T>(rows: readonly T[], columns: readonly Column<T>[], options: TableOptions): string[] {
  if (options.json === true) return [jsonText(rows)];
  const head = options.header ?? true;
  if (options.csv !== true) return laidOut(rows, columns, head, options.width);
  const lines = rows.map((row) => columns.map(({ value }) => csvField(value(row))).join(","));
  return head ? [columns.map(({ name }) => csvField(name)).join(","), ...lines] : lines;
}

/** A line's end: CSV has its own. */
export function lineEnd({ csv }: TableOptions): string {
  return csv === true ? "\r\n" : "\n";
}

function csvField(value: string | number | null): string {
  if (value === null) return "";
  const text = typeof value === "number" ? String(value) : shownIn(value);
  return /[",]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function laidOut<T>(rows: readonly T[], columns: readonly Column<T>[], hasHead: boolean, width?: number): string[] {
  const heads = columns.map(({ name, head }) => shownIn(head ?? name.toUpperCase()));
  const body = rows.map((row) => columns.map((column) => cellText(column, row)));
  const cells = hasHead ? [heads, ...body] : body;
  const widths = columns.map((_, at) => cells.reduce((most, line) => Math.max(most, textWidth(line[at] ?? "")), 0));
  if (width !== undefined) squeeze(widths, columns, width);
  return cells.map((line) => {
    const text = line.map((cell, at) => fitted(cell, widths[at] ?? 0, columns[at]?.side)).join(gap);
    const end = text.trimEnd();
    return width === undefined ? end : cut(end, width);
  });
}

function fitted(cell: string, width: number, side: "left" | "right" | undefined): string {
  return padded(cut(cell, width), width, side);
}

function cellText<T>({ value, text }: Column<T>, row: T): string {
  if (text !== undefined) return shownIn(text(row));
  const plain = value(row);
  return plain === null ? "-" : shownIn(String(plain));
}

function shownIn(text: string): string {
  return printable(text, Number.POSITIVE_INFINITY);
}

/** Takes from the elastic columns, the widest first, what the line has too much. */
function squeeze<T>(widths: number[], columns: readonly Column<T>[], width: number): void {
  let excess = widths.reduce((sum, each) => sum + each, gap.length * (columns.length - 1)) - width;
  while (excess > 0) {
    const at = widestElastic(widths, columns);
    const now = widths[at] ?? 0;
    if (at < 0 || now <= leastElastic) return;
    const less = Math.min(excess, now - leastElastic);
    widths[at] = now - less;
    excess -= less;
  }
}

function widestElastic<T>(widths: readonly number[], columns: readonly Column<T>[]): number {
  let widest = -1;
  columns.forEach(({ isElastic }, at) => {
    if (isElastic === true && (widths[at] ?? 0) > (widths[widest] ?? -1)) widest = at;
  });
  return widest;
}
