// The machine inside Node: time, chance, sockets and readiness from Node's own event loop, on any platform. A poll
// gives that loop its turn, so timers, promises and streams of the rest of the process go on as usual. One at a time:
// a machine belongs to one kernel. Never listens on more than was asked: without a host it is 127.0.0.1.

import { SyscallError } from "../errors.ts";
import { descriptorLimit, environmentVariable, standardOutput } from "./console.ts";
import { checkAddress } from "./endpoint.ts";
import type { Address, Closable, Connection, Listener, ListenOptions, Machine } from "./machine.ts";
import { type Home, NodeConnection } from "./node-connection.ts";
import { NodeListener } from "./node-listener.ts";
import { NodePoll } from "./node-poll.ts";
import { Random } from "./random.ts";

export interface NodeMachineOptions {
  /** Makes `random` repeatable. Default: other numbers in each run. */
  readonly seed?: number;
  /** How much a connection holds per direction before it holds its peer or its writer back, bytes. Default 65536. */
  readonly highWaterBytes?: number;
  /** How long what was taken may stand still after its connection was closed, ms; then it is dropped. Default 3000. */
  readonly lingerMs?: number;
}

export class NodeMachine implements Machine {
  readonly name = "node";
  readonly asynchronous = true;
  readonly #home: Home;
  readonly #random: () => number;
  readonly #poll: NodePoll = new NodePoll();

  /** Throws EINVAL for a high-water mark that is not a positive integer, or a seed that is not a safe integer. */
  constructor(options: NodeMachineOptions = {}) {
    const highWaterBytes = options.highWaterBytes ?? 65536;
    if (!Number.isInteger(highWaterBytes) || highWaterBytes < 1) {
      throw new SyscallError("EINVAL", `highWaterBytes ${highWaterBytes} is not a positive integer`);
    }
    if (options.seed === undefined) {
      this.#random = Math.random;
    } else {
      const chance = new Random(options.seed);
      this.#random = () => chance.next();
    }
    const { lingerMs = 3_000 } = options;
    this.#home = { highWaterBytes, lingerMs, endpoints: new Set<Closable>(), told: () => this.#poll.told() };
  }

  environment(name: string): string | undefined {
    return environmentVariable(name);
  }

  get descriptors(): number {
    return descriptorLimit();
  }

  get stdout(): Connection {
    return standardOutput();
  }

  now(): number {
    return performance.now();
  }

  random(): number {
    return this.#random();
  }

  alive(): boolean {
    return true;
  }

  poll(idleMs: number): Promise<void> {
    return this.#poll.poll(idleMs);
  }

  interrupt(): void {
    this.#poll.interrupt();
  }

  listen(at: Address, options?: ListenOptions): Listener {
    refuseAddress(at);
    return new NodeListener(this.#home, at, options);
  }

  connect(to: Address): Connection {
    refuseAddress(to);
    return NodeConnection.connect(this.#home, to);
  }

  close(): void {
    for (const endpoint of this.#home.endpoints) endpoint.close();
    this.#poll.close();
  }
}

function refuseAddress(address: Address): void {
  checkAddress(address);
  // Node takes an empty host for every interface there is.
  if ("host" in address && address.host === "") {
    throw new SyscallError("EINVAL", "a host that is empty would be every interface: leave it out for 127.0.0.1");
  }
}
