// What the connections over Node's sockets share, plain and TLS: a stream connection that takes its time to open, has an
// address at each end, and tells its machine whenever it tells a task. It reads nothing until it is open and accepted. Then
// the socket flows, and is held back where nobody reads: paused mode costs a microtask and a look at the buffer for each
// packet, a tenth of an echo's CPU time.

import type { Socket } from "node:net";
import type { Readable, Writable } from "node:stream";
import type { SyscallError } from "../errors.ts";
import { Chunks } from "./chunks.ts";
import { addressText } from "./endpoint.ts";
import type { Address, Closable, Interest } from "./machine.ts";
import { StreamConnection } from "./stream.ts";
import { startFlowing } from "./stream-events.ts";

/** What the endpoints of one machine share. */
export interface Home {
  readonly highWaterBytes: number;
  readonly lingerMs: number;
  /** Every endpoint that is not closed. */
  readonly endpoints: Set<Closable>;
  /** A watcher was told: the poll under way is to end. */
  told(): void;
}

export abstract class SocketConnection extends StreamConnection {
  readonly #home: Home;
  readonly #socket: Socket;
  readonly #unread: Chunks = new Chunks();
  #opening: boolean;
  #openError: unknown = undefined;
  #local = "";
  #peer = "";

  constructor(home: Home, socket: Socket, label: string, opening: boolean) {
    super(socket, socket, label, home);
    this.#home = home;
    this.#socket = socket;
    this.#opening = opening;
    home.endpoints.add(this);
  }

  override begin(): void {
    startFlowing(this.#socket);
  }

  get fd(): number {
    return descriptorOf(this.#socket);
  }

  override get local(): string {
    return this.#local;
  }

  override get peer(): string {
    return this.#peer;
  }

  override check(): void {
    super.check();
    if (this.#openError !== undefined) throw this.openFailure(this.#openError);
  }

  override write(bytes: Uint8Array): number {
    if (!this.#opening) return super.write(bytes);
    this.mustBeOpen();
    return 0;
  }

  streamData(chunk: Uint8Array): void {
    this.#unread.push(chunk);
    if (this.#unread.length >= this.#home.highWaterBytes) this.#socket.pause();
    this.signal("read");
  }

  override streamFailed(cause: unknown, stream: Readable | Writable): void {
    if (this.#opening) {
      this.#opening = false;
      this.#openError = cause;
    }
    super.streamFailed(cause, stream);
  }

  protected get isOpening(): boolean {
    return this.#opening;
  }

  /** It is open: it reads from now on. */
  protected opened(): void {
    this.#opening = false;
    this.begin();
    this.signal("write");
  }

  protected override isReady(interest: Interest): boolean {
    return !this.#opening && super.isReady(interest);
  }

  protected override holds(): boolean {
    return this.#unread.length > 0;
  }

  protected override take(max: number): Uint8Array | undefined {
    const bytes = this.#unread.take(max);
    if (this.#unread.length === 0 && this.#socket.isPaused()) this.#socket.resume();
    return bytes;
  }

  protected override signal(interest: Interest): void {
    if (!this.watched(interest) || !this.isReady(interest)) return;
    this.rouse(interest);
    this.#home.told();
  }

  protected override readFailure(cause: unknown): SyscallError {
    return this.#openError === undefined ? super.readFailure(cause) : this.openFailure(this.#openError);
  }

  protected override writeFailure(cause: unknown): SyscallError {
    return this.#openError === undefined ? super.writeFailure(cause) : this.openFailure(this.#openError);
  }

  protected override release(): void {
    this.#home.endpoints.delete(this);
    if (this.#opening) this.#socket.destroy();
    else super.release();
  }

  /** Why it did not open, as an error of its own for each throw. */
  protected abstract openFailure(cause: unknown): SyscallError;

  /** Where it is connected to, while that is all there is to say. */
  protected namePeer(peer: string): void {
    this.#peer = peer;
  }

  /** Where one end of it is, by its listener's path. */
  protected nameLocal(local: string): void {
    this.#local = local;
  }

  /** Names both ends, from the socket where `local` does not say it. */
  protected nameEnds(kind: string, arrow: "->" | "<-", local?: string): void {
    const socket = this.#socket;
    this.#local = local ?? endText(socket.localAddress, socket.localPort);
    this.#peer = endText(socket.remoteAddress, socket.remotePort);
    this.rename(`${kind} ${this.#local} ${arrow} ${this.#peer}`);
  }
}

/** The descriptor of a socket or a server of Node's, which shows it nowhere but here; -1 where it has none. */
export function descriptorOf(owner: object): number {
  const { _handle: handle } = owner as { readonly _handle?: { readonly fd?: number } | null }; // checked on the next line
  return typeof handle?.fd === "number" ? handle.fd : -1;
}

/** The listener's address as the near end of what it accepts; undefined where only the socket can tell. */
export function nearEnd(at: Extract<Address, { port: number }>): string | undefined {
  return at.host === "0.0.0.0" || at.host === "::" ? undefined : addressText(at);
}

/** "?" for an end that was gone before it could be asked. */
function endText(host: string | undefined, port: number | undefined): string {
  return host === undefined || port === undefined ? "?" : addressText({ host, port });
}
