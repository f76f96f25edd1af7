// Every bound of JSON-RPC over a stream, with its unit and its default. What is over a bound is refused with a code
// (see each field); nothing is cut short in silence. A bad value is a RangeError that names the option.

/** The bounds one server or client keeps. All are positive; counts and bytes are integers. */
export interface Limits {
  /** Bytes of one JSON text, in and out. Over it: -32600 with id null, and the connection is closed. */
  readonly maxFrameBytes: number;
  /** Levels of nesting, the outermost bracket is 1; at most 1,000. Over it: -32600 with id null. */
  readonly maxDepth: number;
  /** Elements of one batch. Over it: one -32600 with id null, and none is run. */
  readonly maxBatch: number;
  /** Requests being served per connection; at that many, reading stops until one is answered. */
  readonly maxInFlight: number;
  /** Connections open at once; at that many, accepting stops. */
  readonly maxConnections: number;
  /** Bytes of one header block with its empty line, in `Content-Length` framing. Over it: -32600, and close. */
  readonly maxHeaderBytes: number;
  /** Bytes of a method's name as it stands between its quotes. Over it: -32600. */
  readonly maxMethodBytes: number;
  /** Bytes of an id as it stands in the text, quotes included. Over it: -32600 with id null. */
  readonly maxIdBytes: number;
  /** Milliseconds for a new connection's first byte. Over it: close. */
  readonly firstByteMs: number;
  /** Milliseconds from the first byte of a frame to its last. Over it: close. */
  readonly partialFrameMs: number;
  /** Milliseconds in which a peer must take some of what is sent to it. Over it: close. */
  readonly stalledWriteMs: number;
  /** Milliseconds that a shutdown gives to the requests that are running. */
  readonly drainMs: number;
}

export const defaultLimits: Limits = Object.freeze({
  maxFrameBytes: 1_048_576,
  maxDepth: 128,
  maxBatch: 1000,
  maxInFlight: 256,
  maxConnections: 1024,
  maxHeaderBytes: 8192,
  maxMethodBytes: 256,
  maxIdBytes: 256,
  firstByteMs: 10_000,
  partialFrameMs: 10_000,
  stalledWriteMs: 30_000,
  drainMs: 3000,
});

// A frame's length must begin with a byte of 0x00 to 0x08, or its framing could not be told by it. A nest of a few
// thousand levels passes JSON.parse and overflows JSON.stringify. A timer beyond 2^31-1 ms fires at once.
const ceilings: Limits = {
  maxFrameBytes: 128 * 1_048_576,
  maxDepth: 1000,
  maxBatch: 1_000_000,
  maxInFlight: 1_000_000,
  maxConnections: 1_000_000,
  maxHeaderBytes: 1_048_576,
  maxMethodBytes: 1_048_576,
  maxIdBytes: 1_048_576,
  firstByteMs: 2_147_483_647,
  partialFrameMs: 2_147_483_647,
  stalledWriteMs: 2_147_483_647,
  drainMs: 2_147_483_647,
};

/**
 * The defaults with `options` put over them.
 * @throws RangeError for a name that is no limit, and for a value that is no integer from 1 to the limit's ceiling
 */
export function resolveLimits(options: Partial<Limits> = {}): Limits {
  const known: Readonly<Record<string, number>> = { ...ceilings };
  for (const [name, value] of Object.entries(options)) {
    const ceiling = Object.hasOwn(known, name) ? known[name] : undefined;
    if (ceiling === undefined) {
      throw new RangeError(`there is no limit ${JSON.stringify(name)}; they are ${Object.keys(ceilings).join(", ")}`);
    }
    if (!Number.isInteger(value) || value < 1 || value > ceiling) {
      throw new RangeError(`${name} must be an integer from 1 to ${ceiling}, not ${String(value)}`);
    }
  }
  return Object.freeze({ ...defaultLimits, ...options });
}
