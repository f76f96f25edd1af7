// What the machines inside a real process share, whatever their sockets are: its clock, chance, environment, standard
// output, descriptor limit, and what it has beside sockets.

import { descriptorLimit, environmentVariable, openStdin, standardOutput } from "./console.ts";
import type { Address, Connection, Host, Listener, ListenOptions, Machine } from "./machine.ts";
import { lookup } from "./names.ts";
import { openStream } from "./open-stream.ts";
import { Processes } from "./processes.ts";
import { Random } from "./random.ts";

export abstract class HostMachine implements Machine {
  abstract readonly name: string;
  readonly asynchronous = true;
  readonly host: Host;
  readonly #processes: Processes = new Processes();
  readonly #random: () => number;

  /**
   * @param seed makes `random` repeatable; undefined: other numbers in each run
   * @throws EINVAL for a seed that is not a safe integer
   */
  constructor(seed: number | undefined) {
    this.host = { exec: (command) => this.#processes.exec(command), lookup, openStdin, openStream };
    if (seed === undefined) {
      this.#random = Math.random;
    } else {
      const chance = new Random(seed);
      this.#random = () => chance.next();
    }
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

  /** Ends the child processes that are left. */
  close(): void {
    this.#processes.close();
  }

  abstract poll(idleMs: number): void | Promise<void>;
  abstract interrupt(): void;
  abstract listen(at: Address, options?: ListenOptions): Listener;
  abstract connect(to: Address): Connection;
}
