// A TCP or Unix connection of the node machine: a socket as a connection, with an end that can be abrupt. Queued
// connections (accepted by Node, not yet by a task) read nothing.

import { Socket } from "node:net";
import type { SyscallError } from "../errors.ts";
import { addressText } from "./endpoint.ts";
import type { Address } from "./machine.ts";
import { connectError } from "./node-error.ts";
import { type Home, nearEnd, SocketConnection } from "./socket-connection.ts";

export class NodeConnection extends SocketConnection {
  readonly #socket: Socket;
  readonly #kind: "tcp" | "unix";
  #abrupt = false;

  constructor(home: Home, socket: Socket, kind: "tcp" | "unix", label: string, opening: boolean) {
    super(home, socket, label, opening);
    this.#socket = socket;
    this.#kind = kind;
  }

  /** Starts to open a connection. The address has been checked. */
  static connect(home: Home, to: Address): NodeConnection {
    // A variable, because Node's types do not know that a socket's constructor takes `highWaterMark` as any Duplex.
    const options = { allowHalfOpen: true, highWaterMark: home.highWaterBytes };
    const socket = new Socket(options);
    const kind = "path" in to ? "unix" : "tcp";
    const peer = addressText(to);
    const made = new NodeConnection(home, socket, kind, `${kind} -> ${peer}`, true);
    made.namePeer(peer);
    socket.once("connect", () => {
      if (kind === "tcp") made.nameEnds("tcp", "->");
      made.opened();
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
      made.nameLocal(at.path);
      return made;
    }
    const made = new NodeConnection(home, socket, "tcp", "", false);
    made.nameEnds("tcp", "<-", nearEnd(at));
    return made;
  }

  /** Closes at once: what was taken and not sent is dropped, and over TCP the peer sees ECONNRESET. Twice is once. */
  reset(): void {
    this.#abrupt = true;
    this.close();
  }

  protected override release(): void {
    const socket = this.#socket;
    if (!this.isOpening) {
      // Only TCP has resets.
      if (this.#abrupt && this.#kind === "tcp") socket.resetAndDestroy();
      else if (this.#abrupt || socket.writableLength === 0) socket.destroy();
    }
    super.release();
  }

  protected openFailure(cause: unknown): SyscallError {
    return connectError(cause, this.label);
  }
}
