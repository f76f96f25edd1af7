// `yieldix ls`: the live kernels of this user.

import process from "node:process";
import type { Command } from "commander";
import { type Program, routine, SyscallError } from "../../../kernel/syscall.ts";
import { All, Timeout } from "../../../syscalls/index.ts";
import { connectControl, type KernelEntry, listKernels } from "../../control/client.ts";
import { errorCodes } from "../../control/protocol.ts";
import type { Access, Stuck } from "../../control/records.ts";
import { RpcError } from "../../rpc/index.ts";
import { inProcess, lookOf } from "../attached.ts";
import { writeLines } from "../client-program.ts";
import { ClientCode } from "../exit-code.ts";
import { durationText } from "../faces/words.ts";
import { attachFault } from "../faults.ts";
import { addTableOptions, type Column, chosen, lineEnd, type TableOptions, tableLines } from "../table.ts";

/** A kernel as `ls` shows it. What only the kernel itself can tell is null where it does not answer. */
export interface KernelRow {
  readonly pid: number;
  readonly name: string;
  readonly upMs: number | null;
  readonly tasks: number | null;
  readonly access: Access;
  readonly machine: string | null;
  readonly viewers: number | null;
  /** The task that it is stuck in; 0 where it answers. */
  readonly stuck: number;
  readonly socket: string;
}

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
    text: ({ upMs }) => (upMs === null ? "-" : durationText(upMs)),
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
  const command = yieldix.command("ls").description("list the live kernels of this user").addHelpText("after", help);
  const names = columns.map(({ name }) => name);
  addTableOptions(command, names).action((options: LsOptions) => inProcess(() => ls(options)));
}

function* ls(options: LsOptions): Program<number> {
  const shown = chosen(columns, options.columns, usual);
  const rows = yield* kernelRows();
  const { width } = lookOf(process.stdout);
  yield* writeLines(tableLines(rows, shown, { ...options, width }), lineEnd(options));
  return rows.length === 0 ? ClientCode.none : ClientCode.done;
}

function* kernelRows(): Program<KernelRow[]> {
  try {
    const entries = yield* listKernels();
    return yield* new All(
      entries.map((entry) => rowOf(entry)),
      { limit: 16 },
    );
  } catch (error) {
    throw attachFault(error);
  }
}

/** How long a kernel may take to tell of itself, ms. */
const answerMs = 2_000;

const rowOf = routine(function* rowOf({ target, pid, name, access }: KernelEntry): Program<KernelRow> {
  const socket = "path" in target.address ? target.address.path : "";
  const known = { pid, name, access, socket, upMs: null, tasks: null, machine: null, viewers: null, stuck: 0 };
  try {
    const control = yield* connectControl(target);
    try {
      const { kernel } = yield* new Timeout(answerMs, control.ask("frame", {}));
      const { upMs, live, machine, viewers } = kernel;
      return { ...known, upMs, tasks: live, machine, viewers: viewers - 1 }; // this command is one of them
    } finally {
      control.close();
    }
  } catch (error) {
    const isStuck = error instanceof RpcError && error.code === errorCodes.notResponding;
    if (isStuck) return { ...known, stuck: (error.data as Stuck).tid }; // by the contract of that code
    if (error instanceof RpcError || error instanceof SyscallError) return known;
    throw error;
  }
});
