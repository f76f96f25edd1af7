// A control port of a real process, and a client that says whatever bytes a test wants to say.

import { existsSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { controlFolder, socketPath } from "../../../apps/control/guard/folder.ts";
import { Folder, type Running, start } from "../cli/command.ts";

/** How long anything is waited for: well above what a busy machine takes, ms. */
const boundMs = 20_000;

/**
 * A folder of apps, which is the runtime folder as well: the sockets of its kernels are in it, and those of nobody else.
 */
export function runtimeFolder(files: Readonly<Record<string, string>>): Folder {
  const folder = new Folder(files);
  process.env["XDG_RUNTIME_DIR"] = folder.path; // of this file's process, and of those that it starts
  return folder;
}

/** Waits until something holds. */
export async function until(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (const end = Date.now() + boundMs; !(await holds()); await delay(10)) {
    if (Date.now() > end) throw new Error(`waited in vain until ${what}`);
  }
}

/** Where the control port of a process is, or will be. */
export function portOf({ child }: Running): string {
  return socketPath(controlFolder(), child.pid ?? 0);
}

/** A kernel that listens. */
export async function listening(folder: Folder, ...argv: readonly string[]): Promise<Running> {
  const running = start(["run", ...argv], folder.path);
  await Promise.race([
    until(() => isListening(portOf(running)), "the control port is there"),
    running.ended.then((ended) => {
      throw new Error(`it ended before it listened: ${JSON.stringify(ended)}`);
    }),
  ]);
  return running;
}

// The file is there a moment before anybody listens.
async function isListening(path: string): Promise<boolean> {
  if (!existsSync(path)) return false;
  const client = await Client.open(path).catch(() => undefined);
  client?.end();
  return client !== undefined;
}

/** Ends a process for sure. */
export async function killed(running: Running): Promise<void> {
  running.child.kill("SIGKILL");
  await running.ended;
}

/** An answer of JSON-RPC. */
export interface Answer {
  readonly id: unknown;
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
}

/** One connection. */
export class Client {
  readonly socket: Socket;
  /** When it is over, by whomever. */
  readonly closed: Promise<void>;
  #text = "";
  #nextId = 1;
  readonly #answers: Answer[] = [];
  #isClosed = false;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (bytes) => {
      const lines = (this.#text + bytes).split("\n");
      this.#text = lines.pop() ?? "";
      for (const line of lines) if (line !== "") this.#answers.push(JSON.parse(line) as Answer); // what the server sends
    });
    this.closed = new Promise((resolve) => {
      socket.on("error", () => {});
      socket.on("close", () => {
        this.#isClosed = true;
        resolve();
      });
    });
  }

  /** @param at a path, or a port of the loopback interface */
  static async open(at: string | number): Promise<Client> {
    const socket = typeof at === "string" ? connect({ path: at }) : connect({ host: "127.0.0.1", port: at });
    const client = new Client(socket);
    await new Promise((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("error", reject);
    });
    return client;
  }

  send(bytes: string | Uint8Array): void {
    this.socket.write(bytes);
  }

  /** Asks, and waits for the answer. Rejects when the connection ends before. */
  async ask(method: string, params?: unknown): Promise<Answer> {
    const id = this.#nextId++;
    this.send(`${JSON.stringify({ jsonrpc: "2.0", id, method, ...(params === undefined ? {} : { params }) })}\n`);
    return await this.answer(id);
  }

  /** The answer with an id. */
  async answer(id: unknown): Promise<Answer> {
    const find = (): Answer | undefined => this.#answers.find((answer) => answer.id === id);
    await until(() => find() !== undefined || this.#isClosed, `${id} is answered`);
    const found = find();
    if (found === undefined) throw new Error(`the connection ended before ${id} was answered`);
    return found;
  }

  end(): void {
    this.socket.destroy();
  }
}
