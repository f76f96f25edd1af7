// Condition: wait, with a lock released meanwhile, for a change of what the lock guards. Hoare's and Mesa's monitors. A
// notified task is not woken to find the lock taken: it is moved into the lock's line, as Linux requeues a futex, and
// wakes with the lock in its hands.

import {
  type Answer,
  type Call,
  type Kernel,
  type Program,
  type Routine,
  routine,
  SyscallError,
  type Task,
  type Waiter,
} from "../../kernel/syscall.ts";
import type { Timed } from "../../kernel/timers.ts";
import { GetTime, WaitQueue } from "../../syscalls/index.ts";
import { checkedMs } from "../../syscalls/sleep.ts";
import { checkedCount, labelOf, type NameOptions } from "./checked.ts";
import { Lock } from "./lock.ts";
import { AcquireLock, Claim } from "./ownership.ts";

/**
 * Something that can change about what a lock guards.
 *
 * ```ts
 * const filled = new Condition(lock, { name: "filled" });
 * yield* lock.hold(take()); // take: yield* filled.waitFor(() => items.length > 0); return items.shift();
 * yield* lock.hold(put(item)); // put: items.push(item); filled.notify();
 * ```
 */
export class Condition {
  /** What monitors and errors call it: "condition filled". */
  readonly label: string;
  readonly lock: Lock;
  /** For those that wait. */
  readonly line: WaitQueue;

  /**
   * @param lock a Lock or an RLock; default: a Lock of its own
   * @throws TypeError for what is no lock; ENAMETOOLONG for a name over 64 characters
   */
  constructor(lock: Lock = new Lock(), options: NameOptions = {}) {
    if (!(lock instanceof Lock)) throw new TypeError("a Condition needs a Lock or an RLock");
    this.label = labelOf("condition", options.name);
    this.lock = lock;
    this.line = new WaitQueue("wait for", this.label);
  }

  /**
   * Releases the lock, however often it was acquired, waits until it is notified or the time is up, and acquires it again.
   * True when it was notified; what it waits for may have changed back since: look again, or use `waitFor`.
   *
   * Several steps, and so a routine: no branch of a Select. The caller has the lock again however it ends, killed and
   * cancelled included. Give the time here and not by a Timeout: when a scope's time is up, to get the lock back is a part
   * of the cleanup, and is given up after as long as one may take.
   * @param ms how long it may wait to be notified, milliseconds; default: for ever
   * @throws EPERM when the lock is not the caller's; EOWNERDEAD when it broke meanwhile; EINVAL for what is no time
   */
  wait(ms: number = Number.POSITIVE_INFINITY): Call<boolean> {
    return waiting(this, checkedMs(ms, this.label));
  }

  /**
   * Waits until something holds, looking at it first, after each notification, and when the time is up. Gives what it saw
   * last. @throws as `wait`
   */
  waitFor(holds: () => boolean, ms: number = Number.POSITIVE_INFINITY): Call<boolean> {
    return waitingFor(this, holds, checkedMs(ms, this.label));
  }

  /**
   * Lets those that have waited longest have the lock, in their turn. A plain function.
   * @param n how many at most
   * @throws EPERM when the lock is not the caller's; EINVAL for what is no number of tasks
   */
  notify(n = 1): void {
    checkedCount(n, `notify of ${this.label}`, 0, Number.MAX_SAFE_INTEGER);
    if (!this.lock.isMine) throw notHeld(this);
    for (let left = Math.min(n, this.line.size); left > 0; left--) this.passOn();
  }

  /** As `notify`, for all that wait. @throws EPERM */
  notifyAll(): void {
    this.notify(this.line.size);
  }

  /** For those that wait: notifies the next. */
  passOn(): void {
    (this.line.first as WaitCondition | undefined)?.goOn(); // nothing else waits in it
  }
}

/** Waits to be notified, and from then on for the lock. */
class WaitCondition extends Claim implements Timed {
  readonly condition: Condition;
  readonly ms: number;
  timer = -1;
  /** True when it goes on because its time is up. */
  isLate = false;

  constructor(condition: Condition, ms: number) {
    super(condition.lock.ownership, 0, condition.line);
    this.condition = condition;
    this.ms = ms;
  }

  /** True when it has released the lock and has not got it back. */
  get isOwed(): boolean {
    return this.depth > 0 && !this.of.isMine;
  }

  override handle(task: Task, kernel: Kernel): Answer<void> {
    if (!this.of.isMine) throw notHeld(this.condition);
    return super.handle(task, kernel);
  }

  override joined(): void {
    const { task } = this.waiter as Waiter<void>; // it waits
    task.kernel.timers.set(task.kernel.clock() + this.ms, this);
    this.depth = this.of.releaseAll(task);
  }

  /** Waits for the lock from now on. */
  goOn(): void {
    this.waiter?.task.kernel.timers.cancel(this);
    this.queue.move(this, this.of.line);
    this.of.look();
  }

  expire(): void {
    this.isLate = true;
    this.goOn();
  }

  override left(): void {
    this.waiter?.task.kernel.timers.cancel(this);
    if (this.queue === this.of.line && !this.isLate) this.condition.passOn();
  }

  /** The lock stays with the task: it has a `finally`, or a hold, that releases it. */
  override giveBack(): void {
    if (!this.isLate) this.condition.passOn();
  }
}

const waiting: Routine<[condition: Condition, ms: number], boolean> = routine(function* wait(condition, ms) {
  const wait = new WaitCondition(condition, ms);
  try {
    try {
      yield* wait;
      return !wait.isLate;
    } finally {
      yield* regain(wait);
    }
  } finally {
    // If it was closed in the middle of that. A frame is closed once: this time nothing comes between.
    yield* regain(wait);
  }
});

const waitingFor: Routine<[condition: Condition, holds: () => boolean, ms: number], boolean> = routine(
  function* waitFor(condition, holds, ms) {
    const until = ms < Number.POSITIVE_INFINITY ? (yield* new GetTime()) + ms : ms;
    for (let left = ms; !holds(); ) {
      if (left <= 0) return false;
      yield* condition.wait(left);
      if (until < Number.POSITIVE_INFINITY) left = until - (yield* new GetTime());
    }
    return true;
  },
);

// No routine: what is thrown at the yield that calls one would keep it from being called.
function* regain(wait: WaitCondition): Program<void> {
  let interruption: { readonly error: unknown } | undefined;
  while (wait.isOwed) {
    try {
      yield* new AcquireLock(wait.of, wait.depth);
    } catch (error) {
      if (isRefusal(error)) throw error;
      interruption ??= { error }; // a cancel comes once; a limit of the task's own, a hundred times at most
    }
  }
  if (interruption !== undefined) throw interruption.error;
}

// Of the lock itself, or of a pledge: to ask again would change nothing.
function isRefusal(error: unknown): boolean {
  return error instanceof SyscallError && (error.code === "EOWNERDEAD" || error.code === "EPERM");
}

function notHeld({ label, lock }: Condition): SyscallError {
  return new SyscallError("EPERM", `${label} needs ${lock.label}, which is not held by the caller: acquire it first`);
}
