// Lets promises settle and `process.nextTick` run after a callback that Node knows nothing of, as it does after each of its
// own. Costs 55 ns when there is nothing to run.

import process from "node:process";

// Not documented, and in every Node since 0.10. Where it is gone one day, the next phase of Node's loop does it.
const { _tickCallback: ticks } = process as { _tickCallback?: () => void }; // not in the types

/** Runs all microtasks and ticks there are. What one of them throws is an uncaught exception, as ever. Throws nothing. */
export function runTicks(): void {
  if (ticks === undefined) {
    setImmediate(nothing);
    return;
  }
  for (let isDone = false; !isDone; ) {
    try {
      ticks.call(process);
      isDone = true;
    } catch (error) {
      throwUncaught(error);
    }
  }
}

/** Has an error be an uncaught exception of the process, when microtasks run next. */
export function throwUncaught(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}

function nothing(): void {}
