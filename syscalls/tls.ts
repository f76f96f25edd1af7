// ConnectTls and ListenTls: connections that nobody else can read or change, to whom one meant to talk. What they answer
// is used like any other connection or listener.

import type { TlsOptions, TlsServerOptions } from "../kernel/machine/host-parts.ts";
import type { Address, Connection, Listener, ListenOptions } from "../kernel/machine/machine.ts";
import { type Kernel, needed } from "../kernel/syscall.ts";
import { OpenEndpoint } from "./opening.ts";

/**
 * Opens a TLS connection, owned by the calling task: it is open once the server's certificate has been verified. Has no
 * deadline of its own: put a Timeout around it.
 * @param address `{port, host?}` (host defaults to 127.0.0.1) or `{path}`
 * @param options `servername`: the name the certificate must be for, default the host; `ca`: whom to trust, default
 * those whom Node trusts; `cert` and `key`: one's own, for a server that asks for it. A certificate is always verified
 * @throws ECERT for a certificate that is refused, with the reason; EPROTO when no handshake comes about; EINVAL for
 * certificates or keys that are none; ENOTSUP on a simulated machine that was given none; and as Connect
 *
 * ```ts
 * const connection = yield* new Timeout(5_000, new ConnectTls({ host: "example.org", port: 443 }));
 * ```
 */
export class ConnectTls extends OpenEndpoint<Connection> {
  readonly verb = "connect";
  readonly address: Address;
  readonly options: TlsOptions;

  constructor(address: Address, options: TlsOptions = {}) {
    super();
    this.address = address;
    this.options = options;
  }

  protected override open(kernel: Kernel): Connection {
    return needed(kernel, "connectTls")(this.address, this.options);
  }
}

/**
 * Opens a listening socket for TLS, owned by the calling task. `accept` gives connections whose handshake is done; who
 * takes longer than `handshakeMs`, or fails, is cut off and holds up nobody.
 * @param options `cert` and `key`, PEM; `ca`: whose certificates clients must have, default none at all; `handshakeMs`,
 * default 10,000; and as for Listen
 * @throws EINVAL for a certificate or key that is none, or that do not belong together; ENOTSUP on a simulated machine
 * that was given none; and as Listen
 *
 * ```ts
 * const listener = yield* new ListenTls({ port: 7443 }, { cert, key });
 * for (;;) yield* new NewTask(serve(yield* accept(listener)));
 * ```
 */
export class ListenTls extends OpenEndpoint<Listener> {
  readonly verb = "listen";
  readonly address: Address;
  readonly options: TlsServerOptions & ListenOptions;

  constructor(address: Address, options: TlsServerOptions & ListenOptions) {
    super();
    this.address = address;
    this.options = options;
  }

  protected override open(kernel: Kernel): Listener {
    return needed(kernel, "listenTls")(this.address, this.options);
  }
}
