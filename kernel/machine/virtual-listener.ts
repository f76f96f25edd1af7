// A virtual listening socket: a bounded backlog of connections that reached it, taken in order of arrival. A connect
// that finds the backlog full tries again, as TCP does; see the network.

import { addressText } from "./endpoint.ts";
import type { Address, Connection, Interest, Listener } from "./machine.ts";
import type { VirtualConnection } from "./virtual-connection.ts";
import { type Failure, thrown, VirtualEndpoint } from "./virtual-endpoint.ts";
import { Fifo } from "./virtual-queue.ts";
import type { World } from "./virtual-world.ts";

export interface ListenerOptions {
  /** What was asked for, and what was given: the same but for the port and the host's name. */
  readonly asked: Address;
  readonly bound: Address;
  /** Why it cannot be opened, if so. */
  readonly failure: Failure | undefined;
  readonly backlog: number;
  /** True when one more connection may be open. */
  readonly hasDescriptor: () => boolean;
  readonly onAccept: (connection: VirtualConnection) => void;
  readonly onRelease: (endpoint: VirtualEndpoint) => void;
}

export class VirtualListener extends VirtualEndpoint implements Listener {
  readonly #options: ListenerOptions;
  readonly #backlog = new Fifo<VirtualConnection>();
  #state: "opening" | "open" | "failed" = "opening";

  constructor(world: World, options: ListenerOptions) {
    super(world, options.onRelease);
    this.#options = options;
    world.after(0, () => this.#open());
  }

  get label(): string {
    return `${"path" in this.address ? "unix" : "tcp"} ${addressText(this.address)}`;
  }

  get address(): Address {
    return this.#state === "open" ? this.#options.bound : this.#options.asked;
  }

  protected override get opening(): boolean {
    return this.#state === "opening";
  }

  /** Whether a connect finds somebody here. */
  get listening(): boolean {
    return this.#state === "open" && !this.closed;
  }

  /** No more connections fit until one is accepted. */
  get full(): boolean {
    return this.#backlog.size >= this.#options.backlog;
  }

  check(): void {
    this.mustBeOpen();
    if (this.#state === "failed" && this.#options.failure !== undefined) throw thrown(this.#options.failure);
  }

  accept(): Connection | null {
    this.check();
    if (this.#backlog.size === 0 || this.holdsBack("read")) return null;
    if (!this.#options.hasDescriptor() || this.world.faults.strikes("outOfDescriptors")) {
      throw thrown({
        code: "EMFILE",
        message: `${this.label}: no descriptor left to accept with: close connections, then try again`,
      });
    }
    const connection = this.#backlog.shift();
    if (connection === undefined) return null;
    this.#options.onAccept(connection);
    return connection;
  }

  /** A connection reached the listener, which is not full. */
  enqueue(connection: VirtualConnection): void {
    this.#backlog.push(connection);
    this.notice("read");
  }

  protected override makesProgress(interest: Interest): boolean {
    return interest === "write" ? !this.opening : this.#state === "failed" || this.#backlog.size > 0;
  }

  protected override finish(): void {
    for (let left = this.#backlog.shift(); left !== undefined; left = this.#backlog.shift()) left.abort();
  }

  #open(): void {
    this.#state = this.#options.failure === undefined ? "open" : "failed";
    this.notice("write");
    this.notice("read");
  }
}
