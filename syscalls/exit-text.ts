// How a task ended, in words: for reasons, messages and logs.

import { type Exit, shown, truncated } from "../kernel/syscall.ts";

const shownLength = 256;

/** "returned", "threw no such file", "was killed by task 3: enough". */
export function exitText(exit: Exit): string {
  if (exit.status === "returned") return "returned";
  if (exit.status === "threw") return `threw ${truncated(thrownText(exit.error), shownLength)}`;
  const by = exit.by === 0 ? "from outside" : `by task ${exit.by}`;
  return `was killed ${by}${exit.why === "" ? "" : `: ${exit.why}`}`;
}

/** What was thrown, as it would be told: an error's message, anything else as text. It may be anything, a hostile Proxy too. */
export function thrownText(error: unknown): string {
  try {
    return error instanceof Error ? String(error.message) : shown(error);
  } catch {
    return "an error that cannot be shown";
  }
}
