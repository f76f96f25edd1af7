// `yieldix tree`: the tasks of a kernel below their parents, or below who waits for them.

import type { Command } from "commander";
import type { Program } from "../../../kernel/syscall.ts";
import type { ControlPort } from "../../control/protocol.ts";
import {
  type ClientOptions,
  type ClientProgram,
  clientCommand,
  type Look,
  type RunClient,
  writeLines,
} from "../client-program.ts";
import { ClientCode } from "../exit-code.ts";
import { treeColumns, usualTreeColumns } from "../faces/tree.ts";
import { allRows } from "../rows.ts";
import { addTableOptions, chosen, lineEnd, type TableOptions, tableLines } from "../table.ts";

export interface TreeOptions extends TableOptions {
  readonly columns?: string;
  readonly filter?: string;
  readonly waits?: boolean;
}

/** Adds `yieldix tree`. */
export function addTree(yieldix: Command, run: RunClient): void {
  const command = clientCommand(yieldix, "tree", "yieldix tree")
    .option("--waits", "below who waits for them")
    .option("--filter <expression>", "which tasks, as for ps");
  const names = treeColumns(true).map(({ name }) => name);
  addTableOptions(command, names).action((options: TreeOptions & ClientOptions) => run(tree(options), options));
}

/** Draws the tree; `none` where no task is let through. */
export function tree(options: TreeOptions): ClientProgram {
  return function* tree(port: ControlPort, look: Look): Program<number> {
    const filter = options.filter === undefined ? {} : { filter: options.filter };
    const shape = options.waits === true ? "waits" : "tree";
    const rows = yield* allRows(port, { shape, sort: "tid", ...filter });
    const columns = chosen(treeColumns(look.isUnicode), options.columns, usualTreeColumns);
    yield* writeLines(tableLines(rows, columns, { ...options, width: look.width }), lineEnd(options));
    return rows.length === 0 ? ClientCode.none : ClientCode.done;
  };
}
