// What the parser of command lines found wrong, as one sentence of ours.

import type { CommanderError } from "commander";
import { UsageError } from "../lib/usage.ts";

/**
 * Commander writes "error: unknown option '--x'" and at times a second line with a suggestion.
 * @param way what to do, where nothing better is known: "(see yieldix --help)"
 */
export function usageOf(error: CommanderError, way: string): UsageError {
  const [said = "", suggestion] = error.message.replace(/^error: /, "").split("\n");
  const sentence = said.replace(/\.$/, "").replace(/\. (?=[A-Z])/, ": ");
  return new UsageError(`${sentence} ${suggestion ?? way}`);
}
