// The roster of a group: which members it has, how many may be there at a time, and what the end of each means for the
// rest. Group runs the scope, Members is what its body gets; both are about this.

import { type Exit, type Runnable, SyscallError, shown, type Task, type Tid } from "../kernel/syscall.ts";
import { Child, Children } from "./children.ts";
import { WaitQueue } from "./park.ts";

/** Takes the end of a member upon itself: true when it is none of the group's business. */
export type Taker = (exit: Exit) => boolean;

/** Somebody who waits for a place, and then starts a member. */
export interface Candidate {
  /** There is one. @throws when the member cannot be started */
  granted(): void;
}

/** A task in a group. */
export class Member extends Child {
  /** A daemon does not keep the group open. */
  readonly isDaemon: boolean;
  readonly taker: Taker | undefined;
  readonly leavesExit: boolean;
  readonly passive: boolean;
  readonly #roster: Roster;

  /**
   * @param leavesExit false when the taker is all that is interested in its exit
   * @param isReported its crash is reported as that of a task that nobody waits for
   */
  constructor(roster: Roster, isDaemon: boolean, taker: Taker | undefined, leavesExit: boolean, isReported = false) {
    super();
    this.#roster = roster;
    this.isDaemon = isDaemon;
    this.taker = taker;
    this.leavesExit = leavesExit;
    this.passive = isReported;
  }

  override ended(exit: Exit): void {
    this.#roster.ended(this, exit);
  }
}

export class Roster {
  readonly task: Task;
  readonly children: Children;
  /** Whoever waits for a place; Candidates all. */
  readonly waiting: WaitQueue<unknown>;
  /** What the body and the members threw, in order. */
  readonly failures: unknown[] = [];
  /** What the group throws when it was cancelled and has no value. */
  cancelled: SyscallError | undefined = undefined;
  readonly #depth: number;
  readonly #limit: number;
  /** What the group's frame gets when its body is closed. Errors of the body's cleanup become its cause. */
  #bodyClosed: Error | undefined = undefined;
  /** Members that keep the group open. */
  #awaited = 0;
  #isOpen = true;
  #isBodyOver = false;

  /** @param depth of the group's frame */
  constructor(task: Task, depth: number, limit: number) {
    this.task = task;
    this.#depth = depth;
    this.#limit = limit;
    this.children = new Children(task, "member");
    this.waiting = new WaitQueue(
      "place in",
      () => `the group of task ${task.tid}: ${this.#awaited} of ${limit} taken`,
      () =>
        [...this.children].filter((child) => child instanceof Member && !child.isDaemon).map(({ task }) => task.tid),
    );
  }

  /** False once it is ending. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Whether a member could start now. Whoever waits is served first, so nobody waits when it can. */
  hasPlace(isDaemon: boolean): boolean {
    return isDaemon || this.#awaited < this.#limit;
  }

  /** @throws ECANCELED once the group is ending */
  check(): void {
    if (!this.#isOpen) throw this.#refusal();
  }

  /** Starts a member. @throws ECANCELED once the group is ending; as NewTask */
  start<T>(member: Member, program: Runnable<T>, name: string | undefined, by: Task): Tid<T> {
    this.check();
    const tid = this.children.spawn(member, program, name, by);
    if (!member.isDaemon) this.#awaited++;
    return tid;
  }

  /** A member has ended. */
  ended(member: Member, exit: Exit): void {
    if (!member.isDaemon) this.#awaited--;
    if (!this.#isTaken(member, exit) && exit.status === "threw")
      this.fail(exit.error, `member ${member.task.tid} failed`);
    this.#grantPlaces();
    this.#endIfOver();
  }

  /** The body has returned. */
  bodyOver(): void {
    this.#isBodyOver = true;
    this.#endIfOver();
  }

  /** Something was thrown at the group's frame: by the body, or into it while it waited. */
  threw(error: unknown): void {
    this.#isBodyOver = true;
    const { task } = this;
    if (error !== undefined && error === this.#bodyClosed) {
      const { cause } = this.#bodyClosed;
      if (cause !== undefined) this.failures.push(cause);
      return;
    }
    if (!this.failures.includes(error)) this.failures.push(error); // it may be a member's, on its way through the body
    this.close(isCancelOf(task, error) ? `task ${task.tid} was cancelled` : "the body of its group failed");
  }

  /** The group's frame is being closed, by a kill or by a scope around it. */
  closed(): void {
    this.#isBodyOver = true;
    const { ending, tid } = this.task;
    if (ending?.kill === undefined) {
      this.close(`task ${tid} left its group`);
      return;
    }
    this.#isOpen = false;
    this.children.kill(`task ${tid} was killed`);
    this.#refuseAll();
  }

  /** The group's frame is gone. */
  leave(): void {
    this.#isBodyOver = true; // so is the body's: if it was dropped, the task goes on in frames that are none of ours
    this.#isOpen = false;
    this.children.leave();
    this.#refuseAll();
  }

  /** Something that is a failure of the group. */
  fail(error: unknown, why: string): void {
    if (this.children.isLeft) {
      this.task.kernel.report(this.task, `${why}, of a group whose cleanup was dropped`, error);
      return;
    }
    this.failures.push(error);
    this.close(why);
  }

  /** Ends it for no failure: the members, and the body too, unless it is that which asks. @returns whether it was open */
  cancel(by: Task, why: string): boolean {
    const wasOpen = this.#isOpen;
    const reason = why === "" ? `by task ${by.tid}` : `by task ${by.tid}: ${why}`;
    const closesBody = by !== this.task;
    if (wasOpen && closesBody) {
      this.cancelled = new SyscallError("ECANCELED", `the group of task ${this.task.tid} was cancelled ${reason}`);
    }
    this.close(`its group was cancelled ${reason}`, closesBody);
    return wasOpen;
  }

  /** Lets nobody in any more, and ends all: the members, the body if it is still there. */
  close(why: string, closesBody = true): void {
    this.#isOpen = false;
    this.children.end(why);
    if (closesBody) this.#closeBody();
    this.#refuseAll();
  }

  // After those in the group have been told to end: they hear of that, and not of the place that they did not get.
  #refuseAll(): void {
    this.waiting.refuseAll(() => this.#refusal());
  }

  #isTaken(member: Member, exit: Exit): boolean {
    try {
      return member.taker?.(exit) === true;
    } catch (error) {
      this.fail(error, `the end of member ${member.task.tid} was taken for a failure`);
      return true;
    }
  }

  #grantPlaces(): void {
    while (this.#isOpen && this.#awaited < this.#limit) {
      const { first } = this.waiting;
      if (first === undefined) return;
      this.waiting.leave(first);
      try {
        (first as unknown as Candidate).granted(); // nobody else waits here
      } catch (error) {
        first.waiter?.fail(error);
      }
    }
  }

  // The daemons are for the others.
  #endIfOver(): void {
    if (this.#isBodyOver && this.#awaited === 0 && this.#isOpen) this.close("the rest of its group is over");
  }

  #closeBody(): void {
    if (this.#isBodyOver) return;
    this.#bodyClosed ??= new SyscallError("ECANCELED", "the body of a group was closed");
    this.task.unwindTo(this.#depth, this.#bodyClosed);
  }

  #refusal(): SyscallError {
    return new SyscallError("ECANCELED", `the group of task ${this.task.tid} is ending: nobody can join it any more`);
  }
}

/** Whether an error is the cancel of a task, on its way through it. */
export function isCancelOf(task: Task, error: unknown): boolean {
  return error !== undefined && error === task.ending?.cancel;
}

/** A limit on members. @throws EINVAL, naming it */
export function checkedLimit(limit: number): number {
  if (limit === Number.POSITIVE_INFINITY || (Number.isInteger(limit) && limit >= 1)) return limit;
  throw new SyscallError("EINVAL", `limit ${shown(limit)} is no number of members: give a whole one of at least 1`);
}
