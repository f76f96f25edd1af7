// How long this thread was ready to run and got no CPU, as Linux counts it. On a machine with much to do that is most of what
// a clock on the wall says that a turn took.

import { readFileSync } from "node:fs";

/** Since the thread began, ms; 0 where the system does not tell. */
export function runDelayMs(): number {
  try {
    // "<ns on a CPU> <ns waiting for one> <times>"
    const waitedNs = readFileSync("/proc/thread-self/schedstat", "latin1").split(" ")[1];
    return Number(waitedNs ?? 0) / 1_000_000;
  } catch {
    return 0;
  }
}
