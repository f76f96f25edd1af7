// Reads lines with escape sequences for colours and attributes, as tmux captures them, into runs of one style. What is no
// such sequence is left out. One code point is one cell: the monitor shows no others.

/** How cells look; what is left out is as usual. */
export interface Style {
  /** "#rrggbb" */
  readonly foreground?: string;
  readonly background?: string;
  readonly bold?: boolean;
  readonly dim?: boolean;
  readonly italic?: boolean;
  readonly underline?: boolean;
  readonly inverse?: boolean;
}

/** Cells of one style, beside each other. */
export interface Run {
  /** Its first cell, from 0. */
  readonly column: number;
  readonly text: string;
  readonly style: Style;
}

/** Eight colours, and the same brighter: as legible as can be on a dark ground. */
const sixteen: readonly string[] = [
  "#1d2127",
  "#f07178",
  "#98c379",
  "#e5c07b",
  "#61afef",
  "#c792ea",
  "#56c8d8",
  "#d7dae0",
  "#7f8694",
  "#ff8f8f",
  "#b5e890",
  "#ffd97d",
  "#82c4ff",
  "#deb0ff",
  "#7fe3ef",
  "#ffffff",
];

/** A colour of the 256, as "#rrggbb". The cube and the greys are xterm's. */
export function colourOf(number: number): string {
  if (number < 16) return sixteen[number] ?? "#000000";
  const [from, step] = [number - 16, (level: number): number => (level === 0 ? 0 : 55 + 40 * level)];
  if (number < 232) return hex(step(Math.floor(from / 36)), step(Math.floor(from / 6) % 6), step(from % 6));
  const grey = 8 + 10 * (number - 232);
  return hex(grey, grey, grey);
}

function hex(...parts: readonly number[]): string {
  return `#${parts.map((part) => part.toString(16).padStart(2, "0")).join("")}`;
}

/** The runs of each line. A style goes on until it is changed, in the next line too. */
export function runsOf(lines: readonly string[]): Run[][] {
  let style: Style = {};
  return lines.map((line) => {
    const runs: Run[] = [];
    let column = 0;
    // Colours; else any other sequence; else text.
    for (const [, codes, text = ""] of line.matchAll(sequencesAndText)) {
      if (codes !== undefined) style = changed(style, codes);
      const shown = text.replaceAll(/\p{Cc}/gu, "");
      if (shown === "") continue;
      runs.push({ column, text: shown, style });
      column += [...shown].length;
    }
    return runs;
  });
}

const sequencesAndText = /\x1b\[([\d;:]*)m|\x1b\[[^@-~]*[@-~]|\x1b[ -/]*[0-Z\\-~]|([^\x1b]+)/g;

type Change = (style: Style) => Style;

const attributes: Readonly<Record<number, Change>> = {
  0: () => ({}),
  1: (style) => ({ ...style, bold: true }),
  2: (style) => ({ ...style, dim: true }),
  3: (style) => ({ ...style, italic: true }),
  4: (style) => ({ ...style, underline: true }),
  7: (style) => ({ ...style, inverse: true }),
  22: ({ bold: _, dim: __, ...style }) => style,
  23: ({ italic: _, ...style }) => style,
  24: ({ underline: _, ...style }) => style,
  27: ({ inverse: _, ...style }) => style,
  39: ({ foreground: _, ...style }) => style,
  49: ({ background: _, ...style }) => style,
};

function changed(before: Style, codes: string): Style {
  const numbers = codes.split(/[;:]/).map(Number);
  let style = before;
  for (let place = 0; place < numbers.length; place++) {
    const code = numbers[place] ?? 0;
    if (code === 38 || code === 48) {
      const [colour, used] = extended(numbers.slice(place + 1));
      place += used;
      style = coloured(style, code === 38, colour);
    } else if (isColour(code)) {
      style = coloured(style, [3, 9].includes(Math.floor(code / 10)), colourOf((code % 10) + (code >= 90 ? 8 : 0)));
    } else {
      style = attributes[code]?.(style) ?? style;
    }
  }
  return style;
}

function isColour(code: number): boolean {
  return /^(3|4|9|10)[0-7]$/.test(String(code));
}

/** The colour after 38 or 48, and how many numbers it took. */
function extended([kind, first = 0, green = 0, blue = 0]: readonly number[]): [colour: string, used: number] {
  return kind === 2 ? [hex(first, green, blue), 4] : [colourOf(first), 2];
}

function coloured(style: Style, isForeground: boolean, colour: string): Style {
  return isForeground ? { ...style, foreground: colour } : { ...style, background: colour };
}
