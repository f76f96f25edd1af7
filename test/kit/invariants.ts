// The checker: an observer that follows every event of a run and, after every turn, recounts from scratch what must
// hold whatever the program does (each law is named in the error). It changes nothing, and never throws into the
// kernel, which would unplug it: it keeps the first violation, and `finish` throws it. Costs O(tasks) a turn.

import { KernelPanic } from "../../kernel/errors.ts";
import type { Exit } from "../../kernel/exits.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import type { LogRecord, Observer } from "../../kernel/observer.ts";
import { panicDump } from "../../kernel/report.ts";
import type { Wait } from "../../kernel/syscall.ts";
import { Mark, Resume, State, type Task } from "../../kernel/task.ts";
import { Alarm } from "../../kernel/timers.ts";
import { Known, recount } from "./recount.ts";
import { dueOf, exitWait, single } from "./waits.ts";

/** What must always hold did not. Its `dump` has the task table and the latest events. */
export class InvariantError extends KernelPanic {
  /** The law that was broken: "K2", "K12", … */
  readonly law: string;

  constructor(law: string, message: string, dump: string, options?: ErrorOptions) {
    super(message, dump, options);
    this.law = law;
  }

  static {
    InvariantError.prototype.name = "InvariantError";
  }
}

export interface InvariantOptions {
  /** Recount after every so many turns. Default 1; the events are followed in any case. */
  readonly checkEvery?: number;
  /** What to say of the run in a violation, such as its seed. */
  readonly label?: string;
}

/** What the checker knows of a wait since it began. */
interface Begun {
  readonly wait: Wait<unknown>;
  /** Before this a sleep must not end, on the machine's clock, ms. */
  readonly due: number;
}

/**
 * Checks one kernel. Plug it in before the run, call `finish` after it.
 *
 * ```ts
 * const invariants = new Invariants(kernel);
 * kernel.addObserver(invariants);
 * kernel.runSync(program());
 * invariants.finish();
 * ```
 */
export class Invariants implements Observer {
  readonly #kernel: Kernel;
  readonly #checkEvery: number;
  readonly #label: string;
  readonly #known = new Known();
  readonly #live = new Map<number, Task>();
  readonly #exits = new Map<number, Exit>();
  readonly #begun = new Map<number, Begun>();
  /** Tasks in the ready queue, and the turn since which they are there. */
  readonly #readySince = new Map<number, number>();
  /** `traps` of each task when it last got into the ready queue: more since, and its last yield may be a syscall's. */
  readonly #trapsAtReady = new WeakMap<Task, number>();
  /** Tasks that were killed and have not had a turn since. */
  readonly #doomed = new Set<number>();
  readonly #crashed = new Set<number>();
  #violation: InvariantError | undefined = undefined;
  #newestTid = 0;
  #mostReady = 0;
  #polls = 0;
  #polledAt = 0;

  constructor(kernel: Kernel, options: InvariantOptions = {}) {
    const { checkEvery = 1, label = "" } = options;
    if (!(checkEvery >= 1)) throw new RangeError(`checkEvery is a number of turns of at least 1, not ${checkEvery}`);
    this.#kernel = kernel;
    this.#checkEvery = checkEvery;
    this.#label = label;
    for (const task of kernel.tasks) this.#live.set(task.tid, task);
  }

  /** The first violation, if there was one; nothing is checked after it. */
  get violation(): InvariantError | undefined {
    return this.#violation;
  }

  /**
   * The run is over: nothing may be left of it. Call it after a run that ended by returning, by an error of the main
   * task or by a DeadlockError; after a KernelPanic there is nothing to expect.
   * @throws InvariantError, the first of the run
   */
  finish(): void {
    this.#check(() => this.#checkEnd());
    if (this.#violation !== undefined) throw this.#violation;
  }

  spawn(task: Task): void {
    this.#check(() => {
      if (task.tid <= this.#newestTid) this.#fail("K4", `tid ${task.tid} came after ${this.#newestTid}`);
      if (task.kernel !== this.#kernel) this.#fail("K4", `task ${task.tid} is of another kernel`);
      this.#newestTid = task.tid;
      this.#live.set(task.tid, task);
    });
  }

  block(task: Task, wait: Wait<unknown>): void {
    this.#check(() => {
      const { machine } = this.#kernel;
      // Elsewhere time has gone on since the timer was set.
      const due = machine.name === "virtual" ? dueOf(wait, machine.now()) : 0;
      this.#begun.set(task.tid, { wait, due });
      this.#known.note(wait);
    });
  }

  ready(task: Task): void {
    this.#check(() => {
      const begun = this.#begun.get(task.tid);
      this.#begun.delete(task.tid);
      const hasTrapped = task.traps !== (this.#trapsAtReady.get(task) ?? 0);
      this.#trapsAtReady.set(task, task.traps);
      if (begun !== undefined) this.#checkWake(task, begun);
      if (this.#kernel.current === task) {
        // It gives up the CPU, by a bare yield or at the end of its quantum. Its turn is not over: see `turn`.
        const isBare = !hasTrapped && task.resume === Resume.next && task.wait === undefined;
        if (isBare && task.answer !== undefined) this.#fail("K5", `a bare yield of task ${task.tid} got an answer`);
        return;
      }
      if (this.#readySince.has(task.tid)) this.#fail("K2", `task ${task.tid} was made ready twice`);
      this.#queued(task);
    });
  }

  hold(task: Task): void {
    this.#check(() => {
      if (!this.#readySince.delete(task.tid)) this.#fail("K2", `task ${task.tid} was held and had not been ready`);
    });
  }

  exit(task: Task, exit: Exit): void {
    this.#check(() => {
      const { tid } = task;
      if (this.#exits.has(tid)) this.#fail("K1", `task ${tid} ended twice`);
      if (this.#kernel.tasks.get(tid) !== undefined) this.#fail("K1", `task ${tid} has ended and is in the table`);
      this.#exits.set(tid, exit);
      this.#live.delete(tid);
      for (const endpoint of task.owned ?? []) {
        if (!endpoint.closed) this.#fail("K12", `task ${tid} ended and left ${endpoint.label} open`);
      }
      this.#begun.delete(tid);
      this.#doomed.delete(tid);
      this.#readySince.delete(tid);
    });
  }

  log(record: LogRecord): void {
    if (!record.text.startsWith("crashed\n") || record.level !== "error") return;
    this.#check(() => {
      if (this.#crashed.has(record.tid)) this.#fail("K8", `the crash of task ${record.tid} was reported twice`);
      this.#crashed.add(record.tid);
    });
  }

  turn(task: Task): void {
    const { counters } = this.#kernel;
    this.#check(() => {
      this.#checkFairness(task);
      this.#checkKill(task);
      if (counters.turns % this.#checkEvery === 0) this.#recount();
    });
  }

  #checkWake(task: Task, begun: Begun): void {
    const { machine } = this.#kernel;
    const granted = task.wait?.wait;
    // A wait that was undone leaves no granted answer; one that was answered still has its place.
    if (granted === undefined) return;
    if (granted !== begun.wait) this.#fail("K5", `task ${task.tid} was woken by a wait it had not begun last`);
    if (task.resume === Resume.next && machine.now() < begun.due) {
      this.#fail("K20", `the sleep of task ${task.tid} ended at ${machine.now()}, due at ${begun.due}`);
    }
    const target = exitWait(granted);
    if (target !== undefined) this.#checkExitAnswer(task, target.tid);
  }

  #checkExitAnswer(task: Task, tid: number): void {
    const exit = this.#exits.get(tid);
    if (exit === undefined) this.#fail("K3", `task ${task.tid} was told of the end of ${tid}, which lives`);
    const { answer } = task;
    const isTold =
      task.resume === Resume.next
        ? answer === exit || (exit.status === "returned" && Object.is(answer, exit.value))
        : exit.status === "killed" || (exit.status === "threw" && Object.is(answer, exit.error));
    if (!isTold) this.#fail("K3", `task ${task.tid} was told another end of task ${tid} than it had`);
  }

  #queued(task: Task): void {
    this.#readySince.set(task.tid, this.#kernel.counters.turns);
    this.#mostReady = Math.max(this.#mostReady, this.#readySince.size);
  }

  #checkFairness(task: Task): void {
    const { counters, limits } = this.#kernel;
    const waited = counters.turns - (this.#readySince.get(task.tid) ?? counters.turns);
    if (waited > 2 * this.#mostReady) {
      this.#fail("K16", `task ${task.tid} was ready for ${waited} turns, of at most ${this.#mostReady} ready tasks`);
    }
    this.#readySince.delete(task.tid);
    if (task.state === State.ready) this.#queued(task);
    if (counters.polls !== this.#polls) {
      this.#polls = counters.polls;
      this.#polledAt = counters.turns - 1;
    }
    const busy = counters.turns - this.#polledAt;
    if (busy > limits.pollTurns) this.#fail("K16", `the machine was not polled for ${busy} turns`);
  }

  #checkKill(task: Task): void {
    if ((task.marks & Mark.killed) === 0) {
      this.#doomed.delete(task.tid);
      return;
    }
    if (this.#doomed.has(task.tid)) this.#fail("K9", `task ${task.tid} was killed, and its turn went on as if not`);
    this.#doomed.add(task.tid);
  }

  #recount(): void {
    recount(this.#kernel, this.#live.values(), this.#known, (law, message) => this.#fail(law, message));
    for (const task of this.#live.values()) {
      if (task.state !== State.blocked || task.wait === undefined) continue;
      for (const wait of single(task.wait.wait)) {
        const tid = exitWait(wait)?.tid;
        if (tid !== undefined && this.#exits.has(tid)) {
          this.#fail("K3", `task ${task.tid} waits for the end of task ${tid}, which has ended`);
        }
      }
    }
  }

  #checkEnd(): void {
    const { counters, exits, outside, tasks, timers } = this.#kernel;
    if (tasks.size > 0) this.#fail("K18", `the run is over and ${tasks.size} tasks are left`);
    if ([...tasks].length > 0) this.#fail("K2", "the table is empty by its count, and has tasks");
    this.#recount();
    for (const [, who] of timers) {
      if (!(who instanceof Alarm)) this.#fail("K12", "the run is over and a timer is set");
    }
    if (outside !== 0) this.#fail("K12", `the run is over and ${outside} tasks count as waiting for the outside`);
    if (this.#crashed.size !== counters.crashes) {
      this.#fail("K8", `${counters.crashes} crashes were counted and ${this.#crashed.size} reported`);
    }
    for (const { tid, exit } of exits.latest()) {
      if (this.#exits.get(tid) !== exit) this.#fail("K1", `the end of task ${tid} has changed`);
    }
  }

  // A hook that throws would be unplugged, and the rest of the run would go unchecked.
  #check(checks: () => void): void {
    if (this.#violation !== undefined) return;
    try {
      checks();
    } catch (error) {
      this.#violation =
        error instanceof InvariantError
          ? error
          : new InvariantError("checker", "the checker itself failed", panicDump(this.#kernel), { cause: error });
    }
  }

  #fail(law: string, message: string): never {
    const where = [this.#label, `turn ${this.#kernel.counters.turns}`].filter((part) => part !== "").join(", ");
    throw new InvariantError(law, `${law} does not hold (${where}): ${message}`, panicDump(this.#kernel));
  }
}
