// What a benchmark suite gives back: tables and plots for people, checks for `--quick`. A suite measures and says what
// it saw; who runs it writes the report and decides the exit code.

/** How much to measure. */
export interface Effort {
  /** Two minutes for all suites together: fewer rounds, fewer peers, smaller sizes. */
  readonly quick: boolean;
  /** How often each case runs; the rounds of all cases are interleaved. */
  readonly rounds: number;
  /** One line of progress, for a person who waits. */
  say(text: string): void;
}

/** The median of the rounds, and how far they spread. */
export interface Figure {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** A cell: a measured figure, plain text, or nothing measured and why ("not installed"). */
export type Cell = Figure | string;

export interface Table {
  readonly title: string;
  /** What was done, and in which unit the figures are. */
  readonly note: string;
  readonly columns: readonly string[];
  readonly rows: readonly { readonly name: string; readonly cells: readonly Cell[] }[];
}

/** Points of one line of a plot. */
export interface Series {
  readonly name: string;
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

export interface Plot {
  /** The file's name, without its ending. */
  readonly file: string;
  readonly title: string;
  readonly x: string;
  readonly y: string;
  /** Logarithmic axes. */
  readonly log: "x" | "y" | "xy" | "none";
  readonly series: readonly Series[];
}

/** A goal, held against what was measured in the same run. */
export interface Check {
  readonly goal: string;
  readonly value: number;
  readonly unit: string;
  /** The goal is met when the value is at most this. */
  readonly atMost: number;
  /** A later change that makes the value worse than this fails `--quick`. Ratios only: times are the machine's. */
  readonly floor?: number;
  /** Where a goal is missed: why, and what the next lever is. */
  readonly remark?: string;
}

export interface SuiteResult {
  readonly tables: readonly Table[];
  readonly plots: readonly Plot[];
  readonly checks: readonly Check[];
}

export interface Suite {
  readonly name: string;
  run(effort: Effort): Promise<SuiteResult>;
}
