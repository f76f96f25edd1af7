// A real server in a real process, started as its users start it, and real sockets to talk to it.

import { connect, type Socket } from "node:net";
import type { HostMachineName } from "../../kernel/machine/host-machines.ts";
import { LaunchedApp } from "../launched-app.ts";
import { Answers, type Framing, frame, request } from "./wire.ts";

/** Where a server is, as `net.connect` takes it. */
export type Place = { readonly port: number; readonly host: string } | { readonly path: string };

export class Server extends LaunchedApp {
  /** Once the banner is there. */
  place: Place = { path: "" };

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
}

/** Starts the echo server, or another app that prints the same banner, on a machine. */
export async function startServer(
  machine: HostMachineName,
  args: readonly string[],
  app = "apps/echo.ts",
): Promise<Server> {
  const server = new Server(app, args, { machine });
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
