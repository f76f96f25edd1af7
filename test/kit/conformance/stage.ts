// One run of a check: its director, the main task, has tasks make the syscall, answers them, ends them, and looks at what
// that leaves.

import { isGenerator } from "../../../kernel/generator.ts";
import type { Kernel } from "../../../kernel/kernel.ts";
import { brandOf, type Program, type Runnable, type Syscall, type Tid } from "../../../kernel/syscall.ts";
import { State, type Task } from "../../../kernel/task.ts";
import { shown } from "../../../kernel/text.ts";
import { CancelTask, KillTask, NewTask, Sleep, WaitQueue } from "../../../syscalls/index.ts";
import type { Check } from "./check.ts";
import { type Footprint, footprint, leftOver } from "./footprint.ts";
import type { GrantTrap } from "./grant-trap.ts";
import type { Act } from "./options.ts";
import type { PromiseName } from "./promises.ts";
import { needsAlone } from "./scene.ts";
import { Subject } from "./subject.ts";

/** Laps after which what a task does at once is done. */
const maxLaps = 32;

/** The run can show no more; what it has shown is noted. */
export class Halt extends Error {}

/** What makes a subject's request. */
export type Request = (tid: Tid) => Runnable<unknown>;

export class Stage {
  readonly check: Check;
  readonly kernel: Kernel;
  readonly context: unknown;
  readonly trap: GrantTrap;
  readonly #subjects: Subject[] = [];
  /** Those that run what the options' functions return. */
  readonly #helpers: Task[] = [];

  constructor(check: Check, kernel: Kernel, context: unknown, trap: GrantTrap) {
    this.check = check;
    this.kernel = kernel;
    this.context = context;
    this.trap = trap;
  }

  /** Checks a promise. @param seen what was seen when it is broken */
  expect(name: PromiseName, isKept: boolean, seen: () => string): void {
    this.check.findings.note(name, isKept, seen);
  }

  /** A new syscall. */
  readonly make: (tid: Tid) => Syscall<unknown> = (tid) => {
    const made = this.check.made(this.check.make(this.context, { kernel: this.kernel, tid }), "make");
    this.check.syscall = made.constructor.name;
    return made;
  };

  /** One that is to be refused. */
  readonly makeRefused: (tid: Tid) => Syscall<unknown> = (tid) => {
    const made: unknown = this.check.options.refused?.(this.context, { kernel: this.kernel, tid });
    return this.check.made(made, "refused");
  };

  /** A new task that is about to ask. */
  *prepare(request: Request = this.make): Program<Subject> {
    const gate = new WaitQueue("wait for", "its cue");
    const subject = new Subject(gate);
    this.#subjects.push(subject);
    yield* new NewTask(subject.asking(request), "subject");
    yield* this.laps(() => gate.size === 1);
    return subject;
  }

  /** It asks, until that is over, or waits. */
  *cue(subject: Subject): Program<void> {
    subject.gate.wake();
    yield* this.laps(() => subject.waits || subject.isOver);
  }

  /** A new task that has asked. */
  *ask(request?: Request): Program<Subject> {
    const subject = yield* this.prepare(request);
    yield* this.cue(subject);
    return subject;
  }

  /** As `ask`, for what is to wait: the run can show no more if it does not. @param name which promise that breaks */
  *askToWait(name: PromiseName, request?: Request): Program<Subject> {
    const subject = yield* this.ask(request);
    this.expect(name, subject.waits, () => `one that was to wait did not: ${subject.outcome}`);
    if (!subject.waits) throw new Halt();
    return subject;
  }

  *answer(): Program<void> {
    yield* this.#act(this.check.options.answer, "answer");
  }

  *ready(): Program<void> {
    yield* this.#act(this.check.options.ready, "ready");
    yield* this.settle();
  }

  /** All that was begun comes to its end, as far as it does. */
  *settle(ms: number = this.check.options.patienceMs ?? 100): Program<void> {
    yield* new Sleep(ms);
  }

  /** Ends a subject's task, or its wait. */
  *end(subject: Subject, how: "kill" | "cancel"): Program<void> {
    yield* how === "kill" ? new KillTask(subject.tid, "the check") : new CancelTask(subject.tid, "the check");
    yield* this.laps(() => subject.isOver);
  }

  /** Answers, and kills the first that is granted the answer in that moment. */
  *answerAndKill(subjects: readonly Subject[]): Program<Subject | undefined> {
    this.trap.subjects = subjects;
    yield* this.answer();
    yield* this.settle();
    this.trap.subjects = undefined;
    return this.trap.caught;
  }

  /**
   * The next that asks is answered, once `answer` is called.
   * @param when what happened before
   * @param left whose wait that ended, and who waits for something else now
   */
  *expectNextServed(name: PromiseName, when: string, left?: Subject): Program<void> {
    const { facts, findings } = this.check;
    if (!facts.waits) return;
    const whyNot = needsAlone(this.check);
    if (whyNot !== undefined) return findings.skip([name, "later"], whyNot);
    const next = yield* this.ask();
    yield* this.answer();
    // Before any time passes: there the run ends if it breaks a law, and that says less.
    yield* this.laps(() => next.isOver);
    if (left !== undefined) {
      this.expect("later", left.isAlive && !left.hasGoneOn, () => {
        return `${when}, its task waited for something else; \`answer\` was called for the next one, and ended that wait`;
      });
    }
    yield* this.settle();
    this.expect(name, next.state === "answered", () => {
      return `${when}, the next one asked and was to be answered: ${next.outcome}`;
    });
  }

  /** Gives up the CPU until something holds, or nothing will make it hold. Time stands still meanwhile. */
  *laps(isDone: () => boolean): Program<void> {
    for (let lap = 0; lap < maxLaps && !isDone(); lap++) yield;
  }

  /** What waiting takes up now. */
  footprint(): Footprint {
    const ours = 1 + this.#subjects.filter(({ isAlive }) => isAlive).length + this.#helpers.filter(isLive).length;
    return footprint(this.kernel, ours, this.check.options.waiting?.(this.context));
  }

  /**
   * Nothing is left of a wait. Tasks that it has ended have some laps for their cleanup, and no time.
   * @param isAnswered true: but what an answer may bring
   */
  *expectNothingLeft(name: PromiseName, before: Footprint, when: string, isAnswered = false): Program<void> {
    const left = (): string => leftOver(before, this.footprint(), isAnswered);
    yield* this.laps(() => left() === "");
    this.expect(name, left() === "", () => `${when}, ${left()}`);
  }

  *#act(act: Act<unknown> | undefined, which: string): Program<void> {
    const askers = this.#subjects.filter(({ isAlive, isOver }) => isAlive && !isOver).map(({ tid }) => tid);
    const failed = (error: unknown): void =>
      this.expect("served", false, () => `the option \`${which}\` threw ${shown(error)}`);
    try {
      const program = act?.(this.context, { kernel: this.kernel, askers });
      if (!isRunnable(program)) return;
      const tid = yield* new NewTask(helping(program, failed), which);
      const helper = this.kernel.find(tid);
      if (helper === undefined) return;
      this.#helpers.push(helper);
      yield* this.laps(() => helper.state === State.blocked || !isLive(helper));
    } catch (error) {
      failed(error);
      throw new Halt();
    }
  }
}

function* helping(program: Runnable<unknown>, failed: (error: unknown) => void): Program<void> {
  try {
    yield* program;
  } catch (error) {
    failed(error);
  }
}

function isLive(task: Task): boolean {
  return task.state !== State.exited;
}

function isRunnable(value: unknown): value is Runnable<unknown> {
  return brandOf(value) !== undefined || isGenerator(value);
}
