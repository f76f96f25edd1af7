// The guard's thread begins as a doorkeeper: it listens, and loads nothing. Only when somebody comes does it load a kernel
// and the control server, which take the sockets over. So a kernel that nobody looks at pays for a bare thread, and the
// port is there from the start, whatever the main thread does. A watchdog looks at once, and needs all of it.

import { chmodSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { removeStale } from "../../../kernel/machine/stale-socket.ts";
import { loadHere, thisThread } from "../../../kernel/machine/thread.ts";
import { Binding } from "./binding.ts";
import type { FromGuard, GuardData } from "./messages.ts";

/** A server that listens, and who came while nobody was there to serve them. */
export interface Door {
  readonly server: Server;
  readonly kind: "unix" | "tcp";
  readonly early: Socket[];
}

/** Connections at once, served or waiting. */
const mostConnections = 128;

const { data, port } = thisThread();
const guard = data as GuardData; // who starts this thread gives it that
const tell = (message: FromGuard): void => port.post(message);
const doors: Door[] = [];
let isOpening = false;
/** Doors of which it is not known yet whether they can be had. */
let undecided = guard.tcp === undefined ? 1 : 2;

const binding = new Binding(guard.binding);

open("unix", { path: guard.path });
if (guard.tcp !== undefined) open("tcp", { host: "127.0.0.1", port: guard.tcp.port });

type Place = { readonly path: string } | { readonly host: string; readonly port: number };

function open(kind: Door["kind"], at: Place): void {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true });
  const door: Door = { server, kind, early: [] };
  server.maxConnections = mostConnections;
  server.on("connection", (socket) => came(door, socket));
  server.on("listening", () => listens(server));
  let isSecond = false;
  server.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EADDRINUSE" || !("path" in at) || isSecond) return fails(at, error);
    isSecond = true; // once: whoever takes the path next is alive
    removeStale(at.path, (removed) => {
      if (removed) listen(server, at);
      else fails(at, error);
    });
  });
  listen(server, at);
  doors.push(door);
}

// Node binds at once, and tells later.
function listen(server: Server, at: Place): void {
  if ("path" in at) binding.attempt(() => server.listen(at).listening);
  else server.listen(at);
}

// Nobody but the owner gets into the folder meanwhile. A thread cannot set the umask, which is the process's.
function listens(server: Server): void {
  const address = server.address();
  if (typeof address === "string") chmodSync(address, 0o600);
  tell({ kind: "listening", at: typeof address === "string" ? address : `${address?.address}:${address?.port}` });
  decided();
}

function fails(at: Place, error: Error): void {
  const where = "path" in at ? at.path : `${at.host}:${at.port}`;
  tell({ kind: "trouble", text: `no control port on ${where}: ${error.message}` });
  if ("path" in at) tell({ kind: "unopened" });
  decided();
}

function decided(): void {
  undecided--;
  if (undecided === 0 && guard.watchdogMs !== undefined) openOnce();
}

function came(door: Door, socket: Socket): void {
  socket.on("error", () => {}); // it is told to whoever reads it
  door.early.push(socket);
  openOnce();
}

function openOnce(): void {
  if (isOpening) return;
  isOpening = true;
  void openShop(); // what it throws ends this thread, and the main one is told
}

async function openShop(): Promise<void> {
  const isSource = import.meta.url.endsWith(".ts");
  const loaded = await loadHere(new URL(`./server.${isSource ? "ts" : "js"}`, import.meta.url));
  const { serveControl } = loaded as typeof import("./server.ts"); // that is the module
  for (const { server } of doors) {
    for (const event of ["connection", "error", "listening"]) server.removeAllListeners(event);
  }
  serveControl(doors, guard, port);
}
