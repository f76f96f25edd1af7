// A line of a screen: runs of text with a named style each. One character is one cell: `cells` makes that true of any
// text from outside, so that the length of a string is its width, and no byte of it can act on a terminal.

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
