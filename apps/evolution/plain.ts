// Hosts a server that is made of Node alone as one task. From inside the kernel it is one wait, whatever goes on in it:
// no task per client, nothing of what each of them waits for. What all such servers need, and none is about, is here:
// the command line, the port, the end, and that a client's fault never is the server's.

import { Server, type Socket } from "node:net";
import type { Kernel } from "../../kernel/kernel.ts";
import { addressText, type Program, routine, SyscallError } from "../../kernel/syscall.ts";
import { Await, Outside } from "../../syscalls/index.ts";
import { type App, app, print } from "../lib/index.ts";
import { FramingError } from "./framing.ts";
import { addressIn, type ServerAddress, usageOf } from "./options.ts";

/** What such a file exports. */
export type { App };

/** Connections open at once; further ones are closed as they come. */
const maxConnections = 4_096;

/**
 * An app of a server that uses no kernel: it listens, says where, and is ended with all its connections.
 * @param style the file's name without its ending
 * @param serve is given the server before it listens, and adds its own listener for "connection". A connection stays
 * half open until `serve` has ended its side; no socket needs a listener for "error" to keep the server alive
 * @returns the app. It throws UsageError for a wrong command line, and a SyscallError (EADDRINUSE, EACCES, …) where it
 * cannot listen
 *
 * ```ts
 * const echo: App = plain("echo", (server) => server.on("connection", (socket) => socket.pipe(socket)));
 * export default echo;
 * ```
 */
export function plain(style: string, serve: (server: Server) => void): App {
  return app(usageOf(style), addressIn, function* plain(address) {
    const server = new Server({ allowHalfOpen: true, noDelay: true });
    server.maxConnections = maxConnections;
    const sockets = socketsOf(server);
    serve(server);
    yield* listen(server, address);
    try {
      yield* print(`${style}: JSON-RPC (int32) on ${where(server)}`);
      yield* new HostPlain(server, style, sockets);
    } finally {
      yield* new Await(function close() {
        const closed = new Promise((resolve) => server.close(resolve));
        for (const socket of sockets) socket.destroy();
        return closed;
      });
    }
  });
}

/**
 * Closes a connection that has failed.
 * @param error why
 * @throws `error` where the client is not to blame for it: outside every task that ends the app
 */
export function hangUp(socket: Socket, error: unknown): void {
  socket.destroy();
  if (!(error instanceof FramingError || lossCodes.has(codeOf(error) ?? ""))) throw error;
}

// ECANCELED: from Node 24 on, what becomes of a write under way when its socket is destroyed.
const lossCodes: ReadonlySet<string> = new Set([
  "ECANCELED",
  "ECONNABORTED",
  "ECONNRESET",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EPIPE",
  "ERR_STREAM_DESTROYED",
  "ERR_STREAM_PREMATURE_CLOSE",
  "ETIMEDOUT",
]);

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error ? String(error.code) : undefined;
}

/** The connections that are open, from now on. */
function socketsOf(server: Server): ReadonlySet<Socket> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    // Without a listener a client's RST would end the process.
    socket.on("error", (error) => hangUp(socket, error));
  });
  return sockets;
}

const listen = routine(function* listen(server: Server, address: ServerAddress): Program<void> {
  try {
    yield* new Await(function listening() {
      return new Promise((resolve, reject) => {
        server.once("error", reject);
        server.listen(address.port, address.host, () => resolve(server.off("error", reject)));
      });
    });
  } catch (error) {
    const code = codeOf(error);
    if (error instanceof SyscallError || code === undefined) throw error;
    const reason = code === "EADDRINUSE" ? "somebody listens there already" : code;
    throw new SyscallError(
      code,
      `cannot listen on ${addressText(address)}: ${reason}: take another with --port or --host`,
    );
  }
});

function where(server: Server): string {
  const at = server.address();
  return at === null || typeof at === "string" ? String(at) : addressText({ host: at.address, port: at.port });
}

/** Waits while a plain server serves; ends only by an error of the server's own. */
class HostPlain extends Outside<never> {
  readonly #server: Server;
  readonly #style: string;
  readonly #sockets: ReadonlySet<Socket>;

  constructor(server: Server, style: string, sockets: ReadonlySet<Socket>) {
    super();
    this.#server = server;
    this.#style = style;
    this.#sockets = sockets;
  }

  get verb(): string {
    return "host";
  }

  get object(): string {
    return `a plain Node server (${this.#style}, connections: ${this.#sockets.size}): the kernel cannot see inside`;
  }

  override get family(): string {
    return "net";
  }

  protected override begin(_kernel: Kernel): Promise<never> {
    return new Promise((_resolve, reject) => this.#server.once("error", reject));
  }
}
