// How a task ended, for columns that say already whether it returned, threw or was killed.

import { type Exit, shown } from "../../../kernel/syscall.ts";
import { truncated } from "../../../kernel/text.ts";
import { thrownText } from "../../../syscalls/exit-text.ts";

const maxText = 256;

/** The value that it returned, "" for none; "TypeError: …"; "by 3: enough". */
export function exitRecordText(exit: Exit): string {
  if (exit.status === "returned") return exit.value === undefined ? "" : truncated(shown(exit.value), maxText);
  if (exit.status === "threw") return truncated(errorWords(exit.error), maxText);
  const by = exit.by === 0 ? "from outside" : `by ${exit.by}`;
  return `${by}${exit.why === "" ? "" : `: ${exit.why}`}${exit.clean ? "" : " (its cleanup did not end)"}`;
}

// What is thrown may be anything: a getter of it may throw in turn.
function errorWords(error: unknown): string {
  try {
    return error instanceof Error ? `${error.name}: ${error.message}` : thrownText(error);
  } catch {
    return "an error that cannot be shown";
  }
}
