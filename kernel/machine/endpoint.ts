// What every endpoint of every machine shares: one watcher per direction (a second gets EBUSY, the first is
// untouched), closing that wakes both with EBADF, and an owner that is told. A machine adds its own bytes.

import { SyscallError } from "../errors.ts";
import { shown } from "../text.ts";
import type { Address, Closable, Interest, ListenOptions, Owner, Pollable, Watcher } from "./machine.ts";

export abstract class Endpoint implements Pollable, Closable {
  abstract readonly label: string;
  owner: Owner | undefined = undefined;
  #closed = false;
  #reader: Watcher | undefined = undefined;
  #writer: Watcher | undefined = undefined;

  get closed(): boolean {
    return this.#closed;
  }

  watch(interest: Interest, watcher: Watcher): void {
    if (this.#closed) throw badEndpoint(this.label);
    const present = interest === "read" ? this.#reader : this.#writer;
    if (present !== undefined) {
      throw new SyscallError(
        "EBUSY",
        `another task already waits to ${interest} ${this.label}: one waiter per direction`,
      );
    }
    if (this.isReady(interest)) {
      watcher.ready();
      return;
    }
    if (interest === "read") this.#reader = watcher;
    else this.#writer = watcher;
    this.arm?.(interest);
  }

  unwatch(interest: Interest, watcher: Watcher): void {
    if (interest === "read" && this.#reader === watcher) this.#reader = undefined;
    else if (interest === "write" && this.#writer === watcher) this.#writer = undefined;
  }

  waiting(interest: Interest): Watcher | undefined {
    return interest === "read" ? this.#reader : this.#writer;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.release();
    const owner = this.owner;
    this.owner = undefined;
    owner?.disown(this);
    const [reader, writer] = [this.#reader, this.#writer];
    this.#reader = this.#writer = undefined;
    reader?.ready(badEndpoint(this.label));
    writer?.ready(badEndpoint(this.label));
  }

  /** True while a task waits for this direction. */
  protected watched(interest: Interest): boolean {
    return this.waiting(interest) !== undefined;
  }

  /** The machine saw an event: tell the watcher if the direction is ready now. A spurious event wakes nobody. */
  protected signal(interest: Interest): void {
    if (this.watched(interest) && this.isReady(interest)) this.rouse(interest);
  }

  /** Tells the watcher whether the direction is ready or not, as a real system may: for machines that simulate it. */
  protected rouse(interest: Interest): void {
    const watcher = interest === "read" ? this.#reader : this.#writer;
    if (watcher === undefined) return;
    if (interest === "read") this.#reader = undefined;
    else this.#writer = undefined;
    watcher.ready();
  }

  /** Throws EBADF once closed. */
  protected mustBeOpen(): void {
    if (this.#closed) throw badEndpoint(this.label);
  }

  /** Whether a read or write (accept, check) would now make progress, or fail. */
  protected abstract isReady(interest: Interest): boolean;
  /** Gives back what the machine holds for this endpoint. Called once. */
  protected abstract release(): void;
  /** A watcher was stored: ask the source for an event, where it needs asking. */
  protected arm?(interest: Interest): void;
}

/** EBADF, for whatever is done to a closed endpoint. */
function badEndpoint(label: string): SyscallError {
  return new SyscallError("EBADF", `${label} is closed`);
}

/** "127.0.0.1:7000", "[::1]:7000" or a path. */
export function addressText(address: Address): string {
  if ("path" in address) return address.path;
  const host = address.host ?? "127.0.0.1";
  return host.includes(":") ? `[${host}]:${address.port}` : `${host}:${address.port}`;
}

/** Refuses addresses that cannot be, before the system sees them. */
export function checkAddress(address: Address): void {
  if (typeof address !== "object" || address === null) {
    throw new TypeError(`an address is {port, host?} or {path}, not ${shown(address)}`);
  }
  if ("path" in address) {
    // Node cuts longer paths silently; 107 bytes is Linux's limit, 103 that of macOS.
    const bytes = Buffer.byteLength(address.path);
    if (bytes === 0) throw new SyscallError("EINVAL", "a Unix socket needs a path that is not empty");
    if (bytes > 103) {
      throw new SyscallError("ENAMETOOLONG", `Unix socket path of ${bytes} bytes, at most 103: ${address.path}`);
    }
    return;
  }
  if (!Number.isInteger(address.port) || address.port < 0 || address.port > 65535) {
    throw new SyscallError(
      "EINVAL",
      `port ${String(address.port)} is not an integer from 0 to 65535: an address is {port, host?} or {path}`,
    );
  }
  if (address.host === "") {
    // Node would take it for every interface there is.
    throw new SyscallError("EINVAL", "an empty host is none: leave it out for 127.0.0.1, or give 0.0.0.0 for all");
  }
}

/** The backlog asked for. Refuses one that cannot be. */
export function checkedBacklog({ backlog = 511 }: ListenOptions): number {
  if (Number.isInteger(backlog) && backlog >= 1 && backlog <= 65535) return backlog;
  throw new SyscallError("EINVAL", `backlog ${backlog} is not an integer from 1 to 65535`);
}
