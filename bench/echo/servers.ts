// The rows: which servers are compared, how each is started, and what each does with a request.

import process from "node:process";
import { type Command, pythonCommand } from "../lib/peer.ts";
import type { Build } from "./build.ts";

export type Framing = "int32" | "header" | "line";

export interface Server {
  readonly name: string;
  /** For the reader of the table. */
  readonly does: string;
  readonly framing: Framing;
  readonly command: Command;
  /** What it is asked. Default: to echo. */
  readonly asked?: { readonly method: string; readonly result: string };
  /** Measured in every round; peers of other systems in fewer. */
  readonly isMain: boolean;
}

/** The rows that checks and plots speak of. */
export const names = {
  c: "C epoll",
  go: "Go net",
  appEpoll: "yieldix app, epoll",
  appNode: "yieldix app, node",
  rpcEpoll: "yieldix JSON-RPC, epoll",
  rpcNode: "yieldix JSON-RPC, node",
  callbacks: "node:net callbacks",
  async: "node:net async",
  asyncio: "asyncio protocol",
  uvloop: "uvloop protocol",
} as const;

type MachineName = "node" | "epoll";

const parses = "cuts int32 frames, JSON.parse, JSON.stringify, one write per read";

/** The few that `--quick` is about. */
export async function quickServers(build: Build): Promise<Server[]> {
  return [await limit(build), app(build, "epoll"), app(build, "node"), callbacks(build)];
}

export async function allServers(build: Build): Promise<Server[]> {
  const rpc = (machine: MachineName, framing: Framing = "int32") => jsonRpc(build, machine, framing);
  return [
    ...(await quickServers(build)),
    { ...plainNode(build, names.async, "node-async"), does: `the same work, "for await" over the socket` },
    rpc("epoll"),
    rpc("node"),
    { ...main(names.go, await build.go("servers/echo.go")), does: "goroutine per connection, encoding/json" },
    rpc("node", "header"),
    {
      ...peer("vscode-jsonrpc, headers", node(build, "vscode-jsonrpc"), "header"),
      does: "Microsoft's library with its own framing",
    },
    rpc("node", "line"),
    { ...peer("jayson, lines", node(build, "jayson"), "line"), does: "jayson's own TCP server with its own framing" },
    await python("asyncio streams", "asyncio", "asyncio_echo.py"),
    await python(names.asyncio, "asyncio", "asyncio_echo.py", "--style", "protocol"),
    await python("uvloop streams", "uvloop", "asyncio_echo.py", "--loop", "uvloop"),
    await python(names.uvloop, "uvloop", "asyncio_echo.py", "--loop", "uvloop", "--style", "protocol"),
    await python("trio", "trio", "trio_echo.py"),
    await python("gevent", "gevent", "gevent_echo.py"),
  ];
}

function main(name: string, command: Command): Omit<Server, "does"> {
  return { name, command, framing: "int32", isMain: true };
}

function peer(name: string, command: Command, framing: Framing = "int32"): Omit<Server, "does"> {
  return { name, command, framing, isMain: false };
}

async function limit(build: Build): Promise<Server> {
  const does = "the limit: parses no JSON, copies id and params by a minimal scan";
  return { ...main(names.c, [await build.c("echo-c", ["servers/echo.c"])]), does };
}

function callbacks(build: Build): Server {
  return { ...plainNode(build, names.callbacks, "node-callbacks"), does: parses };
}

function node(build: Build, server: string): Command {
  return [process.execPath, build.compiled(`bench/echo/servers/${server}.ts`)];
}

function plainNode(build: Build, name: string, server: string): Omit<Server, "does"> {
  return main(name, node(build, server));
}

/** An app of ours through the command line. */
function yieldix(build: Build, machine: MachineName, server: string): Command {
  const [cli, file] = [build.compiled("apps/cli/main.ts"), build.compiled(`bench/echo/servers/${server}.ts`)];
  return [process.execPath, cli, "run", "--machine", machine, file];
}

function app(build: Build, machine: MachineName): Server {
  const name = machine === "epoll" ? names.appEpoll : names.appNode;
  return { ...main(name, yieldix(build, machine, "machine")), does: `${parses}; a task per connection` };
}

function jsonRpc(build: Build, machine: MachineName, framing: Framing): Server {
  const command = yieldix(build, machine, "rpc");
  const does = "the server of apps/echo.ts: three framings, validation, limits, batches, cancelling; params not parsed";
  if (framing === "int32") return { ...main(machine === "epoll" ? names.rpcEpoll : names.rpcNode, command), does };
  const name = `${names.rpcNode}, ${framing === "header" ? "headers" : "lines"}`;
  return { ...peer(name, command, framing), does: `the same server, ${framing} framing` };
}

async function python(name: string, module: string, file: string, ...args: string[]): Promise<Server> {
  const command = await pythonCommand(module, new URL(`servers/${file}`, import.meta.url), ...args);
  return { ...peer(name, command), does: "cuts int32 frames, json.loads, json.dumps, one write per read" };
}
