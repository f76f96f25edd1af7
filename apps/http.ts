// A web server in straight lines: HTTP/1.1 with keep-alive, pipelining, chunked bodies, time-outs and limits, on the
// library in lib/http. `/` shows the kernel's tasks as they live.
//
//   yieldix run apps/http.ts [--port 8080] [--host 127.0.0.1]
//
// The port is also taken from the environment's PORT.

import { parseArgs } from "node:util";
import type { Listener } from "../kernel/machine/machine.ts";
import { addressText, type Program, type Routine, routine } from "../kernel/syscall.ts";
import { GetEnv, GetMachine, Listen, NewTask } from "../syscalls/index.ts";
import { onlyLocal } from "./http/local.ts";
import { routesOf } from "./http/routes.ts";
import { Snapshots } from "./http/snapshots.ts";
import { serve } from "./lib/http/index.ts";
import { Event, print, UsageError } from "./lib/index.ts";

const usage = "usage: yieldix run apps/http.ts [--port 8080] [--host 127.0.0.1]";
const snapshotMs = 500;
/** What /echo gives back is never kept: it may be long. */
const maxBodyBytes = 2 ** 30;

const http: Routine<[argv: readonly string[]], void> = routine(function* http(argv) {
  const { host, port } = parse(argv, yield* new GetEnv("PORT"));
  const listener = yield* new Listen({ host, port });
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

function parse(argv: readonly string[], environmentPort: string | undefined): { host: string; port: number } {
  let values: { port?: string; host?: string };
  try {
    const text = { type: "string" } as const; // the literal that parseArgs wants
    values = parseArgs({ args: [...argv], options: { port: text, host: text } }).values;
  } catch (error) {
    throw UsageError.from(error, usage);
  }
  const text = values.port ?? (environmentPort || "8080"); // an empty variable is as good as none
  const port = Number(text);
  if (!/^[0-9]{1,5}$/.test(text) || port > 65_535) {
    throw new UsageError(`port ${JSON.stringify(text)} is not a number from 0 to 65535\n${usage}`);
  }
  return { host: values.host ?? "127.0.0.1", port };
}
