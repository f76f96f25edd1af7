// A client that keeps its connections: a request goes out on one that an earlier request has left behind, or on a fresh one, by
// TCP or TLS as its address says. How many may be open and how long they are kept is bounded; deadlines and retries are
// the caller's. A server may close a connection just as it is used again: what can be asked twice is then, once.

import type { TlsOptions } from "../../../kernel/machine/host-parts.ts";
import type { Connection } from "../../../kernel/machine/machine.ts";
import {
  type Call,
  Cancelled,
  type Program,
  type Runnable,
  routine,
  type Syscall,
  SyscallError,
} from "../../../kernel/syscall.ts";
import { framed } from "../../../syscalls/frame.ts";
import { Connect, ConnectTls, MoveOn } from "../../../syscalls/index.ts";
import { Reader } from "../reader.ts";
import type { Body } from "./body.ts";
import { type IncomingResponse, readResponse, sendRequest } from "./client.ts";
import { IdleConnections } from "./idle.ts";
import { limitsOf } from "./limits.ts";
import { type PoolRequest, type Wanted, wantedOf } from "./wanted.ts";

/** How much a pool may have. */
export interface PoolLimits {
  /**
   * Connections that are open at a time. Whoever needs one gets it, at the cost of those that nobody uses: a Semaphore around
   * the requests bounds those that are in use.
   */
  readonly maxConnections: number;
  /** How long one is kept that nobody uses, milliseconds. Servers wait five seconds and more: the one who closes first is sure. */
  readonly idleMs: number;
}

export const poolLimits: PoolLimits = Object.freeze({ maxConnections: 64, idleMs: 4_000 });

/**
 * Connections to any number of servers.
 *
 * ```ts
 * const pool = new ConnectionPool();
 * yield* new NewTask(pool.keep(), "idle connections"); // they end with it
 * const text = yield* new Timeout(5_000, pool.exchange("http://host/a", ({ body }) => body.text()));
 * ```
 */
export class ConnectionPool {
  readonly limits: PoolLimits;
  readonly #tls: TlsOptions;
  readonly #idle: IdleConnections;
  #inUse = 0;
  #opened = 0;
  #reused = 0;

  /**
   * @param limits those that are not `poolLimits`
   * @param tls whom to trust, and more: as for ConnectTls
   * @throws EINVAL for what is no limit
   */
  constructor(limits: Partial<PoolLimits> = {}, tls: TlsOptions = {}) {
    this.limits = limitsOf(poolLimits, limits);
    this.#tls = tls;
    this.#idle = new IdleConnections(this.limits.idleMs);
  }

  /** Connections that were opened, or tried to be. */
  get opened(): number {
    return this.#opened;
  }

  /** Requests that went out on a connection that was there. */
  get reused(): number {
    return this.#reused;
  }

  /** Connections that nobody uses. */
  get idle(): number {
    return this.#idle.size;
  }

  /** Run by a task that owns, and closes in time, what nobody uses. Until there is one nothing is kept. @throws EBUSY for a second */
  keep(): Call<void> {
    return this.#idle.keep();
  }

  /**
   * Sends a request, runs a program with its response, and gives the program's value. The response is the program's alone, and as
   * long as it runs; what it leaves of the body is passed over, if that is little and comes at once, or ends the connection.
   * Put a Timeout around it. A request of a method that must not be sent twice goes out on a fresh connection.
   * @param url "http://host/path" or "https://…"
   * @throws EINVAL for another url, and as `sendRequest`; as Connect and ConnectTls; as `readResponse`; what the program throws
   */
  exchange<T>(url: string, use: (response: IncomingResponse) => Runnable<T>, request: PoolRequest = {}): Call<T> {
    return ConnectionPool.#exchange(this, wantedOf(url, request, use)) as Call<T>; // routines are not generic
  }

  static readonly #exchange = routine(function* exchange(pool: ConnectionPool, wanted: Wanted): Program<unknown> {
    if (wanted.mayBeUsed) {
      const done = yield* ConnectionPool.#attempt(pool, wanted, pool.#idle.borrow(wanted.origin), true);
      if (done !== undefined) return done.value;
    }
    return (yield* ConnectionPool.#attempt(pool, wanted, pool.#open(wanted), false))?.value;
  });

  /** Undefined: there is no such connection, or none any more; a fresh one will do. */
  static readonly #attempt = routine(function* attempt(
    pool: ConnectionPool,
    wanted: Wanted,
    source: Syscall<Connection | undefined>,
    isUsed: boolean,
  ): Program<{ readonly value: unknown } | undefined> {
    let connection: Connection | undefined;
    let goesOn = false;
    pool.#inUse++;
    try {
      connection = yield* source;
      if (connection === undefined) return undefined;
      if (isUsed) pool.#reused++;
      const reader = new Reader(connection);
      const response = yield* responseTo(reader, wanted, isUsed);
      if (response === undefined) return undefined;
      const value = yield* framed(wanted.use(response), "use of a response");
      goesOn = response.goesOn && (yield* passedOver(response.body)) && reader.available === 0;
      return { value };
    } finally {
      pool.#inUse--;
      if (connection !== undefined) pool.#leave(wanted.origin, connection, goesOn);
    }
  });

  #open({ address, isSecure }: Wanted): Syscall<Connection> {
    this.#opened++;
    while (this.#idle.size > 0 && this.#idle.size + this.#inUse >= this.limits.maxConnections) this.#idle.dropOldest();
    return isSecure ? new ConnectTls(address, this.#tls) : new Connect(address);
  }

  #leave(origin: string, connection: Connection, goesOn: boolean): void {
    if (goesOn && this.#idle.size + this.#inUse < this.limits.maxConnections) this.#idle.put(origin, connection);
    else connection.close();
  }
}

/** Undefined: the connection had been closed by its server before it heard of the request. */
const responseTo = routine(function* responseTo(
  reader: Reader,
  { limits, method, request }: Wanted,
  isUsed: boolean,
): Program<IncomingResponse | undefined> {
  const { connection } = reader;
  const before = connection.bytesRead;
  try {
    yield* sendRequest(connection, request);
    const response = yield* readResponse(reader, method, limits);
    // It had waited too long for the request, and says so of the connection (RFC 9110, 15.5.9).
    return isUsed && response.status === 408 ? undefined : response;
  } catch (error) {
    if (isUsed && connection.bytesRead === before && isLoss(error)) return undefined;
    throw error;
  }
});

/** True for the error of a server that is gone. */
function isLoss(error: unknown): boolean {
  return error instanceof SyscallError && lossCodes.has(error.code);
}

const lossCodes: ReadonlySet<string> = new Set(["ECONNABORTED", "ECONNRESET", "EPIPE", "EPROTO"]);

/** How much is read of a body that nobody wants, and how long it is waited for, to keep the connection: a fresh one costs as much. */
const mostPassedOver = 16_384;
const passOverMs = 100;

/** Whether that was all of it. What becomes of the rest concerns nobody: its program has what it wanted. */
const passedOver = routine(function* passedOver(body: Body): Program<boolean> {
  if (body.isOver) return true;
  try {
    const passed = yield* new MoveOn(passOverMs, body.discard(mostPassedOver));
    return passed.done && passed.value;
  } catch (error) {
    if (!(error instanceof SyscallError) || error instanceof Cancelled) throw error;
    return false;
  }
});
