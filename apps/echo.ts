// The echo server: JSON-RPC 2.0 on TCP or a Unix socket, three framings on one port, for any stock client.
//
//   yieldix run apps/echo.ts [--port 7000] [--host 127.0.0.1] [--path socket] [--lenient]
//
// The port is also taken from the environment's PORT.

import { parseArgs } from "node:util";
import type { Address, Listener } from "../kernel/machine/machine.ts";
import { addressText, type Program, routine } from "../kernel/syscall.ts";
import { GetMachine, Listen } from "../syscalls/index.ts";
import { type App, app, environmentPort, print, wholeNumber } from "./lib/index.ts";
import { codes, type Methods, methodTable, RawHandler, RawJson, RpcError, serve } from "./rpc/index.ts";

const usage = `usage: yieldix run apps/echo.ts [--port 7000] [--host 127.0.0.1]
       [--path socket] [--lenient]

Serves JSON-RPC 2.0, to any stock client, until it is stopped.

  --port n     where it listens, 0 for any port that is free
               (default: the environment's PORT, or else 7000)
  --host name  on which address (default: 127.0.0.1)
  --path file  on a Unix socket instead (default: none)
  --lenient    takes a message with neither "jsonrpc" nor "id" for a
               notification (default: as the specification has it)`;
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
  /** What the command line has of it. */
  readonly port: number | undefined;
  readonly host: string | undefined;
  readonly path: string | undefined;
  readonly mode: "strict" | "lenient";
}

function parse(argv: readonly string[]): Options {
  const text = { type: "string" } as const; // the literal that parseArgs wants
  const { values } = parseArgs({
    args: [...argv],
    options: { port: text, host: text, path: text, lenient: { type: "boolean" } },
  });
  return {
    port: values.port === undefined ? undefined : wholeNumber("port", values.port, [0, 65_535]),
    host: values.host,
    path: values.path,
    mode: values.lenient === true ? "lenient" : "strict",
  };
}

const echo: App = app(usage, parse, function* echo(options) {
  const listener = yield* new Listen(yield* addressOf(options));
  yield* print(yield* banner(listener, options.mode));
  yield* serve(listener, methods, { mode: options.mode });
});

export default echo;

const addressOf = routine(function* addressOf({ port, host, path }: Options): Program<Address> {
  if (path !== undefined) return { path };
  return { port: port ?? (yield* environmentPort(7000)), ...(host === undefined ? {} : { host }) };
});

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
