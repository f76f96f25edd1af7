// How each style looks. Colours are those of the terminal's own sixteen, so that its theme is kept, and one grey. A
// colour never says what a letter or a word does not say as well: without colours there are bold and reverse, no more.

import type { Style } from "./line.ts";

export interface Appearance {
  /** Of xterm's 256 colours; undefined: the terminal's own. */
  readonly foreground: number | undefined;
  readonly background: number | undefined;
  readonly isBold: boolean;
  readonly isReverse: boolean;
}

const black = 0;
const red = 1;
const green = 2;
const yellow = 3;
const magenta = 5;
const cyan = 6;
const white = 7;
const grey = 244;
const shade = 236;

/** Without colours: bold, reverse, or neither. */
const plain: Readonly<Record<Style, Appearance>> = {
  normal: look(),
  dim: look(),
  bold: look({ isBold: true }),
  title: look({ isBold: true }),
  header: look({ isReverse: true }),
  sorted: look({ isReverse: true, isBold: true }),
  cursor: look({ isReverse: true }),
  tagged: look({ isBold: true }),
  born: look({ isBold: true }),
  good: look(),
  warn: look({ isBold: true }),
  bad: look({ isBold: true }),
  accent: look(),
  link: look(),
  spark: look(),
  meterRun: look({ isBold: true }),
  meterPoll: look(),
  meterIdle: look(),
  tab: look(),
  tabOn: look({ isReverse: true }),
  rule: look(),
  key: look({ isBold: true }),
  label: look({ isReverse: true }),
  off: look(),
  notice: look({ isReverse: true }),
  alarm: look({ isReverse: true, isBold: true }),
  dialog: look(),
  dialogTitle: look({ isBold: true }),
  dialogKey: look({ isBold: true }),
  choice: look({ isReverse: true }),
  input: look({ isBold: true }),
  match: look({ isReverse: true }),
};

const coloured: Readonly<Record<Style, Appearance>> = {
  ...plain,
  dim: look({ foreground: grey }),
  title: look({ foreground: cyan, isBold: true }),
  header: look({ foreground: black, background: green }),
  sorted: look({ foreground: black, background: cyan }),
  cursor: look({ foreground: black, background: cyan }),
  tagged: look({ foreground: yellow, isBold: true }),
  good: look({ foreground: green, isBold: true }),
  warn: look({ foreground: yellow }),
  bad: look({ foreground: red, isBold: true }),
  accent: look({ foreground: cyan }),
  link: look({ foreground: magenta }),
  spark: look({ foreground: green }),
  meterRun: look({ foreground: green, isBold: true }),
  meterPoll: look({ foreground: yellow }),
  meterIdle: look({ foreground: grey }),
  tab: look({ foreground: grey }),
  tabOn: look({ foreground: black, background: cyan }),
  rule: look({ foreground: grey }),
  key: look(),
  label: look({ foreground: black, background: cyan }),
  off: look({ foreground: grey }),
  notice: look({ foreground: black, background: yellow }),
  alarm: look({ foreground: white, background: red, isBold: true }),
  dialog: look({ background: shade, foreground: 252 }),
  dialogTitle: look({ background: shade, foreground: cyan, isBold: true }),
  dialogKey: look({ background: shade, foreground: yellow, isBold: true }),
  choice: look({ foreground: black, background: cyan }),
  match: look({ foreground: black, background: yellow }),
};

export function appearance(style: Style, hasColour: boolean): Appearance {
  return (hasColour ? coloured : plain)[style];
}

function look(parts: Partial<Appearance> = {}): Appearance {
  return { foreground: undefined, background: undefined, isBold: false, isReverse: false, ...parts };
}
