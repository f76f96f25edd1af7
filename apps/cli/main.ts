#!/usr/bin/env node
// The `yieldix` command: reads the command line, runs the subcommand, sets the exit code. Every fault of the command
// line is one sentence on stderr and exit code 2.

import process from "node:process";
import { Command, CommanderError } from "commander";
import { UsageError } from "../lib/usage.ts";
import type { RunClient } from "./client-program.ts";
import { addGraph } from "./commands/graph.ts";
import { addKill } from "./commands/kill.ts";
import { addLog } from "./commands/log.ts";
import { addLs } from "./commands/ls.ts";
import { addNew } from "./commands/new.ts";
import { addPs } from "./commands/ps.ts";
import { addRenice } from "./commands/renice.ts";
import { addRun } from "./commands/run.ts";
import { addSh } from "./commands/sh.ts";
import { addStrace } from "./commands/strace.ts";
import { addTop } from "./commands/top.ts";
import { addTree } from "./commands/tree.ts";
import { addWhere } from "./commands/where.ts";
import { failureOf } from "./failure.ts";
import { home } from "./home.ts";
import { guardStreams } from "./streams.ts";
import { usageOf } from "./usage-of.ts";

async function main(argv: string[]): Promise<void> {
  guardStreams();
  try {
    await command().parseAsync(argv, { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return;
    const usage = error instanceof CommanderError ? faultOf(error) : error;
    const { code, text } = failureOf(usage, "the command");
    process.stderr.write(text);
    process.exitCode = code;
  }
}

function command(): Command {
  const yieldix = new Command("yieldix")
    .description("A mini operating system for tasks inside one Node process.")
    .version(home().version)
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({ writeErr: () => {}, outputError: () => {} })
    .addHelpText("after", "\nExample:\n  $ yieldix run app.ts --port 7000");
  addRun(yieldix);
  addNew(yieldix);
  addLs(yieldix);
  for (const add of [
    addStart,
    addStop,
    addPs,
    addTree,
    addWhere,
    addStrace,
    addGraph,
    addKill,
    addRenice,
    addLog,
    addTop,
  ])
    add(yieldix, attached);
  return yieldix;
}

// What speaks to a kernel is loaded for those commands that do.
const attached: RunClient = async (program, kernel) => (await import("./attached.ts")).attached(program, kernel);

const noCommand =
  "no command was given: yieldix run <app>, yieldix new syscall <Name> or yieldix new app <name> (see yieldix --help)";

function faultOf(error: CommanderError): UsageError {
  if (error.code === "commander.help") return new UsageError(noCommand);
  const file = error.code === "commander.unknownCommand" ? /'(.+\.[mc]?[jt]s)'/.exec(error.message)?.[1] : undefined;
  return usageOf(error, file === undefined ? "(see yieldix --help)" : `(did you mean "yieldix run ${file}"?)`);
}

main(process.argv.slice(2));
