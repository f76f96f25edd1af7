// The machine inside Node: time, chance, sockets and readiness from Node's own event loop, on any platform. A poll
// gives that loop its turn, so timers, promises and streams of the rest of the process go on as usual. One at a time:
// a machine belongs to one kernel. Never listens on more than was asked: without a host it is 127.0.0.1.

import { SyscallError } from "../errors.ts";
import { checkAddress } from "./endpoint.ts";
import { Hop } from "./hop.ts";
import { HostMachine } from "./host.ts";
import type { Address, Closable, Connection, Listener, ListenOptions, Polled } from "./machine.ts";
import { NodeConnection } from "./node-connection.ts";
import { NodeListener } from "./node-listener.ts";
import { NodePoll } from "./node-poll.ts";
import type { Home } from "./socket-connection.ts";

export interface NodeMachineOptions {
  /** Makes `random` repeatable. Default: other numbers in each run. */
  readonly seed?: number;
  /** How much a connection holds per direction before it holds its peer or its writer back, bytes. Default 65536. */
  readonly highWaterBytes?: number;
  /** How long what was taken may stand still after its connection was closed, ms; then it is dropped. Default 3000. */
  readonly lingerMs?: number;
  /** Has a turn that never ends be one that another thread can end. Costs some µs a lap; see Hop. Default false. */
  readonly isEndable?: boolean;
}

/** A `Server` of Node's own `net`, as far as it can be told from others. */
export interface NodeServer {
  readonly listening: boolean;
  getConnections(callback: (error: Error | null, count: number) => void): unknown;
}

export class NodeMachine extends HostMachine {
  readonly name = "node";
  readonly #home: Home;
  readonly #hop: Hop | undefined;
  readonly #poll: NodePoll;

  /** Throws EINVAL for a high-water mark that is not a positive integer, or a seed that is not a safe integer. */
  constructor(options: NodeMachineOptions = {}) {
    super(options.seed);
    const { highWaterBytes = 65536, lingerMs = 3_000, isEndable = false } = options;
    if (!Number.isInteger(highWaterBytes) || highWaterBytes < 1) {
      throw new SyscallError("EINVAL", `highWaterBytes ${highWaterBytes} is not a positive integer`);
    }
    this.#hop = isEndable ? new Hop() : undefined;
    this.#poll = new NodePoll(this.#hop?.later);
    this.#home = { highWaterBytes, lingerMs, endpoints: new Set<Closable>(), told: () => this.#poll.told() };
  }

  poll(idleMs: number, done: Polled, isVacant?: boolean): boolean {
    this.#hop?.open();
    return this.#poll.poll(idleMs, done, isVacant);
  }

  interrupt(): void {
    this.#poll.interrupt();
  }

  cutOff(): void {
    this.#hop?.cutOff();
  }

  listen(at: Address, options?: ListenOptions): Listener {
    checkAddress(at);
    return new NodeListener(this.#home, at, options);
  }

  /**
   * Takes over a server of Node's that listens already.
   * @param server made with `allowHalfOpen` and `pauseOnConnect`; nobody else may listen to its events any more
   * @param early what it has accepted so far
   * @throws EINVAL for one that does not listen
   */
  adopt(server: NodeServer, early: readonly unknown[], options?: ListenOptions): Listener {
    return NodeListener.adopted(this.#home, server, early, options);
  }

  connect(to: Address): Connection {
    checkAddress(to);
    return NodeConnection.connect(this.#home, to);
  }

  endpoints(): Iterable<Closable> {
    return this.#home.endpoints;
  }

  override close(): void {
    super.close();
    for (const endpoint of this.#home.endpoints) endpoint.close();
    this.#poll.close();
    this.#hop?.close();
  }
}
