// What the tests of the virtual machine share. All of it is synchronous, as the machine is.

import type { Address, Connection, Listener, Pollable, Watcher } from "../../../kernel/machine/machine.ts";
import type { VirtualMachine } from "../../../kernel/machine/virtual.ts";

/** Polls until nothing is scheduled any more. */
export function settle(machine: VirtualMachine): void {
  while (machine.alive()) machine.poll(Number.POSITIVE_INFINITY);
}

export function opened(machine: VirtualMachine, at: Address = { port: 0 }, backlog?: number): Listener {
  const listener = machine.listen(at, backlog === undefined ? {} : { backlog });
  settle(machine);
  listener.check();
  return listener;
}

export interface Pair {
  readonly listener: Listener;
  readonly client: Connection;
  readonly server: Connection;
}

export function pair(machine: VirtualMachine, at?: Address): Pair {
  const listener = opened(machine, at);
  const client = machine.connect(listener.address);
  settle(machine);
  client.check();
  const server = listener.accept();
  if (server === null) throw new Error(`nobody reached ${listener.label}`);
  return { listener, client, server };
}

/** Watches, and keeps the time of each call. */
export class Noted implements Watcher {
  readonly times: number[] = [];
  readonly #machine: VirtualMachine;

  constructor(machine: VirtualMachine) {
    this.#machine = machine;
  }

  /** A watcher that watches. */
  static on(machine: VirtualMachine, pollable: Pollable, interest: "read" | "write"): Noted {
    const watcher = new Noted(machine);
    pollable.watch(interest, watcher);
    return watcher;
  }

  ready(): void {
    this.times.push(this.#machine.now());
  }
}

/** The code of what was thrown; "" when nothing was. */
export function codeOf(attempt: () => unknown): string {
  try {
    attempt();
    return "";
  } catch (error) {
    return error instanceof Error && "code" in error ? String(error.code) : `no code: ${String(error)}`;
  }
}

export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
export const textOf = (bytes: Uint8Array | null): string | null => bytes && new TextDecoder().decode(bytes);
