// Runs under other orders of turns than the first come's: the same laws must hold under all of them.

import { Kernel } from "../../kernel/kernel.ts";
import { Random } from "../../kernel/machine/random.ts";
import { VirtualMachine } from "../../kernel/machine/virtual.ts";
import type { LogRecord } from "../../kernel/observer.ts";
import { Call, type Exit, type Program, type Runnable, SyscallError, type Task } from "../../kernel/syscall.ts";
import { CancelTask, KillTask, NewTask, WaitTask } from "../../syscalls/index.ts";
import { Invariants } from "../kit/index.ts";

/** One order of turns: seed 0 is first come, first served; any other shuffles each lap. */
export interface Schedule {
  readonly quantum: number;
  readonly seed: number;
}

export const schedules: readonly Schedule[] = [1, 2, 32].flatMap((quantum) =>
  [0, 1, 2].map((seed) => ({ quantum, seed })),
);

/** Runs a program under a schedule, with the laws recounted; what the run throws, it throws. */
export function runAs<T>(schedule: Schedule, program: () => Program<T>): { value: T; logs: readonly LogRecord[] } {
  const { quantum, seed } = schedule;
  const logs: LogRecord[] = [];
  const random = new Random(seed);
  const kernel = new Kernel(new VirtualMachine({ seed }), {
    quantum,
    log: (record) => logs.push(record),
    ...(seed === 0 ? {} : { shuffle: () => random.next() }),
  });
  const invariants = new Invariants(kernel, { label: `seed ${seed}, quantum ${quantum}` });
  kernel.addObserver(invariants);
  const value = kernel.runSync(program());
  if (invariants.violation !== undefined) throw invariants.violation;
  invariants.finish();
  return { value, logs };
}

/** How a task, or a part of it, can be ended from outside. */
export type End = "kill" | "cancel" | "deadline";
export const ends: readonly End[] = ["kill", "cancel", "deadline"];

/** A part of a task whose time is up when the test says so: a Timeout by laps and not by the clock. */
export class Deadline<T> extends Call<T> {
  readonly #program: Runnable<T>;
  #expire: (() => void) | undefined = undefined;

  constructor(program: Runnable<T>) {
    super();
    this.#program = program;
  }

  override enter(task: Task): Runnable<T> {
    const { depth } = task;
    this.#expire = () => task.unwindTo(depth, new SyscallError("ETIMEDOUT", "the test said so"));
    return this.#program;
  }

  override leave(): void {
    this.#expire = undefined;
  }

  /** False when it has not begun, or is over. */
  expire(): boolean {
    this.#expire?.();
    return this.#expire !== undefined;
  }
}

/** Runs a program as a task, ends it in one way after so many laps, and answers with how it ended. @param before told just before that */
export function* endedAfter(laps: number, how: End, program: Runnable<void>, before?: () => void): Program<Exit> {
  const deadline = new Deadline(program);
  const tid = yield* new NewTask(deadline, "victim");
  for (let lap = 0; lap < laps; lap++) yield;
  before?.();
  if (how === "kill") yield* new KillTask(tid, "the test");
  else if (how === "cancel" || !deadline.expire()) yield* new CancelTask(tid, "the test");
  return yield* new WaitTask(tid);
}
