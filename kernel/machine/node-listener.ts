// A listening socket of the node machine. Node accepts for itself and cannot be told to wait: what it has accepted
// is queued here, and while the queue is full it closes newcomers at once (counted in `dropped`). It also keeps to
// itself that it is out of descriptors; only the epoll machine can report EMFILE.

import { createServer, type Server, type ServerOpts, type Socket } from "node:net";
import { version } from "node:process";
import { SyscallError } from "../errors.ts";
import { addressText, checkedBacklog, Endpoint } from "./endpoint.ts";
import type { Address, Connection, Interest, Listener, ListenOptions } from "./machine.ts";
import { NodeConnection } from "./node-connection.ts";
import { errorCode, systemError } from "./node-error.ts";
import { descriptorOf, type Home, type SocketConnection } from "./socket-connection.ts";
import { removeStale } from "./stale-socket.ts";

/** What a listener makes of those who come in. */
export interface Door {
  /** For its label, with an address of either kind. */
  readonly kinds: readonly [tcp: string, path: string];
  /** When somebody is in. */
  readonly event: "connection" | "secureConnection";
  createServer(options: ServerOpts): Server;
  /** A connection that reads nothing until `begin`. */
  admit(home: Home, socket: Socket, at: Address): SocketConnection;
}

const open: Door = {
  kinds: ["tcp", "unix"],
  event: "connection",
  createServer: (options) => createServer({ ...options, pauseOnConnect: true }),
  admit: NodeConnection.accepted,
};

export class NodeListener extends Endpoint implements Listener {
  readonly #home: Home;
  readonly #door: Door;
  readonly #server: Server;
  readonly #backlog: number;
  readonly #sharesPort: boolean;
  #queue: SocketConnection[] = [];
  #address: Address;
  #label: string;
  #opening = true;
  #replacing = false;
  #openError: unknown = undefined;
  #acceptError: unknown = undefined;
  #dropped = 0;

  /** The address has been checked. Throws EINVAL for a backlog that is not an integer from 1 to 65535. */
  constructor(home: Home, at: Address, options: ListenOptions = {}, door: Door = open) {
    super();
    this.#backlog = checkedBacklog(options);
    if (options.reusePort === true && !canSharePorts) {
      throw new SyscallError("ENOTSUP", `Node ${version} cannot share a port: use Node 23.1 or later, or epoll`);
    }
    this.#sharesPort = options.reusePort ?? false;
    this.#home = home;
    this.#door = door;
    this.#address = at;
    this.#label = labelOf(at, door);
    const server = door.createServer({ allowHalfOpen: true, highWaterMark: home.highWaterBytes, noDelay: true });
    this.#server = server;
    server.on(door.event, (socket: Socket) => this.#enqueue(socket));
    server.on("drop", () => {
      this.#dropped += 1;
    });
    server.on("listening", () => this.#opened());
    server.on("error", (cause) => this.#failed(cause));
    home.endpoints.add(this);
    if (server.listening) this.#opened();
    else this.#bind();
  }

  /**
   * Takes a server over that listens already, and those that it has accepted.
   * @param server made with `allowHalfOpen` and `pauseOnConnect`; its listeners are its maker's to remove
   */
  static adopted(home: Home, made: object, early: readonly unknown[], options?: ListenOptions): NodeListener {
    const server = made as Server; // the machine's contract; in its own signature there are no types of Node's
    const at = server.address();
    if (at === null) throw new SyscallError("EINVAL", "a server that does not listen cannot be taken over");
    const address = typeof at === "string" ? { path: at } : { host: at.address, port: at.port };
    const listener = new NodeListener(home, address, options, { ...open, createServer: () => server });
    for (const socket of early as readonly Socket[]) if (!socket.destroyed) listener.#enqueue(socket); // as above
    return listener;
  }

  get label(): string {
    return this.#label;
  }

  get fd(): number {
    return descriptorOf(this.#server);
  }

  get address(): Address {
    return this.#address;
  }

  /** Connections closed unaccepted because the queue was full. */
  get dropped(): number {
    return this.#dropped;
  }

  check(): void {
    this.mustBeOpen();
    if (this.#openError !== undefined) throw systemError(this.#openError, `listen ${this.#label}`);
  }

  accept(): Connection | null {
    this.check();
    const connection = this.#queue.shift();
    if (connection !== undefined) {
      this.#server.maxConnections = Infinity;
      connection.begin();
      return connection;
    }
    const cause = this.#acceptError;
    if (cause === undefined) return null;
    this.#acceptError = undefined;
    throw systemError(cause, `accept ${this.#label}`);
  }

  protected isReady(interest: Interest): boolean {
    if (this.#opening) return false;
    if (interest === "write") return true;
    return this.#queue.length > 0 || this.#openError !== undefined || this.#acceptError !== undefined;
  }

  protected override signal(interest: Interest): void {
    if (!this.watched(interest) || !this.isReady(interest)) return;
    super.signal(interest);
    this.#home.told();
  }

  protected release(): void {
    this.#home.endpoints.delete(this);
    // Answers ERR_SERVER_NOT_RUNNING to nobody where it never opened; Node removes the file of a Unix socket.
    this.#server.close();
    for (const connection of this.#queue) connection.close();
    this.#queue = [];
  }

  #bind(): void {
    const at = this.#address;
    const target = "path" in at ? { path: at.path } : { host: at.host ?? "127.0.0.1", port: at.port };
    const options = { ...target, backlog: this.#backlog, exclusive: true, reusePort: this.#sharesPort };
    this.#server.listen(options);
  }

  #opened(): void {
    const real = this.#server.address();
    if (real !== null && typeof real !== "string") this.#address = { host: real.address, port: real.port };
    this.#label = labelOf(this.#address, this.#door);
    this.#settle(undefined);
  }

  #failed(cause: unknown): void {
    if (this.closed) return;
    if (!this.#opening) {
      this.#acceptError = cause;
      this.signal("read");
      return;
    }
    const at = this.#address;
    if (!("path" in at) || errorCode(cause) !== "EADDRINUSE" || this.#replacing) {
      this.#settle(cause);
      return;
    }
    // Once: whoever takes the path next is alive.
    this.#replacing = true;
    removeStale(at.path, (removed) => {
      if (this.closed) return;
      if (removed) this.#bind();
      else this.#settle(cause);
    });
  }

  /** @param cause why it did not open; undefined when it did */
  #settle(cause: unknown): void {
    this.#opening = false;
    this.#openError = cause;
    this.signal("read");
    this.signal("write");
  }

  #enqueue(socket: Socket): void {
    if (this.closed) {
      socket.destroy(); // somebody was still on the way in
      return;
    }
    const connection = this.#door.admit(this.#home, socket, this.#address);
    this.#queue.push(connection);
    // Any number that the connections in the queue alone already reach.
    if (this.#queue.length >= this.#backlog) this.#server.maxConnections = 1;
    this.signal("read");
  }
}

const [major = 0, minor = 0] = version.slice(1).split(".").map(Number);
const canSharePorts = major > 23 || (major === 23 && minor >= 1) || (major === 22 && minor >= 12);

function labelOf(at: Address, { kinds: [tcp, path] }: Door): string {
  return `${"path" in at ? path : tcp} ${addressText(at)}`;
}
