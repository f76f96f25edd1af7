// What the laws of the contract are written with: watchers that count, and helpers that poll until something is so.

import type { ExpectStatic } from "vitest";
import { addressText } from "../../../kernel/machine/endpoint.ts";
import type {
  Address,
  Connection,
  Interest,
  Listener,
  Machine,
  Pollable,
  Watcher,
} from "../../../kernel/machine/machine.ts";
import type { ContractOptions } from "../contract.ts";

/** Ends the law here, visibly, with a reason. */
export type Skip = (why: string) => void;

export interface Bench {
  readonly options: ContractOptions;
  readonly expect: ExpectStatic;
  /** Registers one law; its machine is new, and closed afterwards. */
  law(title: string, body: (machine: Machine, skip: Skip) => void | Promise<void>): void;
}

/** A watcher that counts how often it was told, and keeps with what. */
export class Told implements Watcher {
  count = 0;
  error: unknown = undefined;

  ready(error?: unknown): void {
    this.count += 1;
    this.error = error;
  }
}

/** The longest anything on one host may take, ms of the machine's clock. */
const patienceMs = 10_000;

/** One poll, as a promise. */
export function polled(machine: Machine, idleMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (error?: unknown): void => (error === undefined ? resolve() : reject(error));
    if (machine.poll(idleMs, done)) resolve();
  });
}

/** Polls until the watcher was told; fails with what it was told. */
export async function told(machine: Machine, watcher: Told, what: string): Promise<void> {
  const end = machine.now() + patienceMs;
  while (watcher.count === 0) {
    if (machine.now() >= end) throw new Error(`${what}: nothing came within ${patienceMs} ms`);
    await polled(machine, end - machine.now());
  }
  if (watcher.error !== undefined) throw watcher.error;
}

/** Polls until the direction is ready. */
export async function ready(machine: Machine, pollable: Pollable, interest: Interest): Promise<void> {
  const watcher = new Told();
  pollable.watch(interest, watcher);
  await told(machine, watcher, `${interest} ${pollable.label}`);
}

/** Lets the world go on for a while: long enough for whatever was to come, had it come. */
export async function pass(machine: Machine, ms = 50): Promise<void> {
  const end = machine.now() + ms;
  while (machine.now() < end) await polled(machine, end - machine.now());
}

/** A listener that is open. */
export async function listening(machine: Machine, at: Address = { port: 0 }): Promise<Listener> {
  const listener = machine.listen(at);
  await ready(machine, listener, "write");
  listener.check();
  return listener;
}

/** A connection that is open. */
export async function connected(machine: Machine, to: Address): Promise<Connection> {
  const connection = machine.connect(to);
  await ready(machine, connection, "write");
  connection.check();
  return connection;
}

export function accepted(machine: Machine, listener: Listener): Promise<Connection> {
  return insist(machine, listener, "read", () => listener.accept());
}

/** A listener, and both ends of one connection to it. */
export interface Pair {
  readonly listener: Listener;
  readonly client: Connection;
  readonly server: Connection;
}

export async function pair(machine: Machine, at?: Address): Promise<Pair> {
  const listener = await listening(machine, at);
  const client = await connected(machine, listener.address);
  return { listener, client, server: await accepted(machine, listener) };
}

/** The next bytes, or length 0 at the end. */
export function received(machine: Machine, connection: Connection, max = 65_536): Promise<Uint8Array> {
  return insist(machine, connection, "read", () => connection.read(max));
}

/** Exactly `length` bytes. */
export async function receivedAll(machine: Machine, connection: Connection, length: number): Promise<Uint8Array> {
  const all = new Uint8Array(length);
  let got = 0;
  while (got < length) {
    const bytes = await received(machine, connection, length - got);
    if (bytes.length === 0) throw new Error(`${connection.label} ended after ${got} of ${length} bytes`);
    all.set(bytes, got);
    got += bytes.length;
  }
  return all;
}

export async function sent(machine: Machine, connection: Connection, bytes: Uint8Array): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    done += await insist(machine, connection, "write", () => connection.write(bytes.subarray(done)) || null);
  }
}

/** Tries until the answer is not null, and waits in between for the direction to be ready. */
async function insist<T>(
  machine: Machine,
  pollable: Pollable,
  interest: Interest,
  attempt: () => T | null,
): Promise<T> {
  // A false alarm is allowed, and a machine that gives nothing else must fail the law instead of hanging it.
  for (let tries = 0; tries < 1_000; tries += 1) {
    const answer = attempt();
    if (answer !== null) return answer;
    await ready(machine, pollable, interest);
  }
  throw new Error(`${pollable.label} is said to be ready to ${interest} again and again, and would block each time`);
}

/** Writes until it would block, and still would when the world has had time to take more; how much that was. */
export async function filled(machine: Machine, connection: Connection, limit: number): Promise<number> {
  const block = new Uint8Array(65_536);
  let total = 0;
  while (total <= limit) {
    const taken = connection.write(block);
    total += taken;
    if (taken > 0) continue;
    const watcher = new Told();
    connection.watch("write", watcher);
    await pass(machine);
    if (watcher.count > 0) continue;
    connection.unwatch("write", watcher);
    break;
  }
  return total;
}

/** Bytes that say where in a stream they belong. */
export function pattern(start: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i += 1) bytes[i] = patternAt(start + i);
  return bytes;
}

/** The first position at which these are not the stream's bytes, or -1. */
export function misplaced(bytes: Uint8Array, start: number): number {
  for (let i = 0; i < bytes.length; i += 1) if (bytes[i] !== patternAt(start + i)) return start + i;
  return -1;
}

function patternAt(position: number): number {
  return Math.imul(position + 1, 2_654_435_761) >>> 24;
}

/** The code of what was thrown, "" when nothing was. */
export function codeOf(attempt: () => unknown): unknown {
  try {
    attempt();
    return "";
  } catch (error) {
    return codeIn(error);
  }
}

export function codeIn(error: unknown): unknown {
  return typeof error === "object" && error !== null && "code" in error ? error.code : error;
}

export function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

export function bytesOf(words: string): Uint8Array {
  return new TextEncoder().encode(words);
}

/** A machine's Unix path, or the law is skipped. */
export function unixAt(bench: Bench, skip: Skip): Address {
  const path = bench.options.unixPath?.();
  if (path === undefined) skip("the options give no path for Unix sockets");
  return { path: path ?? "" };
}

/** The IPv6 loopback, or the law is skipped. */
export async function ipv6At(bench: Bench, machine: Machine, skip: Skip): Promise<Address> {
  const at = { host: "::1", port: 0 };
  if (bench.options.ipv6 === false) skip("the options say there is no IPv6");
  const probe = machine.listen(at);
  await ready(machine, probe, "write");
  const code = codeOf(() => probe.check());
  probe.close();
  if (code === "EADDRNOTAVAIL" || code === "EAFNOSUPPORT") skip(`this host has no IPv6: ${addressText(at)} is ${code}`);
  return at;
}
