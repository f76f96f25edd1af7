// An app with a command line: --help, and faults of who typed it, are seen to here, so that the app begins with options
// that can be obeyed.

import { type Program, type Routine, routine } from "../../kernel/syscall.ts";
import { GetEnv } from "../../syscalls/index.ts";
import { print } from "./print.ts";
import { numberIn, UsageError } from "./usage.ts";

/** What a module exports to be run: `yieldix run app.ts -- <argv>`. */
export type App = Routine<[argv: readonly string[]], void>;

/**
 * Makes an app that reads options. Asked for `--help` or `-h`, before a "--", it prints its usage text and does nothing else.
 * What is wrong with its arguments ends it with a UsageError: one sentence, and how it is called.
 * @param usage how it is called, "usage: yieldix run app.ts -- [--port 7000]"; after an empty line what it does and what each
 * option means, with units and defaults. --help prints all of it, a fault the first part
 * @param parse makes options of the arguments, as a rule by `parseArgs` of node:util, whose faults it need not catch; it throws a
 * UsageError of one sentence for faults that it finds itself
 * @param body the app, a generator function, which is given the options
 * @throws UsageError when it runs, for arguments that cannot be obeyed
 *
 * ```ts
 * const usage = `usage: yieldix run beep.ts -- [--times 3]
 *
 * Rings the bell.
 *
 *   --times n  how often, at most 100 (default: 3)`;
 *
 * function parse(argv: readonly string[]): number {
 *   const { values } = parseArgs({ args: [...argv], options: { times: { type: "string", default: "3" } } });
 *   return wholeNumber("times", values.times, [1, 100]);
 * }
 *
 * const beep: App = app(usage, parse, function* beep(times) {
 *   for (let left = times; left > 0; left--) yield* print("beep");
 * });
 * export default beep;
 * ```
 */
export function app<O>(usage: string, parse: (argv: readonly string[]) => O, body: (options: O) => Program<void>): App {
  const begin = routine(body);
  return (argv) => {
    if (asksForHelp(argv)) return print(usage);
    try {
      return begin(parse(argv));
    } catch (error) {
      return refuse(isFault(error) ? withUsage(error, usage) : error);
    }
  };
}

function asksForHelp(argv: readonly string[]): boolean {
  const end = argv.indexOf("--");
  const words = end < 0 ? argv : argv.slice(0, end);
  return words.includes("--help") || words.includes("-h");
}

// As a task's error, where the app's other errors are, too.
const refuse = routine(function* refuse(error: unknown): Program<void> {
  throw error;
});

/** Of whoever typed the arguments; all else is the app's own. */
function isFault(error: unknown): error is Error {
  if (error instanceof UsageError) return true;
  return error instanceof Error && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS_");
}

function withUsage({ message }: Error, usage: string): UsageError {
  const [synopsis, more] = usage.split("\n\n");
  const way = more === undefined ? "" : "\n       --help says more";
  const fault = new UsageError(`${message.trimEnd()}\n${synopsis}${way}`);
  fault.stack = `${fault.name}: ${fault.message}`; // on a log, where it is a crash, the place says nothing
  return fault;
}

/**
 * The port that the environment's PORT gives, as whoever hosts services hands it to them.
 * @param byDefault where there is none
 * @throws UsageError for what is no port
 */
export const environmentPort: Routine<[byDefault: number], number> = routine(function* environmentPort(byDefault) {
  const text = yield* new GetEnv("PORT");
  return text ? numberIn("the environment's PORT", text, [0, 65_535]) : byDefault; // an empty one is as good as none
});
