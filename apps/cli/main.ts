#!/usr/bin/env node
// The `yieldix` command: reads the command line, runs the subcommand, sets the exit code. Every fault of the command
// line is one sentence on stderr and exit code 2.

import process from "node:process";
import { Command, CommanderError } from "commander";
import { UsageError } from "../lib/usage.ts";
import { addNew } from "./commands/new.ts";
import { addRun } from "./commands/run.ts";
import { failureOf } from "./failure.ts";
import { home } from "./home.ts";
import { guardStreams } from "./streams.ts";
import { usageOf } from "./usage-of.ts";

async function main(argv: string[]): Promise<void> {
  guardStreams();
  try {
    const yieldix = command();
    // An app begins sooner without what it does not need.
    if (argv[0] !== "run") (await import("./client-commands.ts")).addClientCommands(yieldix);
    await yieldix.parseAsync(argv, { from: "user" });
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
  return yieldix;
}

const noCommand =
  "no command was given: yieldix run <app>, yieldix new syscall <Name> or yieldix new app <name> (see yieldix --help)";

function faultOf(error: CommanderError): UsageError {
  if (error.code === "commander.help") return new UsageError(noCommand);
  const file = error.code === "commander.unknownCommand" ? /'(.+\.[mc]?[jt]s)'/.exec(error.message)?.[1] : undefined;
  return usageOf(error, file === undefined ? "(see yieldix --help)" : `(did you mean "yieldix run ${file}"?)`);
}

main(process.argv.slice(2));
