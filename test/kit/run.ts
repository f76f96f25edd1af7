// Runs a program on a kernel of its own, on the virtual machine: one seed decides everything, hours take milliseconds,
// and the invariants of the kernel are recounted after every turn. What cannot end is ended after `maxTurns`.

import type { Counters } from "../../kernel/counters.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import type { Limits } from "../../kernel/limits.ts";
import type { VirtualMachine, VirtualMachineOptions } from "../../kernel/machine/virtual.ts";
import type { LogRecord, Observer } from "../../kernel/observer.ts";
import type { Runnable } from "../../kernel/syscall.ts";
import { Bench } from "./bench.ts";
import type { Choices, Schedule } from "./schedule.ts";
import type { Recorder } from "./trace.ts";

/** What can be tested: a generator, a call of a routine, a syscall, or a function that makes one of these. */
export type Testable<T> = Runnable<T> | (() => Runnable<T>);

export interface RunOptions extends Omit<VirtualMachineOptions, "asynchronous"> {
  /** The main task's name. */
  readonly name?: string;
  /** Traps a turn may make. Default: the kernel's; 1 interleaves tasks at every trap. */
  readonly quantum?: number;
  /**
   * The order of turns within a lap. Default "fifo", production's; "shuffle" draws it from the seed, and leaves faults and
   * chance as they are; else the choices of one run, as `explore` names them.
   */
  readonly schedule?: Schedule;
  /** Bounds of the kernel other than its own. */
  readonly limits?: Partial<Limits>;
  /** Plugged in before the run, after the kit's own. */
  readonly observers?: readonly Observer[];
  /** Recount the invariants after every turn, O(tasks) each. Default true. */
  readonly check?: boolean;
  /** Recount after every so many turns only. Default 1. */
  readonly checkEvery?: number;
  /** Turns (and polls) after which the run is given up with ETIMEDOUT. Default 10,000,000. */
  readonly maxTurns?: number;
}

/** A run that is over, however it ended, for looking at. */
export interface Finished {
  readonly kernel: Kernel;
  readonly machine: VirtualMachine;
  readonly counters: Counters;
  /** Everything the run did, as a hash and as events. */
  readonly trace: Recorder;
  /** The kernel's log, the first 10,000 records. */
  readonly logs: readonly LogRecord[];
  /** When it ended, on the machine's clock: simulated ms. */
  readonly now: number;
}

/** A run that returned. */
export interface Run<T> extends Finished {
  readonly value: T;
}

/** How the run of a kernel ended. */
export type Outcome<T> =
  | { readonly status: "returned"; readonly value: T }
  | { readonly status: "threw"; readonly error: unknown };

/** A run and how it ended. */
export interface RunExit<T> extends Finished {
  readonly outcome: Outcome<T>;
}

/**
 * Runs a program to the end and gives its value.
 *
 * ```ts
 * const { value, now } = run(function* () {
 *   yield* new Sleep(3_600_000);
 *   return "an hour later";
 * });
 * ```
 * @throws what the kernel throws (the main task's error; ECANCELED if it was killed; DeadlockError; KernelPanic);
 * InvariantError, a KernelPanic, when the kernel did not keep its laws; ETIMEDOUT when it took too many turns. With a
 * schedule or faults its message ends with the seed and the call that replays the run
 */
export function run<T>(program: Testable<T>, options: RunOptions = {}): Run<T> {
  return runOn(new Bench(options, false), program);
}

/** As `run`, for runs that are meant to throw: whatever the kernel throws is the outcome. @throws InvariantError */
export function runExit<T>(program: Testable<T>, options: RunOptions = {}): RunExit<T> {
  return runExitOn(new Bench(options, false), program);
}

/**
 * As `run`, for programs that `Await` promises. Simulated time does not wait for them: a poll gives them 16 microtasks,
 * or whatever the option `turn` says.
 */
export async function runAsync<T>(program: Testable<T>, options: RunOptions = {}): Promise<Run<T>> {
  const bench = new Bench(options, true);
  return bench.valueOf(await runExitAsyncOn(bench, program));
}

/** As `runExit`, for programs that `Await` promises. */
export async function runExitAsync<T>(program: Testable<T>, options: RunOptions = {}): Promise<RunExit<T>> {
  return runExitAsyncOn(new Bench(options, true), program);
}

/** As `run`, with choices that are looked at afterwards. */
export function runChoosing<T>(program: Testable<T>, options: RunOptions, choices: Choices): Run<T> {
  return runOn(new Bench(options, false, choices), program);
}

function runOn<T>(bench: Bench, program: Testable<T>): Run<T> {
  return bench.valueOf(runExitOn(bench, program));
}

function runExitOn<T>(bench: Bench, program: Testable<T>): RunExit<T> {
  let outcome: Outcome<T>;
  try {
    outcome = { status: "returned", value: bench.kernel.runSync(runnable(program), bench.name) };
  } catch (error) {
    outcome = { status: "threw", error };
  }
  return bench.finished(outcome);
}

async function runExitAsyncOn<T>(bench: Bench, program: Testable<T>): Promise<RunExit<T>> {
  let outcome: Outcome<T>;
  try {
    outcome = { status: "returned", value: await bench.kernel.run(runnable(program), bench.name) };
  } catch (error) {
    outcome = { status: "threw", error };
  }
  return bench.finished(outcome);
}

function runnable<T>(program: Testable<T>): Runnable<T> {
  return typeof program === "function" ? program() : program;
}
