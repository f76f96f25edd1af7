// Generators that data is asked of, as in Beazley's course on generators: each asks the one before it, nothing is done
// until the last is asked, and who asks no more closes all of them. The other way round from coroutines, which are sent to.

import type { Coroutine } from "./coroutines.ts";

/** n, n - 1, … 1. */
export function* countdown(n: number): Generator<number, void> {
  for (let left = n; left > 0; left--) yield left;
}

/** The lines of a text that comes in pieces, without their newlines; a last one without a newline counts. */
export function* lines(pieces: Iterable<string>): Generator<string, void> {
  let begun = "";
  for (const piece of pieces) {
    const whole = (begun + piece).split("\n");
    begun = whole.pop() ?? "";
    yield* whole;
  }
  if (begun !== "") yield begun;
}

/** The lines that match. */
export function* grep(pattern: RegExp, from: Iterable<string>): Generator<string, void> {
  for (const line of from) if (pattern.test(line)) yield line;
}

/**
 * Sends each line that is there to a coroutine, as `tail -f`, and yields where it would have to wait for the next: whoever
 * runs it decides how. It ends when the target has, and closes the target when it is ended.
 * @param read the next line; undefined: there is none now
 */
export function* follow(read: () => string | undefined, target: Coroutine<string>): Generator<undefined, void> {
  try {
    for (;;) {
      const line = read();
      if (line === undefined) yield;
      else if (!target.send(line)) return;
    }
  } finally {
    target.close();
  }
}

/** Sends all items to a coroutine, and closes it. Stops asking where no more are wanted. */
export function feed<T>(items: Iterable<T>, target: Coroutine<T>): void {
  try {
    for (const item of items) if (!target.send(item)) break;
  } finally {
    target.close();
  }
}
