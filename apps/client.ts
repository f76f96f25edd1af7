// The slides' client: connects, says `connect`, then sends a `heartbeat` every interval and prints each answer. Loses
// it the connection, or a number of beats in a row, it connects again, waiting longer each time; then it gives up.
//
//   yieldix run apps/client.ts [--port 7000] [--host 127.0.0.1] [--path socket]
//       [--framing length|lines|headers] [--interval 1000] [--missed 3] [--tries 5] [--beats n]

import { parseArgs } from "node:util";
import type { Address, Connection } from "../kernel/machine/machine.ts";
import { type Program, routine, SyscallError } from "../kernel/syscall.ts";
import { Connect, KillTask, NewTask, Sleep, Timeout } from "../syscalls/index.ts";
import { type App, app, print, UsageError, wholeNumber } from "./lib/index.ts";
import { type Framing, Peer } from "./rpc/index.ts";

const usage = `usage: yieldix run apps/client.ts [--port 7000] [--host 127.0.0.1]
       [--path socket] [--framing length|lines|headers] [--interval 1000]
       [--missed 3] [--tries 5] [--beats n]

Connects to a JSON-RPC server, says connect, sends a heartbeat at every
interval, and prints each answer. Where the connection is lost it makes
another, waiting longer each time, from 250 ms to 10 s.

  --port n        where the server listens (default: 7000)
  --host name     on which host (default: 127.0.0.1)
  --path file     on a Unix socket instead (default: none)
  --framing how   a length before each message, lines, or Content-Length
                  headers (default: length)
  --interval ms   between two heartbeats, and how long an answer may take
                  (default: 1000)
  --missed beats  without an answer in a row, after which the connection counts
                  as lost (default: 3)
  --tries n       connections that may fail in a row, after which it gives up
                  (default: 5)
  --beats n       answers after which all is well and it ends (default: never)`;

interface Options {
  readonly address: Address;
  readonly framing: Framing;
  readonly intervalMs: number;
  /** Beats without an answer after which the connection counts as lost. */
  readonly missed: number;
  /** Connections that may fail in a row. */
  readonly tries: number;
  /** Beats after which all is well and it ends; Infinity: never. */
  readonly beats: number;
}

/** Waits between tries double from here to there, ms. */
const [firstBackOffMs, lastBackOffMs] = [250, 10_000];

const client: App = app(usage, parse, function* client(options) {
  let failed = 0;
  for (let backOffMs = firstBackOffMs; ; backOffMs = Math.min(2 * backOffMs, lastBackOffMs)) {
    let reason: string;
    try {
      const connection = yield* new Timeout(options.intervalMs * options.missed, new Connect(options.address));
      const beats = yield* session(connection, options);
      if (beats >= options.beats) return;
      if (beats > 0) [failed, backOffMs] = [0, firstBackOffMs];
      reason = `no answer to ${options.missed} heartbeats`;
    } catch (error) {
      if (!(error instanceof SyscallError) || error.code === "EINVAL" || error.code === "ECANCELED") throw error;
      reason = error.message;
    }
    if (++failed >= options.tries) {
      const tries = failed === 1 ? "one try" : `${failed} tries`;
      throw new SyscallError("ECONNREFUSED", `gave up after ${tries}: ${reason}`);
    }
    yield* print(`${reason}; again in ${backOffMs} ms`);
    yield* new Sleep(backOffMs);
  }
});

export default client;

/** One connection, until it has lost too many beats in a row or made enough; answers how many were answered. */
const session = routine(function* session(connection: Connection, options: Options): Program<number> {
  const peer = new Peer(connection, { framing: options.framing });
  const reader = yield* new NewTask(peer.run(), "rpc.reader");
  try {
    yield* print(`connect: ${JSON.stringify(yield* new Timeout(options.intervalMs, peer.call("connect")))}`);
    let answered = 0;
    for (let missed = 0; missed < options.missed && answered < options.beats; ) {
      yield* new Sleep(options.intervalMs);
      const answer = yield* beat(peer, options.intervalMs);
      missed = answer === undefined ? missed + 1 : 0;
      if (answer === undefined) continue;
      answered++;
      yield* print(`heartbeat: ${answer}`);
    }
    return answered;
  } finally {
    yield* new KillTask(reader, "the session is over");
  }
});

/** The answer to one heartbeat; undefined if it does not come in time. */
const beat = routine(function* beat(peer: Peer, withinMs: number): Program<string | undefined> {
  try {
    return JSON.stringify(yield* new Timeout(withinMs, peer.call("heartbeat")));
  } catch (error) {
    if (error instanceof SyscallError && error.code === "ETIMEDOUT") return undefined;
    throw error;
  }
});

function parse(argv: readonly string[]): Options {
  const text = { type: "string" } as const; // the literal that parseArgs wants
  const { values } = parseArgs({
    args: [...argv],
    options: {
      port: text,
      host: text,
      path: text,
      framing: text,
      interval: text,
      missed: text,
      tries: text,
      beats: text,
    },
  });
  const { host, path, framing = "length", beats } = values;
  if (framing !== "length" && framing !== "lines" && framing !== "headers") {
    throw new UsageError(`--framing ${JSON.stringify(framing)} is not length, lines or headers`);
  }
  const port = wholeNumber("port", values.port ?? "7000", [1, 65_535]);
  return {
    address: path === undefined ? { port, ...(host === undefined ? {} : { host }) } : { path },
    framing,
    intervalMs: wholeNumber("interval", values.interval ?? "1000", [1, 86_400_000]),
    missed: wholeNumber("missed", values.missed ?? "3", [1, 1_000]),
    tries: wholeNumber("tries", values.tries ?? "5", [1, 1_000_000]),
    beats: beats === undefined ? Number.POSITIVE_INFINITY : wholeNumber("beats", beats, [1, 1e9]),
  };
}
