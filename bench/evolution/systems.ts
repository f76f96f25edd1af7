// The rows: each file of apps/evolution/ as its users run it, in the order of their history.

import process from "node:process";
import type { Build } from "../echo/build.ts";
import type { Server } from "../echo/servers.ts";

/** What each is, in one line, for the reader of the table. */
const styles = {
  blocking: "one client to its end before the next",
  callbacks: "node:net, a function for each event",
  iterators: "callbacks, and a for-of over the frames that are whole",
  trampoline: "generators that yield what they wait for to a bare dispatcher",
  futures: "generators that get answers by next(value), a Future, a wrapper",
  delegation: "yield* all the way down, an event loop, Future and Task",
  "async-await": "the language's own coroutines over node:net",
  streams: "startServer(reader, writer) over async functions",
  "async-generators": "for await over the frames",
  kernel: "a task per connection on this kernel",
  parallel: "a reader task and a writer task per connection, joined by a queue",
} as const; // the names as types

export type Style = keyof typeof styles;

/** The rows that checks speak of. */
export const names = { callbacks: "callbacks", kernel: "kernel", kernelNode: "kernel, node machine" } as const;

/** The few that `--quick` is about. */
export function quickServers(build: Build): Server[] {
  return [row(build, "callbacks"), row(build, "kernel"), onNode(build)];
}

export function allServers(build: Build): Server[] {
  const rows = Object.keys(styles).map((style) => row(build, style as Style)); // their keys
  return [...rows, onNode(build)];
}

/** As it is where so many connect at once: with a reason in place of the command where it cannot serve them. */
export function beside(server: Server, connections: number): Server {
  if (server.name !== "blocking" || connections === 1) return server;
  return { ...server, command: "not measured: it serves one client at a time" };
}

function row(build: Build, style: Style, name: string = style, ...options: readonly string[]): Server {
  const [cli, app] = [build.compiled("apps/cli/main.ts"), build.compiled(`apps/evolution/${style}.ts`)];
  return {
    name,
    does: styles[style],
    framing: "int32",
    asked: { method: "foo", result: '"ok"' },
    command: [process.execPath, cli, "run", ...options, app, "--", "--port", "0"],
    isMain: true,
  };
}

/** Coroutines on callbacks: the kernel on the sockets that the callbacks have. */
function onNode(build: Build): Server {
  const does = "the same, over node:net's callbacks in place of epoll";
  return { ...row(build, "kernel", names.kernelNode, "--machine", "node"), does };
}
