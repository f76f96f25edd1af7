// Bind: a UDP socket. Reading and writing are its own methods, which never block; ReadWait and WriteWait wait for it.

import type { DatagramAddress, Datagrams } from "../kernel/machine/datagrams.ts";
import { type Kernel, needed, Syscall, type Task } from "../kernel/syscall.ts";

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
export class Bind extends Syscall<Datagrams> {
  readonly address: DatagramAddress;

  /** @param address port 0: any free one; host: an IPv4 or IPv6 address, by default 127.0.0.1 */
  constructor(address: { readonly host?: string; readonly port: number }) {
    super();
    this.address = { host: address.host ?? "127.0.0.1", port: address.port };
  }

  override get family(): string {
    return "net";
  }

  override handle(task: Task, kernel: Kernel): Datagrams {
    const socket = needed(kernel, "datagrams").bind(this.address);
    try {
      kernel.adopt(socket, task);
    } catch (error) {
      socket.close();
      throw error;
    }
    return socket;
  }

  giveBack(socket: Datagrams): void {
    socket.close();
  }
}
