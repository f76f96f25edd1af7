// What the parts of a host are asked for and answer, as types: for the contract in machine.ts, and for those who compile
// against it without Node's types.

import type { Connection, Opening } from "./machine.ts";

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

/** The process's own outputs. */
export type OutputName = "stdout" | "stderr";

/** What an output is shown on, if that is a terminal. */
export interface Terminal {
  /** Cells of a line, and lines: as they are now, for a terminal's size changes. */
  readonly columns: number;
  readonly rows: number;
  /**
   * Shows a line, or a few, below all that is printed, in place of those before; "" takes them away. What could act on the
   * terminal is shown as \u{hex}; what is wider or higher than the terminal would stay behind in part. One for all: the last
   * one counts.
   */
  showStatus(text: string): void;
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

/** What a standard stream of a child is: a pipe of its own, nothing (`/dev/null`), or the process's own. */
export type Stdio = "pipe" | "ignore" | "inherit";

/** A program to be run as a child process. */
export interface Command {
  /** A file's path, or a name that is looked up on the PATH. */
  readonly command: string;
  /** Passed as they are: there is no shell. */
  readonly args: readonly string[];
  /** Where it runs. Default: where the process does. */
  readonly cwd: string | undefined;
  /** Variables other than the process's own; undefined: not set. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: Stdio;
  readonly stdout: Stdio;
  readonly stderr: Stdio;
}

/** How a child process ended: by itself, or by a signal ("TERM"). */
export type ProcessExit =
  | { readonly code: number; readonly signal: undefined }
  | { readonly code: undefined; readonly signal: string };

/**
 * A child process, the leader of a process group of its own. Readable once it has ended. Closing it, as its owner's end
 * does, closes those of its pipes that nobody has adopted, and ends whatever is left of its group: TERM, then KILL.
 */
export interface Process extends Opening {
  readonly pid: number;
  /** Where its standard streams are pipes; else an end to read from, and EPIPE to write to. */
  readonly stdin: Connection;
  readonly stdout: Connection;
  readonly stderr: Connection;
  /** How it ended; undefined while it runs, and if it was closed before. What it wrote may still be in its pipes. */
  readonly exit: ProcessExit | undefined;
  /**
   * Sends it, and not its children, a signal by name: "TERM", "USR1". False when it has ended.
   * Throws EINVAL for what is no signal, EPERM where that is forbidden, EBADF when it is closed.
   */
  sendSignal(name: string): boolean;
}

/** Certificates, keys: PEM, as text or bytes, several in one or as a list. */
export type Pem = string | Uint8Array | readonly (string | Uint8Array)[];

/** How a client proves who it is, and finds out who the server is. There is no way not to look: trust it by `ca`. */
export interface TlsOptions {
  /** The name that the server's certificate must be for, and that it is told. Default: the host of the address. */
  readonly servername?: string;
  /** Whom to trust. Default: the authorities that Node knows. */
  readonly ca?: Pem;
  /** This side's own certificate, with what leads from it to an authority, and its key, for a server that asks for one. */
  readonly cert?: Pem;
  readonly key?: Pem;
}

/** How a server proves who it is. */
export interface TlsServerOptions {
  /** Its certificate, with what leads from it to an authority, and its key. */
  readonly cert: Pem;
  readonly key: Pem;
  /** Whose certificates clients must have; without, they need none. */
  readonly ca?: Pem;
  /** How long a client may take to shake hands, ms; then it is cut off. Default 10,000. */
  readonly handshakeMs?: number;
}
