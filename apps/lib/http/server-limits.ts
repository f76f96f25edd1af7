// Every bound of a server, with its unit and its default; what each costs the client is said with it.

import { type MessageLimits, messageLimits } from "./limits.ts";

export interface ServerLimits extends MessageLimits {
  /** Connections at once; at that many, the oldest that is silent makes room, and none is kept after its response. */
  readonly maxConnections: number;
  /** Requests of one connection; the last is answered with `connection: close`. */
  readonly maxRequests: number;
  /** Milliseconds for a head, from its first byte; over it: 408, and close. A new connection has as long to begin one. */
  readonly headMs: number;
  /** Milliseconds a connection may be silent between two requests. Over it: close. */
  readonly idleMs: number;
  /** Milliseconds in which a client must take some of what is sent to it. Over it: close. */
  readonly stalledWriteMs: number;
  /** Milliseconds that what runs for a client has left when the client has ended its half of the connection. */
  readonly graceMs: number;
  /** Milliseconds that a shutdown gives to the requests that are running. */
  readonly drainMs: number;
}

export const serverLimits: ServerLimits = Object.freeze({
  ...messageLimits,
  maxConnections: 1_024,
  maxRequests: 1_000,
  headMs: 10_000,
  idleMs: 5_000,
  stalledWriteMs: 30_000,
  graceMs: 1_000,
  drainMs: 3_000,
});

/** What a server counts. */
export class HttpCounters {
  /** Accepted, and open now. */
  connections = 0;
  open = 0;
  /** Whose head has come and was one. */
  requests = 0;
  /** That were no requests, or had too much of something. */
  refused = 0;
  /** Whose handler threw. */
  failed = 0;
  /** Connections that were lost while there was something to do for them. */
  lost = 0;
  /** Times that all connections were taken. */
  full = 0;
}
