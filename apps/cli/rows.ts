// Gets the tasks of a kernel, all that are wanted, in pages; waits for a second where what was asked for must first be
// measured.

import { type Program, type Routine, routine } from "../../kernel/syscall.ts";
import { Sleep } from "../../syscalls/index.ts";
import type { ControlPort, Frame, TaskQuery } from "../control/protocol.ts";
import type { PlacedRow } from "../control/records.ts";
import { measuredColumns } from "./faces/tasks.ts";

/** Tasks asked for at once: their longest texts still fit in one message. */
const pageLength = 2_000;
/** A whole second that is watched ends within this, ms. */
const secondMs = 1_100;
/** Seconds that are waited for: the first may have begun before we came. */
const maxSeconds = 3;

/**
 * The rows that a query lets through, in its order, each once. Pages are of different moments, so that of more than 2,000
 * tasks one may be missing that came, went or changed its place meanwhile.
 */
export const allRows: Routine<[port: ControlPort, query: TaskQuery], PlacedRow[]> = routine(
  function* allRows(port, query) {
    const rows: PlacedRow[] = [];
    const seen = new Set<number>();
    for (let offset = 0; ; ) {
      const { tasks } = yield* port.ask("frame", { tasks: { ...query, offset, limit: pageLength } });
      if (tasks === undefined || tasks.rows.length === 0) return rows;
      for (const row of tasks.rows) if (row.isRepeat || !seen.has(row.tid)) rows.push(row);
      for (const { tid } of tasks.rows) seen.add(tid);
      offset += tasks.rows.length;
      if (offset >= tasks.total) return rows;
    }
  },
);

/** Waits until a whole second was watched, for who has asked for a column that is measured. */
export const measured: Routine<[port: ControlPort], Frame> = routine(function* measured(port): Program<Frame> {
  const one: TaskQuery = { limit: 1, sort: "tid" };
  let frame = yield* port.ask("frame", { tasks: one });
  for (let second = 0; second < maxSeconds && frame.tasks?.rows[0]?.cpu === null; second++) {
    yield* new Sleep(secondMs);
    frame = yield* port.ask("frame", { tasks: one });
  }
  return frame;
});

/** Whether any of these texts (columns, an order, a filter) is about a column that must be measured first. */
export function needsMeasure(...texts: readonly (string | undefined)[]): boolean {
  const words = texts.flatMap((text) => text?.split(/[^a-z/]+/) ?? []);
  return words.some((word) => measuredColumns.has(word));
}
