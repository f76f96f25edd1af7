// The commands of the shell: those of the command line, on the shell's own kernel, read by the same parser.

import { Command, CommanderError } from "commander";
import { UsageError } from "../../lib/usage.ts";
import type { ClientProgram, RunClient } from "../client-program.ts";
import { addGraph } from "../commands/graph.ts";
import { addKill } from "../commands/kill.ts";
import { addLog } from "../commands/log.ts";
import { addPs } from "../commands/ps.ts";
import { addRenice } from "../commands/renice.ts";
import { addStrace } from "../commands/strace.ts";
import { addTree } from "../commands/tree.ts";
import { addWhere } from "../commands/where.ts";
import { usageOf } from "../usage-of.ts";

/** Those whose arguments are tasks: "%1" means the task of that job there. */
export const takesTids: ReadonlySet<string> = new Set(["where", "strace", "kill", "renice", "fg", "bg", "wait"]);

/** What is said when the shell is started. */
const ofTheShell: ReadonlySet<string> = new Set(["--kernel", "--token-file"]);

/** What a line comes to: a program, or text alone, such as that of --help. */
export type Built = { readonly program: ClientProgram } | { readonly text: string };

/** What each does, and its options, by name. */
export function listBuiltins(): ReadonlyMap<string, { readonly text: string; readonly options: readonly string[] }> {
  const commands = parser(() => {}).commands.map((command): [string, { text: string; options: string[] }] => {
    const options = command.options.flatMap(({ long }) => (long === undefined || ofTheShell.has(long) ? [] : [long]));
    return [command.name(), { text: command.description(), options: [...options, "--help"] }];
  });
  return new Map(commands);
}

/**
 * Reads a command.
 * @param words its name and its arguments
 * @throws UsageError for what it does not take
 */
export function build(words: readonly string[]): Built {
  let built: Built | undefined;
  let text = "";
  const commands = parser((program, { kernel, tokenFile }) => {
    if (kernel !== undefined || tokenFile !== undefined)
      throw new UsageError("the shell is on one kernel: leave out --kernel and --token-file, or start another shell");
    built = { program };
  });
  for (const command of commands.commands) command.configureOutput({ writeOut: (more) => (text += more), ...silent });
  try {
    commands.parse(words, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode !== 0) throw usageOf(error, `(see ${words[0]} --help)`);
  }
  return built ?? { text };
}

const silent = { writeErr: () => {}, outputError: () => {} };

function parser(run: RunClient): Command {
  const commands = new Command("").exitOverride().configureOutput(silent).enablePositionalOptions();
  for (const add of [addPs, addTree, addWhere, addStrace, addGraph, addKill, addRenice, addLog]) add(commands, run);
  return commands;
}
