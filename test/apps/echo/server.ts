// A real server in a real process, started as its users start it, and real sockets to talk to it.

import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { fileURLToPath } from "node:url";
import type { HostMachineName } from "../../kernel/machine/host-machines.ts";
import { Answers, type Framing, frame, request } from "./wire.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));

/** Where a server is, as `net.connect` takes it. */
export type Place = { readonly port: number; readonly host: string } | { readonly path: string };

export interface ServerEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export class Server {
  readonly process: ChildProcess;
  readonly ended: Promise<ServerEnd>;
  /** Once the banner is there. */
  place: Place = { path: "" };
  /** All it wrote, to either stream. */
  output = "";

  constructor(machine: HostMachineName, app: string, args: readonly string[]) {
    const { NODE_OPTIONS: _, PORT: __, ...env } = process.env;
    const command = ["--import", "tsx", "apps/cli/main.ts", "run", "--machine", machine, app, ...args];
    this.process = spawn(process.execPath, command, { cwd: root, env, stdio: ["ignore", "pipe", "pipe"] });
    this.ended = new Promise((resolve, reject) => {
      this.process.on("error", reject);
      this.process.on("close", (code, signal) => resolve({ code, signal }));
    });
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream?.on("data", (bytes: Buffer) => {
        this.output += bytes.toString("latin1");
        this.process.emit("wrote");
      });
    }
  }

  get pid(): number {
    if (this.process.pid === undefined) throw new Error("the server has no process");
    return this.process.pid;
  }

  /** Waits until its output matches. */
  async wrote(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.output);
      if (match !== null) return match;
      const more = new Promise<undefined>((resolve) => this.process.once("wrote", () => resolve(undefined)));
      const end = await Promise.race([more, this.ended]);
      if (end !== undefined) throw new Error(`it ended with ${JSON.stringify(end)}: ${this.output}`);
    }
  }

  /** Bytes of memory that are resident. Linux only. */
  get residentBytes(): number {
    const status = readFileSync(`/proc/${this.pid}/status`, "latin1");
    return 1024 * Number(/^VmRSS:\s+([0-9]+) kB$/m.exec(status)?.[1]);
  }

  /** Descriptors it has open. Linux only. */
  get descriptors(): number {
    return readdirSync(`/proc/${this.pid}/fd`).length;
  }

  async connect(framing: Framing = "lines"): Promise<SocketClient> {
    const client = new SocketClient(this.place, framing);
    await client.opened;
    return client;
  }

  /** One request on a connection of its own, answered rightly. */
  async serves(): Promise<void> {
    const client = await this.connect("length");
    const replies = await client.settled();
    client.destroy();
    if (replies.length > 0) throw new Error(`a new client got ${JSON.stringify(replies)}`);
  }

  stop(signal: NodeJS.Signals = "SIGTERM"): Promise<ServerEnd> {
    this.process.kill(signal);
    return this.ended;
  }
}

/** Starts the echo server, or another app that prints the same banner, on a machine. */
export async function startServer(
  machine: HostMachineName,
  args: readonly string[],
  app = "apps/echo.ts",
): Promise<Server> {
  const server = new Server(machine, app, args);
  const [, where = ""] = await server.wrote(/JSON-RPC 2\.0 on (.+) \([a-z]+ machine, [a-z]+\)\n/);
  const [host = "", port] = where.split(":");
  server.place = port === undefined ? { path: where } : { host, port: Number(port) };
  return server;
}

export class SocketClient {
  readonly socket: Socket;
  readonly opened: Promise<void>;
  /** Settles when the server has ended, one way or another: the code of the error, or "end". */
  readonly ended: Promise<string>;
  readonly #framing: Framing;
  readonly #texts: string[] = [];
  #look: () => void = () => {};
  #how: string | undefined = undefined;

  constructor(place: Place, framing: Framing) {
    this.#framing = framing;
    const answers = new Answers(framing);
    const socket = connect({ ...place, noDelay: true, allowHalfOpen: true });
    this.socket = socket;
    this.opened = new Promise((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("error", reject);
    });
    socket.on("data", (bytes: Buffer) => {
      this.#texts.push(...answers.push(bytes));
      this.#look();
    });
    this.ended = new Promise((resolve) => {
      const end = (how: string): void => {
        this.#how ??= answers.rest === 0 ? how : `${how}, ${answers.rest} bytes into an answer`;
        resolve(this.#how);
        this.#look();
      };
      socket.on("end", () => end("end"));
      socket.on("error", (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
      socket.on("close", () => end("close"));
    });
  }

  /** Answers that came and were not asked for yet. */
  get waiting(): number {
    return this.#texts.length;
  }

  write(bytes: Uint8Array | string): boolean {
    return this.socket.write(bytes);
  }

  send(...texts: string[]): boolean {
    return this.write(Buffer.concat(texts.map((text) => frame(this.#framing, text))));
  }

  /** The next answer; undefined when the server has ended. */
  async next(): Promise<string | undefined> {
    for (;;) {
      const text = this.#texts.shift();
      if (text !== undefined || this.#how !== undefined) return text;
      await new Promise<void>((resolve) => {
        this.#look = resolve;
      });
    }
  }

  /** All answers that come before the one to a request that is sent now. */
  async settled(): Promise<string[]> {
    this.send(request("sum", [40, 2], "the sentinel"));
    const texts: string[] = [];
    for (;;) {
      const text = await this.next();
      if (text === undefined) throw new Error(`the server ended: ${this.#how}, after ${JSON.stringify(texts)}`);
      if (text === '{"jsonrpc":"2.0","result":42,"id":"the sentinel"}') return texts;
      texts.push(text);
    }
  }

  /** All answers until the server ends. */
  async rest(): Promise<string[]> {
    const texts: string[] = [];
    for (let text = await this.next(); text !== undefined; text = await this.next()) texts.push(text);
    return texts;
  }

  destroy(): void {
    this.socket.destroy();
  }
}
