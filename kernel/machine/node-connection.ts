// A TCP or Unix connection of the node machine: a socket as a stream connection, with addresses, a state of opening,
// and an end that can be abrupt. Queued connections (accepted by Node, not yet by a task) read nothing.

import { Socket } from "node:net";
import type { Readable, Writable } from "node:stream";
import type { SyscallError } from "../errors.ts";
import { addressText } from "./endpoint.ts";
import type { Address, Closable, Interest } from "./machine.ts";
import { connectError } from "./node-error.ts";
import { StreamConnection } from "./stream.ts";

/** What the endpoints of one machine share. */
export interface Home {
  readonly highWaterBytes: number;
  readonly lingerMs: number;
  /** Every endpoint that is not closed. */
  readonly endpoints: Set<Closable>;
  /** A watcher was told: the poll under way is to end. */
  told(): void;
}

export class NodeConnection extends StreamConnection {
  readonly #home: Home;
  readonly #socket: Socket;
  readonly #kind: "tcp" | "unix";
  #opening: boolean;
  #openError: unknown = undefined;
  #abrupt = false;
  #local = "";
  #peer = "";

  constructor(home: Home, socket: Socket, kind: "tcp" | "unix", label: string, opening: boolean) {
    super(socket, socket, label, home);
    this.#home = home;
    this.#socket = socket;
    this.#kind = kind;
    this.#opening = opening;
    home.endpoints.add(this);
  }

  /** Starts to open a connection. The address has been checked. */
  static connect(home: Home, to: Address): NodeConnection {
    // A variable, because Node's types do not know that a socket's constructor takes `highWaterMark` as any Duplex.
    const options = { allowHalfOpen: true, highWaterMark: home.highWaterBytes };
    const socket = new Socket(options);
    const kind = "path" in to ? "unix" : "tcp";
    const peer = addressText(to);
    const made = new NodeConnection(home, socket, kind, `${kind} -> ${peer}`, true);
    made.#peer = peer;
    socket.once("connect", () => {
      made.#opening = false;
      if (kind === "tcp") made.#nameEnds("->", endText(socket.localAddress, socket.localPort));
      made.begin();
      made.signal("write");
    });
    socket.connect("path" in to ? { path: to.path } : { host: to.host ?? "127.0.0.1", port: to.port, noDelay: true });
    return made;
  }

  /**
   * Takes a connection that Node accepted. It reads nothing until `begin`.
   * @param at where its listener is
   */
  static accepted(home: Home, socket: Socket, at: Address): NodeConnection {
    if ("path" in at) {
      const made = new NodeConnection(home, socket, "unix", `unix ${at.path} <-`, false);
      made.#local = at.path;
      return made;
    }
    const made = new NodeConnection(home, socket, "tcp", "", false);
    // Asked of the system only where it is not the listener's own address.
    const everywhere = at.host === "0.0.0.0" || at.host === "::";
    made.#nameEnds("<-", everywhere ? endText(socket.localAddress, socket.localPort) : addressText(at));
    return made;
  }

  override get local(): string {
    return this.#local;
  }

  override get peer(): string {
    return this.#peer;
  }

  override check(): void {
    super.check();
    if (this.#openError !== undefined) throw this.#openFailure();
  }

  override write(bytes: Uint8Array): number {
    if (!this.#opening) return super.write(bytes);
    this.mustBeOpen();
    return 0;
  }

  /** Closes at once: what was taken and not sent is dropped, and over TCP the peer sees ECONNRESET. Twice is once. */
  reset(): void {
    this.#abrupt = true;
    this.close();
  }

  protected override isReady(interest: Interest): boolean {
    return !this.#opening && super.isReady(interest);
  }

  protected override signal(interest: Interest): void {
    if (!this.watched(interest) || !this.isReady(interest)) return;
    super.signal(interest);
    this.#home.told();
  }

  override streamFailed(cause: unknown, stream: Readable | Writable): void {
    if (this.#opening) {
      this.#opening = false;
      this.#openError = cause;
    }
    super.streamFailed(cause, stream);
  }

  protected override readFailure(cause: unknown): SyscallError {
    return this.#openError === undefined ? super.readFailure(cause) : this.#openFailure();
  }

  protected override writeFailure(cause: unknown): SyscallError {
    return this.#openError === undefined ? super.writeFailure(cause) : this.#openFailure();
  }

  protected override release(): void {
    this.#home.endpoints.delete(this);
    const socket = this.#socket;
    if (this.#opening) socket.destroy();
    // Only TCP has resets.
    else if (this.#abrupt && this.#kind === "tcp") socket.resetAndDestroy();
    else if (this.#abrupt || socket.writableLength === 0) socket.destroy();
    else super.release();
  }

  #openFailure(): SyscallError {
    return connectError(this.#openError, this.label);
  }

  #nameEnds(arrow: "->" | "<-", local: string): void {
    this.#local = local;
    this.#peer = endText(this.#socket.remoteAddress, this.#socket.remotePort);
    this.rename(`tcp ${local} ${arrow} ${this.#peer}`);
  }
}

/** "?" for an end that was gone before it could be asked. */
function endText(host: string | undefined, port: number | undefined): string {
  return host === undefined || port === undefined ? "?" : addressText({ host, port });
}
