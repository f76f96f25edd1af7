// Children: the tasks that a scope keeps, and the one way in which they are ended: all cancelled at once, youngest first;
// awaited; killed when they are still there after the kernel's `graceMs`. Group and Supervise are made of it. It knows
// each child by one watcher, so that starting and ending one costs the same however many there are.

import {
  type Answer,
  type Exit,
  type Kernel,
  type Runnable,
  Syscall,
  type Task,
  type Tid,
  type Wait,
  type Waiter,
} from "../kernel/syscall.ts";
import type { ExitWatcher } from "../kernel/task.ts";
import type { Timed } from "../kernel/timers.ts";

/** A task that a scope keeps. A subclass says what its end means. */
export abstract class Child implements ExitWatcher {
  abstract readonly passive: boolean;
  abstract readonly leavesExit: boolean;
  /** Those of its scope, once it has been started. */
  children: Children | undefined = undefined;
  #task: Task | undefined = undefined;
  /** Set once it has been asked to end. */
  ending: Grace | "killed" | undefined = undefined;

  /** Its task, once it has been started. */
  get task(): Task {
    return this.#task as Task; // nobody asks before
  }

  /** For Children. */
  started(task: Task, children: Children): void {
    this.#task = task;
    this.children = children;
    task.watchExit(this);
  }

  exited(exit: Exit): void {
    this.children?.exited(this, exit);
  }

  /** It has ended, and is none of the scope's children any more. Whoever waits for them is woken after this. */
  abstract ended(exit: Exit): void;
}

/** The children of one scope of a task. */
export class Children {
  /** The task whose scope it is. */
  readonly task: Task;
  readonly #noun: string;
  readonly #live = new Set<Child>();
  /** How many of them nobody has asked to end. */
  #unasked = 0;
  /** For WaitChildren: the waits for some of them, all of its own task. More than one only in a Select. */
  readonly waits: Set<WaitChildren> = new Set();
  #isLeft = false;

  /** @param noun what one is called: in the words of the wait for them */
  constructor(task: Task, noun: string) {
    this.task = task;
    this.#noun = noun;
  }

  /** How many are alive. */
  get size(): number {
    return this.#live.size;
  }

  /** Their tids, oldest first. */
  get tids(): readonly Tid[] {
    return Array.from(this.#live, ({ task }) => task.tid);
  }

  /** Whether it is alive. */
  has(child: Child): boolean {
    return this.#live.has(child);
  }

  /** Those that are alive, oldest first. */
  [Symbol.iterator](): Iterator<Child> {
    return this.#live.values();
  }

  /** True when each has been asked to end, so that all will have before long. */
  get isEnding(): boolean {
    return this.#unasked === 0;
  }

  /** True once the scope is over: whoever is still alive then was killed, by a cleanup that had to be dropped. */
  get isLeft(): boolean {
    return this.#isLeft;
  }

  /** How many of what: "3 members". */
  get words(): string {
    return `${this.size} ${this.#noun}${this.size === 1 ? "" : "s"}`;
  }

  /**
   * Starts a task and keeps it.
   * @param by who spawns it; its pledge and limits hold for the child
   * @throws as NewTask
   */
  spawn<T>(child: Child, program: Runnable<T>, name: string | undefined, by: Task = this.task): Tid<T> {
    const { kernel } = this.task;
    const tid = kernel.spawn(program, name, by);
    child.started(kernel.tasks.get(tid) as Task, this); // it was made on the line above
    this.#live.add(child);
    this.#unasked++;
    return tid;
  }

  /** Cancels children, all or some of them, and has those killed that are left after the grace time. */
  end(why: string, some: Iterable<Child> = this.#live): void {
    if (this.isEnding) return; // each failure of one that is being ended comes here again: not to look at all the others
    const { kernel, tid } = this.task;
    const ended = [...some].filter((child) => child.ending === undefined).reverse();
    if (ended.length === 0) return;
    const grace = new Grace(kernel, ended, tid);
    for (const child of ended) this.#ask(child, grace);
    for (const child of ended) kernel.cancel(child.task.tid, tid, why);
  }

  /** Kills children, all or some of them. */
  kill(why: string, some: Iterable<Child> = this.#live): void {
    const { kernel, tid } = this.task;
    for (const child of [...some].reverse()) {
      this.#ask(child, "killed");
      kernel.kill(child.task.tid, tid, why);
    }
  }

  /** The scope's frame is gone: for its `leave`. Nobody is left, unless the frame was dropped. */
  leave(): void {
    this.#isLeft = true;
    this.kill(`the cleanup of task ${this.task.tid} was dropped`);
  }

  /**
   * A syscall of the scope's task: waits until a condition on the children holds. Looked at when one has ended.
   * @param isDone default: that none is left
   */
  rest(isDone: () => boolean = () => this.size === 0): Syscall<void> {
    return new WaitChildren(this, isDone);
  }

  /** For Child. */
  exited(child: Child, exit: Exit): void {
    this.#live.delete(child);
    if (child.ending === undefined) this.#unasked--;
    else if (child.ending !== "killed") child.ending.left();
    child.ended(exit);
    for (const wait of this.waits) wait.look();
  }

  #ask(child: Child, ending: Grace | "killed"): void {
    if (child.ending === undefined) this.#unasked--;
    else if (child.ending !== "killed") child.ending.left();
    child.ending = ending;
  }
}

/** The time that cancelled children have, together. */
class Grace implements Timed {
  timer = -1;
  readonly #kernel: Kernel;
  readonly #children: readonly Child[];
  readonly #by: Tid;
  #left: number;

  constructor(kernel: Kernel, children: readonly Child[], by: Tid) {
    this.#kernel = kernel;
    this.#children = children;
    this.#by = by;
    this.#left = children.length;
    kernel.timers.set(kernel.clock() + kernel.limits.graceMs, this);
  }

  /** One of them needs it no more. */
  left(): void {
    if (--this.#left === 0) this.#kernel.timers.cancel(this);
  }

  expire(): void {
    const why = `still running ${this.#kernel.limits.graceMs} ms after its cancel`;
    for (const { task } of this.#children) this.#kernel.kill(task.tid, this.#by, why); // of those that are left
  }
}

class WaitChildren extends Syscall<void> implements Wait<void> {
  readonly verb = "exit of";
  readonly #children: Children;
  readonly #isDone: () => boolean;
  #waiter: Waiter<void> | undefined = undefined;

  constructor(children: Children, isDone: () => boolean) {
    super();
    this.#children = children;
    this.#isDone = isDone;
  }

  get object(): string {
    return this.#children.words;
  }

  /** Whoever is being ended has a grace time, and a cleanup with a clock of its own. */
  get bounded(): boolean {
    return this.#children.isEnding;
  }

  holders(): readonly Tid[] {
    return this.#children.tids;
  }

  override get family(): string {
    return "self";
  }

  override handle(task: Task, _kernel: Kernel): Answer<void> {
    if (this.#isDone()) return;
    return task.block<void>(this, (waiter) => {
      this.#waiter = waiter;
      this.#children.waits.add(this);
      return () => this.#children.waits.delete(this);
    });
  }

  /** A child has ended. */
  look(): void {
    if (!this.#isDone()) return;
    this.#children.waits.delete(this);
    this.#waiter?.wake();
  }
}
