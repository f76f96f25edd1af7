// Follows a log as it grows, through rotation, and prints the lines that match: each pattern is a task of its own, and all
// are given every line, as in Beazley's course: follow → broadcast → grep → print. It goes on until it is stopped.
//
//   yieldix run apps/pipelines/follow.ts -- [--start] [--poll 250] log [pattern…]

import { parseArgs } from "node:util";
import type { Program } from "../../kernel/syscall.ts";
import { Log } from "../../syscalls/index.ts";
import { type App, app, print, UsageError, wholeNumber } from "../lib/index.ts";
import { readingInput } from "./input-faults.ts";
import { patternOf } from "./patterns.ts";
import { from, type Sink } from "./pipeline.ts";
import { growingLines } from "./sources.ts";
import { broadcast } from "./stages.ts";

const usage = `usage: yieldix run apps/pipelines/follow.ts -- [--start] [--poll 250]
       log [pattern…]

Prints the lines of a log that match a regular expression, or one of several, as
they are written, until it is stopped.

  --start    begins with what is in the log (default: with what is new)
  --poll ms  between two looks at the log (default: 250)`;
const mostPatterns = 64;

interface Options {
  readonly path: string;
  readonly patterns: readonly string[];
  readonly sinks: readonly Sink<string, void>[];
  readonly from: "start" | "end";
  readonly pollMs: number;
}

const followLog: App = app(usage, parse, function* followLog({ path, patterns, sinks, pollMs, ...where }) {
  let leftOut = 0;
  const lines = growingLines(path, { pollMs, ...where }, { leftOut: () => leftOut++ });
  try {
    const names = patterns.map((pattern) => `grep ${pattern}`.slice(0, 60));
    const pipeline = from(lines, `follow ${path}`.slice(0, 60)).into(broadcast(sinks, names), "broadcast");
    yield* readingInput(pipeline);
  } finally {
    if (leftOut > 0) yield* new Log(`lines left out, over 65,536 bytes or not UTF-8: ${leftOut}`, { level: "warn" });
  }
});

export default followLog;

function parse(argv: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: { start: { type: "boolean" }, poll: { type: "string" } },
  });
  const [path, ...given] = positionals;
  if (path === undefined) throw new UsageError("a log to follow is missing");
  if (given.length > mostPatterns)
    throw new UsageError(`${given.length} patterns are too many: ${mostPatterns} at most`);
  const patterns = given.length === 0 ? [""] : given; // all lines
  return {
    path,
    patterns,
    sinks: patterns.map((text) => matching(patternOf(text), patterns.length > 1 ? `${text}: ` : "")),
    from: values.start === true ? "start" : "end",
    pollMs: wholeNumber("poll", values.poll ?? "250", [1, 9_999_999]),
  };
}

function matching(pattern: RegExp, prefix: string): Sink<string, void> {
  return function* matching(input): Program<void> {
    for (let step = yield* input.next(); !step.done; step = yield* input.next()) {
      if (pattern.test(step.value)) yield* print(prefix + step.value);
    }
  };
}
