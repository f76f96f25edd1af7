// What the machines inside a real process share, whatever their sockets are: its clock, chance, environment, standard
// output, descriptor limit, and what it has beside sockets.

import { descriptorLimit, environmentVariable, openStdin, standardOutput } from "./console.ts";
import { HostDatagramSockets } from "./datagrams.ts";
import { HostFiles } from "./files.ts";
import type { Address, Connection, Host, Listener, ListenOptions, Machine, Polled } from "./machine.ts";
import { lookup } from "./names.ts";
import { openStream } from "./open-stream.ts";
import { Processes } from "./processes.ts";
import { Random } from "./random.ts";
import { runDelayMs } from "./run-delay.ts";
import { terminalOf } from "./terminal.ts";
import { TlsEndpoints } from "./tls.ts";
import { WorkerPool } from "./workers.ts";

export abstract class HostMachine implements Machine {
  abstract readonly name: string;
  readonly asynchronous = true;
  readonly host: Host;
  readonly #processes: Processes = new Processes();
  readonly #tls: TlsEndpoints = new TlsEndpoints();
  readonly #files: HostFiles = new HostFiles();
  readonly #datagrams: HostDatagramSockets = new HostDatagramSockets();
  readonly #workers: WorkerPool = new WorkerPool();
  readonly #random: () => number;

  /**
   * @param seed makes `random` repeatable; undefined: other numbers in each run
   * @throws EINVAL for a seed that is not a safe integer
   */
  constructor(seed: number | undefined) {
    this.host = {
      connectTls: (to, options) => this.#tls.connect(to, options),
      datagrams: this.#datagrams,
      workers: this.#workers,
      exec: (command) => this.#processes.exec(command),
      files: this.#files,
      listenTls: (at, options) => this.#tls.listen(at, options),
      lookup,
      openStdin,
      openStream,
      terminal: terminalOf,
    };
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

  runDelayMs(): number {
    return runDelayMs();
  }

  random(): number {
    return this.#random();
  }

  alive(): boolean {
    return true;
  }

  /** Ends and closes what is left of the host's parts. A machine's own `close` closes its sockets as well. */
  close(): void {
    this.#tls.close();
    this.#processes.close();
    this.#datagrams.close();
    this.#files.close();
    this.#workers.close();
  }

  abstract poll(idleMs: number, done: Polled, isVacant?: boolean): boolean;
  abstract interrupt(): void;
  abstract listen(at: Address, options?: ListenOptions): Listener;
  abstract connect(to: Address): Connection;
}
