#!/usr/bin/env node
// The `yieldix` command: reads the command line, runs the subcommand, sets the exit code. Every fault of the command
// line is one sentence on stderr and exit code 2.

import process from "node:process";
import { Command, CommanderError, Option } from "commander";
import { defaultLimits } from "../../kernel/index.ts";
import { isLonger } from "../../kernel/text.ts";
import { UsageError } from "../lib/usage.ts";
import { ExitCode } from "./exit-code.ts";
import { failureOf } from "./failure.ts";
import { home } from "./home.ts";
import { machineNames } from "./machines.ts";
import { type Kind, writeNew } from "./new.ts";
import { type RunOptions, run } from "./run.ts";
import { guardStreams } from "./streams.ts";

const runExample = `
What follows <app> is passed to it untouched, options included; a "--" in between is dropped.

Example:
  $ yieldix run --quantum 1 hello.ts --loud

  // hello.ts
  import { GetTid, type Program, print } from "yieldix";
  export default function* hello(argv: string[]): Program<void> {
    yield* print(\`task \${yield* new GetTid()} says hello \${argv}\`);
  }

Exit codes: 0 returned, 1 threw, 2 usage, 3 deadlock, 70 kernel panic,
129, 130 and 143 when SIGHUP, SIGINT or SIGTERM had to cut it short.`;

async function main(argv: string[]): Promise<void> {
  guardStreams();
  try {
    await command().parseAsync(argv, { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return;
    const usage = error instanceof CommanderError ? usageOf(error) : error;
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

function addRun(yieldix: Command): void {
  yieldix
    .command("run")
    .description("run an app: a .ts or .js module whose default export returns a program")
    .argument("<app>", "the app's file")
    .argument("[args...]", "the app's own arguments")
    .addOption(new Option("--machine <name>", "what to boot on").choices(machineNames).default("auto"))
    .option("--quantum <n>", `traps a turn may make (default: ${defaultLimits.quantum})`, quantum)
    .option("--seed <n>", "make chance, or the virtual machine's world, repeatable", seed)
    .option("--name <name>", "the main task's name (default: the file's)", taskName)
    .passThroughOptions()
    .addHelpText("after", runExample)
    .action(async (app: string, args: string[], options: RunOptions) => {
      const code = await run(app, args[0] === "--" ? args.slice(1) : args, options);
      if (code !== ExitCode.ok) process.exitCode = code;
    });
}

const newExample = `
Example:
  $ yieldix new syscall TakeTicket
  $ yieldix new app my-app`;

function addNew(yieldix: Command): void {
  const begin = yieldix
    .command("new")
    .description("write a file to start from, and its test; overwrites nothing")
    .addHelpText("after", newExample);
  const write = (kind: Kind) => (name: string) => {
    process.stdout.write(writeNew(kind, name, process.cwd()));
  };
  begin
    .command("syscall")
    .description("a syscall that blocks")
    .argument("<Name>", "in PascalCase")
    .action(write("syscall"));
  begin.command("app").description("an app").argument("<name>", "in kebab-case").action(write("app"));
}

function quantum(text: string): number {
  if (/^\d{1,15}$/.test(text) && Number(text) >= 1) return Number(text);
  throw new UsageError(`--quantum ${text}: give an integer of at least 1`);
}

function seed(text: string): number {
  if (/^-?\d{1,16}$/.test(text) && Number.isSafeInteger(Number(text))) return Number(text);
  throw new UsageError(`--seed ${text}: give an integer from -(2^53-1) to 2^53-1`);
}

function taskName(text: string): string {
  const { nameLength } = defaultLimits;
  if (text !== "" && !isLonger(text, nameLength)) return text;
  throw new UsageError(`--name ${JSON.stringify(text)}: give a name of 1 to ${nameLength} characters`);
}

const noCommand =
  "no command was given: yieldix run <app>, yieldix new syscall <Name> or yieldix new app <name> (see yieldix --help)";

// Commander writes "error: unknown option '--x'" and at times a second line with a suggestion.
function usageOf(error: CommanderError): UsageError {
  if (error.code === "commander.help") return new UsageError(noCommand);
  const [said = "", suggestion] = error.message.replace(/^error: /, "").split("\n");
  const sentence = said.replace(/\.$/, "").replace(/\. (?=[A-Z])/, ": ");
  const file = error.code === "commander.unknownCommand" ? /'(.+\.[mc]?[jt]s)'/.exec(said)?.[1] : undefined;
  const way = file === undefined ? "(see yieldix --help)" : `(did you mean "yieldix run ${file}"?)`;
  return new UsageError(`${sentence} ${suggestion ?? way}`);
}

main(process.argv.slice(2));
