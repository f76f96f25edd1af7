// A task: one running program. Its stack of frames is the kernel's (Beazley's trampoline), so a call costs the same
// at any depth and a kill closes every frame. This file holds what a task is and how it waits; turn.ts steps it,
// unwind.ts closes its frames.

import { SyscallError } from "./errors.ts";
import type { Exit } from "./exits.ts";
import type { Kernel } from "./kernel.ts";
import type { Closable, Owner, Watcher } from "./machine/machine.ts";
import type { Blocked, Call, Program, Tid, Undo, Wait, Waiter } from "./syscall.ts";
import type { Timed } from "./timers.ts";
import type { Ending } from "./unwind.ts";

/** Where a task is. It is in one of these places, and in no two. */
export const State = {
  /** In the ready queue, once. */
  ready: 0,
  /** Having its turn. */
  running: 1,
  /** Its wait is being armed; a wake now answers at once. */
  arming: 2,
  /** Waiting, for something with a name. */
  blocked: 3,
  /** Over; the exit record says how. */
  exited: 4,
} as const;
export type State = (typeof State)[keyof typeof State];

/** How the next step resumes the innermost frame. */
export const Resume = {
  /** `next(answer)` */
  next: 0,
  /** `throw(answer)` */
  throw: 1,
  /** `return()`: the frame is to run its `finally` and end. */
  close: 2,
} as const;
export type Resume = (typeof Resume)[keyof typeof Resume];

/** What must be heeded before the task goes on; 0 on the hot path. */
export const Mark = { killed: 1, cancelled: 2, expired: 4, unwinding: 8, raised: 16 } as const;

/** One generator on a task's stack. */
export interface Frame {
  /** Another one once the frame is lost: see cut-turn.ts. */
  program: Program<unknown>;
  readonly caller: Frame | undefined;
  /** The call that pushed it; undefined for the bottom frame. */
  readonly call: Call<unknown> | undefined;
  /** 1 for the bottom frame. */
  readonly depth: number;
}

/** The frame that nobody called. A class of its own, for what it needs no field for: 24 bytes a task. */
export class BottomFrame implements Frame {
  program: Program<unknown>;

  constructor(program: Program<unknown>) {
    this.program = program;
  }

  get caller(): undefined {
    return undefined;
  }

  get call(): undefined {
    return undefined;
  }

  get depth(): number {
    return 1;
  }
}

class CalledFrame implements Frame {
  program: Program<unknown>;
  readonly caller: Frame;
  readonly call: Call<unknown>;
  readonly depth: number;

  constructor(program: Program<unknown>, caller: Frame, call: Call<unknown>) {
    this.program = program;
    this.caller = caller;
    this.call = call;
    this.depth = caller.depth + 1;
  }
}

/** Where a task comes from; shared by all tasks of the same code that have no name of their own. */
export interface Origin {
  /** The given name, or the routine's. */
  readonly name: string;
  readonly spawn: {
    /** The line of the spawn, found once; undefined until somebody could look. */
    site: { stack?: string } | undefined;
  };
}

/** Told when a task has ended. */
export interface ExitWatcher {
  /** True for one that only takes note: a crash is still one that nobody waits for. */
  readonly passive?: boolean;
  /** True for one that takes a crash upon itself, but leaves the exit to be collected by whoever asks by tid. */
  readonly leavesExit?: boolean;
  exited(exit: Exit): void;
}

export class Task implements Owner {
  readonly tid: Tid;
  readonly kernel: Kernel;
  origin: Origin;
  /** Tid of the task that spawned it; 0 for the main task. A number and not the task, which may be long gone. */
  parentTid: number;
  frame: Frame | undefined;
  state: State = State.ready;
  resume: Resume = Resume.next;
  /** What the next step delivers: an answer or an error. */
  answer: unknown = undefined;
  /** What it waits for; after a wake, until the answer is delivered, what it has been granted. */
  wait: Parked | undefined = undefined;
  /** Kill, cancel and unwinding under way; undefined for nearly every task. */
  ending: Ending | undefined = undefined;
  turns = 0;
  traps = 0;
  /** When it got into this state, whole ms since the kernel booted. */
  since = 0;
  watchers: ExitWatcher | Set<ExitWatcher> | undefined = undefined;

  constructor(kernel: Kernel, tid: Tid, origin: Origin, parent: Task | undefined) {
    this.kernel = kernel;
    this.tid = tid;
    this.origin = origin;
    this.parentTid = parent?.tid ?? 0;
  }

  get name(): string {
    return this.origin.name;
  }

  /** True once it has ended: its exit record says how. */
  get isOver(): boolean {
    return this.state === State.exited;
  }

  /** What must be heeded before it goes on. */
  get marks(): number {
    return this.ending === undefined ? 0 : this.ending.marks;
  }

  /** Who spawned it, or, once that task is over, the main task; undefined for the main task and once that is over. */
  get parent(): Task | undefined {
    const { tasks, main } = this.kernel;
    return tasks.get(this.parentTid) ?? (main === this ? undefined : main);
  }

  /** The endpoints that are closed with it. */
  get owned(): Set<Closable> | undefined {
    return this.kernel.owned.get(this);
  }

  /** How many frames its stack has. */
  get depth(): number {
    return this.frame === undefined ? 0 : this.frame.depth;
  }

  /**
   * For `handle`: the answer comes later. This only describes the wait; once `handle` has returned what this returns,
   * the gate calls `arm`, which does everything that waiting needs and returns how to take it back.
   * @param wait what the task waits for, in words; a syscall may be its own wait
   * @param arm called once with the task's place; a wake while it runs answers at once
   * @throws TypeError when called outside `handle` of this task's own syscall, or twice in one
   */
  block<T>(wait: Wait<T>, arm: (waiter: Waiter<T>) => Undo<T>): Blocked<T> {
    if (this.kernel.current !== this) {
      throw new TypeError(`block is for the syscall being served: task ${this.tid} is not making one`);
    }
    if (this.wait !== undefined) throw new TypeError("a syscall blocks once: this handle has called block before");
    if (typeof wait !== "object" || wait === null || typeof arm !== "function") {
      throw new TypeError("block needs a wait (a verb and an object) and a function that arms it");
    }
    const { outside = false } = wait;
    if (typeof outside !== "boolean") throw new TypeError("a wait's `outside` is true, false or left out");
    const Place = outside ? OutsideParked : Parked;
    const parked = new Place(this, wait as Wait<unknown>, arm as Arm); // T is settled between wait, arm and wake
    this.wait = parked;
    return parked as unknown as Blocked<T>; // opaque to the handler: it can only return it
  }

  /**
   * For scopes: closes the frames above a depth, innermost first, then throws an error into the one that is left.
   * @param depth how many frames stay, at least 1; `task.depth` in `enter` is the caller's
   * @throws RangeError for a depth below 1: to end the whole task, kill it
   */
  unwindTo(depth: number, error: unknown): void {
    if (!(depth >= 1)) throw new RangeError(`unwindTo keeps at least one frame, not ${String(depth)}`);
    this.kernel.unwind(this, depth, Resume.throw, error);
  }

  /** As `unwindTo`, but the frame that is left gets an answer. What a cleanup throws on the way is reported. */
  returnTo(depth: number, answer: unknown): void {
    if (!(depth >= 1)) throw new RangeError(`returnTo keeps at least one frame, not ${String(depth)}`);
    this.kernel.unwind(this, depth, Resume.next, answer);
  }

  /** Pushes a frame; its value or error will be the call's. */
  push(program: Program<unknown>, call: Call<unknown>): void {
    const frame = new CalledFrame(program, this.frame as Frame, call); // it is running: it has one
    if (frame.depth > this.kernel.limits.frames) {
      throw new SyscallError(
        "EOVERFLOW",
        `task ${this.tid} is ${frame.depth} calls deep, at most ${this.kernel.limits.frames}: is there an end to the recursion?`,
      );
    }
    this.frame = frame;
    this.resume = Resume.next;
    this.answer = undefined;
  }

  /** The endpoint closed itself. */
  disown(endpoint: Closable): void {
    const { owned } = this;
    if (owned?.delete(endpoint) && owned.size === 0) this.kernel.owned.delete(this);
  }

  watchExit(watcher: ExitWatcher): void {
    const watchers = this.watchers;
    if (watchers === undefined) this.watchers = watcher;
    else if (watchers instanceof Set) watchers.add(watcher);
    else this.watchers = new Set([watchers, watcher]);
  }

  unwatchExit(watcher: ExitWatcher): void {
    if (this.watchers === watcher) this.watchers = undefined;
    else if (this.watchers instanceof Set) this.watchers.delete(watcher);
  }

  /** Names of its frames, innermost first. */
  frameNames(most = 64): string[] {
    const names: string[] = [];
    for (let frame = this.frame; frame !== undefined && names.length < most; frame = frame.caller) {
      names.push(frame.call === undefined ? this.name : callName(frame.call));
    }
    return names;
  }
}

type Arm = (waiter: Waiter<unknown>) => Undo<unknown>;

/** A task's place in what it waits for: the one object a wait costs. */
export class Parked implements Waiter<unknown>, Timed, Watcher {
  readonly task: Task;
  readonly wait: Wait<unknown>;
  /** Before the gate has armed the wait, how to; afterwards how to take it back. One field, for size. */
  action: Arm | Undo<unknown>;
  timer = -1;

  constructor(task: Task, wait: Wait<unknown>, arm: Arm) {
    this.task = task;
    this.wait = wait;
    this.action = arm;
  }

  /** Whether something outside the kernel can end it. The wait's own word, asked once: it is counted twice. */
  get outside(): boolean {
    return false;
  }

  wake(answer: unknown): boolean {
    return endParked(this, Resume.next, answer);
  }

  fail(error: unknown): boolean {
    return endParked(this, Resume.throw, error);
  }

  /** As a watcher of a pollable. */
  ready(error?: unknown): void {
    if (error === undefined) endParked(this, Resume.next, undefined);
    else endParked(this, Resume.throw, error);
  }

  /** As a timer: the time was what it waited for. */
  expire(): void {
    endParked(this, Resume.next, undefined);
  }
}

// A stale place (the wait has ended, another may have begun) is refused by identity: no generations, no flags. Not a
// private method, which would be eight bytes more a parked task.
function endParked(parked: Parked, resume: Resume, answer: unknown): boolean {
  const task = parked.task;
  const kernel = task.kernel;
  if (task.wait !== parked || (task.state !== State.blocked && task.state !== State.arming)) {
    kernel.counters.refusedWakes++;
    return false;
  }
  if (parked.timer >= 0) kernel.timers.cancel(parked);
  task.resume = resume;
  task.answer = answer;
  if (task.state === State.arming) {
    task.state = State.running;
  } else {
    if (parked.outside) kernel.outside--;
    kernel.makeReady(task);
  }
  return true;
}

// A class and not a field: eight bytes a parked task.
class OutsideParked extends Parked {
  override get outside(): boolean {
    return true;
  }
}

/**
 * Ends a wait without an answer: all that arming did is taken back, once. Whoever calls this puts the task somewhere
 * next; meanwhile it is in no place where an undo that kills its own task could wake it a second time.
 */
export function endWait(task: Task): void {
  const parked = task.wait;
  if (parked === undefined) return;
  task.wait = undefined;
  task.state = State.arming;
  const kernel = task.kernel;
  if (parked.timer >= 0) kernel.timers.cancel(parked);
  if (parked.outside) kernel.outside--;
  try {
    (parked.action as Undo<unknown>)(parked); // armed: the field now holds the undo
  } catch (error) {
    kernel.report(task, "the undo of its wait threw", error);
  }
}

/** A task was granted an answer or an error and will not take it: the lock, the item, the bad news goes back. */
export function giveBack(task: Task, granted: Parked): void {
  const { wait } = granted;
  try {
    if (task.resume === Resume.next) wait.giveBack?.(task.answer);
    else wait.untold?.(task.answer);
  } catch (error) {
    const hook = task.resume === Resume.next ? "giveBack of the answer" : "untold of the error";
    task.kernel.report(task, `${hook} it was granted threw`, error);
  }
}

/** The name a call has on stacks. */
function callName(call: Call<unknown>): string {
  try {
    return String(call.label ?? call.constructor.name);
  } catch {
    return "a call that cannot be named";
  }
}
