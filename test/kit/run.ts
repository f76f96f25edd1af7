// Runs a program on a kernel of its own, on the virtual machine: one seed decides everything, hours take milliseconds,
// and the invariants of the kernel are recounted after every turn. What cannot end is ended after `maxTurns`.

import type { Counters } from "../../kernel/counters.ts";
import { SyscallError } from "../../kernel/errors.ts";
import { Kernel } from "../../kernel/kernel.ts";
import type { Limits } from "../../kernel/limits.ts";
import { VirtualMachine, type VirtualMachineOptions } from "../../kernel/machine/virtual.ts";
import type { LogRecord, Observer } from "../../kernel/observer.ts";
import type { Runnable } from "../../kernel/syscall.ts";
import { Invariants } from "./invariants.ts";
import { Recorder } from "./trace.ts";

/** What can be tested: a generator, a call of a routine, a syscall, or a function that makes one of these. */
export type Testable<T> = Runnable<T> | (() => Runnable<T>);

export interface RunOptions extends Omit<VirtualMachineOptions, "asynchronous"> {
  /** The main task's name. */
  readonly name?: string;
  /** Traps a turn may make. Default: the kernel's; 1 interleaves tasks at every trap. */
  readonly quantum?: number;
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
 * InvariantError, a KernelPanic, when the kernel did not keep its laws; ETIMEDOUT when it took too many turns
 */
export function run<T>(program: Testable<T>, options: RunOptions = {}): Run<T> {
  return valueFrom(runExit(program, options));
}

/** As `run`, for runs that are meant to throw: whatever the kernel throws is the outcome. @throws InvariantError */
export function runExit<T>(program: Testable<T>, options: RunOptions = {}): RunExit<T> {
  const bench = new Bench(options, false);
  let outcome: Outcome<T>;
  try {
    outcome = { status: "returned", value: bench.kernel.runSync(runnable(program), options.name) };
  } catch (error) {
    outcome = { status: "threw", error };
  }
  return bench.finished(outcome);
}

/**
 * As `run`, for programs that `Await` promises. Simulated time does not wait for them: a poll gives them 16 microtasks,
 * or whatever the option `turn` says.
 */
export async function runAsync<T>(program: Testable<T>, options: RunOptions = {}): Promise<Run<T>> {
  return valueFrom(await runExitAsync(program, options));
}

/** As `runExit`, for programs that `Await` promises. */
export async function runExitAsync<T>(program: Testable<T>, options: RunOptions = {}): Promise<RunExit<T>> {
  const bench = new Bench(options, true);
  let outcome: Outcome<T>;
  try {
    outcome = { status: "returned", value: await bench.kernel.run(runnable(program), options.name) };
  } catch (error) {
    outcome = { status: "threw", error };
  }
  return bench.finished(outcome);
}

const maxLogs = 10_000;

class Bench {
  readonly kernel: Kernel;
  readonly #machine: GuardedMachine;
  readonly #recorder = new Recorder();
  readonly #invariants: Invariants | undefined;
  readonly #logs: LogRecord[] = [];

  constructor(options: RunOptions, asynchronous: boolean) {
    const { check = true, checkEvery = 1, maxTurns = 10_000_000, seed = 1 } = options;
    this.#machine = new GuardedMachine({ ...options, asynchronous }, () => this.#guard(maxTurns, seed));
    this.kernel = new Kernel(this.#machine, {
      ...options.limits,
      ...(options.quantum === undefined ? {} : { quantum: options.quantum }),
      log: (record) => {
        if (this.#logs.length < maxLogs) this.#logs.push(record);
      },
    });
    this.#invariants = check ? new Invariants(this.kernel, { checkEvery, label: `seed ${seed}` }) : undefined;
    this.kernel.addObserver(this.#recorder);
    if (this.#invariants !== undefined) this.kernel.addObserver(this.#invariants);
    for (const observer of options.observers ?? []) this.kernel.addObserver(observer);
  }

  finished<T>(outcome: Outcome<T>): RunExit<T> {
    const violation = this.#invariants?.violation;
    if (violation !== undefined) throw violation;
    // After a panic or a run given up there are leftovers, and nothing to be learnt from them.
    if (this.kernel.tasks.size === 0) this.#invariants?.finish();
    else if (outcome.status === "returned") throw new Error("the run returned and left tasks behind");
    const { kernel } = this;
    return {
      outcome,
      kernel,
      machine: this.#machine,
      counters: kernel.counters,
      trace: this.#recorder,
      logs: this.#logs,
      now: this.#machine.now(),
    };
  }

  // Observers cannot stop a run; a machine whose poll throws can.
  #guard(maxTurns: number, seed: number): void {
    const violation = this.#invariants?.violation;
    if (violation !== undefined) throw violation;
    const { turns, polls } = this.kernel.counters;
    if (turns + polls <= maxTurns) return;
    throw new SyscallError(
      "ETIMEDOUT",
      `the run (seed ${seed}) has no end in sight after ${turns} turns and ${polls} polls: give a larger maxTurns, or find who never stops`,
    );
  }
}

/** A virtual machine that asks before each poll whether the run may go on. */
class GuardedMachine extends VirtualMachine {
  readonly #guard: () => void;

  constructor(options: VirtualMachineOptions, guard: () => void) {
    super(options);
    this.#guard = guard;
  }

  override poll(idleMs: number): void | Promise<void> {
    this.#guard();
    return super.poll(idleMs);
  }
}

function runnable<T>(program: Testable<T>): Runnable<T> {
  return typeof program === "function" ? program() : program;
}

function valueFrom<T>({ outcome, ...finished }: RunExit<T>): Run<T> {
  if (outcome.status === "threw") throw outcome.error;
  return { ...finished, value: outcome.value };
}
