// The client of them all: connects, says `connect`, then `heartbeat` at every interval, and prints each answer. Calls
// go both ways on one connection: it also answers the server's, which apps/evolution/parallel.ts makes.
//
//   yieldix run apps/evolution/client.ts -- [--port 7000] [--host 127.0.0.1] [--every 1000] [--beats n]
//
// It tries nothing twice: a server that is late or gone ends it, with an error that says so. apps/client.ts comes back.
// An answer that is an error, as a proxy gives whose service is down, is an answer: it is printed, and the next beat comes.

import { parseArgs } from "node:util";
import type { Address, Connection } from "../../kernel/machine/machine.ts";
import { type Program, routine } from "../../kernel/syscall.ts";
import { Connect, Group, type Members, Sleep, Timeout } from "../../syscalls/index.ts";
import { type App, app, print, soleError, wholeNumber } from "../lib/index.ts";
import { methodTable, Peer, RpcError } from "../rpc/index.ts";

const usage = `usage: yieldix run apps/evolution/client.ts -- [--port 7000] [--host 127.0.0.1]
       [--every 1000] [--beats n]

The client of all servers here: says connect, then heartbeat at every interval,
and prints each answer.

  --port n     where the server listens (default: 7000)
  --host name  on which host (default: 127.0.0.1)
  --every ms   between two heartbeats (default: 1000)
  --beats n    heartbeats after which it ends (default: never)`;
/** How long an answer may take, ms. */
const patienceMs = 5_000;

interface Options {
  readonly address: Address;
  readonly everyMs: number;
  /** After so many it is over; Infinity: never. */
  readonly beats: number;
}

const client: App = app(usage, parse, function* start({ address, everyMs, beats }) {
  const connection: Connection = yield* new Timeout(patienceMs, new Connect(address));
  const peer = new Peer(connection, { framing: "length", methods });
  try {
    yield* new Group(function* talk(members: Members): Program<void> {
      yield* members.spawnDaemon(peer.run(), "reader");
      yield* print(`connect: ${yield* asked(peer, "connect")}`);
      for (let beat = 0; beat < beats; beat++) {
        yield* new Sleep(everyMs);
        yield* print(`heartbeat: ${yield* asked(peer, "heartbeat")}`);
      }
    });
  } catch (error) {
    throw soleError(error);
  }
});

export default client;

/** What the server may call. */
const methods = methodTable({
  heartbeat: routine(function* heartbeat(): Program<string> {
    yield* print("the server calls heartbeat");
    return "ok";
  }),
});

/** The answer, as text, be it a result or an error. */
const asked = routine(function* asked(peer: Peer, method: string): Program<string> {
  try {
    return JSON.stringify(yield* new Timeout(patienceMs, peer.call(method)));
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
    return `error ${error.code} ${JSON.stringify(error.message)}`;
  }
});

function parse(argv: readonly string[]): Options {
  const text = { type: "string" } as const; // the literal that parseArgs wants
  const { values } = parseArgs({ args: [...argv], options: { port: text, host: text, every: text, beats: text } });
  const { port = "7000", host, every = "1000", beats } = values;
  return {
    address: { port: wholeNumber("port", port, [1, 65_535]), ...(host === undefined ? {} : { host }) },
    everyMs: wholeNumber("every", every, [1, 86_400_000]),
    beats: beats === undefined ? Number.POSITIVE_INFINITY : wholeNumber("beats", beats, [1, 1_000_000_000]),
  };
}
