// What is measured at growing sizes, and the names of the figures.

export type What = "live" | "killing" | "asyncLive" | "waking" | "timers" | "nodeTimers" | "depth" | "bareDepth";

/** Nanoseconds, or bytes where the name says so. */
export type Figures = Readonly<Partial<Record<FigureName, number>>>;

export type FigureName =
  | "spawn"
  | "bytes"
  | "switch"
  | "kill"
  | "wake"
  | "set"
  | "cancel"
  | "replace"
  | "trap"
  | "call"
  | "killFrame";

/** For children: prints the figures and ends the process, whatever still waits in it. */
export function report(figures: Figures): never {
  console.log(JSON.stringify(figures));
  process.exit(0);
}
