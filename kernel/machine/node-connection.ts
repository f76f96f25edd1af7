// A TCP or Unix connection of the node machine: a socket as a stream connection, with addresses, a state of opening,
// and an end that can be abrupt. Queued connections (accepted by Node, not yet by a task) read nothing.

import { Socket } from "node:net";
import type { Readable, Writable } from "node:stream";
import type { SyscallError } from "../errors.ts";
import { addressText } from "./endpoint.ts";
import type { Address, Closable, Interest } from "./machine.ts";
import { systemError } from "./node-error.ts";
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

  constructor(home: Home, socket: Socket, at: Address, opening: boolean) {
    const kind = "path" in at ? "unix" : "tcp";
    super(socket, socket, opening ? `${kind} -> ${addressText(at)}` : `${kind} ${addressText(at)} <-`, home);
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
    const made = new NodeConnection(home, socket, to, true);
    made.#peer = addressText(to);
    socket.once("connect", () => {
      made.#opening = false;
      if (made.#kind === "tcp") made.#nameEnds("->");
      made.begin();
      made.signal("write");
    });
    socket.connect("path" in to ? { path: to.path } : { host: to.host ?? "127.0.0.1", port: to.port, noDelay: true });
    return made;
  }

  /** Takes a connection that Node accepted. It reads nothing until `begin`. */
  static accepted(home: Home, socket: Socket, at: Address): NodeConnection {
    const made = new NodeConnection(home, socket, at, false);
    if ("path" in at) made.#local = at.path;
    else made.#nameEnds("<-");
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

  protected override fail(cause: unknown, stream: Readable | Writable): void {
    if (this.#opening) {
      this.#opening = false;
      this.#openError = cause;
    }
    super.fail(cause, stream);
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
    return systemError(this.#openError, `connect ${this.label}`);
  }

  #nameEnds(arrow: "->" | "<-"): void {
    this.#local = endText(this.#socket.localAddress, this.#socket.localPort);
    this.#peer = endText(this.#socket.remoteAddress, this.#socket.remotePort);
    this.rename(`tcp ${this.#local} ${arrow} ${this.#peer}`);
  }
}

/** "?" for an end that was gone before it could be asked. */
function endText(host: string | undefined, port: number | undefined): string {
  return host === undefined || port === undefined ? "?" : addressText({ host, port });
}
