// Counts what a web server's log says, per status and per path, in constant memory however long it is: read → parse →
// filter → count, each a task. On a terminal the table is there while it grows, above a bar of how much has been read.
//
//   yieldix run apps/pipelines/access-log.ts -- [--status 404|5xx] [--path pattern] [--top 10] [--json] [file]

import { parseArgs } from "node:util";
import { type Program, type Routine, routine } from "../../kernel/syscall.ts";
import { Stat } from "../../syscalls/index.ts";
import { type App, app, jsonText, print, progress, progressBar, UsageError, wholeNumber } from "../lib/index.ts";
import { type Entry, entryOf } from "./access-log/entry.ts";
import { grouped, type Summary, sized, Tally, tableOf } from "./access-log/tally.ts";
import { readingInput } from "./input-faults.ts";
import { patternOf } from "./patterns.ts";
import { from } from "./pipeline.ts";
import { linesOf } from "./sources.ts";
import { filter, map } from "./stages.ts";

const usage = `usage: yieldix run apps/pipelines/access-log.ts -- [--status 404|5xx]
       [--path pattern] [--top 10] [--json] [file]

Counts the requests in a web server's log, and their bytes, per status and per
path. Reads standard input where no file is given.

  --status code   only requests that were answered with it, as 404, or 5xx for
                  all that begin with 5 (default: all)
  --path pattern  only requests whose path matches a regular expression
                  (default: all)
  --top n         so many paths, at most 1000 (default: 10)
  --json          prints the counts as one JSON object`;
const barCells = 30;
const mostTop = 1_000;

interface Options {
  readonly path: string;
  readonly holds: (entry: Entry) => boolean;
  readonly top: number;
  readonly isJson: boolean;
}

const accessLog: App = app(usage, parse, function* accessLog(options) {
  yield* readingInput(report(options));
});

export default accessLog;

const report: Routine<[options: Options], void> = routine(function* report(options) {
  const size = options.path === "-" ? undefined : (yield* new Stat(options.path)).size;
  const tally = new Tally();
  let read = 0;
  const shown = (): string => [...tableOf(tally.summary(options.top)), "", bar(read, size, tally.lines)].join("\n");
  const counted = count(options, tally, (bytes) => {
    read += bytes;
  });
  yield* progress(shown, counted);
  yield* print(textOf(tally.summary(options.top), options.isJson));
});

const count: Routine<[options: Options, tally: Tally, read: (bytes: number) => void], void> = routine(function* count(
  { path, holds },
  tally,
  read,
): Program<void> {
  const malformed = (): void => {
    tally.lines++;
    tally.malformed++;
  };
  const parsed = (line: string): Entry | undefined => {
    const entry = entryOf(line);
    if (entry === undefined) malformed();
    else tally.lines++;
    return entry;
  };
  yield* from(linesOf(path, { read, leftOut: malformed }), "read", { capacity: 256 })
    .through(map(parsed), "parse")
    .through(filter(holds), "filter")
    .into(function* (entries) {
      for (let step = yield* entries.next(); !step.done; step = yield* entries.next()) tally.add(step.value);
    }, "count");
});

function bar(read: number, size: number | undefined, lines: number): string {
  if (size === undefined) return `${sized(read)}, ${grouped(lines)} lines`;
  const share = size === 0 ? 1 : Math.min(1, read / size);
  return `${progressBar(share, barCells)} ${Math.floor(100 * share)} % of ${sized(size)}`;
}

function textOf(summary: Summary, isJson: boolean): string {
  return isJson ? jsonText(summary) : tableOf(summary).join("\n");
}

function parse(argv: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      json: { type: "boolean" },
      path: { type: "string" },
      status: { type: "string" },
      top: { type: "string" },
    },
  });
  const [path = "-", another] = positionals;
  if (another !== undefined) throw new UsageError(`one log at a time: ${another} is one too many`);
  const [pattern, hasStatus] = [
    values.path === undefined ? undefined : patternOf(values.path),
    statusTest(values.status),
  ];
  return {
    path,
    holds: (entry) => hasStatus(entry.status) && pattern?.test(entry.path) !== false,
    top: wholeNumber("top", values.top ?? "10", [1, mostTop]),
    isJson: values.json === true,
  };
}

function statusTest(text: string | undefined): (status: number) => boolean {
  if (text === undefined) return () => true;
  if (!/^[1-9]([0-9]{2}|xx)$/i.test(text)) {
    throw new UsageError(`--status ${JSON.stringify(text)} is no status: give 404, or 5xx for all that begin with 5`);
  }
  return /xx$/i.test(text)
    ? (status) => Math.floor(status / 100) === Number(text[0])
    : (status) => status === Number(text);
}
