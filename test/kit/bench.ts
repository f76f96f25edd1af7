// What a run of the kit runs on: a virtual machine, a kernel, the trace, the checker, the log; and how a run that has
// failed says so.

import { SyscallError } from "../../kernel/errors.ts";
import { Kernel } from "../../kernel/kernel.ts";
import type { Polled } from "../../kernel/machine/machine.ts";
import { VirtualMachine, type VirtualMachineOptions } from "../../kernel/machine/virtual.ts";
import type { LogRecord } from "../../kernel/observer.ts";
import type { Task } from "../../kernel/task.ts";
import { Invariants } from "./invariants.ts";
import { isByChance, replayLine, withLine } from "./replay.ts";
import type { Outcome, Run, RunExit, RunOptions } from "./run.ts";
import { type Choices, shuffleFor } from "./schedule.ts";
import { Recorder } from "./trace.ts";

const maxLogs = 10_000;

export class Bench {
  readonly kernel: Kernel;
  readonly #options: RunOptions;
  readonly #choices: Choices | undefined;
  readonly #machine: GuardedMachine;
  readonly #recorder = new Recorder();
  readonly #invariants: Invariants | undefined;
  readonly #logs: LogRecord[] = [];
  /** Turns there had been when the main task ended. */
  #turnOfEnd: number | undefined = undefined;

  /** @param choices instead of a schedule */
  constructor(options: RunOptions, asynchronous: boolean, choices?: Choices) {
    const { check = true, checkEvery = 1, maxTurns = 10_000_000, schedule = "fifo", seed = 1 } = options;
    const shuffle = choices?.shuffle ?? shuffleFor(schedule, seed);
    this.#options = options;
    this.#choices = choices;
    this.#machine = new GuardedMachine({ ...options, asynchronous }, () => this.#guard(maxTurns, seed));
    this.kernel = new Kernel(this.#machine, {
      ...options.limits,
      ...(options.quantum === undefined ? {} : { quantum: options.quantum }),
      ...(shuffle === undefined ? {} : { shuffle }),
      log: (record) => {
        if (this.#logs.length < maxLogs) this.#logs.push(record);
      },
    });
    this.#invariants = check ? new Invariants(this.kernel, { checkEvery, label: `seed ${seed}` }) : undefined;
    this.kernel.addObserver(this.#recorder);
    if (this.#invariants !== undefined) this.kernel.addObserver(this.#invariants);
    if (this.#namesItsSeed) this.kernel.addObserver({ exit: (task) => this.#noteEnd(task) });
    for (const observer of options.observers ?? []) this.kernel.addObserver(observer);
  }

  /** Of the main task. */
  get name(): string | undefined {
    return this.#options.name;
  }

  /** All there is to see of a run that is over. @throws InvariantError */
  finished<T>(outcome: Outcome<T>): RunExit<T> {
    const violation = this.#invariants?.violation;
    if (violation !== undefined) throw this.#explained(violation);
    // After a panic or a run given up there are leftovers, and nothing to be learnt from them.
    if (this.kernel.tasks.size === 0) this.#finish();
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

  /** @throws what the run threw, and how to see it again */
  valueOf<T>({ outcome, ...finished }: RunExit<T>): Run<T> {
    if (outcome.status === "threw") throw this.#explained(outcome.error);
    return { ...finished, value: outcome.value };
  }

  #finish(): void {
    try {
      this.#invariants?.finish();
    } catch (error) {
      throw this.#explained(error);
    }
  }

  get #namesItsSeed(): boolean {
    return this.#choices !== undefined || isByChance(this.#options);
  }

  #noteEnd(task: Task): void {
    if (task.tid === 1) this.#turnOfEnd = this.kernel.counters.turns;
  }

  // What happens without chance happens in every run: the error says enough.
  #explained(error: unknown): unknown {
    if (!this.#namesItsSeed) return error;
    const schedule = this.#choices?.schedule ?? this.#options.schedule;
    const options = schedule === undefined ? this.#options : { ...this.#options, schedule };
    return withLine(error, replayLine(options, this.#turnOfEnd ?? this.kernel.counters.turns));
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

  override poll(idleMs: number, done?: Polled): boolean {
    this.#guard();
    return super.poll(idleMs, done);
  }
}
