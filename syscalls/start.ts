// Start: the hand-shake with a new member of a group. A syscall with two waits in turn, for a place and for the member to
// be ready; either can be undone.

import {
  type Answer,
  type Exit,
  exitValue,
  type Kernel,
  Syscall,
  SyscallError,
  type Task,
  type Tid,
  type Wait,
  type Waiter,
} from "../kernel/syscall.ts";
import type { StartedMember, Starting } from "./members.ts";
import { Park, type WaitQueue } from "./park.ts";
import { type Candidate, Member, type Roster } from "./roster.ts";

type Phase = "new" | "starting" | "ready" | "over";

/** Starts a member and waits until it says that it is ready; see `Members.start`. */
export class Start<T, V> extends Syscall<StartedMember<T, V>> implements Wait<StartedMember<T, V>> {
  readonly #roster: Roster;
  readonly #make: Starting<T, V>;
  readonly #name: string | undefined;
  readonly #member: Member;
  readonly #place: Place;
  #waiter: Waiter<StartedMember<T, V>> | undefined = undefined;
  #phase: Phase = "new";
  /** How the member failed, if that was told to who waits. */
  #failure: { readonly error: unknown } | undefined = undefined;

  constructor(roster: Roster, make: Starting<T, V>, name: string | undefined, isDaemon: boolean) {
    super();
    this.#roster = roster;
    this.#make = make;
    this.#name = name;
    this.#member = new Member(roster, isDaemon, (exit) => this.#ended(exit), true);
    this.#place = new Place(roster.waiting, () => this.#start());
  }

  get verb(): string {
    return this.#phase === "new" ? this.#place.verb : "start of";
  }

  get object(): string {
    return this.#phase === "new" ? this.#place.object : `member ${this.#member.task.tid}`;
  }

  holders(): readonly Tid[] {
    return this.#phase === "new" ? this.#place.holders() : [this.#member.task.tid];
  }

  /** The one it stands in, if it does. */
  get queue(): WaitQueue<unknown> | undefined {
    return this.#place.isQueued ? this.#place.queue : undefined;
  }

  override get family(): string {
    return "task";
  }

  override handle(task: Task, _kernel: Kernel): Answer<StartedMember<T, V>> {
    this.#roster.check();
    return task.block<StartedMember<T, V>>(this, (waiter) => {
      this.#waiter = waiter;
      if (this.#roster.hasPlace(this.#member.isDaemon)) this.#start();
      else this.#place.join(waiter);
      return () => this.#abandon();
    });
  }

  /** Whoever was to hear that it is ready was killed just then: nobody else knows of it. */
  giveBack(): void {
    const { children } = this.#roster;
    if (children.has(this.#member)) children.end("nobody has heard that it is ready", [this.#member]);
  }

  /** Whoever was to hear that it has failed was killed just then: it is a failure like any other member's. */
  untold(): void {
    if (this.#failure !== undefined) {
      this.#roster.fail(this.#failure.error, `member ${this.#member.task.tid} failed before it was ready`);
    }
  }

  #start(): void {
    const program = this.#make((value) => this.#ready(value));
    this.#roster.start(this.#member, program, this.#name, (this.#waiter as Waiter<unknown>).task); // it waits
    this.#phase = "starting";
  }

  #ready(value: V): void {
    if (this.#phase === "over") return; // nobody waits for it any more, and it is being ended
    if (this.#phase !== "starting") {
      throw new SyscallError("EINVAL", "started: the program calls it once, while it runs, with what it has to say");
    }
    this.#phase = "ready";
    this.#waiter?.wake({ tid: this.#member.task.tid as Tid<T>, value }); // it runs the program that returns a T
  }

  #ended(exit: Exit): boolean {
    if (this.#phase !== "starting") return false;
    this.#phase = "over";
    if (this.#waiter?.fail(startError(exit, `member ${this.#member.task.tid}`)) !== true) return false;
    if (exit.status === "threw") this.#failure = exit;
    return true;
  }

  #abandon(): void {
    this.#place.queue.leave(this.#place);
    if (this.#phase !== "starting") return;
    this.#phase = "over";
    this.#roster.children.end("nobody waits for its start any more", [this.#member]);
  }
}

function startError(exit: Exit, who: string): unknown {
  try {
    exitValue(exit, who);
    return new SyscallError("EPROTO", `${who} has returned without calling started: call it when it is ready`);
  } catch (error) {
    return error;
  }
}

/** A place in the queue for somebody who goes on waiting when it is granted. */
class Place extends Park<unknown> implements Candidate {
  readonly granted: () => void;

  constructor(queue: WaitQueue<unknown>, granted: () => void) {
    super(queue);
    this.granted = granted;
  }

  join<T>(waiter: Waiter<T>): void {
    this.waiter = waiter as unknown as Waiter<unknown>; // never woken from here, only refused
    this.queue.join(this);
  }
}
