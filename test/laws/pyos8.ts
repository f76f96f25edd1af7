// A scheduler after the ideas of David Beazley's course of 2009, in our own words, with all that is weak in it: it is
// what the laws W1 to W24 are shown to fail on. Descriptors are simulated. So that a test can watch it hang, its steps
// are bounded, and a call that would put the whole process to sleep for ever says so instead.

export type Target<T = void> = Generator<unknown, T, unknown>;

/** How a run ended, if it did not end by throwing. */
export type Fate = "ended" | "spins" | "sleeps for ever";

class Spinning extends Error {}
class Asleep extends Error {}

/** A simulated descriptor: what a system would know of it. */
export interface Descriptor {
  readonly fd: number;
  readable: boolean;
  closed: boolean;
}

export abstract class OldCall {
  abstract handle(task: OldTask, scheduler: OldScheduler): void;
}

export class OldTask {
  static newest = 0;
  readonly tid: number = ++OldTask.newest;
  answer: unknown = undefined;
  target: Target<unknown>;
  readonly #callers: Target<unknown>[] = [];

  constructor(target: Target<unknown>) {
    this.target = target;
  }

  /** Runs until a system call, or until the last frame gives up the CPU or ends (then it answers "ended"). */
  run(scheduler: OldScheduler): unknown {
    for (;;) {
      scheduler.step();
      const { done, value } = this.target.next(this.answer);
      if (done === true) {
        this.answer = undefined;
      } else if (value instanceof OldCall) {
        return value;
      } else if (isGenerator(value)) {
        this.#callers.push(this.target);
        this.answer = undefined;
        this.target = value;
        continue;
      } else {
        if (this.#callers.length === 0) return undefined;
        this.answer = value; // a subroutine yields its result
      }
      const caller = this.#callers.pop();
      if (caller === undefined) return "ended";
      this.target = caller;
    }
  }
}

export class OldScheduler {
  readonly ready: OldTask[] = [];
  readonly tasks = new Map<number, OldTask>();
  readonly readers = new Map<Descriptor, OldTask>();
  readonly #awaited = new Map<number, OldTask[]>();
  polls = 0;
  turns = 0;
  #stepsLeft = 0;

  spawn(target: Target<unknown>): number {
    const task = new OldTask(target);
    this.tasks.set(task.tid, task);
    this.ready.push(task);
    return task.tid;
  }

  /** Runs for ever, as it does; throws what any task or handler throws. */
  run(maxSteps = 10_000): Fate {
    this.#stepsLeft = maxSteps;
    this.spawn(this.#polling());
    try {
      while (this.tasks.size > 0) this.#turn();
      return "ended";
    } catch (error) {
      if (error instanceof Spinning) return "spins";
      if (error instanceof Asleep) return "sleeps for ever";
      throw error;
    }
  }

  step(): void {
    if (this.#stepsLeft-- <= 0) throw new Spinning();
  }

  /** A blocking call of the system, made while nobody can end it. */
  blockProcess(): never {
    throw new Asleep();
  }

  awaitExit(task: OldTask, tid: number): boolean {
    if (!this.tasks.has(tid)) return false;
    this.#awaited.set(tid, [...(this.#awaited.get(tid) ?? []), task]);
    return true;
  }

  #turn(): void {
    this.step();
    const task = this.ready.shift();
    if (task === undefined) return;
    this.turns++;
    const result = task.run(this);
    if (result instanceof OldCall) result.handle(task, this);
    else if (result === "ended") this.#exit(task);
    else this.ready.push(task);
  }

  #exit(task: OldTask): void {
    this.tasks.delete(task.tid);
    for (const waiting of this.#awaited.get(task.tid) ?? []) this.ready.push(waiting);
    this.#awaited.delete(task.tid);
  }

  // The poll is a task like the others: one poll in each round.
  *#polling(): Target<never> {
    for (;;) {
      this.polls++;
      if (this.readers.size > 0) this.#select(this.ready.length === 0);
      yield undefined;
    }
  }

  #select(mayWait: boolean): void {
    for (const { fd, closed } of this.readers.keys()) {
      if (closed) throw new Error("bad file descriptor");
      if (fd >= 1_024) throw new Error("file descriptor out of range in select()");
    }
    const readable = [...this.readers].filter(([descriptor]) => descriptor.readable);
    if (readable.length === 0 && mayWait) this.blockProcess();
    for (const [descriptor, task] of readable) {
      this.readers.delete(descriptor);
      this.ready.push(task);
    }
  }
}

/** A scheduler with these tasks. */
export function old(...targets: Target<unknown>[]): OldScheduler {
  const scheduler = new OldScheduler();
  for (const target of targets) scheduler.spawn(target);
  return scheduler;
}

export class OldGetTid extends OldCall {
  override handle(task: OldTask, scheduler: OldScheduler): void {
    task.answer = task.tid;
    scheduler.ready.push(task);
  }
}

export class OldNewTask extends OldCall {
  readonly target: Target<unknown>;

  constructor(target: Target<unknown>) {
    super();
    this.target = target;
  }

  override handle(task: OldTask, scheduler: OldScheduler): void {
    task.answer = scheduler.spawn(this.target);
    scheduler.ready.push(task);
  }
}

export class OldKillTask extends OldCall {
  readonly tid: number;

  constructor(tid: number) {
    super();
    this.tid = tid;
  }

  override handle(task: OldTask, scheduler: OldScheduler): void {
    const victim = scheduler.tasks.get(this.tid);
    if (victim !== undefined && victim.target.return(undefined).done !== true) {
      throw new Error("the generator ignored its closing");
    }
    task.answer = victim !== undefined;
    scheduler.ready.push(task);
  }
}

export class OldWaitTask extends OldCall {
  readonly tid: number;

  constructor(tid: number) {
    super();
    this.tid = tid;
  }

  override handle(task: OldTask, scheduler: OldScheduler): void {
    const waits = scheduler.awaitExit(task, this.tid);
    task.answer = waits;
    if (!waits) scheduler.ready.push(task);
  }
}

export class OldReadWait extends OldCall {
  readonly descriptor: Descriptor;

  constructor(descriptor: Descriptor) {
    super();
    this.descriptor = descriptor;
  }

  override handle(task: OldTask, scheduler: OldScheduler): void {
    scheduler.readers.set(this.descriptor, task);
  }
}

function isGenerator(value: unknown): value is Target<unknown> {
  return typeof value === "object" && value !== null && "next" in value && "return" in value;
}
