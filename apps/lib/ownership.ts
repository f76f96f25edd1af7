// Whose a lock is: the part that Lock and RLock share, and that a condition looks into. A release hands over to the first
// in line, so that nobody can barge in between. An owner that ends is found out in two ways: at the next acquire, by
// looking at it; and, from when somebody waits, by being told. So a lock that nobody waits for costs two assignments.

import { type Answer, type Exit, type Kernel, SyscallError, type Task, type Tid } from "../../kernel/syscall.ts";
import type { ExitWatcher } from "../../kernel/task.ts";
import { exitText } from "../../syscalls/exit-text.ts";
import { Park, WaitQueue } from "../../syscalls/index.ts";

/** One owner at a time, and those that wait to be it. */
export class Ownership {
  readonly label: string;
  /** Whether the owner may acquire it again. */
  readonly nests: boolean;
  /** Claims, and nothing else, wait in it. */
  readonly line: WaitQueue;
  /** One that is over: it is broken. */
  #owner: Task | undefined = undefined;
  /** How often the owner has acquired it. */
  #depth = 0;
  /** The owner that is watched for its end. */
  #watched: Task | undefined = undefined;
  readonly #watcher: ExitWatcher = { passive: true, exited: () => this.look() };

  constructor(label: string, nests: boolean) {
    this.label = label;
    this.nests = nests;
    this.line = new WaitQueue(
      "acquire",
      () => (this.#owner === undefined ? label : `${label} (held by ${named(this.#owner)})`),
      () => (this.#owner === undefined ? [] : [this.#owner.tid]),
    );
  }

  get owner(): Tid | undefined {
    return this.#owner?.tid;
  }

  /** True when the owner has ended. */
  get isBroken(): boolean {
    return this.#owner?.isOver === true;
  }

  /** True when it is the caller's: of the task whose turn it is. */
  get isMine(): boolean {
    return this.#owner !== undefined && this.#owner.kernel.current === this.#owner;
  }

  /** True when it is the task's from now on. Whether the owner is over, `look` finds out. @throws EDEADLK */
  take(task: Task, depth: number): boolean {
    const owner = this.#owner;
    if (owner === undefined) {
      this.#owner = task;
      this.#depth = depth;
      return true;
    }
    if (owner !== task) return false;
    if (!this.nests) {
      throw new SyscallError(
        "EDEADLK",
        `${this.label} is task ${task.tid}'s own: it would wait for itself. An RLock can be acquired again`,
      );
    }
    this.#depth += depth;
    return true;
  }

  /** Takes back what was acquired, and hands over once that is all. */
  giveUp(depth: number): void {
    this.#depth -= depth;
    if (this.#depth === 0) this.#handOver();
  }

  /** @throws EPERM when it is not that task's, EOWNERDEAD when it is broken */
  release(task: Task | undefined = this.#owner?.kernel.current): void {
    this.#check(task);
    this.giveUp(1);
  }

  /** Releases it however often it was acquired, and says how often. @throws as `release` */
  releaseAll(task: Task): number {
    this.#check(task);
    const depth = this.#depth;
    this.giveUp(depth);
    return depth;
  }

  repair(): boolean {
    if (!this.isBroken) return false;
    this.#owner = undefined;
    this.#depth = 0;
    return true;
  }

  /** Looks at what has become of it, on behalf of its line. */
  look(): void {
    const owner = this.#owner;
    if (owner === undefined) this.#handOver();
    else if (owner.isOver) {
      this.#watch(undefined);
      this.line.refuseAll(() => this.#ownerDied(owner));
    } else this.#watch(owner);
  }

  // The owner is set before the wake: that can run the undo of a Select's other branches, which is anybody's code.
  #handOver(): void {
    const { line } = this;
    this.#watch(undefined);
    for (let first = line.first; first !== undefined; first = line.first) {
      this.#owner = first.waiter?.task; // set by whoever waits
      this.#depth = (first as Claim).depth; // claims, and nothing else
      if (!line.answer(first)) continue;
      if (line.size > 0) this.look();
      return;
    }
    this.#owner = undefined;
  }

  #watch(owner: Task | undefined): void {
    if (this.#watched === owner) return;
    this.#watched?.unwatchExit(this.#watcher);
    this.#watched = owner;
    owner?.watchExit(this.#watcher);
  }

  #check(task: Task | undefined): void {
    const owner = this.#owner;
    if (owner === undefined)
      throw new SyscallError("EPERM", `${this.label} is nobody's: who acquired it releases it, once`);
    if (owner === task) return;
    if (owner.isOver) throw this.#ownerDied(owner);
    const who = task === undefined ? "what runs outside of tasks" : `task ${named(task)}`;
    throw new SyscallError("EPERM", `${this.label} is held by task ${named(owner)}: ${who} cannot release it`);
  }

  #ownerDied(owner: Task): SyscallError {
    return new SyscallError(
      "EOWNERDEAD",
      `${this.label} was held by task ${named(owner)}, which ${howItEnded(owner)}: mend what it guards, after repair()`,
    );
  }
}

/** A wait to be the owner: in its line, or, for a condition, before that. */
export class Claim extends Park {
  // Declared, as a Park's.
  declare readonly of: Ownership;
  /** How often it will have acquired it. */
  declare depth: number;

  constructor(of: Ownership, depth: number, queue: WaitQueue = of.line) {
    super(queue);
    this.of = of;
    this.depth = depth;
  }

  override joined(): void {
    this.of.look();
  }
}

/** Becomes the owner, at once or in its turn. */
export class AcquireLock extends Claim {
  override handle(task: Task, kernel: Kernel): Answer<void> {
    return this.of.take(task, this.depth) ? undefined : super.handle(task, kernel);
  }

  override giveBack(): void {
    this.of.giveUp(this.depth);
  }
}

function named({ tid, name }: Task): string {
  return `${tid} ${name}`;
}

function howItEnded({ kernel, tid }: Task): string {
  const exit: Exit | undefined = kernel.exits.find(tid)?.exit;
  if (exit === undefined) return "has ended"; // so long ago that it is not remembered how
  return exit.status === "returned" ? "returned without releasing it" : exitText(exit);
}
