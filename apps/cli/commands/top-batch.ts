// `yieldix top --batch`: the monitor's frames as plain text, one after the other, for a file or a pipe.

import type { Program } from "../../../kernel/syscall.ts";
import { Every } from "../../../syscalls/index.ts";
import type { ControlPort, Frame } from "../../control/protocol.ts";
import { monitorColumns, type TaskColumn } from "../../control/records.ts";
import { jsonText } from "../../lib/json-text.ts";
import { type ClientProgram, type Look, writeLines } from "../client-program.ts";
import { ClientCode } from "../exit-code.ts";
import { taskColumnsOf } from "../faces/tasks.ts";
import { frameLines } from "../faces/top.ts";
import { measured } from "../rows.ts";
import { chosen } from "../table.ts";
import { mustKnow, type TaskOptions, taskQuery } from "./ps.ts";

export interface BatchOptions extends TaskOptions {
  /** Frames; default: until it is ended. */
  readonly iterations?: number;
  /** Seconds between two; default 1. */
  readonly delay?: number;
  readonly columns?: string;
  /** Tasks in a frame; default 30. */
  readonly limit?: number;
  readonly json?: boolean;
}

/** Between two frames. */
const separator = "----";
/** The same in time, ms: as fast as they come is at most 10 a second, as on the screen. */
const leastMs = 100;

/** Writes frames; the first one after a second, when there is something to tell. */
export function topBatch(options: BatchOptions): ClientProgram {
  const { iterations = Number.POSITIVE_INFINITY, delay = 1, limit = 30 } = options;
  return function* topBatch(port: ControlPort, look: Look): Program<number> {
    yield* measured(port);
    const every = new Every(Math.max(leastMs, delay * 1_000));
    for (let frames = 1; ; frames++) {
      const frame = yield* port.ask("frame", { tasks: { ...taskQuery(options), limit } });
      yield* writeLines(batchLines(frame, options, look, frames > 1));
      if (frames >= iterations) return ClientCode.done;
      yield* every.next();
    }
  };
}

function batchLines(frame: Frame, options: BatchOptions, look: Look, isNext: boolean): string[] {
  const rows = frame.tasks?.rows ?? [];
  const all = taskColumnsOf(rows, look.isUnicode);
  if (rows.length > 0) mustKnow(all, options);
  if (options.json === true) return [jsonText(frame)];
  const lines = frameLines(frame, chosen(all, options.columns, columnsFor(look.width)), look);
  return isNext ? [separator, ...lines] : lines;
}

/** Cells of a line in which waits and names can be read beside all the numbers. */
const fullWidth = 128;
/** What a narrow terminal does without, in this order, and the cells that it had. */
const spare: readonly (readonly [name: TaskColumn, cells: number])[] = [
  ["run", 7],
  ["traps/s", 9],
  ["ready", 10],
  ["history", 12],
  ["nice", 6],
  ["turns/s", 9],
  ["max", 8],
];

function columnsFor(width = fullWidth): readonly TaskColumn[] {
  const left = new Set(monitorColumns);
  let excess = fullWidth - width;
  for (const [name, cells] of spare) {
    if (excess <= 0) break;
    left.delete(name);
    excess -= cells;
  }
  return [...left];
}
