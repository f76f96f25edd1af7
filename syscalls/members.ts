// Members: what the body of a group gets, to start others beside it. Each of its methods makes a syscall, which works in
// a Select as well: a branch that loses has started nobody, or cancels whom it has.

import {
  type Answer,
  begun,
  type Exchange,
  type Exit,
  type Kernel,
  type Runnable,
  Syscall,
  SyscallError,
  type Task,
  type Tid,
} from "../kernel/syscall.ts";
import { noteSpawnSite, SpawnExchange, type Spawning } from "./new-task.ts";
import { Park, type WaitQueue } from "./park.ts";
import { type Candidate, Member, type Roster } from "./roster.ts";
import { Start } from "./start.ts";

/** How a member is started. */
export interface MemberOptions<T> {
  /** It does not keep the group open, takes no place of a limit, and is cancelled when the others are over. */
  readonly daemon?: boolean;
  /** Told how it ended, in the group's stead: a failure is then none of the group, unless this throws. */
  readonly ended?: (exit: Exit<T>) => void;
  /** Its crash is reported on the kernel log all the same, as that of a task that nobody waits for. */
  readonly reported?: boolean;
}

/** A member that has said that it is ready. */
export interface StartedMember<T, V> {
  readonly tid: Tid<T>;
  /** What it called `started` with. */
  readonly value: V;
}

/** A program that calls `started(value)` once, when it is ready. */
export type Starting<T, V> = (started: (value: V) => void) => Runnable<T>;

/** The members of a group, as its body sees them. May be handed on: to members, which can then spawn others. */
export class Members {
  readonly #roster: Roster;

  constructor(roster: Roster) {
    this.#roster = roster;
  }

  /** How many are alive, daemons included. */
  get size(): number {
    return this.#roster.children.size;
  }

  /** The tids of those that are alive, oldest first. */
  get tids(): readonly Tid[] {
    return this.#roster.children.tids;
  }

  /** False once the group is ending: nobody can join it any more. */
  get isOpen(): boolean {
    return this.#roster.isOpen;
  }

  /**
   * Starts a member and answers with its tid. In a group that is full, waits for a place, first come, first served.
   * @param name for people; default: the routine's
   * @throws ECANCELED once the group is ending; as NewTask
   */
  spawn<T>(program: Runnable<T>, name?: string, options: MemberOptions<T> = {}): Syscall<Tid<T>> {
    return new Spawn(this.#roster, program, name, options);
  }

  /** As `spawn`, for one that serves the others: it is cancelled when they and the body are over. */
  spawnDaemon<T>(program: Runnable<T>, name?: string): Syscall<Tid<T>> {
    return new Spawn(this.#roster, program, name, { daemon: true });
  }

  /**
   * Starts a member and waits until it says that it is ready (the idea is trio's `nursery.start`). If the wait ends in
   * another way, or its task is killed before it hears of that, the member is cancelled; a failure that its task was
   * killed before hearing of is one of the group.
   * @param make makes the program; gets the function to call once, with a value, when it is ready
   * @returns the value and the tid
   * @throws what the member throws before it is ready, which is then no failure of the group; EPROTO when it returns before;
   * ECANCELED when it is killed before; as `spawn`
   *
   * ```ts
   * const { value: port } = yield* members.start(function* (started: (port: number) => void) {
   *   const listener = yield* new Listen({ port: 0 });
   *   started(listener.address.port);
   *   yield* serve(listener);
   * });
   * ```
   */
  start<T, V>(make: Starting<T, V>, name?: string): Syscall<StartedMember<T, V>> {
    return new Start(this.#roster, make, name, false);
  }

  /** As `start`, for a daemon. */
  startDaemon<T, V>(make: Starting<T, V>, name?: string): Syscall<StartedMember<T, V>> {
    return new Start(this.#roster, make, name, true);
  }

  /**
   * Ends some members, as the end of the group would, and waits until they are over. Those that are over already are
   * passed by.
   * @param why for people: exit records and logs show it
   * @throws EPERM for all but the group's body
   */
  end(tids: Iterable<Tid>, why = ""): Syscall<void> {
    return new EndMembers(this.#roster, new Set(tids), why);
  }

  /**
   * Cancels all members, and lets nobody in any more. Called by the body, that goes on, and its value is the group's; by
   * anybody else, a body that still runs is closed, and the group throws ECANCELED. Answers whether it was open.
   * @param why for people: exit records and logs show it
   */
  cancel(why = ""): Syscall<boolean> {
    return new CancelMembers(this.#roster, why);
  }
}

class Spawn<T> extends Park<Tid<T>> implements Spawning<T>, Candidate {
  readonly #roster: Roster;
  readonly #member: Member;
  readonly #program: Runnable<T>;
  readonly #name: string | undefined;
  #made: Task | undefined = undefined;

  constructor(roster: Roster, program: Runnable<T>, name: string | undefined, options: MemberOptions<T>) {
    super(roster.waiting as WaitQueue<Tid<T>>); // whoever waits there answers itself
    const { daemon = false, ended, reported = false } = options;
    this.#roster = roster;
    this.#member = new Member(roster, daemon, ended && taking(ended), ended === undefined, reported);
    this.#program = program;
    this.#name = name;
  }

  override get family(): string {
    return "task";
  }

  override handle(task: Task, kernel: Kernel): Answer<Tid<T>> {
    this.#roster.check();
    return this.#roster.hasPlace(this.#member.isDaemon) ? this.#start(task) : super.handle(task, kernel);
  }

  granted(): void {
    const { waiter } = this;
    if (waiter !== undefined) waiter.wake(this.#start(waiter.task));
  }

  /** It was killed just as its member was started, which goes on, as a task of NewTask would. */
  override giveBack(): void {}

  override [Symbol.iterator](): Exchange<Tid<T>> {
    return begun(this, new SpawnExchange<T>(this));
  }

  delivered(above: (answer?: unknown) => unknown): void {
    noteSpawnSite(this.#made, above);
    this.#made = undefined;
  }

  #start(by: Task): Tid<T> {
    const tid = this.#roster.start(this.#member, this.#program, this.#name, by);
    const made = by.kernel.tasks.get(tid);
    if (made?.origin.spawn.site === undefined) this.#made = made;
    return tid;
  }
}

function taking<T>(ended: (exit: Exit<T>) => void): (exit: Exit) => boolean {
  return (exit) => {
    ended(exit as Exit<T>); // of the member that runs the program that returns a T
    return true;
  };
}

class EndMembers extends Syscall<void> {
  readonly #roster: Roster;
  readonly #tids: ReadonlySet<Tid>;
  readonly #why: string;

  constructor(roster: Roster, tids: ReadonlySet<Tid>, why: string) {
    super();
    this.#roster = roster;
    this.#tids = tids;
    this.#why = why;
  }

  override get family(): string {
    return "task";
  }

  override handle(task: Task, kernel: Kernel): Answer<void> {
    const { children, task: body } = this.#roster;
    if (task !== body)
      throw new SyscallError("EPERM", `task ${task.tid} is not the body of the group: CancelTask is for all`);
    const some = [...children].filter((child) => this.#tids.has(child.task.tid));
    children.end(this.#why, some);
    const areOver = (): boolean => {
      for (let last = some.at(-1); last !== undefined && !children.has(last); last = some.at(-1)) some.pop();
      return some.length === 0;
    };
    return children.rest(areOver).handle(task, kernel);
  }
}

class CancelMembers extends Syscall<boolean> {
  readonly #roster: Roster;
  readonly #why: string;

  constructor(roster: Roster, why: string) {
    super();
    this.#roster = roster;
    this.#why = why;
  }

  override get family(): string {
    return "task";
  }

  override handle(task: Task, _kernel: Kernel): boolean {
    return this.#roster.cancel(task, this.#why);
  }
}
