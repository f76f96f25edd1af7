// All, Any and Race: several programs at once, each in a task of its own, and one answer. Made of groups, so that nobody
// is left when the answer comes: the losers of a race are over before the winner's code goes on. For several syscalls
// rather than programs there is Select, which needs no tasks.

import {
  Call,
  type Exit,
  exitValue,
  type Kernel,
  type Program,
  type Runnable,
  SyscallError,
  type Task,
  type Yieldable,
} from "../kernel/syscall.ts";
import { Group, type GroupOptions } from "./group.ts";
import type { Members } from "./members.ts";
import { Park, WaitQueue } from "./park.ts";

/** Programs in order, or by names. */
export type Programs = readonly Runnable<unknown>[] | Readonly<Record<string, Runnable<unknown>>>;

type ValueOf<R> = R extends Program<infer T> ? T : R extends Yieldable<infer T> ? T : never;

/** The values of programs, in the same order, or by the same names. */
export type Values<P extends Programs> = { -readonly [K in keyof P]: ValueOf<P[K]> };

/** The value of one of them. */
export type OneOf<P extends Programs> = P extends readonly unknown[] ? ValueOf<P[number]> : ValueOf<P[keyof P]>;

/**
 * Runs programs at once and gives all their values, in their order, or by their names. The first that fails ends the
 * others.
 * @throws AggregateError of what they threw, a single error too; one that was killed counts as failed, with ECANCELED, as
 * there is no value of it. EINVAL for a limit that is none
 *
 * ```ts
 * const { user, posts } = yield* new All({ user: fetchUser(id), posts: fetchPosts(id) });
 * const pages = yield* new All(urls.map((url) => fetchPage(url)), { limit: 8 });
 * ```
 */
export class All<const P extends Programs> extends Call<Values<P>> {
  readonly #programs: P;
  readonly #group: Group<Values<P>>;

  /** @param options `limit`: at most so many run at a time, and the others follow in order */
  constructor(programs: P, options: GroupOptions = {}) {
    super();
    this.#programs = programs;
    this.#group = new Group((members) => this.#body(members), options);
  }

  override get family(): string {
    return "task";
  }

  override enter(): Runnable<Values<P>> {
    return this.#group;
  }

  *#body(members: Members): Program<Values<P>> {
    const programs: Programs = this.#programs;
    const entries = Object.entries(programs);
    // A copy, so that names keep their order; each program in it becomes its value before the group is over.
    const copy = Array.isArray(programs) ? [...programs] : Object.fromEntries(entries);
    const values = copy as Record<string, unknown>; // the keys of an array are text as well
    for (const [key, program] of entries) {
      yield* members.spawn(program, undefined, {
        ended: (exit) => {
          const isEnded = exit.status === "killed" && !members.isOpen; // by the group, for another's failure
          if (!isEnded) values[key] = exitValue(exit, `program ${key}`);
        },
      });
    }
    return values as Values<P>; // by now, or when the group gives it
  }
}

/** What the end of one program came to. */
type Settled = { readonly value: unknown } | { readonly error: unknown };

/** What all came to. */
type Decision<T> = { readonly value: T } | { readonly error: unknown };

abstract class Contest<P extends Programs> extends Call<OneOf<P>> {
  protected readonly programs: readonly Runnable<unknown>[];
  readonly #decided: WaitQueue;
  #members: Members | undefined = undefined;
  #decision: Decision<OneOf<P>> | undefined = undefined;

  constructor(programs: P) {
    super();
    this.programs = Object.values<Runnable<unknown>>(programs);
    if (this.programs.length === 0) throw new SyscallError("EINVAL", `${new.target.name}: give at least one program`);
    this.#decided = new WaitQueue(
      "first of",
      () => `${this.programs.length} programs`,
      () => this.#members?.tids ?? [],
    );
  }

  override get family(): string {
    return "task";
  }

  override *enter(task: Task, kernel: Kernel): Program<OneOf<P>> {
    const decision = yield* new Group((members) => this.#body(members, task, kernel));
    if ("error" in decision) throw decision.error;
    return decision.value;
  }

  /** One of them has ended: undefined while that decides nothing. */
  protected abstract judge(settled: Settled, place: number): Decision<unknown> | undefined;

  *#body(members: Members, task: Task, kernel: Kernel): Program<Decision<OneOf<P>>> {
    this.#members = members;
    for (const [place, program] of this.programs.entries()) {
      if (this.#decision !== undefined) break;
      const ended = (exit: Exit): void => this.#ended(exit, place, task, kernel);
      yield* members.spawn(program, undefined, { daemon: true, ended });
    }
    while (this.#decision === undefined) yield* new WaitVerdict(this.#decided);
    return this.#decision; // the losers are daemons, and end with it
  }

  #ended(exit: Exit, place: number, task: Task, kernel: Kernel): void {
    if (this.#decision === undefined && this.#members?.isOpen === true) {
      this.#decision = this.judge(settled(exit, place), place) as Decision<OneOf<P>> | undefined; // of one of the programs
      if (this.#decision !== undefined) this.#decided.wake();
    } else if (exit.status === "threw") {
      const why = this.#decision === undefined ? "was ended" : "had lost";
      kernel.report(task, `program ${place}, which ${why}, threw`, exit.error);
    }
  }
}

class WaitVerdict extends Park {
  override get family(): string {
    return "self";
  }
}

function settled(exit: Exit, place: number): Settled {
  try {
    return { value: exitValue(exit, `program ${place}`) };
  } catch (error) {
    return { error };
  }
}

/**
 * Runs programs at once and gives the value of the first that succeeds; the others are then cancelled, and over before
 * this answers. What one of them throws after that is on the kernel log.
 * @throws AggregateError of what they threw, in their order, when all have failed; one that was killed counts as failed,
 * with ECANCELED. EINVAL for no program at all
 *
 * ```ts
 * const page = yield* new Any([fetchFrom(mirrorA), fetchFrom(mirrorB)]);
 * ```
 */
export class Any<const P extends Programs> extends Contest<P> {
  readonly #errors: unknown[] = [];
  #failed = 0;

  protected override judge(settled: Settled, place: number): Decision<unknown> | undefined {
    if ("value" in settled) return settled;
    this.#errors[place] = settled.error;
    if (++this.#failed < this.programs.length) return undefined;
    return { error: new AggregateError(this.#errors, `all ${this.#failed} programs failed`) };
  }
}

/**
 * Runs programs at once; the first that ends decides: its value is given, or its error thrown, as it is. The others are
 * then cancelled, and over before this answers. What one of them throws after that, or when all are ended from outside
 * before, is on the kernel log.
 * @throws what the first to end threw; ECANCELED when it was killed; EINVAL for no program at all
 *
 * ```ts
 * const line = yield* new Race({ typed: readLine(stdin), sent: readLine(socket) });
 * ```
 */
export class Race<const P extends Programs> extends Contest<P> {
  protected override judge(settled: Settled): Decision<unknown> {
    return settled;
  }
}
