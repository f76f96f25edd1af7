// What the parts of a host are asked for and answer, as types: for the contract in machine.ts, and for those who compile
// against it without Node's types.

/** A `Readable` of Node's, as far as it can be told from others. */
export interface NodeReadable {
  readonly readableEnded: boolean;
  read(size?: number): unknown;
}

/** A `Writable` of Node's, as far as it can be told from others. */
export interface NodeWritable {
  readonly writableEnded: boolean;
  write(chunk: Uint8Array): boolean;
}

/** Streams that are to be a connection. */
export interface NodeStreams {
  /** Where bytes come from; without one the reading side has ended. */
  readonly readable?: NodeReadable | undefined;
  /** Where bytes go, the same object for a Duplex; without one writing is EPIPE. */
  readonly writable?: NodeWritable | undefined;
  /** For people. Default: "stream" and the name of its class. */
  readonly label?: string | undefined;
  /** Closing lets go of the streams and leaves them open. Default false: they are destroyed, what was taken is sent. */
  readonly keep?: boolean | undefined;
}
