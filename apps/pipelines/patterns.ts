// Patterns as they are typed on a command line.

import { UsageError } from "../lib/index.ts";

/**
 * A regular expression of a user's. It is tried on one line at a time: one that takes ages for a line holds up all tasks
 * for so long, which `yieldix run --watchdog` ends.
 * @throws UsageError for what is none
 */
export function patternOf(text: string, flags = ""): RegExp {
  try {
    return new RegExp(text, `u${flags}`);
  } catch (error) {
    const why = error instanceof Error ? error.message.replace(/^.*: /, "") : String(error);
    throw new UsageError(`${JSON.stringify(text)} is no regular expression: ${why}`);
  }
}
