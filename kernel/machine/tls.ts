// TLS by Node's own streams, over Node's own sockets, on whichever machine: connections whose opening ends with a
// verified handshake, and listeners that let in only those who have shaken hands. Hands are shaken beside each other, so
// one that takes its time holds up nobody; it has a deadline, and there is a bound to how many do so at once.

import { isIP } from "node:net";
import { connect, createServer, type Server, type TLSSocket } from "node:tls";
import { SyscallError } from "../errors.ts";
import { printable } from "../text.ts";
import { addressText, checkAddress, checkedBacklog } from "./endpoint.ts";
import type { Pem, TlsOptions, TlsServerOptions } from "./host-parts.ts";
import type { Address, Connection, Listener, ListenOptions } from "./machine.ts";
import { connectError, errorCode } from "./node-error.ts";
import { type Door, NodeListener } from "./node-listener.ts";
import { type Home, nearEnd, SocketConnection } from "./socket-connection.ts";

/** The TLS endpoints of one machine. */
export class TlsEndpoints {
  readonly #home: Home = { highWaterBytes: 65_536, lingerMs: 3_000, endpoints: new Set(), told: () => {} };

  /** As `Host.connectTls`. */
  connect(to: Address, options: TlsOptions): Connection {
    checkAddress(to);
    return TlsConnection.connect(this.#home, to, options);
  }

  /** As `Host.listenTls`. */
  listen(at: Address, options: TlsServerOptions & ListenOptions): Listener {
    checkAddress(at);
    return new NodeListener(this.#home, at, options, guardedDoor(options));
  }

  close(): void {
    for (const endpoint of this.#home.endpoints) endpoint.close();
  }
}

class TlsConnection extends SocketConnection {
  /** Whose certificate it is about. */
  readonly #name: string;

  constructor(home: Home, socket: TLSSocket, label: string, name: string, opening: boolean) {
    super(home, socket, label, opening);
    this.#name = name;
  }

  static connect(home: Home, to: Address, { servername, ca, cert, key }: TlsOptions): TlsConnection {
    const name = servername ?? ("path" in to ? "localhost" : (to.host ?? "127.0.0.1"));
    if (servername !== undefined && (servername === "" || isIP(servername) !== 0)) {
      throw new SyscallError(
        "EINVAL",
        `servername ${JSON.stringify(servername)} is no name: leave it out for an address`,
      );
    }
    const place = "path" in to ? { path: to.path } : { host: to.host ?? "127.0.0.1", port: to.port };
    const sent = isIP(name) === 0 ? { servername: name } : {};
    const options = { ...place, ...sent, ...pems({ ca, cert, key }), allowHalfOpen: true };
    const socket = withPem(() => connect(options));
    socket.setNoDelay(true);
    const made = new TlsConnection(home, socket, `tls -> ${addressText(to)}`, name, true);
    made.namePeer(addressText(to));
    socket.once("secureConnect", () => {
      if (!("path" in to)) made.nameEnds("tls", "->");
      made.opened();
    });
    return made;
  }

  static accepted(home: Home, socket: TLSSocket, at: Address): TlsConnection {
    socket.allowHalfOpen = true; // not before: who leaves before the handshake is done is to be gone
    const made = new TlsConnection(home, socket, `tls ${addressText(at)} <-`, "", false);
    if ("path" in at) made.nameLocal(at.path);
    else made.nameEnds("tls", "<-", nearEnd(at));
    return made;
  }

  protected openFailure(cause: unknown): SyscallError {
    const code = isError(cause) ? cause.code : "";
    if (/^ERR_(SSL|OSSL)_/.test(code)) {
      const reason =
        "the TLS handshake failed: does the other side speak TLS, of a version and with ciphers that we share?";
      return new SyscallError("EPROTO", `connect ${this.label}: ${reason}`, { cause });
    }
    if (code !== "ERR_TLS_CERT_ALTNAME_INVALID" && (code === "" || /^E/.test(code))) {
      return connectError(cause, this.label);
    }
    const whose = `the certificate of ${printable(this.#name, 255)} is refused`;
    return new SyscallError("ECERT", `connect ${this.label}: ${whose}: ${reasons[code] ?? code}`, { cause });
  }
}

const untrusted = "nobody we trust vouches for it: give its authority as ca";
const reasons: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: "it has expired",
  CERT_NOT_YET_VALID: "it is not valid yet: is the clock right?",
  CERT_REVOKED: "it has been revoked",
  DEPTH_ZERO_SELF_SIGNED_CERT: untrusted,
  ERR_TLS_CERT_ALTNAME_INVALID: "it is for other names: give one of those as servername, if they are meant",
  SELF_SIGNED_CERT_IN_CHAIN: untrusted,
  UNABLE_TO_GET_ISSUER_CERT: untrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
};

/** Lets in who has shaken hands. */
function guardedDoor(options: TlsServerOptions & ListenOptions): Door {
  const { ca, cert, key, handshakeMs = 10_000 } = options;
  if (!(handshakeMs >= 1 && handshakeMs <= 2 ** 31 - 1)) {
    throw new SyscallError(
      "EINVAL",
      `handshakeMs ${String(handshakeMs)} is no time for a handshake: give 1 ms or more`,
    );
  }
  if (cert === undefined || key === undefined) {
    throw new SyscallError("EINVAL", "a TLS server needs its certificate and key: give cert and key");
  }
  const secrets = { ...pems({ ca, cert, key }), handshakeTimeout: handshakeMs };
  const demands = ca === undefined ? {} : { requestCert: true, rejectUnauthorized: true };
  return {
    kinds: ["tls", "tls"],
    event: "secureConnection",
    createServer: (settings) => {
      const server = withPem(() => createServer({ ...settings, ...secrets, ...demands, allowHalfOpen: false }));
      bound(server, checkedBacklog(options));
      return server;
    },
    admit: (home, socket, at) => TlsConnection.accepted(home, socket as TLSSocket, at), // that event's
  };
}

/** As many may shake hands at once as may wait to be accepted; more are cut off. */
function bound(server: Server, most: number): void {
  let shaking = 0;
  // Each raw connection comes to one of the two that follow.
  server.on("connection", (socket) => {
    shaking++;
    socket.unref(); // whose listener is closed meanwhile is nobody's, and keeps no process alive
    if (shaking > most) socket.destroy();
  });
  server.on("secureConnection", (socket) => {
    shaking--;
    socket.ref();
  });
  server.on("tlsClientError", (_error, socket) => {
    shaking--;
    socket.destroy(); // one that took too long is still there
  });
}

type Pems = { [name in "ca" | "cert" | "key"]?: string | Buffer | (string | Buffer)[] };

/** As Node takes them; what is undefined is left out. */
function pems(given: { readonly [name in keyof Pems]: Pem | undefined }): Pems {
  const known = Object.entries(given).filter((entry): entry is [string, Pem] => entry[1] !== undefined);
  return Object.fromEntries(known.map(([name, value]) => [name, isList(value) ? value.map(one) : one(value)]));
}

function isList(value: Pem): value is readonly (string | Uint8Array)[] {
  return Array.isArray(value);
}

function one(value: string | Uint8Array): string | Buffer {
  return typeof value === "string" ? value : Buffer.from(value);
}

function withPem<T>(make: () => T): T {
  try {
    return make();
  } catch (cause) {
    const code = isError(cause) ? cause.code : errorCode(cause);
    throw new SyscallError(
      "EINVAL",
      `TLS: cert, key or ca cannot be used (${code}): give PEM, and the key of that cert`,
      {
        cause,
      },
    );
  }
}

function isError(cause: unknown): cause is { readonly code: string } {
  return typeof cause === "object" && cause !== null && "code" in cause && typeof cause.code === "string";
}
