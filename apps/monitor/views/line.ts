// A line of a screen: runs of text with a named style each. One character is one cell. Views measure text from outside
// by its length and cut it with `cut`; every line leaves through `seal`, where each character that is not one cell wide,
// or could act on a terminal, becomes "?". Nothing that a view forgets gets past it.

/** What a run of text looks like; palette.ts says how. */
export type Style =
  | "normal"
  | "dim"
  | "bold"
  | "title"
  | "header"
  | "sorted"
  | "cursor"
  | "tagged"
  | "born"
  | "good"
  | "warn"
  | "bad"
  | "accent"
  | "link"
  | "spark"
  | "meterRun"
  | "meterPoll"
  | "meterIdle"
  | "tab"
  | "tabOn"
  | "rule"
  | "key"
  | "label"
  | "off"
  | "notice"
  | "alarm"
  | "dialog"
  | "dialogTitle"
  | "dialogKey"
  | "choice"
  | "input"
  | "match";

/** Text of one style; each character of it is one cell. */
export interface Run {
  readonly text: string;
  readonly style: Style;
}

/** All runs together are as wide as the screen. */
export type StyledLine = readonly Run[];

export function run(text: string, style: Style = "normal"): Run {
  return { text, style };
}

export function widthOf(line: StyledLine): number {
  let width = 0;
  for (const { text } of line) width += text.length;
  return width;
}

/** At most `width` cells of a text; "~" stands for what is cut. */
export function cut(text: string, width: number): string {
  if (text.length <= width) return text;
  return width <= 0 ? "" : `${text.slice(0, width - 1)}~`;
}

/** Exactly `width` cells, the text at their left. */
export function toLeft(text: string, width: number): string {
  return cut(text, width).padEnd(width);
}

/** Exactly `width` cells, the text at their right. */
export function toRight(text: string, width: number): string {
  return cut(text, width).padStart(width);
}

/** At most `width` cells of a line; "~" stands for what is cut. */
export function cutLine(line: StyledLine, width: number): StyledLine {
  if (widthOf(line) <= width) return line;
  const kept: Run[] = [];
  let left = width;
  for (const { text, style } of line) {
    if (left <= 0) break;
    // A run that ends at the edge is cut as well when more follows it.
    kept.push({ text: text.length < left ? text : `${text.slice(0, left - 1)}~`, style });
    left -= text.length;
  }
  return kept;
}

/** Exactly `width` cells; what is added is blank, of `style`. */
export function filled(line: StyledLine, width: number, style: Style = "normal"): StyledLine {
  const fitted = cutLine(line, width);
  const blank = width - widthOf(fitted);
  return blank > 0 ? [...fitted, run(" ".repeat(blank), style)] : fitted;
}

/** One part at the left and one at the right of exactly `width` cells; the left one is cut if they do not both fit. */
export function apart(left: StyledLine, right: StyledLine, width: number, style: Style = "normal"): StyledLine {
  const atRight = cutLine(right, width);
  return [...filled(left, width - widthOf(atRight), style), ...atRight];
}

/** A line with another laid over it from a column on. */
export function laidOver(line: StyledLine, at: number, over: StyledLine): StyledLine {
  const width = widthOf(line);
  return [...part(line, 0, at), ...over, ...part(line, at + widthOf(over), width)];
}

function part(line: StyledLine, from: number, to: number): Run[] {
  const found: Run[] = [];
  let column = 0;
  for (const { text, style } of line) {
    const kept = text.slice(Math.max(0, from - column), Math.max(0, to - column));
    if (kept !== "") found.push({ text: kept, style });
    column += text.length;
  }
  return found;
}

/** The same text in one style. */
export function restyled(line: StyledLine, style: Style): StyledLine {
  return [{ text: line.map(({ text }) => text).join(""), style }];
}

/** The way out: exactly `width` cells that are safe to show; neighbours of one style are one run. */
export function seal(line: StyledLine, width: number, isAscii: boolean): StyledLine {
  const sealed: { text: string; style: Style }[] = [];
  for (const { text, style } of filled(line, width)) {
    if (text === "") continue;
    const last = sealed.at(-1);
    if (last?.style === style) last.text += text;
    else sealed.push({ text, style });
  }
  for (const each of sealed) each.text = isAscii ? asciiCells(each.text) : cells(each.text);
  return sealed;
}

/**
 * Text of exactly as many cells as it has characters (UTF-16 units). Blanks of any kind are spaces; controls, escapes,
 * what has no width, two cells or its own direction, private and unassigned characters and surrogates are "?".
 */
export function cells(text: string): string {
  return plain.test(text) ? text : text.replace(blanks, " ").replace(unshowable, "?");
}

/** As `cells`, of ASCII alone. */
export function asciiCells(text: string): string {
  return plain.test(text)
    ? text
    : text
        .replace(blanks, " ")
        .replaceAll("…", "~")
        .replace(/[^ -~]/g, "?");
}

const plain = /^[ -~]*$/;
const blanks = /[\t\n\v\f\r\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/g;

// What is shown as it is: Latin, Greek, Cyrillic; punctuation, arrows, mathematics, lines, blocks and shapes, as far as
// each is assigned and one cell wide. A list of what is harmless, for no list of what is harmful is ever complete.
const unshowable =
  /[^ -~\u00a1-\u00ac\u00ae-\u02e9\u02ec-\u02ff\u0370-\u0377\u037a-\u037f\u0384-\u038a\u038c\u038e-\u03a1\u03a3-\u0482\u048a-\u052f\u1e00-\u1eff\u2010-\u2027\u2030-\u205e\u20a0-\u20bf\u2100-\u218b\u2190-\u2319\u231c-\u2328\u232b-\u23e8\u2500-\u25fc\u25ff\u2800-\u28ff]/g;
