// The network of the virtual machine: how a connect reaches a listener, or what it is told instead. The number of
// endpoints is bounded, as by a limit of descriptors: beyond it opening fails with EMFILE, and accept throws it.

import { SyscallError } from "../errors.ts";
import { addressText, checkAddress, checkedBacklog } from "./endpoint.ts";
import type { Address, ListenOptions } from "./machine.ts";
import { AddressBook, type Place, placeOf, targetOf } from "./virtual-addresses.ts";
import { VirtualConnection } from "./virtual-connection.ts";
import type { Failure, VirtualEndpoint } from "./virtual-endpoint.ts";
import { VirtualListener } from "./virtual-listener.ts";
import type { World } from "./virtual-world.ts";

/** Linux sends the request again after 1, 2, 4 … s, six times, and gives up 127 s after the first. */
const connectRetries = 6;

export interface NetworkOptions {
  readonly capacityBytes: number;
  readonly maxEndpoints: number;
  /** Called when an endpoint was closed. */
  readonly onRelease: () => void;
}

export class VirtualNetwork {
  readonly #world: World;
  readonly #options: NetworkOptions;
  readonly #addresses = new AddressBook<VirtualListener>();
  /** What is open, in the order of opening. */
  readonly endpoints: Set<VirtualEndpoint> = new Set();

  constructor(world: World, options: NetworkOptions) {
    for (const [name, value] of Object.entries({
      capacityBytes: options.capacityBytes,
      maxEndpoints: options.maxEndpoints,
    })) {
      if (!(Number.isSafeInteger(value) && value > 0)) {
        throw new SyscallError("EINVAL", `${name} is a positive whole number, not ${value}`);
      }
    }
    this.#world = world;
    this.#options = options;
  }

  listen(at: Address, options: ListenOptions = {}): VirtualListener {
    checkAddress(at);
    const backlog = checkedBacklog(options);
    if (options.reusePort === true) throw new SyscallError("ENOTSUP", "the simulated network shares no ports");
    const bound = this.#addresses.withPort(placeOf(at));
    const failure = this.#outOfDescriptors(at) ?? this.#inUse(bound);
    const listener = new VirtualListener(this.#world, {
      asked: at,
      bound,
      failure,
      backlog,
      hasDescriptor: () => this.#hasDescriptor(),
      onAccept: (connection) => this.endpoints.add(connection),
      onRelease: (released) => {
        if (failure === undefined) this.#addresses.remove(bound);
        this.#released(released);
      },
    });
    if (failure === undefined) this.#addresses.add(bound, listener);
    this.endpoints.add(listener);
    return listener;
  }

  connect(to: Address): VirtualConnection {
    checkAddress(to);
    const target = targetOf(to);
    const peer = addressText(target);
    const local = "path" in target ? "" : addressText(this.#addresses.nextClient(target));
    const failure = this.#outOfDescriptors(to);
    const client = this.#connection("path" in target ? `unix -> ${peer}` : `tcp ${local} -> ${peer}`, local, peer);
    this.endpoints.add(client);
    if (failure !== undefined) this.#world.after(0, () => client.failed(failure));
    else this.#world.after(this.#world.latencyMs(), () => this.#arrive(client, target, 0));
    return client;
  }

  close(): void {
    for (const endpoint of this.endpoints) endpoint.close();
  }

  /** A connect request reaches the other side, which sets up its end at once and lets the listener know. */
  #arrive(client: VirtualConnection, target: Place, attempt: number): void {
    if (client.closed) return;
    const listener = this.#addresses.find(target);
    if (listener?.listening !== true) {
      if ("path" in target) this.#refuse(client, "ENOENT", "there is no such socket: has the server started?");
      else this.#refuse(client, "ECONNREFUSED", "nobody listens there: has the server started?");
    } else if (this.#world.faults.strikes("refusedConnect")) {
      this.#refuse(client, "ECONNREFUSED", "it was refused: try again");
    } else if (!listener.full) {
      const [local, peer] = [client.peer, client.local];
      const server = this.#connection("path" in target ? `unix ${local} <-` : `tcp ${local} <- ${peer}`, local, peer);
      client.meet(server);
      this.#world.after(this.#world.latencyMs(), () => client.opened());
      listener.enqueue(server);
    } else if ("path" in target) {
      this.#refuse(client, "EAGAIN", "its backlog is full: try again later");
    } else {
      this.#world.after(1000 * 2 ** attempt, () => {
        if (attempt < connectRetries) this.#arrive(client, target, attempt + 1);
        else this.#refuse(client, "ETIMEDOUT", "no answer: its backlog stayed full");
      });
    }
  }

  #refuse(client: VirtualConnection, code: string, why: string): void {
    const failure: Failure = { code, message: `cannot connect to ${client.peer}: ${why}` };
    this.#world.after(this.#world.latencyMs(), () => client.failed(failure));
  }

  #connection(label: string, local: string, peer: string): VirtualConnection {
    const { capacityBytes } = this.#options;
    return new VirtualConnection(this.#world, { label, local, peer, capacityBytes, onRelease: this.#released });
  }

  readonly #released = (endpoint: VirtualEndpoint): void => {
    this.endpoints.delete(endpoint);
    this.#options.onRelease();
  };

  #hasDescriptor(): boolean {
    return this.endpoints.size < this.#options.maxEndpoints;
  }

  #outOfDescriptors(address: Address): Failure | undefined {
    if (this.#hasDescriptor()) return undefined;
    const limit = `all ${this.#options.maxEndpoints} endpoints are open`;
    return { code: "EMFILE", message: `${addressText(address)}: ${limit}: close some, then try again` };
  }

  #inUse(place: Place): Failure | undefined {
    if (!this.#addresses.taken(place)) return undefined;
    const message = `${addressText(place)} is in use: stop who listens there, or take another address`;
    return { code: "EADDRINUSE", message };
  }
}
