// What the laws of the epoll machine alone are written with, beside the bench of the contract.

import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { EpollMachine } from "../../../kernel/machine/epoll.ts";
import { EpollConnection } from "../../../kernel/machine/epoll-connection.ts";
import type { Address, Connection, Listener, Machine } from "../../../kernel/machine/machine.ts";
import { Running, root } from "../../apps/cli/command.ts";
import { codeOf, polled, Told } from "../../kit/contract/bench.ts";

const folder = mkdtempSync(join(tmpdir(), "yieldix-epoll-"));
afterAll(() => rmSync(folder, { recursive: true }));
let paths = 0;

/** A path for a Unix socket, a new one each time. */
export function newPath(): string {
  paths += 1;
  return join(folder, `${paths}.sock`);
}

/** Breaks a connection off. */
export function reset(connection: Connection): void {
  if (!(connection instanceof EpollConnection)) throw new TypeError("not a connection of this machine");
  connection.reset();
}

/** Runs a law on a machine of its own. */
export async function on(body: (machine: EpollMachine) => Promise<void>): Promise<void> {
  const machine = new EpollMachine();
  try {
    await body(machine);
  } finally {
    machine.close();
  }
}

/** Polls until something is so that nobody can watch. */
export async function until(machine: Machine, so: () => boolean): Promise<void> {
  const end = machine.now() + 10_000;
  while (!so()) {
    if (machine.now() > end) throw new Error(`never so: ${so}`);
    await polled(machine, 1);
  }
}

/** Polls until a promise of the outside has settled. */
export async function settled<T>(machine: Machine, outside: Promise<T>): Promise<T> {
  let isOver = false;
  const over = (): void => {
    isOver = true;
  };
  outside.then(over, over);
  await until(machine, () => isOver);
  return outside;
}

/** A server of Node's own. */
export async function foreign(machine: Machine, serve: (socket: Socket) => void, host = "127.0.0.1"): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on("error", () => {});
    serve(socket);
  });
  server.listen(0, host);
  await until(machine, () => server.listening);
  return server;
}

export function portOf(at: Server | Listener): number {
  const address = "address" in at && typeof at.address === "function" ? at.address() : at.address;
  if (typeof address === "object" && address !== null && "port" in address) return address.port;
  throw new TypeError("it has no port");
}

/** The code of what is wrong with a listener or a connection once it is open, or is not; "" when nothing is. */
export async function opened(machine: Machine, endpoint: Listener | Connection): Promise<unknown> {
  const watcher = new Told();
  endpoint.watch("write", watcher);
  await until(machine, () => watcher.count > 0);
  return codeOf(() => endpoint.check());
}

/** Keeps every JavaScript from looking at what comes meanwhile. */
export function busyFor(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

/** Descriptors this process has open. */
export function descriptors(): number {
  return readdirSync("/proc/self/fd").length;
}

/** True where this host has an address of its own that is IPv6. */
export async function canListen(at: Address): Promise<boolean> {
  const machine = new EpollMachine();
  const probe = machine.listen(at);
  const code = await opened(machine, probe);
  machine.close();
  return code === "";
}

/** A program in a process of its own, which finds the sources by "./kernel/…". */
export function programRun(program: string, ...nodeArgs: string[]): Running {
  return new Running(process.execPath, [...nodeArgs, "--import", "tsx", "--input-type=module", "-e", program], root);
}
