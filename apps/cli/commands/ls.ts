// `yieldix ls`: the live kernels of this user.

import process from "node:process";
import type { Command } from "commander";
import type { Program } from "../../../kernel/syscall.ts";
import { duration } from "../../monitor/views/format.ts";
import { writeLines } from "../client-program.ts";
import { commandWords } from "../command-words.ts";
import { ClientCode } from "../exit-code.ts";
import type { KernelRow } from "../kernels.ts";
import { addTableOptions, type Column, chosen, lineEnd, type TableOptions, tableLines } from "../table.ts";

interface LsOptions extends TableOptions {
  readonly columns?: string;
}

const columns: readonly Column<KernelRow>[] = [
  { name: "pid", side: "right", value: ({ pid }) => pid },
  { name: "name", value: ({ name }) => name },
  {
    name: "up",
    side: "right",
    value: ({ upMs }) => upMs,
    text: ({ upMs }) => (upMs === null ? "-" : duration(upMs)),
  },
  { name: "tasks", side: "right", value: ({ tasks }) => tasks },
  { name: "viewers", side: "right", value: ({ viewers }) => viewers },
  { name: "access", value: ({ access }) => access },
  { name: "machine", value: ({ machine }) => machine },
  {
    name: "stuck",
    side: "right",
    value: ({ stuck }) => stuck,
    text: ({ stuck }) => (stuck === 0 ? "" : String(stuck)),
  },
  { name: "socket", value: ({ socket }) => socket },
];

const usual = ["pid", "name", "up", "tasks", "access", "stuck", "socket"];

const help = `
A kernel that does not answer shows "-" for what only it can tell, and under STUCK the task whose turn does not end.

Exit codes: 0 there are some, 1 there is none, 2 usage, 3 the folder of their sockets is not safe.

Example:
  $ yieldix ls --json`;

/** Adds `yieldix ls`. */
export function addLs(yieldix: Command): void {
  const command = yieldix.command("ls").description(commandWords.ls.does).addHelpText("after", help);
  const names = columns.map(({ name }) => name);
  addTableOptions(command, names).action(ls);
}

async function ls(options: LsOptions): Promise<void> {
  const shown = chosen(columns, options.columns, usual);
  // What speaks to a kernel is loaded for those commands that do.
  const [{ inProcess, lookOf }, { kernelRows }] = await Promise.all([
    import("../attached.ts"),
    import("../kernels.ts"),
  ]);
  await inProcess(function* ls(): Program<number> {
    const rows = yield* kernelRows();
    const { width } = lookOf(process.stdout);
    yield* writeLines(tableLines(rows, shown, { ...options, width }), lineEnd(options));
    return rows.length === 0 ? ClientCode.none : ClientCode.done;
  });
}
