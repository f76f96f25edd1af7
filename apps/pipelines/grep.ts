// Prints the lines of files, or of standard input, that match a pattern. As grep it ends with 0 if there were any, 1 if
// there were none, and 2 if a file could not be read, or not to its end (a watchdog may end a pattern's turn), which keeps
// the others from nothing, or not all could be printed.
//
//   yieldix run apps/pipelines/grep.ts -- [-c] [-i] [-v] pattern [file…]

import { parseArgs } from "node:util";
import { type Program, type Routine, routine } from "../../kernel/syscall.ts";
import { Log } from "../../syscalls/index.ts";
import { type App, app, ExitStatus, print, UsageError } from "../lib/index.ts";
import { isInputFault, isOutputFault } from "./input-faults.ts";
import { patternOf } from "./patterns.ts";
import { from, type Inlet, isEndedEarly } from "./pipeline.ts";
import { linesOf } from "./sources.ts";
import { count, filter } from "./stages.ts";

const usage = `usage: yieldix run apps/pipelines/grep.ts -- [-c] [-i] [-v] pattern [file…]

Prints the lines of files, or of standard input, that match a regular
expression. Ends with 0 if there were any, 1 if none, 2 if something failed.

  -c, --count         prints how many there are, in place of the lines
  -i, --ignore-case   takes small letters and capitals for the same
  -v, --invert-match  prints the lines that do not match`;

interface Options {
  readonly matches: (line: string) => boolean;
  readonly files: readonly string[];
  readonly isCount: boolean;
}

const grep: App = app(usage, parse, function* grep(options) {
  let [found, faults] = [0, 0];
  for (const path of options.files) {
    try {
      found += yield* search(path, options);
    } catch (error) {
      if (isOutputFault(error)) throw new ExitStatus(2, error.message);
      yield* new Log(faultOf(path, error), { level: "error" });
      faults++;
    }
  }
  if (faults > 0) throw new ExitStatus(2);
  if (found === 0) throw new ExitStatus(1);
});

export default grep;

/** What is wrong with a file, or with how it was read. @throws any other error */
function faultOf(path: string, error: unknown): string {
  if (isInputFault(error)) return error.message;
  if (isEndedEarly(error)) return `${path}: ${error.message}`;
  throw error;
}

function parse(argv: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      count: { type: "boolean", short: "c" },
      "ignore-case": { type: "boolean", short: "i" },
      "invert-match": { type: "boolean", short: "v" },
    },
  });
  const [text, ...files] = positionals;
  if (text === undefined) throw new UsageError("a pattern is missing");
  const pattern = patternOf(text, values["ignore-case"] === true ? "i" : "");
  const isInverted = values["invert-match"] === true;
  return {
    matches: (line) => pattern.test(line) !== isInverted,
    files: files.length === 0 ? ["-"] : files,
    isCount: values.count === true,
  };
}

// How many lines were found.
const search: Routine<[path: string, options: Options], number> = routine(function* search(path, options) {
  const { matches, files, isCount } = options;
  let leftOut = 0;
  const lines = linesOf(path, { leftOut: () => leftOut++ });
  const prefix = files.length > 1 ? `${path}:` : "";
  const found = yield* from(lines, `read ${path}`.slice(0, 60))
    .through(filter(matches), "match")
    .into((input) => (isCount ? count(input) : printed(input, prefix)), "print");
  if (isCount) yield* print(`${prefix}${found}`);
  if (leftOut > 0)
    yield* new Log(`${path}: lines left out, over 65,536 bytes or not UTF-8: ${leftOut}`, { level: "warn" });
  return found;
});

function* printed(input: Inlet<string>, prefix: string): Program<number> {
  let found = 0;
  for (let step = yield* input.next(); !step.done; step = yield* input.next()) {
    yield* print(prefix + step.value);
    found++;
  }
  return found;
}
