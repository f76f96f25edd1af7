// UDP, by node:dgram, on every machine inside Node. A socket here never blocks: what has come waits in a buffer, and when
// that is full the newest is dropped and counted, as the system itself does; what is to go is refused while too much of it
// waits. Numeric addresses only: names are looked up first. A datagram may be lost, doubled or overtaken; that is UDP's.

import { createSocket, type Socket } from "node:dgram";
import { isIP } from "node:net";
import { SyscallError } from "../errors.ts";
import { shown } from "../text.ts";
import { addressText, Endpoint } from "./endpoint.ts";
import type { Closable, Interest, Pollable } from "./machine.ts";
import { systemError } from "./node-error.ts";

/** Where a datagram goes to or comes from. */
export interface DatagramAddress {
  /** An address, no name. */
  readonly host: string;
  readonly port: number;
}

export interface Datagram {
  /** The caller's to keep. */
  readonly bytes: Uint8Array;
  readonly from: DatagramAddress;
}

/** A UDP socket. */
export interface Datagrams extends Pollable, Closable {
  /** Where it is bound, with the real port. */
  readonly address: DatagramAddress;
  /** How many datagrams came and were dropped because the buffer was full. */
  readonly dropped: number;
  /** The next datagram, or null: would block. Throws EBADF when closed, and what the system reports of the socket. */
  receive(): Datagram | null;
  /**
   * Sends one datagram; false: would block. The bytes must not be changed afterwards. Throws EMSGSIZE, EINVAL for an address
   * that cannot be and for what is no bytes, EBADF when closed, and once what became of an earlier one (ENETUNREACH, EACCES, …).
   */
  send(bytes: Uint8Array, to: DatagramAddress): boolean;
}

/** UDP of a host. */
export interface DatagramSockets {
  /** Throws EADDRINUSE, EACCES, EADDRNOTAVAIL, EINVAL. */
  bind(at: DatagramAddress): Datagrams;
}

/** What the receive buffer may hold, bytes; each datagram counts some more, so that empty ones are bounded too. */
const bufferBytes = 262_144;
const overheadBytes = 256;
/** How much may have been handed to Node and not be said to have left, bytes, counted in the same way. */
const sendBytes = 262_144;
/** 65,535 less the headers of UDP, and of IPv4, which counts its own. */
const mostBytes = { 4: 65_507, 6: 65_527 } as const;

export class HostDatagrams extends Endpoint implements Datagrams {
  readonly address: DatagramAddress;
  readonly label: string;
  readonly #socket: Socket;
  readonly #version: 4 | 6;
  readonly #onClose: (socket: HostDatagrams) => void;
  #received: Datagram[] = [];
  #receivedBytes = 0;
  #dropped = 0;
  #unsentBytes = 0;
  #receiveError: unknown = undefined;
  #sendError: unknown = undefined;

  constructor(at: DatagramAddress, onClose: (socket: HostDatagrams) => void) {
    super();
    this.#version = checked(at, "bind");
    this.#onClose = onClose;
    this.#socket = bound(at, this.#version);
    const { address, port } = this.#socket.address();
    this.address = { host: address, port };
    this.label = `udp ${addressText(this.address)}`;
    this.#socket.on("message", (bytes, from) => this.#arrived(bytes, { host: from.address, port: from.port }));
    this.#socket.on("error", (cause) => {
      this.#receiveError = cause;
      this.signal("read");
    });
  }

  get dropped(): number {
    return this.#dropped;
  }

  receive(): Datagram | null {
    this.mustBeOpen();
    const datagram = this.#received.shift();
    if (datagram !== undefined) {
      this.#receivedBytes -= datagram.bytes.length + overheadBytes;
      return datagram;
    }
    const cause = this.#receiveError;
    if (cause === undefined) return null;
    this.#receiveError = undefined;
    throw systemError(cause, `receive ${this.label}`);
  }

  send(bytes: Uint8Array, to: DatagramAddress): boolean {
    this.mustBeOpen();
    const version = checked(to, "send to");
    if (!(bytes instanceof Uint8Array)) {
      throw new SyscallError("EINVAL", `send to ${addressText(to)}: give a Uint8Array, not ${shown(bytes)}`);
    }
    if (version !== this.#version) {
      throw new SyscallError("EINVAL", `send to ${addressText(to)}: ${this.label} speaks IPv${this.#version}`);
    }
    if (bytes.length > mostBytes[version]) {
      const size = `${bytes.length} bytes, at most ${mostBytes[version]}`;
      throw new SyscallError("EMSGSIZE", `send to ${addressText(to)}: a datagram of ${size}`);
    }
    const cause = this.#sendError;
    this.#sendError = undefined;
    if (cause !== undefined) throw systemError(cause, `an earlier send ${this.label}`);
    if (this.#unsentBytes >= sendBytes) return false;
    const size = bytes.length + overheadBytes;
    this.#unsentBytes += size;
    this.#socket.send(bytes, to.port, to.host, (failure) => this.#sent(size, failure));
    return true;
  }

  protected isReady(interest: Interest): boolean {
    if (interest === "read") return this.#received.length > 0 || this.#receiveError !== undefined;
    return this.#sendError !== undefined || this.#unsentBytes < sendBytes;
  }

  protected release(): void {
    this.#received = [];
    this.#socket.removeAllListeners().on("error", ignore).close();
    this.#onClose(this);
  }

  #arrived(bytes: Uint8Array, from: DatagramAddress): void {
    const size = bytes.length + overheadBytes;
    if (this.#receivedBytes + size > bufferBytes) {
      this.#dropped++;
      return;
    }
    this.#receivedBytes += size;
    this.#received.push({ bytes: new Uint8Array(bytes), from });
    this.signal("read");
  }

  #sent(size: number, failure: Error | null): void {
    this.#unsentBytes -= size;
    if (this.closed) return;
    if (failure !== null) this.#sendError ??= failure;
    this.signal("write");
  }
}

function ignore(): void {}

/** The version of IP of an address. */
function checked({ host, port }: DatagramAddress, attempt: string): 4 | 6 {
  const version = typeof host === "string" ? isIP(host) : 0;
  if (version !== 4 && version !== 6) {
    throw new SyscallError("EINVAL", `${attempt} ${shown(host)}: a datagram's address is numeric, look names up first`);
  }
  if (!Number.isInteger(port) || port < 0 || port > 65_535 || (port === 0 && attempt !== "bind")) {
    throw new SyscallError(
      "EINVAL",
      `${attempt} port ${shown(port)}: give an integer up to 65535, at least 1 to send to`,
    );
  }
  return version;
}

// With a look-up that answers at once, and without one that another process shares the port with, Node binds at once.
function bound({ host, port }: DatagramAddress, version: 4 | 6): Socket {
  const socket = createSocket({
    type: `udp${version}`,
    ipv6Only: version === 6,
    lookup: (name, _options, done) => done(null, name, version),
  });
  let failure: Error | undefined;
  socket.once("error", (cause) => {
    failure = cause;
  });
  socket.bind({ address: host, port, exclusive: true });
  socket.removeAllListeners("error");
  if (failure === undefined) return socket;
  socket.close();
  throw systemError(failure, `bind udp ${addressText({ host, port })}`);
}

/** The UDP sockets of one machine. */
export class HostDatagramSockets implements DatagramSockets {
  readonly #open = new Set<HostDatagrams>();

  bind(at: DatagramAddress): Datagrams {
    const socket = new HostDatagrams(at, (closed) => this.#open.delete(closed));
    this.#open.add(socket);
    return socket;
  }

  /** Closes every socket that is left. */
  close(): void {
    for (const socket of this.#open) socket.close();
  }
}
