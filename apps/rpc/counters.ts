// What a server or client counts: one object may be shared by all connections of a server.

/** Counts since it was made. */
export class RpcCounters {
  /** Connections that got their tasks. */
  connections = 0;
  /** Requests with an id, those in batches included. */
  requests = 0;
  notifications = 0;
  batches = 0;
  /** Answers that were errors, of any code. */
  errors = 0;
  /** Frames and texts that were refused: malformed, too large, too deep. */
  refused = 0;
  /** Responses that answer no call of ours; they are never answered. */
  strayResponses = 0;
  /** Requests ended before they had an answer, by their client or with it. */
  cancelled = 0;
  /** Connections closed because of a clock: no first byte (or none while others waited), half a frame, not reading. */
  timedOut = 0;
  /** Connections that ended by an error of the transport. */
  reset = 0;
  /** Times accepting stopped because as many connections as allowed were open, or no task was to be had. */
  full = 0;
}
