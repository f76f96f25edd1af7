// A virtual connection's end. Its states and errors are those of a Linux stream socket: what arrived before a reset
// can still be read; after it reads throw ECONNRESET, and writes too, or EPIPE when the peer had ended its side first.
// Closing with bytes unread, or being sent bytes after closing, resets the peer.

import { SyscallError } from "../errors.ts";
import type { Connection, Interest } from "./machine.ts";
import { type Failure, thrown, VirtualEndpoint } from "./virtual-endpoint.ts";
import { Pipe, type PipeEnd } from "./virtual-pipe.ts";
import type { World } from "./virtual-world.ts";

const nothing = new Uint8Array(0);

export interface ConnectionOptions {
  readonly label: string;
  readonly local: string;
  readonly peer: string;
  readonly capacityBytes: number;
  readonly onRelease: (endpoint: VirtualEndpoint) => void;
}

export class VirtualConnection extends VirtualEndpoint implements Connection, PipeEnd {
  readonly label: string;
  readonly local: string;
  readonly peer: string;
  readonly #outgoing: Pipe;
  #incoming: Pipe | undefined = undefined;
  #other: VirtualConnection | undefined = undefined;
  #state: "opening" | "open" | "failed" = "opening";
  #failure: Failure | undefined = undefined;
  /** What writes throw since the connection was reset; undefined when it was not. */
  #broken: "ECONNRESET" | "EPIPE" | undefined = undefined;
  #resetSent = false;
  #bytesRead = 0;
  #bytesWritten = 0;

  constructor(world: World, options: ConnectionOptions) {
    super(world, options.onRelease);
    this.label = options.label;
    this.local = options.local;
    this.peer = options.peer;
    this.#outgoing = new Pipe(world, options.capacityBytes, this);
  }

  get bytesRead(): number {
    return this.#bytesRead;
  }

  get bytesWritten(): number {
    return this.#bytesWritten;
  }

  protected override get opening(): boolean {
    return this.#state === "opening";
  }

  check(): void {
    this.mustBeOpen();
    if (this.#failure !== undefined) throw thrown(this.#failure);
  }

  read(max: number): Uint8Array | null {
    this.check();
    if (!(Number.isInteger(max) && max > 0)) {
      throw new SyscallError("EINVAL", `read of ${max} bytes from ${this.label}: ask for a positive whole number`);
    }
    const incoming = this.#incoming;
    if (this.opening || incoming === undefined) return null;
    this.#strike(incoming);
    if (!this.makesProgress("read") || this.holdsBack("read")) return null;
    if (incoming.readableBytes === 0) {
      if (incoming.ended) return nothing;
      throw this.#wasReset("ECONNRESET");
    }
    const count = this.#portion("shortRead", Math.min(max, incoming.readableBytes));
    this.#bytesRead += count;
    return incoming.take(count);
  }

  write(bytes: Uint8Array): number {
    this.check();
    if (this.opening || this.#incoming === undefined) return 0;
    this.#strike(this.#incoming);
    if (this.#broken === undefined && !this.#outgoing.finished && this.world.faults.strikes("brokenPipe")) {
      this.#sendReset();
      this.#break("EPIPE");
    }
    if (!this.makesProgress("write") || this.holdsBack("write")) return 0;
    if (this.#broken !== undefined) throw this.#wasReset(this.#broken);
    if (this.#outgoing.finished) {
      throw new SyscallError("EPIPE", `${this.label} was shut down for writing: nothing can be sent after the end`);
    }
    if (bytes.length === 0) return 0;
    const count = this.#portion("shortWrite", Math.min(bytes.length, this.#outgoing.roomBytes));
    this.#bytesWritten += count;
    this.#outgoing.push(bytes.subarray(0, count));
    return count;
  }

  shutdown(): void {
    this.mustBeOpen();
    if (this.#broken !== undefined || this.#failure !== undefined || this.#outgoing.finished) return;
    this.#outgoing.finish();
    this.noticeSoon("write");
  }

  /** Ends this side at once: what is on its way is lost, the peer gets ECONNRESET. */
  abort(): void {
    if (this.closed) return;
    this.#sendReset();
    this.#outgoing.sever();
    this.close();
  }

  /** A connect reached the other side: `server` is the end there, this one is told later. */
  meet(server: VirtualConnection): void {
    this.#other = server;
    this.#incoming = server.#outgoing;
    this.#outgoing.reader = server;
    server.#other = this;
    server.#incoming = this.#outgoing;
    server.#outgoing.reader = this;
    server.#state = "open";
  }

  /** The other side's answer arrived. */
  opened(): void {
    if (this.closed || this.#state !== "opening") return;
    this.#state = "open";
    this.notice("write");
    this.notice("read");
  }

  /** The connect failed. */
  failed(failure: Failure): void {
    if (this.closed || this.#state !== "opening") return;
    this.#state = "failed";
    this.#failure = failure;
    this.notice("write");
    this.notice("read");
  }

  arrived(): void {
    this.notice("read");
  }

  refused(): void {
    this.#sendReset();
  }

  roomMade(): void {
    this.notice("write");
  }

  protected override makesProgress(interest: Interest): boolean {
    if (this.#state !== "open") return this.#state === "failed";
    if (this.#broken !== undefined) return true;
    if (interest === "write") return this.#outgoing.finished || this.#outgoing.roomBytes > 0;
    return this.#incoming !== undefined && (this.#incoming.readableBytes > 0 || this.#incoming.ended);
  }

  protected override finish(): void {
    const unread = this.#incoming !== undefined && this.#incoming.readableBytes > 0;
    this.#incoming?.refuse();
    if (this.#broken !== undefined || this.#state === "failed") return;
    if (unread) {
      this.#outgoing.sever();
      this.#sendReset();
    }
    this.#outgoing.finish();
  }

  /** Faults that end a connection happen between a read or write and what it sees. */
  #strike(incoming: Pipe): void {
    const { faults } = this.world;
    if (this.#broken !== undefined) return;
    if (faults.strikes("reset")) {
      this.#sendReset();
      this.#break("ECONNRESET");
    }
    if (!incoming.finished && faults.strikes("halfClose")) {
      incoming.finish();
      this.#other?.noticeSoon("write");
    }
  }

  #sendReset(): void {
    const other = this.#other;
    if (this.#resetSent || other === undefined) return;
    this.#resetSent = true;
    this.world.after(this.world.latencyMs(), () => other.#receiveReset());
  }

  #receiveReset(): void {
    if (this.closed || this.#broken !== undefined) return;
    if (this.#state === "opening") {
      this.failed({ code: "ECONNRESET", message: `${this.label} was reset by the peer while opening` });
      return;
    }
    this.#break(this.#incoming?.ended === true ? "EPIPE" : "ECONNRESET");
  }

  #break(code: "ECONNRESET" | "EPIPE"): void {
    this.#broken = code;
    this.#incoming?.sever();
    this.#incoming?.refuse();
    this.#outgoing.sever();
    this.noticeSoon("read");
    this.noticeSoon("write");
  }

  /** All of `count`, or by fault some of it. */
  #portion(kind: "shortRead" | "shortWrite", count: number): number {
    return count > 1 && this.world.faults.strikes(kind) ? 1 + this.world.random.below(count - 1) : count;
  }

  #wasReset(code: "ECONNRESET" | "EPIPE"): SyscallError {
    return new SyscallError(code, `${this.label} was reset by the peer: close it and connect again`);
  }
}
