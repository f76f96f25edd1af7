// Listen and Connect: open a socket. See opening.ts for who owns it, and when.

import type { Address, Connection, Listener, ListenOptions } from "../kernel/machine/machine.ts";
import type { Kernel } from "../kernel/syscall.ts";
import { OpenEndpoint } from "./opening.ts";

/**
 * Opens a listening socket, owned by the calling task.
 * @throws EADDRINUSE, EACCES, EADDRNOTAVAIL, ENAMETOOLONG, EINVAL; EMFILE at the task's own Limit
 *
 * ```ts
 * const listener = yield* new Listen({ port: 7000 });
 * ```
 */
export class Listen extends OpenEndpoint<Listener> {
  readonly address: Address;
  readonly options: ListenOptions | undefined;

  /** @param address `{port, host?}` (port 0: any free one; host defaults to 127.0.0.1) or `{path}` */
  constructor(address: Address, options?: ListenOptions) {
    super();
    this.address = address;
    this.options = options;
  }

  get verb(): string {
    return "listen";
  }

  protected override open(kernel: Kernel): Listener {
    return kernel.machine.listen(this.address, this.options);
  }
}

/**
 * Opens a connection, owned by the calling task. Has no deadline of its own: put a Timeout around it.
 * @throws ECONNREFUSED, ENOENT (a Unix socket that is not there), ENOTFOUND, EHOSTUNREACH, ENAMETOOLONG, EINVAL;
 * EMFILE at the task's own Limit
 */
export class Connect extends OpenEndpoint<Connection> {
  readonly address: Address;

  constructor(address: Address) {
    super();
    this.address = address;
  }

  get verb(): string {
    return "connect";
  }

  protected override open(kernel: Kernel): Connection {
    return kernel.machine.connect(this.address);
  }
}
