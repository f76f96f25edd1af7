// Bind: a UDP socket. Reading and writing are its own methods, which never block; ReadWait and WriteWait wait for it.

import type { DatagramAddress, Datagrams } from "../kernel/machine/datagrams.ts";
import { type Kernel, needed } from "../kernel/syscall.ts";
import { OpenAtOnce } from "./opening.ts";

/**
 * Opens a UDP socket, owned by the calling task. It receives what comes into a buffer of 256 KB; what comes when that is
 * full is dropped, and counted in `dropped`. Simulated machines have no UDP.
 * @throws EADDRINUSE, EACCES, EADDRNOTAVAIL; EINVAL for an address that is not numeric; EMFILE; ENOTSUP on a machine without
 *
 * ```ts
 * const socket = yield* new Bind({ port: 5353 });
 * for (;;) {
 *   const { bytes, from } = yield* receiveFrom(socket);
 *   yield* sendTo(socket, bytes, from);
 * }
 * ```
 */
export class Bind extends OpenAtOnce<Datagrams> {
  readonly address: DatagramAddress;

  /** @param address port 0: any free one; host: an IPv4 or IPv6 address, by default 127.0.0.1 */
  constructor(address: { readonly host?: string; readonly port: number }) {
    super();
    this.address = { host: address.host ?? "127.0.0.1", port: address.port };
  }

  override get family(): string {
    return "net";
  }

  protected override open(kernel: Kernel): Datagrams {
    return needed(kernel, "datagrams").bind(this.address);
  }
}
