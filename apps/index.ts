// The package's front door: what an app imports. Every syscall, routines, the types they are written with, and the
// library of routines. Whoever boots kernels or writes syscalls and machines needs "yieldix/kernel" as well.

export { Cancelled, DeadlockError, type ErrorCode, SyscallError } from "../kernel/errors.ts";
export type { Exit } from "../kernel/exits.ts";
export type { Datagram, DatagramAddress, Datagrams } from "../kernel/machine/datagrams.ts";
export type { FileFlags, FileStatus } from "../kernel/machine/files.ts";
export type {
  NodeReadable,
  NodeWritable,
  Process,
  ProcessExit,
  Stdio,
  TlsOptions,
  TlsServerOptions,
} from "../kernel/machine/host-parts.ts";
export type {
  Address,
  Closable,
  Connection,
  Interest,
  Listener,
  ListenOptions,
  Pollable,
} from "../kernel/machine/machine.ts";
export type { TaskRecord } from "../kernel/observer.ts";
export { type Program, type Routine, type Runnable, routine, type Tid } from "../kernel/syscall.ts";
export * from "../syscalls/index.ts";
export * from "./lib/index.ts";
