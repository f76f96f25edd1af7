// The eleven systems as processes, and clients that know the protocol only from its description.

import { once } from "node:events";
import { readFileSync } from "node:fs";
import { SocketClient } from "../echo/server.ts";
import { frame } from "../echo/wire.ts";
import { LaunchedApp } from "../launched-app.ts";

/** In the order of their history. */
export const systems = [
  "blocking",
  "callbacks",
  "iterators",
  "trampoline",
  "futures",
  "delegation",
  "async-await",
  "streams",
  "async-generators",
  "kernel",
  "parallel",
] as const; // the names as types

export type System = (typeof systems)[number];

/** A state of the system's table of sockets. */
const listens = "0A";

/** A system that listens. Stop it in every test. */
export class LaunchedServer extends LaunchedApp {
  port = 0;

  async connect(): Promise<SocketClient> {
    const client = new SocketClient({ host: "127.0.0.1", port: this.port }, "length");
    await client.opened;
    return client;
  }

  /** How many connections of clients it holds. Linux only. */
  get connections(): number {
    const port = this.port.toString(16).toUpperCase().padStart(4, "0");
    const rows = readFileSync("/proc/net/tcp", "latin1")
      .split("\n")
      .map((row) => row.trim().split(/\s+/));
    const isHeld = ([, local, , state, , , , , , inode]: string[]): boolean =>
      local?.endsWith(`:${port}`) === true && state !== listens && inode !== "0"; // 0: the system is ending it
    return rows.filter(isHeld).length;
  }

  /** A client of its own is answered, rightly. */
  async serves(): Promise<void> {
    const client = await this.connect();
    await roundTrip(client, "is it there?");
    await hungUp(client);
  }
}

export async function launched(system: System | "proxy", args: readonly string[] = []): Promise<LaunchedServer> {
  const server = new LaunchedServer(`apps/evolution/${system}.ts`, ["--port", "0", ...args]);
  const [, port] = await server.wrote(/ on 127\.0\.0\.1:(\d+)\b/);
  server.port = Number(port);
  return server;
}

/** A request of the protocol, as text. */
export function requestText(id: string, method = "foo"): string {
  return `{"jsonrpc": "2.0", "method": "${method}", "id": "${id}"}`;
}

/** What it is answered with. */
export function answerText(id: string): string {
  return `{"jsonrpc":"2.0","result":"ok","id":"${id}"}`;
}

/** A request of the protocol, as a frame. */
export function requestFrame(id: string): Buffer {
  return frame("length", requestText(id));
}

/** Ids that can be told apart: "a-0", "a-1", … */
export function idsOf(name: string, count: number): string[] {
  return Array.from({ length: count }, (_, n) => `${name}-${n}`);
}

/** One request, and its answer, which must be the next and right. */
export async function roundTrip(client: SocketClient, id: string): Promise<void> {
  client.send(requestText(id));
  const text = await client.next();
  if (text !== answerText(id)) throw new Error(`${id} was answered with ${text}`);
}

/** The next answers, so many of them. */
export async function answers(client: SocketClient, count: number): Promise<(string | undefined)[]> {
  const texts: (string | undefined)[] = [];
  while (texts.length < count) texts.push(await client.next());
  return texts;
}

/** Ends a client's side, and waits until the server has ended the other. */
export async function hungUp(client: SocketClient): Promise<void> {
  client.socket.end();
  await client.ended;
  client.destroy();
}

/** Writes, and waits until the system has taken it. */
export async function written(client: SocketClient, bytes: Uint8Array): Promise<void> {
  await new Promise((resolve) => client.socket.write(bytes, resolve));
}

/** Breaks the connection off: the server gets a RST. */
export async function reset(client: SocketClient): Promise<void> {
  const closed = once(client.socket, "close");
  client.socket.resetAndDestroy();
  await closed;
}
