// The kernel's front door, for boot loaders, machines, monitors and people who write syscalls.

export type { Branch, Offered, Settled } from "./branch.ts";
export type { Counters } from "./counters.ts";
export { openEndpoints, ownerOf, waiterOf } from "./endpoints.ts";
export * from "./errors.ts";
export { type Exit, type ExitRecord, exitValue } from "./exits.ts";
export type { Gauges, GaugeValue } from "./gauges.ts";
export { Heartbeat, type StuckTurn, TurnWatch } from "./heartbeat.ts";
export { Kernel } from "./kernel.ts";
export type { KindWatch } from "./kind-watch.ts";
export { defaultLimits, type KernelOptions, type Limits } from "./limits.ts";
export type { KeptLogRecord, RecentLog } from "./log-ring.ts";
export { logLine, logToStderr } from "./machine/console.ts";
export type { Datagram, DatagramAddress, DatagramSockets, Datagrams } from "./machine/datagrams.ts";
export { addressText, checkAddress, Endpoint } from "./machine/endpoint.ts";
export { EpollMachine, type EpollMachineOptions } from "./machine/epoll.ts";
export type { FileFlags, FileStatus, Files, RawFile } from "./machine/files.ts";
export type * from "./machine/host-parts.ts";
export { type LocateOptions, type Location, locate } from "./machine/locations.ts";
export type * from "./machine/machine.ts";
export {
  type EndOrder,
  type EndOutcome,
  MainThread,
  type MainThreadOptions,
  type StuckFrame,
  type StuckStack,
} from "./machine/main-thread.ts";
export { NodeMachine, type NodeMachineOptions } from "./machine/node.ts";
export type { Job, Transferable, Workers } from "./machine/workers.ts";
export type { LogLevel, LogRecord, Observer, TaskRecord } from "./observer.ts";
export type { TaskLimits } from "./quota.ts";
export type { Started } from "./resident.ts";
export type { SlowTurn, SlowTurns } from "./slow-turns.ts";
export {
  type Answer,
  type Blocked,
  Call,
  type Program,
  type Routine,
  type Runnable,
  routine,
  Syscall,
  type Tid,
  type Undo,
  type Wait,
  type Waiter,
  Yieldable,
} from "./syscall.ts";
export type { Task } from "./task.ts";
export type { TaskWatch, TaskWindow } from "./task-watch.ts";
export { printable, printableLines } from "./text.ts";
export type { Timed, Timers } from "./timers.ts";
export { Times } from "./times.ts";
export type { TracedCall, TracedPage, Tracing } from "./tracing.ts";
export type { Watch } from "./watch.ts";
export type { Window } from "./watch-window.ts";
export { Watchdog } from "./watchdog.ts";
