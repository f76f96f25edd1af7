// The virtual machine: clock, chance, network and faults simulated from one seed. The same seed and the same calls
// give the same run, on every platform. Nothing here waits: hours pass in milliseconds. It refuses the real world:
// outside promises settle only on an asynchronous one, and simulated time does not wait for them.

import { SyscallError } from "../errors.ts";
import type { Address, Closable, Connection, Host, Listener, ListenOptions, Machine, Polled } from "./machine.ts";
import { Random } from "./random.ts";
import { VirtualConnection } from "./virtual-connection.ts";
import { allFaults, benignFaults, type FaultKind, type FaultPlan, noFaults } from "./virtual-faults.ts";
import { VirtualNetwork } from "./virtual-network.ts";
import { VirtualOutput } from "./virtual-output.ts";
import { World } from "./virtual-world.ts";

export { allFaults, benignFaults, type FaultKind, type FaultPlan, faultKinds, noFaults } from "./virtual-faults.ts";

export interface VirtualMachineOptions {
  /** A safe integer. Default 1. */
  readonly seed?: number;
  /** What goes wrong, and how likely; kinds left out do not. Default "none". */
  readonly faults?: Partial<FaultPlan> | "none" | "benign" | "all";
  /** Least and most time a message takes from one end to the other, ms. Default [0.05, 0.5]. */
  readonly latencyMs?: readonly [leastMs: number, mostMs: number];
  /** Bytes that fit into one direction of a connection, on their way and unread together. Default 65,536. */
  readonly capacityBytes?: number;
  /** Endpoints that may be open at once, beyond which there is EMFILE. Default 1,048,576. */
  readonly maxEndpoints?: number;
  /** Lets promises settle that are not simulated: a poll is then over later. Default false. */
  readonly asynchronous?: boolean;
  /**
   * Gives what is outside its turn in each asynchronous poll. By default 16 microtasks, enough for promises that
   * need no input or output; give `() => setImmediate()` from `node:timers/promises` for those that do.
   */
  readonly turn?: () => PromiseLike<unknown>;
  /** What it has beside sockets, such as a `lookup` of the test's own. Default: nothing. */
  readonly host?: Partial<Host>;
}

const plans = { none: noFaults, benign: benignFaults, all: allFaults } as const;

/** One simulated host. Throws EINVAL for options that cannot be. */
export class VirtualMachine implements Machine {
  readonly name = "virtual";
  readonly asynchronous: boolean;
  readonly descriptors: number;
  readonly host: Partial<Host>;
  /** Holds what was printed; `stdout.text` shows it. */
  readonly stdout: VirtualOutput = new VirtualOutput();
  readonly #world: World;
  readonly #network: VirtualNetwork;
  readonly #random: Random;
  readonly #turn: () => PromiseLike<unknown>;
  #polling = false;
  #interrupted = false;

  constructor(options: VirtualMachineOptions = {}) {
    const { seed = 1, faults = "none", latencyMs = [0.05, 0.5] } = options;
    this.asynchronous = options.asynchronous ?? false;
    this.host = options.host ?? {};
    this.descriptors = options.maxEndpoints ?? 1_048_576;
    this.#turn = options.turn ?? microtasks;
    this.#random = new Random(seed);
    this.#world = new World(seed, typeof faults === "string" ? plans[faults] : faults, latencyMs);
    this.#network = new VirtualNetwork(this.#world, {
      capacityBytes: options.capacityBytes ?? 65_536,
      maxEndpoints: this.descriptors,
      onRelease: () => this.interrupt(),
    });
  }

  /** How often each kind of fault took effect. */
  get faultCounts(): Readonly<Record<FaultKind, number>> {
    return this.#world.faults.counts;
  }

  /** The simulated host has no environment: what a run depends on is its seed. */
  environment(_name: string): undefined {
    return undefined;
  }

  /** Simulated, ms since the start. Moves in `poll` only. */
  now(): number {
    return this.#world.nowMs;
  }

  random(): number {
    return this.#random.next();
  }

  /**
   * Moves the clock from one scheduled event to the next until a watcher was told or `idleMs` are over. A poll with 0,
   * or with something due already, costs 0.01 ms, so that a kernel whose tasks are always busy reaches the future too.
   * A synchronous one with Infinity returns when nothing is scheduled any more.
   *
   * An asynchronous one gives the outside one turn first; an interrupt then keeps the clock from jumping. With nothing
   * scheduled and Infinity it waits for the outside to schedule something or to interrupt.
   * @param idleMs how far the clock may go, ms; Infinity: to whatever comes
   * @param done told when an asynchronous one is over, and of what its `turn` threw
   * @throws EINVAL for NaN; EBUSY while an asynchronous poll is under way
   */
  poll(idleMs: number, done?: Polled): boolean {
    if (Number.isNaN(idleMs)) throw new SyscallError("EINVAL", "poll(NaN): give a number of ms, or Infinity");
    if (!this.asynchronous) {
      this.#world.advance(idleMs);
      return true;
    }
    if (this.#polling) throw new SyscallError("EBUSY", "a poll is under way: wait for its end before the next");
    this.#pollOutside(idleMs).then(() => done?.(), done);
    return false;
  }

  interrupt(): void {
    if (!this.#polling) return;
    this.#interrupted = true;
    this.#world.onSchedule?.();
  }

  /** True while anything is scheduled; always true when asynchronous, as the outside may have something in store. */
  alive(): boolean {
    return this.asynchronous || this.#world.pending;
  }

  listen(at: Address, options?: ListenOptions): Listener {
    return this.#network.listen(at, options);
  }

  connect(to: Address): Connection {
    return this.#network.connect(to);
  }

  endpoints(): Iterable<Closable> {
    return this.#network.endpoints;
  }

  close(): void {
    this.#network.close();
    this.#world.clear();
    this.interrupt();
  }

  /** No faults from here on. What was held back still comes. */
  heal(): void {
    this.#world.faults.heal();
  }

  /** Closes a connection the hard way: its peer gets ECONNRESET. Twice is once. Throws EINVAL for a stranger's. */
  reset(connection: Connection): void {
    if (!(connection instanceof VirtualConnection)) {
      throw new SyscallError("EINVAL", `${connection.label} is no connection of a virtual machine`);
    }
    connection.abort();
  }

  async #pollOutside(idleMs: number): Promise<void> {
    this.#polling = true;
    this.#interrupted = false;
    try {
      await this.#turn();
      let told = this.#world.advance(this.#interrupted ? 0 : idleMs);
      while (!told && !this.#interrupted && idleMs === Number.POSITIVE_INFINITY) {
        await new Promise<void>((resolve) => {
          this.#world.onSchedule = resolve;
        });
        told = this.#world.advance(this.#interrupted ? 0 : idleMs);
      }
    } finally {
      this.#polling = false;
      this.#world.onSchedule = undefined;
    }
  }
}

/** The default turn. */
async function microtasks(): Promise<void> {
  for (let count = 0; count < 16; count += 1) await undefined;
}
