// `yieldix ps`: the tasks of a kernel, as they are at this moment.

import type { Command } from "commander";
import type { Program } from "../../../kernel/syscall.ts";
import type { ControlPort, TaskQuery } from "../../control/protocol.ts";
import { type PlacedRow, taskColumns } from "../../control/records.ts";
import {
  type ClientOptions,
  type ClientProgram,
  clientCommand,
  type Look,
  type RunClient,
  writeLines,
} from "../client-program.ts";
import { ClientCode } from "../exit-code.ts";
import { taskColumnsOf, usualColumns } from "../faces/tasks.ts";
import { allRows, measured, needsMeasure } from "../rows.ts";
import { addTableOptions, type Column, chosen, lineEnd, type TableOptions, tableLines } from "../table.ts";

/** What narrows and orders the tasks. */
export interface TaskOptions {
  readonly sort?: string;
  readonly filter?: string;
}

export interface PsOptions extends TaskOptions, TableOptions {
  readonly columns?: string;
  readonly all?: boolean;
}

/** Adds `yieldix ps`. */
export function addPs(yieldix: Command, run: RunClient): void {
  const command = clientCommand(yieldix, "ps", 'yieldix ps --filter "state:W" --sort -for');
  addTaskOptions(command).option("--all", "finished tasks too, as long as they are remembered");
  addTableOptions(command, taskColumns).action((options: PsOptions & ClientOptions) => run(ps(options), options));
}

/** Adds `--sort` and `--filter`. */
function addTaskOptions(command: Command): Command {
  return command
    .option("--sort <column>", 'the order; with a "-" before it the other way round', "tid")
    .option("--filter <expression>", 'which tasks: words, "state:W", "cpu>5", "for>10s", "name~re", "!", "|"');
}

/** What is asked for of a column's name, turned round by a "-" before it. */
export function taskQuery({ sort, filter }: TaskOptions): TaskQuery {
  const isInverted = sort?.startsWith("-") ?? false;
  return {
    ...(sort === undefined ? {} : { sort: isInverted ? sort.slice(1) : sort, isInverted }),
    ...(filter === undefined ? {} : { filter }),
  };
}

/** @throws UsageError for an order by a column that there is not */
export function mustKnow(known: readonly Column<PlacedRow>[], { sort }: TaskOptions): void {
  if (sort !== undefined) chosen(known, sort.replace(/^-/, ""), [], "--sort");
}

/** Lists tasks; `none` where none is let through. */
export function ps(options: PsOptions): ClientProgram {
  return function* ps(port: ControlPort, look: Look): Program<number> {
    if (needsMeasure(options.columns, options.sort, options.filter)) yield* measured(port);
    const rows = yield* allRows(port, { ...taskQuery(options), withFinished: options.all ?? false });
    const known = taskColumnsOf(rows, look.isUnicode);
    if (rows.length > 0) mustKnow(known, options);
    const columns = chosen(known, options.columns, usualColumns);
    yield* writeLines(tableLines(rows, columns, { ...options, width: look.width }), lineEnd(options));
    return rows.length === 0 ? ClientCode.none : ClientCode.done;
  };
}
