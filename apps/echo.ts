// The echo server: JSON-RPC 2.0 on TCP or a Unix socket, three framings on one port, for any stock client.
//
//   yieldix run apps/echo.ts [--port 7000] [--host 127.0.0.1] [--path socket] [--lenient]
//
// The port is also taken from the environment's PORT, which the command line hands in as `--port`'s default.

import { parseArgs } from "node:util";
import type { Address, Listener } from "../kernel/machine/machine.ts";
import { addressText, type Program, type Routine, routine } from "../kernel/syscall.ts";
import { GetEnv, GetMachine, Listen } from "../syscalls/index.ts";
import { print, UsageError } from "./lib/index.ts";
import { codes, type Methods, methodTable, RawHandler, RawJson, RpcError, serve } from "./rpc/index.ts";

const usage = "usage: yieldix run apps/echo.ts [--port 7000] [--host 127.0.0.1] [--path socket] [--lenient]";
const emptyArray = new TextEncoder().encode("[]");

/** What it serves; `foo`, `connect` and `heartbeat` are those of the slides. */
export const methods: Methods = methodTable({
  // Params go back as the bytes that came in: they are valid JSON, so nothing need be parsed.
  echo: new RawHandler((params) => new RawJson(params ?? emptyArray)),
  subtract: (params) => {
    const [minuend, subtrahend] = Array.isArray(params) ? params : byName(params, ["minuend", "subtrahend"]);
    return number(minuend) - number(subtrahend);
  },
  sum: (params) => (Array.isArray(params) ? params : []).reduce<number>((sum, value) => sum + number(value), 0),
  get_data: () => ["hello", 5],
  update: () => null,
  notify_hello: () => null,
  notify_sum: () => null,
  foo: () => "ok",
  connect: () => "ok",
  heartbeat: () => "ok",
});

function byName(params: unknown, names: readonly string[]): unknown[] {
  const given = new Map(Object.entries(params ?? {}));
  return names.map((name) => given.get(name));
}

function number(value: unknown): number {
  if (typeof value !== "number") throw new RpcError(codes.invalidParams);
  return value;
}

interface Options {
  readonly address: Address;
  readonly mode: "strict" | "lenient";
}

function options(argv: readonly string[], environmentPort: string | undefined): Options {
  let values: { port?: string; host?: string; path?: string; lenient?: boolean };
  try {
    values = parseArgs({
      args: [...argv],
      options: {
        port: { type: "string" },
        host: { type: "string" },
        path: { type: "string" },
        lenient: { type: "boolean" },
      },
    }).values;
  } catch (error) {
    throw UsageError.from(error, usage);
  }
  const mode = values.lenient === true ? "lenient" : "strict";
  if (values.path !== undefined) return { address: { path: values.path }, mode };
  const text = values.port ?? (environmentPort || "7000"); // an empty variable is as good as none
  const port = Number(text);
  if (!/^[0-9]{1,5}$/.test(text) || port > 65_535) {
    throw new UsageError(`port ${JSON.stringify(text)} is not a number from 0 to 65535\n${usage}`);
  }
  return { address: { port, ...(values.host === undefined ? {} : { host: values.host }) }, mode };
}

const echo: Routine<[argv: readonly string[]], void> = routine(function* echo(argv) {
  const { address, mode } = options(argv, yield* new GetEnv("PORT"));
  const listener = yield* new Listen(address);
  yield* print(yield* banner(listener, mode));
  yield* serve(listener, methods, { mode });
});

export default echo;

const banner = routine(function* banner(listener: Listener, mode: string): Program<string> {
  const { name } = yield* new GetMachine();
  const { address } = listener;
  const isPath = "path" in address;
  const netcat = isPath ? `nc -U ${address.path}` : `nc ${address.host ?? "127.0.0.1"} ${address.port}`;
  return [
    `yieldix echo: JSON-RPC 2.0 on ${addressText(address)} (${name} machine, ${mode})`,
    "",
    `  methods    ${[...methods.keys()].join(" ")}`,
    "  framings   JSON per line, Content-Length headers, or int32 length; told apart by the first bytes",
    `  try        echo '{"jsonrpc":"2.0","method":"sum","params":[1,2,3],"id":1}' | ${netcat}`,
    "  stop       Ctrl-C",
  ].join("\n");
});
