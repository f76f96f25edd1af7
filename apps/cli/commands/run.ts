// `yieldix run`: its options and their bounds. What it does is in ../run.ts.

import process from "node:process";
import { type Command, Option } from "commander";
import { defaultLimits } from "../../../kernel/limits.ts";
import { isLonger } from "../../../kernel/text.ts";
import { UsageError } from "../../lib/usage.ts";
import { commandWords } from "../command-words.ts";
import { controlOption } from "../control-option.ts";
import { ExitCode } from "../exit-code.ts";
import { machineNames } from "../machines.ts";
import { type RunOptions, run } from "../run.ts";

/** Adds `yieldix run <app> [args...]`. */
export function addRun(yieldix: Command): void {
  yieldix
    .command("run")
    .description(commandWords.run.does)
    .argument("<app>", "the app's file")
    .argument("[args...]", "the app's own arguments")
    .addOption(new Option("--machine <name>", "what to boot on").choices(machineNames).default("auto"))
    .option("--quantum <n>", `traps a turn may make (default: ${defaultLimits.quantum})`, quantum)
    .option("--seed <n>", "make chance, or the virtual machine's world, repeatable", seed)
    .option("--name <name>", "the main task's name (default: the file's)", taskName)
    .addOption(new Option("--control <how>", `the control port: ${controlWords}`).argParser(controlOption))
    .option("--token-file <file>", "with tcp:<port>: take its token from a file that is yours alone")
    .option("--watchdog <ms>", "end a turn that has not yielded for so long (default: never)", watchdog)
    .option("--monitor", "show the monitor in this terminal; leaving it ends the app")
    .option("--no-monitor", "the app alone (default)")
    .option("--stack", "show where an app stood that failed, too, when a fault outside ended it")
    .option("--no-control", "no control port: nobody can look in or act")
    .passThroughOptions()
    .addHelpText("after", runExample)
    .action(async (app: string, given: string[], asked: RunOptions) => {
      const { args, options } = withTrailingMonitor(given, asked);
      if (options.monitor === true && !(process.stdout.isTTY && process.stdin.isTTY)) {
        throw new UsageError("--monitor needs a terminal, and standard input or output is none: leave it out");
      }
      const code = await run(app, args[0] === "--" ? args.slice(1) : args, options);
      if (code !== ExitCode.ok) process.exitCode = code;
    });
}

/**
 * Who has seen an app run wants to look at it, and adds that at the end of the line: `--monitor` and `--no-monitor` are found
 * there too, up to a "--". The last one counts.
 */
function withTrailingMonitor(given: readonly string[], options: RunOptions): { args: string[]; options: RunOptions } {
  const end = given.indexOf("--");
  const [own, rest] = end < 0 ? [given, []] : [given.slice(0, end), given.slice(end)];
  const last = own.findLast((word) => monitorWords.has(word));
  if (last === undefined) return { args: [...given], options };
  const args = [...own.filter((word) => !monitorWords.has(word)), ...rest];
  return { args, options: { ...options, monitor: last === "--monitor" } };
}

const monitorWords: ReadonlySet<string> = new Set(["--monitor", "--no-monitor"]);

const controlWords = "read-only, or tcp:<port> as well (loopback, read-only, by token); may be given twice";

const runExample = `
What follows <app> is passed to it untouched, options included, but for --monitor and --no-monitor, which may stand
there too; behind a "--" all of it is the app's, and a "--" right behind <app> is dropped.

Example:
  $ yieldix run --quantum 1 hello.ts --loud

  // hello.ts
  import { GetTid, type Program, print } from "yieldix";
  export default function* hello(argv: string[]): Program<void> {
    yield* print(\`task \${yield* new GetTid()} says hello \${argv}\`);
  }

Exit codes: 0 returned, 1 threw, 2 usage, 3 deadlock, 70 kernel panic,
129, 130 and 143 when SIGHUP, SIGINT or SIGTERM had to cut it short.`;

function quantum(text: string): number {
  if (/^\d{1,15}$/.test(text) && Number(text) >= 1) return Number(text);
  throw new UsageError(`--quantum ${text}: give an integer of at least 1`);
}

function watchdog(text: string): number {
  if (/^\d{1,7}$/.test(text) && Number(text) >= 10) return Number(text);
  throw new UsageError(`--watchdog ${text}: give milliseconds, 10 to 9999999`);
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
