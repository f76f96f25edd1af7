// A web server in straight lines: HTTP/1.1 with keep-alive, pipelining, chunked bodies, time-outs and limits, on the
// library in lib/http. `/` shows the kernel's tasks as they live.
//
//   yieldix run apps/http.ts [--port 8080] [--host 127.0.0.1]
//
// The port is also taken from the environment's PORT.

import { parseArgs } from "node:util";
import type { Listener } from "../kernel/machine/machine.ts";
import { addressText, type Program, routine } from "../kernel/syscall.ts";
import { GetMachine, Listen, NewTask } from "../syscalls/index.ts";
import { onlyLocal } from "./http/local.ts";
import { routesOf } from "./http/routes.ts";
import { Snapshots } from "./http/snapshots.ts";
import { serve } from "./lib/http/index.ts";
import { type App, app, Event, environmentPort, print, wholeNumber } from "./lib/index.ts";

const usage = `usage: yieldix run apps/http.ts [--port 8080] [--host 127.0.0.1]

A web server, until it is stopped: / shows the kernel's tasks as they live,
/tasks has them as JSON, /echo gives back what it is sent.

  --port n     where it listens, 0 for any port that is free
               (default: the environment's PORT, or else 8080)
  --host name  on which address (default: 127.0.0.1)`;
const snapshotMs = 500;
/** What /echo gives back is never kept: it may be long. */
const maxBodyBytes = 2 ** 30;

const http: App = app(usage, parse, function* http({ host, port }) {
  const listener = yield* new Listen({ host, port: port ?? (yield* environmentPort(8080)) });
  yield* print(yield* banner(listener));
  const snapshots = new Snapshots(snapshotMs);
  yield* new NewTask(snapshots.run(), "snapshots");
  const ending = new Event({ name: "shutdown" });
  yield* serve(listener, onlyLocal(listener, routesOf(snapshots, ending)), { ending, limits: { maxBodyBytes } });
});

export default http;

const banner = routine(function* banner(listener: Listener): Program<string> {
  const { name } = yield* new GetMachine();
  const at = addressText(listener.address);
  return [
    `yieldix http: HTTP/1.1 on ${at} (${name} machine)`,
    "",
    `  look   http://${at}/ in a browser: the tasks, live`,
    `  try    curl http://${at}/tasks;  curl -T file http://${at}/echo`,
    "  stop   Ctrl-C",
  ].join("\n");
});

interface Options {
  readonly host: string;
  /** Undefined: the command line does not say. */
  readonly port: number | undefined;
}

function parse(argv: readonly string[]): Options {
  const text = { type: "string" } as const; // the literal that parseArgs wants
  const { values } = parseArgs({ args: [...argv], options: { port: text, host: text } });
  const { port, host = "127.0.0.1" } = values;
  return { host, port: port === undefined ? undefined : wholeNumber("port", port, [0, 65_535]) };
}
