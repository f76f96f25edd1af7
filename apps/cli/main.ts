#!/usr/bin/env node
// The `yieldix` command: reads the command line, runs the subcommand, sets the exit code. Every fault of the command
// line is one sentence on stderr and exit code 2. What a subcommand needs is loaded for that one alone.

import process from "node:process";
import { Command, CommanderError } from "commander";
import { UsageError } from "../lib/usage.ts";
import { commandList } from "./command-list.ts";
import { type CommandName, commandWords } from "./command-words.ts";
import { home } from "./home.ts";
import { guardStreams } from "./streams.ts";
import { usageOf } from "./usage-of.ts";

async function main(argv: string[]): Promise<void> {
  guardStreams();
  try {
    const yieldix = command();
    await addCommands(yieldix, argv);
    await yieldix.parseAsync(argv, { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return;
    const usage = error instanceof CommanderError ? faultOf(error, argv) : error;
    const { failureOf } = await import("./failure.ts");
    const { code, text } = failureOf(usage, "the command");
    process.stderr.write(text);
    process.exitCode = code;
  }
}

function command(): Command {
  return new Command("yieldix")
    .description("A mini operating system for tasks inside one Node process.")
    .version(home().version)
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({ writeErr: () => {}, outputError: () => {} })
    .addHelpText("after", "\nExample:\n  $ yieldix run app.ts --port 7000");
}

// The one that is meant; where none is, all of them by name, for the help and for what is like a name that there is not.
async function addCommands(yieldix: Command, argv: readonly string[]): Promise<void> {
  const words = argv[0] === "--" ? argv.slice(1) : argv;
  const name = words[0] === "help" ? words[1] : words[0];
  if (name !== undefined && Object.hasOwn(commandList, name)) {
    await commandList[name as CommandName](yieldix); // it is one
    return;
  }
  for (const [each, { usage, does }] of Object.entries(commandWords)) {
    yieldix.command(`${each} ${usage}`).description(does);
  }
}

const noCommand =
  "no command was given: yieldix run <app>, yieldix new syscall <Name> or yieldix new app <name> (see yieldix --help)";
const noKind = "new: say what: yieldix new syscall <Name>, or yieldix new app <name>";

/** Commands that ask a kernel and take no argument: one that is given is most likely the kernel that is meant. */
const askAKernel: ReadonlySet<string | undefined> = new Set<CommandName>(["ps", "tree", "graph", "log", "stop", "sh"]);

function faultOf(error: CommanderError, [name, about]: readonly string[]): UsageError {
  if (error.code === "commander.help" && name === "help") {
    return new UsageError(`there is no command ${about} (see yieldix --help)`);
  }
  if (error.code === "commander.help") return new UsageError(name === "new" ? noKind : noCommand);
  if (error.code === "commander.excessArguments" && askAKernel.has(name)) {
    return usageOf(error, `(which kernel is said with -k: yieldix ${name} -k <its name or pid>)`);
  }
  const file = error.code === "commander.unknownCommand" ? /'(.+\.[mc]?[jt]s)'/.exec(error.message)?.[1] : undefined;
  const known = name !== undefined && Object.hasOwn(commandList, name) ? `${name} ` : "";
  return usageOf(error, file === undefined ? `(see yieldix ${known}--help)` : `(did you mean "yieldix run ${file}"?)`);
}

main(process.argv.slice(2));
