// `yieldix strace`: the syscalls of tasks as they are made. Tracing ends with this command, however that ends: the kernel
// traces for a connection.

import { type Command, Option } from "commander";
import { type Program, SyscallError } from "../../../kernel/syscall.ts";
import { printable } from "../../../kernel/text.ts";
import { type File, GetTime, Open, Select, Sleep, WaitSignal, Write } from "../../../syscalls/index.ts";
import type { ControlPort } from "../../control/protocol.ts";
import type { TracePage } from "../../control/records.ts";
import { jsonText } from "../../lib/json-text.ts";
import { UsageError } from "../../lib/usage.ts";
import { RpcError } from "../../rpc/index.ts";
import { ClientError } from "../client-error.ts";
import {
  type ClientOptions,
  type ClientProgram,
  clientCommand,
  type Look,
  type RunClient,
  writeLines,
} from "../client-program.ts";
import { ClientCode } from "../exit-code.ts";
import { Counts, countColumns } from "../faces/counts.ts";
import { TraceText } from "../faces/trace.ts";
import { isNoTask } from "../faults.ts";
import { tableLines } from "../table.ts";
import { numberOf, tidsOf } from "../tids.ts";

export interface StraceOptions {
  readonly all?: boolean;
  /** A table of counts at the end, in place of the lines. */
  readonly counts?: boolean;
  readonly output?: string;
  /** Seconds. */
  readonly for?: number;
  readonly json?: boolean;
}

/** Between two looks, ms. */
const lookMs = 200;
/** Records asked for at once. */
const pageLength = 1_000;
/** Looks between two that see whether the tasks live. */
const looksPerCheck = 5;

/** Adds `yieldix strace`. */
export function addStrace(yieldix: Command, run: RunClient): void {
  clientCommand(yieldix, "strace", "yieldix strace 31 --for 10 -c")
    .argument("[tids...]", "the tasks", tidsOf)
    .addOption(new Option("-a, --all", "every task's"))
    .option("-c, --counts", "no lines, but a table of counts at the end")
    .option("-o, --output <file>", "write to a file")
    .option(
      "--for <seconds>",
      "end after so long (default: with Ctrl-C, or the tasks)",
      numberOf("--for", 0.001, 86_400),
    )
    .option("--json", "one JSON object a line; with -c one document")
    .action((tids: readonly number[], options: StraceOptions & ClientOptions) => {
      if (tids.length > 0 === (options.all === true)) {
        throw new UsageError("strace: give the tids of the tasks, or --all");
      }
      return run(strace(tids, options), options);
    });
}

/** Shows syscalls until Ctrl-C, until the time is up, or until none of the tasks lives. @param tids empty: everybody's */
export function strace(tids: readonly number[], options: StraceOptions): ClientProgram {
  return function* strace(port: ControlPort, look: Look): Program<number> {
    if (tids.length > 0 && !(yield* isAnyAlive(port, tids))) {
      throw new ClientError(ClientCode.none, `no task to trace: of ${tids.join(", ")} none lives`);
    }
    const sink = yield* openSink(options.output);
    const trace = new Trace(port, tids, options, sink);
    yield* port.ask("trace", options.all === true ? { all: true } : { tids });
    try {
      yield* trace.follow((options.for ?? Number.POSITIVE_INFINITY) * 1_000);
      yield* trace.end(look);
      return ClientCode.done;
    } finally {
      sink.close();
      yield* untrace(port);
    }
  };
}

/** One run of it. */
class Trace {
  readonly #port: ControlPort;
  readonly #tids: readonly number[];
  readonly #options: StraceOptions;
  readonly #sink: Sink;
  readonly #text = new TraceText();
  readonly #counts = new Counts();
  #after = 0;
  #dropped = 0;

  constructor(port: ControlPort, tids: readonly number[], options: StraceOptions, sink: Sink) {
    this.#port = port;
    this.#tids = tids;
    this.#options = options;
    this.#sink = sink;
  }

  *follow(forMs: number): Program<void> {
    const end = (yield* new GetTime()) + forMs;
    for (let look = 1; ; look++) {
      yield* this.#pull();
      const leftMs = end - (yield* new GetTime());
      if (leftMs <= 0) return;
      const tick = new Sleep(Math.min(lookMs, leftMs));
      const { key } = yield* new Select({ signal: new WaitSignal("INT", "TERM", "HUP"), tick });
      const isOver =
        look % looksPerCheck === 0 && this.#tids.length > 0 && !(yield* isAnyAlive(this.#port, this.#tids));
      if (key === "signal" || isOver) return yield* this.#pull();
    }
  }

  /** What is left to say. */
  *end(look: Look): Program<void> {
    const { counts = false, json = false } = this.#options;
    if (!counts && !json) yield* this.#sink.write(this.#text.flush());
    if (!counts) return;
    const rows = this.#counts.rows();
    const table = tableLines(rows, countColumns(rows), { json, width: this.#options.output ? undefined : look.width });
    const lost = this.#dropped > 0 && !json ? [this.#text.dropped(this.#dropped)] : [];
    yield* this.#sink.write([...table, ...lost]);
  }

  *#pull(): Program<void> {
    for (;;) {
      const query = { tids: this.#tids, after: this.#after, limit: pageLength };
      const { trace, time, at } = yield* this.#port.ask("frame", { trace: query });
      if (trace === undefined) return;
      this.#after = trace.last;
      this.#dropped += trace.dropped;
      for (const record of trace.records) this.#counts.add(record);
      if (this.#options.counts !== true) yield* this.#sink.write(this.#linesOf(trace, time - at));
      if (trace.records.length < pageLength) return;
    }
  }

  #linesOf({ records, dropped }: TracePage, bootTime: number): string[] {
    if (this.#options.json === true) return records.map(jsonText);
    const lines = records.length === 0 ? this.#text.flush() : this.#text.lines(records, bootTime);
    return dropped > 0 ? [this.#text.dropped(dropped), ...lines] : lines;
  }
}

interface Sink {
  write(lines: readonly string[]): Program<void>;
  close(): void;
}

/** Where lines go. @throws UsageError for a file that cannot be written */
function* openSink(path: string | undefined): Program<Sink> {
  if (path === undefined) return { write: writeOut, close: () => {} };
  const file = yield* openOutput(path);
  const encoder = new TextEncoder();
  return {
    *write(lines) {
      const bytes = encoder.encode(lines.map((line) => `${line}\n`).join(""));
      if (bytes.length > 0) yield* new Write(file, bytes);
    },
    close: () => file.close(),
  };
}

function* openOutput(path: string): Program<File> {
  try {
    return yield* new Open(path, "w");
  } catch (error) {
    if (error instanceof SyscallError) throw new UsageError(`--output ${printable(path)}: ${error.message}`);
    throw error;
  }
}

function* writeOut(lines: readonly string[]): Program<void> {
  yield* writeLines(lines);
}

function* isAnyAlive(port: ControlPort, tids: readonly number[]): Program<boolean> {
  for (const tid of tids) {
    try {
      if ((yield* port.ask("exit", { tid, waitMs: 0 })) === null) return true;
    } catch (error) {
      if (!isNoTask(error)) throw error;
    }
  }
  return false;
}

// A connection that is gone has taken its traces with it.
function* untrace(port: ControlPort): Program<void> {
  try {
    yield* port.ask("trace", {});
  } catch (error) {
    if (!(error instanceof SyscallError) && !(error instanceof RpcError)) throw error;
  }
}
