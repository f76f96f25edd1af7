// A listening socket of the epoll machine. What is not accepted waits in the system's own backlog. Out of descriptors,
// a spare one is given up to accept the newcomer and turn it away at once, so that it learns of it and is not left to
// hang; `accept` throws EMFILE then, and its caller backs off.

import { unlinkSync } from "node:fs";
import { SyscallError } from "../errors.ts";
import { addressText, checkedBacklog } from "./endpoint.ts";
import { EpollConnection } from "./epoll-connection.ts";
import { EpollEndpoint } from "./epoll-endpoint.ts";
import { openSocket, socketFlags } from "./epoll-opening.ts";
import type { EpollSet } from "./epoll-set.ts";
import type { Address, Connection, Interest, Listener, ListenOptions } from "./machine.ts";
import { errorCode, systemError } from "./node-error.ts";
import { decodeAddress, decodeEnd, encodeAddress, isNumeric, type NumericAddress, resolve } from "./socket-address.ts";
import type { SpareDescriptor } from "./spare-descriptor.ts";
import { removeStale, socketFile } from "./stale-socket.ts";

const [socketLevel, reuseAddress, reusePort] = [1, 2, 15];

export class EpollListener extends EpollEndpoint implements Listener {
  readonly #spare: SpareDescriptor;
  readonly #backlog: number;
  readonly #sharesPort: boolean;
  #address: Address;
  #opening = true;
  #openError: unknown = undefined;
  /** The Unix socket's file: it is removed with the listener if it is still the same. */
  #file: string | undefined = undefined;
  #dropped = 0;

  /** The address has been checked. Throws EINVAL for a backlog that is not an integer from 1 to 65535. */
  constructor(set: EpollSet, spare: SpareDescriptor, at: Address, options: ListenOptions = {}) {
    const backlog = checkedBacklog(options);
    super(set);
    this.#spare = spare;
    this.#backlog = backlog;
    this.#sharesPort = options.reusePort ?? false;
    this.#address = at;
    if ("path" in at || isNumeric(at)) {
      this.#open(at, true);
      return;
    }
    resolve(at, (failure, [first]) => {
      if (this.closed) return;
      if (first === undefined) this.#settle(failure);
      else this.#open(first, true);
    });
  }

  get label(): string {
    return `${"path" in this.#address ? "unix" : "tcp"} ${addressText(this.#address)}`;
  }

  get address(): Address {
    return this.#address;
  }

  /** Connections turned away because there was no descriptor for them. */
  get dropped(): number {
    return this.#dropped;
  }

  check(): void {
    this.mustBeOpen();
    if (this.#openError !== undefined) throw systemError(this.#openError, `listen ${this.label}`);
  }

  accept(): Connection | null {
    this.check();
    while (this.readable) {
      const fd = this.#acceptOne();
      if (fd >= 0) return this.#accepted(fd);
      const code = this.set.libc.errno();
      if (code === "EAGAIN") this.readable = false;
      else if (code === "EMFILE" || code === "ENFILE") throw this.#turnAway(code);
      // Whoever it was has gone before we came; or it is ours to say that the system is short of memory.
      else if (!gone.has(code)) throw systemError(undefined, `accept ${this.label}`, code);
    }
    return null;
  }

  protected override isReady(interest: Interest): boolean {
    if (this.#opening) return false;
    return interest === "write" || this.#openError !== undefined || super.isReady(interest);
  }

  protected override release(): void {
    super.release();
    if ("path" in this.#address && this.#file !== undefined) removeFile(this.#address.path, this.#file);
  }

  #acceptOne(): number {
    const { libc, address, word } = this.set;
    word.bytes.writeInt32LE(address.bytes.length, 0);
    return libc.accept4(this.fd, address.address, word.address, socketFlags);
  }

  #accepted(fd: number): Connection {
    this.mayBeDrained = true;
    const peer = decodeEnd(this.set.address);
    const at = this.#address;
    if ("path" in at) return EpollConnection.accepted(this.set, fd, "unix", at.path, "");
    // Asked of the system only where it is not the listener's own address.
    const isEverywhere = at.host === "0.0.0.0" || at.host === "::";
    const local = isEverywhere && this.set.readName(fd) ? decodeEnd(this.set.address) : addressText(at);
    return EpollConnection.accepted(this.set, fd, "tcp", local, peer);
  }

  #turnAway(code: string): SyscallError {
    this.#spare.lend(() => {
      const fd = this.#acceptOne();
      if (fd < 0) return;
      this.#dropped += 1;
      this.set.libc.close(fd);
    });
    return systemError(undefined, `accept ${this.label}`, code);
  }

  /** @param mayReplace whether a Unix socket's file that nobody listens on may be replaced: once, whoever comes next is alive */
  #open(at: NumericAddress, mayReplace: boolean): void {
    let fd = -1;
    try {
      fd = openSocket(this.set, at);
      this.#bind(fd, at);
    } catch (error) {
      if (fd >= 0) this.set.libc.close(fd);
      if ("path" in at && mayReplace && errorCode(error) === "EADDRINUSE") this.#replace(at);
      else this.#settle(error);
      return;
    }
    try {
      this.hold(fd);
    } catch (error) {
      this.#settle(error);
      return;
    }
    if (!("path" in at) && this.set.readName(fd)) this.#address = decodeAddress(this.set.address);
    this.#settle(undefined);
  }

  #bind(fd: number, at: NumericAddress): void {
    const { set } = this;
    if (!("path" in at)) set.setOption(fd, socketLevel, reuseAddress, 1);
    if (this.#sharesPort) set.setOption(fd, socketLevel, reusePort, 1);
    const length = encodeAddress(set.libc, at, set.address);
    if (set.libc.bind(fd, set.address.address, length) !== 0) throw set.failure("bind");
    if ("path" in at) this.#file = socketFile(at.path);
    if (set.libc.listen(fd, this.#backlog) !== 0) throw set.failure("listen");
  }

  #replace(at: { readonly path: string }): void {
    removeStale(at.path, (isFree) => {
      if (this.closed) return;
      if (isFree) this.#open(at, false);
      else this.#settle(new SyscallError("EADDRINUSE", "somebody listens on this path"));
    });
  }

  /** @param cause why it did not open; undefined when it did */
  #settle(cause: unknown): void {
    this.#opening = false;
    this.#openError = cause;
    this.signal("read");
    this.signal("write");
  }
}

/** What `accept` reports of a connection that is over already. */
const gone: ReadonlySet<string> = new Set([
  "ECONNABORTED",
  "EINTR",
  "ENETDOWN",
  "EPROTO",
  "ENOPROTOOPT",
  "EHOSTDOWN",
  "ENONET",
  "EHOSTUNREACH",
  "EOPNOTSUPP",
  "ENETUNREACH",
]);

function removeFile(path: string, file: string): void {
  try {
    if (socketFile(path) === file) unlinkSync(path);
  } catch {
    // Out of reach by now: it stays, as the file of a dead process does.
  }
}
