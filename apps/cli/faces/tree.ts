// Rows of a tree, and the lines that join each to its parent.

import type { PlacedRow } from "../../control/records.ts";
import { duration } from "../../monitor/views/format.ts";
import type { Column } from "../table.ts";
import { waitText } from "./tasks.ts";

/** Deeper than this the lines are left out, and the depth is said in their place. */
const maxDrawn = 32;

/**
 * The columns of a tree: who, in its place, then what it does and for how long.
 * @param isUnicode false: lines in ASCII
 */
export function treeColumns(isUnicode: boolean): Column<PlacedRow>[] {
  return [
    { name: "task", value: ({ name }) => name, text: (row) => placedName(row, isUnicode) },
    { name: "tid", side: "right", value: ({ tid }) => tid },
    { name: "parent", side: "right", value: ({ parent }) => parent },
    { name: "state", head: "S", value: ({ state }) => state },
    { name: "waiting", head: "WAITING ON", value: ({ verb, object }) => `${verb} ${object}`.trim(), text: waitText },
    { name: "for", side: "right", value: ({ forMs }) => forMs, text: ({ forMs }) => duration(forMs) },
    { name: "finding", head: "!", value: ({ finding }) => finding },
    { name: "app", value: ({ app }) => app },
  ];
}

/** What `tree` shows unless it is told. */
export const usualTreeColumns: readonly string[] = ["task", "state", "for", "finding", "waiting"];

/** The lines that lead to a row: for each ancestor whether more of its siblings follow, and an elbow for the row. */
export function branchText(lasts: readonly boolean[], isUnicode: boolean): string {
  const [bar, tee, elbow] = isUnicode ? ["│  ", "├─ ", "└─ "] : ["|  ", "|- ", "`- "];
  const below = lasts.slice(1); // who is at the top hangs on nothing
  if (below.length > maxDrawn) return `(${below.length} deep) `;
  return below.map((isLast, at) => (at < below.length - 1 ? (isLast ? "   " : bar) : isLast ? elbow : tee)).join("");
}

function placedName({ lasts, tid, name, count, isRepeat }: PlacedRow, isUnicode: boolean): string {
  const note = isRepeat ? "  (above: a cycle)" : count > 1 ? `  (and ${count - 1} more)` : "";
  return `${branchText(lasts, isUnicode)}${tid} ${name}${note}`;
}
