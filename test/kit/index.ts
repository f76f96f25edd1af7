// yieldix/testing: run a program in simulated time, with the kernel's laws checked while it runs.

export type { Counters } from "../../kernel/counters.ts";
export {
  allFaults,
  benignFaults,
  type FaultKind,
  type FaultPlan,
  faultKinds,
  noFaults,
  VirtualMachine,
  type VirtualMachineOptions,
} from "../../kernel/machine/virtual.ts";
export type { LogRecord, Observer } from "../../kernel/observer.ts";
export {
  type Act,
  type Asked,
  type Asker,
  type CheckOptions,
  ConformanceError,
  checkSyscall,
  checkSyscallAsync,
  examineSyscall,
  examineSyscallAsync,
  type Finding,
  type Make,
  type PromiseName,
  type Report,
} from "./conformance/index.ts";
export { type Explored, type ExploreOptions, explore } from "./explore.ts";
export { InvariantError, type InvariantOptions, Invariants } from "./invariants.ts";
export {
  type Finished,
  type Outcome,
  type Run,
  type RunExit,
  type RunOptions,
  run,
  runAsync,
  runExit,
  runExitAsync,
  type Testable,
} from "./run.ts";
export type { Schedule } from "./schedule.ts";
export { type RecordedEvent, Recorder } from "./trace.ts";
