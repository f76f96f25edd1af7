// A client that keeps its connections: a request goes out on one that an earlier request has left behind, or on a fresh one, by
// TCP or TLS as its address says. How many may be open and how long they are kept is bounded; deadlines and retries are
// the caller's. A server may close a connection just as it is used again: what can be asked twice is then, once.

import type { TlsOptions } from "../../../kernel/machine/host-parts.ts";
import type { Connection } from "../../../kernel/machine/machine.ts";
import { type Call, type Program, type Runnable, routine, type Syscall } from "../../../kernel/syscall.ts";
import { Connect, ConnectTls } from "../../../syscalls/index.ts";
import { Attempt } from "./attempt.ts";
import type { IncomingResponse } from "./client.ts";
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
   * long as it runs; what it leaves of the body is passed over, if that is little and comes within 100 ms, or ends the connection. An
   * answer counts that came before all of the request was sent, and the connection closed.
   * Put a Timeout around it. A request of a method that must not be sent twice goes out on a fresh connection.
   * @param url "http://host/path" or "https://…"
   * @throws EINVAL for another url, and as `sendRequest`; as Connect and ConnectTls; as `readResponse`; what the program throws
   */
  exchange<T>(url: string, use: (response: IncomingResponse) => Runnable<T>, request: PoolRequest = {}): Call<T> {
    return ConnectionPool.#exchange(this, wantedOf(url, request, use)) as Call<T>; // routines are not generic
  }

  static readonly #exchange = routine(function* exchange(pool: ConnectionPool, wanted: Wanted): Program<unknown> {
    if (wanted.mayBeUsed) {
      const done = yield* new Attempt(pool, wanted, pool.#idle.borrow(wanted.origin), true);
      if (done !== undefined) return done.value;
    }
    return (yield* new Attempt(pool, wanted, pool.#open(wanted), false))?.value;
  });

  #open({ address, isSecure }: Wanted): Syscall<Connection> {
    this.#opened++;
    while (this.#idle.size > 0 && this.#idle.size + this.#inUse >= this.limits.maxConnections) this.#idle.dropOldest();
    return isSecure ? new ConnectTls(address, this.#tls) : new Connect(address);
  }

  /** For attempts: one begins. */
  enter(): void {
    this.#inUse++;
  }

  /** For attempts: there was a connection that had been used. */
  noteReuse(): void {
    this.#reused++;
  }

  /** For attempts: one is over. @param goesOn whether its connection, if it had one, may be used again */
  leave(origin: string, connection: Connection | undefined, goesOn: boolean): void {
    this.#inUse--;
    if (connection === undefined) return;
    if (goesOn && this.#idle.size + this.#inUse < this.limits.maxConnections) this.#idle.put(origin, connection);
    else connection.close();
  }
}
