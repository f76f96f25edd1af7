// What is measured in a child of its own, and the names of the figures.

export type What = "plain" | "uncounted" | "watched" | "traced" | "frames" | "drawing" | "ending" | "deaf";

/** Nanoseconds, milliseconds or bytes, as its table says. */
export type Figures = Readonly<Partial<Record<FigureName, number>>>;

export type FigureName =
  | "trap"
  | "turn"
  | "byCpu"
  | "byName"
  | "filtered"
  | "tree"
  | "json"
  | "bytes"
  | "draw"
  | "screen"
  | "screenBytes"
  | "unchanged"
  | "unchangedBytes"
  | "growth"
  | "named"
  | "located"
  | "ended"
  | "answered"
  | "deafGrowth"
  | "deafAnswer";

/** For children: prints the figures and ends the process, whatever still waits in it. */
export function report(figures: Figures): never {
  console.log(JSON.stringify(figures));
  process.exit(0);
}
