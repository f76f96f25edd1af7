// Draws a screen of a terminal as SVG: monospace text on a dark ground of its own, so that it is legible in light and in
// dark pages. Every run is set to the width of its cells, whatever font there is, and blocks of bars and sparklines are
// drawn, not written, as fonts disagree about them.

import { type Run, runsOf, type Style } from "./styled.ts";

const [cellWidth, cellHeight, fontSize, margin] = [8, 17, 13, 12];
const [ground, ink] = ["#16181d", "#d7dae0"];
/** Where in a cell the line of the text is. */
const baseline = 13;

const escapes: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };

/**
 * Draws a screen.
 * @param lines as tmux captures them, with escape sequences
 * @param columns how wide it is, cells
 * @param title what it shows, for those who do not see it
 */
export function screenSvg(lines: readonly string[], columns: number, title: string): string {
  const width = columns * cellWidth + 2 * margin;
  const height = lines.length * cellHeight + 2 * margin;
  const classes = new Map<string, string>();
  const drawn = runsOf(lines).flatMap((runs, row) => runs.flatMap((run) => drawRun(run, row, classes)));
  const styles = [...classes].map(([rule, name]) => `.${name}{${rule}}`).join("");
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<style>text{font:${fontSize}px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:${ink};white-space:pre}${styles}</style>`,
    `<rect width="${width}" height="${height}" rx="8" fill="${ground}"/>`,
    `<g transform="translate(${margin} ${margin})">`,
    ...drawn,
    "</g>",
    "</svg>",
    "",
  ].join("\n");
}

function drawRun({ column, text, style }: Run, row: number, classes: Map<string, string>): string[] {
  const [front, back] = coloursOf(style);
  const cells = [...text];
  const parts: string[] = [];
  if (back !== ground) parts.push(box(column, row, cells.length, 0, 8, back));
  for (const word of words(cells)) {
    const at = column + word.at;
    if (isBlock(word.text)) parts.push(...blocks(word.text, at, row, front));
    else parts.push(textOf(word.text, at, row, classNames(style, front, classes)));
  }
  if (style.underline === true) {
    const y = row * cellHeight + baseline + 2;
    parts.push(
      `<rect x="${column * cellWidth}" y="${y}" width="${cells.length * cellWidth}" height="1" fill="${front}"/>`,
    );
  }
  return parts;
}

function coloursOf({ foreground = ink, background = ground, inverse }: Style): [front: string, back: string] {
  return inverse === true ? [background, foreground] : [foreground, background];
}

/** Parts of a run that are drawn as one: blocks, or text up to two blanks or a block. */
function words(cells: readonly string[]): { at: number; text: string }[] {
  const text = cells.map((cell) => ([...cell].length === 1 && cell.length === 1 ? cell : "\ufffd")).join("");
  return [...text.matchAll(/[▁-█]+|(?! )[^▁-█]+?(?= {2}|[▁-█]|\s*$)/g)].map((found) => ({
    at: found.index,
    text: cells.slice(found.index, found.index + found[0].length).join(""),
  }));
}

function isBlock(text: string): boolean {
  return /^[▁-█]/.test(text);
}

/** A bar for each; equal neighbours are one. */
function blocks(text: string, column: number, row: number, colour: string): string[] {
  return [...text.matchAll(/(.)\1*/g)].map(({ 0: same, index }) =>
    box(column + index, row, same.length, 8 - ((same.codePointAt(0) ?? 0) - 0x2580), 8, colour),
  );
}

/** A rectangle of whole cells, from one eighth of their height to another. */
function box(column: number, row: number, cells: number, fromEighth: number, toEighth: number, colour: string): string {
  const [from, to] = [(fromEighth * cellHeight) / 8, (toEighth * cellHeight) / 8];
  const y = number(row * cellHeight + from);
  return `<rect x="${column * cellWidth}" y="${y}" width="${cells * cellWidth}" height="${number(to - from)}" fill="${colour}"/>`;
}

function textOf(text: string, column: number, row: number, names: string): string {
  const [x, y, length] = [column * cellWidth, row * cellHeight + baseline, [...text].length * cellWidth];
  const name = names === "" ? "" : ` class="${names}"`;
  return `<text x="${x}" y="${y}" textLength="${length}"${name}>${escaped(text)}</text>`;
}

/** Names of classes that make text look so, made where they are new. */
function classNames({ bold, dim, italic }: Style, front: string, classes: Map<string, string>): string {
  const rules = [
    ...(front === ink ? [] : [`fill:${front}`]),
    ...(bold === true ? ["font-weight:bold"] : []),
    ...(dim === true ? ["opacity:.6"] : []),
    ...(italic === true ? ["font-style:italic"] : []),
  ];
  for (const rule of rules) if (!classes.has(rule)) classes.set(rule, `s${classes.size}`);
  return rules.map((rule) => classes.get(rule)).join(" ");
}

function number(value: number): string {
  return String(Math.round(value * 100) / 100);
}

function escaped(text: string): string {
  return text.replaceAll(/[&<>]/g, (character) => escapes[character] ?? character);
}
