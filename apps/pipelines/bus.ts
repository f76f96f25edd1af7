// Where the buses are: a stream of XML → events → dictionaries → filter → table, after the example of Beazley's course, whose
// data is that of Chicago's buses. Reading, parsing and printing are tasks; inside the parser's, events go through
// coroutines, which is what those are good at: a state that waits for its next event, and not for the outside.
//
//   yieldix run apps/pipelines/bus.ts -- [--route 22] [--direction "North Bound"] [--element bus] [--columns id,route,…] [file]

import { parseArgs, TextDecoder } from "node:util";
import { type Program, SyscallError, type Yieldable } from "../../kernel/syscall.ts";
import { printable } from "../../kernel/text.ts";
import { Open, OpenStdin, Read } from "../../syscalls/index.ts";
import { type App, app, cut, padded, print, recv, UsageError } from "../lib/index.ts";
import { XmlEvents } from "./bus/events.ts";
import { records, type XmlRecord } from "./bus/records.ts";
import { readingInput } from "./input-faults.ts";
import { from, type Sink, type Source, type Stage } from "./pipeline.ts";
import * as push from "./push.ts";
import { filter } from "./stages.ts";

const usage = `usage: yieldix run apps/pipelines/bus.ts -- [--route 22]
       [--direction "North Bound"] [--element bus]
       [--columns id,route,direction,latitude,longitude] [file]

Prints the buses in an XML document as a table, as they come. Reads standard
input where no file is given.

  --route name      only the buses of a route (default: all)
  --direction name  only those in a direction (default: all)
  --element name    the element that is a bus (default: bus)
  --columns names   elements in it that are printed, at most 16
                    (default: id,route,direction,latitude,longitude)`;
const chunkBytes = 16_384;
const cells = 14;
const mostColumns = 16;

interface Options {
  readonly path: string;
  readonly element: string;
  readonly columns: readonly string[];
  readonly wanted: ReadonlyMap<string, string>;
}

const bus: App = app(usage, parse, function* bus({ path, element, columns, wanted }) {
  const isWanted = (record: XmlRecord): boolean => [...wanted].every(([name, value]) => record.get(name) === value);
  const pipeline = from(pieces(path), "read", { capacity: 4 })
    .through(parsed(path === "-" ? "stdin" : path, element), "parse")
    .through(filter(isWanted), "filter")
    .into(table(columns), "table");
  yield* readingInput(pipeline);
});

export default bus;

function pieces(path: string): Source<Uint8Array> {
  return function* pieces(output): Program<void> {
    const read = yield* path === "-" ? readerOfStdin() : readerOf(path);
    for (let bytes = yield* read(); bytes.length > 0; bytes = yield* read()) yield* output.send(bytes);
  };
}

function* readerOf(path: string): Program<() => Yieldable<Uint8Array>> {
  const file = yield* new Open(path);
  return () => new Read(file, chunkBytes);
}

function* readerOfStdin(): Program<() => Yieldable<Uint8Array>> {
  const input = yield* new OpenStdin();
  return () => recv(input, chunkBytes);
}

/** Bytes to records. */
function parsed(label: string, element: string): Stage<Uint8Array, XmlRecord> {
  return function* parse(input, output): Program<void> {
    const made: XmlRecord[] = [];
    const events = new XmlEvents(label);
    const sink = records(
      element,
      push.print((record) => made.push(record)),
    );
    const decoder = new TextDecoder("utf-8", { fatal: true });
    for (;;) {
      const step = yield* input.next();
      const text = decoded(decoder, step.done ? undefined : step.value, label);
      for (const event of events.write(text)) sink.send(event);
      if (step.done) for (const event of events.end()) sink.send(event);
      for (const record of made.splice(0)) yield* output.send(record);
      if (step.done) return;
    }
  };
}

function decoded(decoder: TextDecoder, bytes: Uint8Array | undefined, label: string): string {
  try {
    return decoder.decode(bytes, { stream: bytes !== undefined });
  } catch (error) {
    throw new SyscallError("EPROTO", `${label} is not UTF-8`, { cause: error });
  }
}

function table(columns: readonly string[]): Sink<XmlRecord, void> {
  return function* table(input): Program<void> {
    yield* print(row(columns.map((name) => name.toUpperCase())));
    for (let step = yield* input.next(); !step.done; step = yield* input.next()) {
      const { value } = step;
      yield* print(row(columns.map((name) => value.get(name) ?? "-")));
    }
  };
}

function row(texts: readonly string[]): string {
  return texts
    .map((text) => padded(cut(printable(text), cells), cells))
    .join(" ")
    .trimEnd();
}

function parse(argv: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      columns: { type: "string", default: "id,route,direction,latitude,longitude" },
      direction: { type: "string" },
      element: { type: "string", default: "bus" },
      route: { type: "string" },
    },
  });
  const [path = "-", another] = positionals;
  if (another !== undefined) throw new UsageError(`one document at a time: ${another} is one too many`);
  const columns = values.columns.split(",").map((name) => name.trim());
  if (columns.includes("") || columns.length > mostColumns) {
    throw new UsageError(
      `--columns ${JSON.stringify(values.columns)}: give 1 to ${mostColumns} names with commas between`,
    );
  }
  const wanted = new Map<string, string>();
  if (values.route !== undefined) wanted.set("route", values.route);
  if (values.direction !== undefined) wanted.set("direction", values.direction);
  return { path, element: values.element, columns, wanted };
}
