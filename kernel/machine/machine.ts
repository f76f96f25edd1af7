// The contract between the kernel and what it boots on. Every input from outside (time, chance, readiness, bytes)
// enters here and nowhere else, so that a run can be simulated, recorded and replayed. One suite, `contract` in
// test/kit, runs against every machine.

import type { DatagramSockets } from "./datagrams.ts";
import type { Files } from "./files.ts";
import type {
  Command,
  NodeStreams,
  OutputName,
  Process,
  Terminal,
  TlsOptions,
  TlsServerOptions,
} from "./host-parts.ts";
import type { Workers } from "./workers.ts";

/** Where to listen or connect: TCP (host defaults to 127.0.0.1) or a Unix socket's path. */
export type Address = { readonly host?: string; readonly port: number } | { readonly path: string };

export interface ListenOptions {
  /** Connections the system may hold before they are accepted. Default 511. */
  readonly backlog?: number;
  /**
   * Shares a TCP port with other listeners that ask for it too, in this process or others: the system spreads
   * connections over them. ENOTSUP where the machine cannot. Default false.
   */
  readonly reusePort?: boolean;
}

export type Interest = "read" | "write";

/** Who is told, once, that a pollable is ready, or that it never will be. */
export interface Watcher {
  ready(error?: unknown): void;
}

/** Anything that can become readable or writable. An open set: write your own by implementing these three. */
export interface Pollable {
  /** For people: "tcp 127.0.0.1:7000 <- 127.0.0.1:51234". */
  readonly label: string;
  /**
   * Tells `watcher` once, at once if ready already: a read or a write would now make progress or fail.
   * Throws EBADF when closed, EBUSY when another watcher has this interest (that one is untouched).
   */
  watch(interest: Interest, watcher: Watcher): void;
  /** Takes a watch back. Does nothing if this watcher does not watch. */
  unwatch(interest: Interest, watcher: Watcher): void;
}

/** What holds something of the system's, or of somebody else's, has an owner, and is closed with it. */
export interface Closable {
  /** For people. */
  readonly label: string;
  readonly closed: boolean;
  /** The task that closes it when it ends; the kernel sets this. */
  owner: Owner | undefined;
  /** Its descriptor, for people: -1 or left out where it has none. */
  readonly fd?: number;
  /** Who waits for this direction, for monitors; left out where nobody ever does. */
  waiting?(interest: Interest): Watcher | undefined;
  /** Gives everything back; whoever waits for it gets EBADF. Twice is once. */
  close(): void;
}

/** What takes its time to open: writable when open or failed, and `check` then throws what went wrong. */
export interface Opening extends Pollable, Closable {
  check(): void;
}

/** Who owns an endpoint. */
export interface Owner {
  /** The endpoint was closed. */
  disown(endpoint: Closable): void;
}

/** A listening socket. */
export interface Listener extends Opening {
  /** Where it listens; the real port once it is open. */
  readonly address: Address;
  /** Throws what went wrong while opening (EADDRINUSE, EACCES, …). */
  check(): void;
  /** The next connection, or null: would block. Throws EMFILE and the like: back off and try again. */
  accept(): Connection | null;
}

/** A stream of bytes both ways. */
export interface Connection extends Opening {
  /** This end and the other, as text: "127.0.0.1:7000", a path, or "". */
  readonly local: string;
  readonly peer: string;
  readonly bytesRead: number;
  readonly bytesWritten: number;
  /** Throws what went wrong while opening (ECONNREFUSED, ENOENT, …). */
  check(): void;
  /**
   * At most `max` bytes (a positive integer), which are the caller's to keep; null: would block; length 0: the peer
   * has ended. Throws ECONNRESET and the like, EBADF when closed.
   */
  read(max: number): Uint8Array | null;
  /**
   * How many bytes were taken; 0: would block. What was taken must not be changed afterwards.
   * Throws EPIPE, ECONNRESET, EBADF when closed.
   */
  write(bytes: Uint8Array): number;
  /** Half-close: what was taken is still sent, then the peer sees the end. Twice is once. */
  shutdown(): void;
}

/**
 * What the process around a kernel has beside sockets: all that cannot be simulated from a seed. Syscalls reach a part of
 * it by `needed(kernel, "lookup")`, which throws ENOTSUP where the machine has none.
 */
export interface Host {
  /** The addresses of a host, in the order in which they should be tried. Rejects with ENOTFOUND and the like. */
  lookup(name: string): Promise<readonly string[]>;
  /** As `Machine.connect`, open once the server's certificate is verified. Throws EINVAL for what is no PEM as well. */
  connectTls(to: Address, options: TlsOptions): Connection;
  /** As `Machine.listen`, for those who have shaken hands. Throws EINVAL for what is no PEM as well. */
  listenTls(at: Address, options: TlsServerOptions & ListenOptions): Listener;
  /**
   * Starts a child process. Returns at once, in state opening. Throws ENOENT, EACCES, EMFILE and the like where the system
   * says so at once.
   */
  exec(command: Command): Process;
  /** Node streams as a connection. Throws EINVAL for streams of objects or text, EBUSY where they have one already. */
  openStream(streams: NodeStreams): Connection;
  /** The process's standard input; closing lets go of it. Throws EBUSY while it is open already. */
  openStdin(): Connection;
  /** What an output of the process is shown on; undefined where that is no terminal, or one that somebody else has. */
  terminal(output: OutputName): Terminal | undefined;
  /** UDP. */
  readonly datagrams: DatagramSockets;
  /** Files on its disks. */
  readonly files: Files;
  /** Threads for work that would hold up every task. */
  readonly workers: Workers;
}

/** Told that a poll is over; with what went wrong, if that was why. */
export type Polled = (error?: unknown) => void;

/** What a kernel boots on. */
export interface Machine {
  /** "node", "epoll", "virtual". */
  readonly name: string;
  /** True when the world outside JavaScript's stack can answer: promises settle only between turns of Node's loop. */
  readonly asynchronous: boolean;
  /** The value of an environment variable; undefined where it is not set. */
  environment(name: string): string | undefined;
  /** How many descriptors the process may have open; Infinity where that is not known. */
  readonly descriptors: number;
  /** Where text for people goes: the process's standard output. Closing it closes nothing. */
  readonly stdout: Connection;
  /** What it has beside sockets; a simulated machine has what its test gives it. */
  readonly host: Partial<Host>;
  /** Milliseconds, monotonic, fractional; the origin is the machine's own. */
  now(): number;
  /** How long this thread has been kept from running because others had the CPUs, ms, from any origin; for monitors. */
  runDelayMs?(): number;
  /** In [0, 1). The only source of chance. */
  random(): number;
  /**
   * Lets the world in: at once for 0, else until something is ready, the time is up or `interrupt` was called.
   * Watchers are told during the poll or between polls, never inside `watch` unless ready already. One poll at a time:
   * EBUSY.
   * @param idleMs how long it may wait, ms; Infinity: until something happens
   * @param done called when the poll is over, unless that is so on return: once, on a stack of its own, in the asynchronous
   *   context of whoever polled first
   * @param isVacant true when nobody waits for anything: a process that has nothing else to do may end meanwhile
   * @returns true: it is over already
   */
  poll(idleMs: number, done: Polled, isVacant?: boolean): boolean;
  /** Ends a poll under way; does nothing when none is. */
  interrupt(): void;
  /** To be called before anything may be cut off: see `cutOff`. */
  prepareCut?(): void;
  /**
   * What `done` had run was ended by V8 and will never return: makes the machine fit for the next poll. Called from a
   * callback of Node's. Machines that have their `done` called in places where that cannot be done have none.
   */
  cutOff?(): void;
  /** False when no event can ever come any more, whoever watches: a simulated world with nothing scheduled. */
  alive(): boolean;
  /** Returns at once, in state opening. Throws EINVAL, ENAMETOOLONG for an address that cannot be. */
  listen(at: Address, options?: ListenOptions): Listener;
  /** As `listen`. */
  connect(to: Address): Connection;
  /** Every socket that is open, whoever owns it: for monitors. */
  endpoints?(): Iterable<Closable>;
  /** Closes every endpoint that is left. */
  close(): void;
}
