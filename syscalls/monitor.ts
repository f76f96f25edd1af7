// Monitor: hears of the ends of any number of tasks, one after the other, after Erlang's monitors. It takes nothing upon
// itself: a crash is still reported, an exit still there to be collected.

import {
  type Answer,
  type Exit,
  type Kernel,
  Ring,
  Syscall,
  SyscallError,
  type Task,
  type Tid,
} from "../kernel/syscall.ts";
import type { ExitWatcher } from "../kernel/task.ts";
import { Park, WaitQueue } from "./park.ts";
import { Returned } from "./returned.ts";

/** The end of a task that was monitored. */
export interface Ended {
  readonly tid: Tid;
  readonly name: string;
  readonly exit: Exit;
}

const maxTasks = 65_536;

/**
 * Watches over tasks. It belongs to the first task that adds one to it: with that it is over, and whoever else uses it is
 * told so.
 *
 * ```ts
 * const monitor = new Monitor();
 * for (const tid of workers) yield* monitor.add(tid);
 * while (monitor.size > 0) {
 *   const { name, exit } = yield* monitor.next();
 *   yield* new Log(`${name} ${exit.status}`);
 * }
 * ```
 */
export class Monitor {
  readonly #watched = new Map<Tid, Watch>();
  readonly #ended = new Ring<Ended>();
  /** All of them come before those that have not been granted yet. */
  readonly #returned = new Returned<Ended>();
  /** How many different ends have been granted. */
  #granted = 0;
  readonly #queue = new WaitQueue<Ended>(
    "exit of",
    () => `one of ${this.#watched.size} monitored task${this.#watched.size === 1 ? "" : "s"}`,
    () => [...this.#watched.keys()],
  );
  #owner: Task | undefined = undefined;
  /** Its owner's end is watched while it matters: else a task that makes many monitors would gather watchers. */
  #isGuarded = false;
  readonly #guard: ExitWatcher = { passive: true, exited: () => this.#ownerEnded() };

  /** How many tasks it has yet to tell the end of. */
  get size(): number {
    return this.#watched.size + this.#ended.size + this.#returned.size;
  }

  /**
   * Watches a task, too; twice is once. One that has ended is told of by the next `next`.
   * @throws ESRCH if no task ever had this tid, ESTALE if it has ended and its end is not remembered, EAGAIN at 65,536
   * tasks, EPIPE when the task that it belongs to has ended
   */
  add(tid: Tid): Syscall<void> {
    return new MonitorTask(this, tid);
  }

  /** Stops watching a task. True if it was watched. What has ended already is still told. */
  remove(tid: Tid): boolean {
    return this.#watched.get(tid)?.stop() === true;
  }

  /**
   * Waits for the next end of a task that is watched, in the order of their ends.
   * @throws EPIPE when the task that it belongs to has ended, and no end is left to tell
   */
  next(): Syscall<Ended> {
    return new NextEnd(this, this.#queue);
  }

  /** For `add`. */
  watch(tid: Tid, by: Task): void {
    const { kernel } = by;
    this.check();
    const task = kernel.find(tid);
    if (this.size >= maxTasks) {
      throw new SyscallError("EAGAIN", `a monitor watches ${maxTasks} tasks at most: take some ends, or remove some`);
    }
    this.#ownedBy(by);
    if (task === undefined) {
      const record = kernel.exits.find(tid);
      if (record === undefined) throw new SyscallError("ESTALE", `task ${tid} has ended, and nobody knows how`);
      this.tell({ tid, name: record.name, exit: record.exit });
    } else if (!this.#watched.has(tid)) {
      this.#watched.set(tid, new Watch(this, task));
      this.guard();
    }
  }

  /** For its syscalls and watches: after each change of who is watched and who waits. */
  guard(): void {
    const isNeeded = this.#watched.size > 0 || this.#queue.size > 0;
    if (this.#owner === undefined || isNeeded === this.#isGuarded) return;
    this.#isGuarded = isNeeded;
    if (isNeeded) this.#owner.watchExit(this.#guard);
    else this.#owner.unwatchExit(this.#guard);
  }

  /** For its syscalls. @throws EPIPE when it is over */
  check(): void {
    if (this.#owner?.isOver === true) throw this.#refusal(this.#owner);
  }

  /** For a watch. */
  forget(tid: Tid): void {
    this.#watched.delete(tid);
    this.guard();
  }

  /** For a watch. */
  tell(ended: Ended): void {
    if (this.#handTo(ended, this.#granted + 1)) this.#granted++;
    else this.#ended.push(ended);
    this.guard();
  }

  /** For `next`: the oldest end that nobody has been told. */
  take(wait: NextEnd): Ended | undefined {
    const returned = this.#returned.shift();
    const ended = returned?.item ?? this.#ended.shift();
    if (ended !== undefined) wait.order = returned?.order ?? ++this.#granted;
    return ended;
  }

  /** For `next`: it was granted to a task that was killed before taking it. */
  giveBack(ended: Ended, order: number): void {
    if (!this.#handTo(ended, order)) this.#returned.add(ended, order);
    this.guard();
  }

  #handTo(ended: Ended, order: number): boolean {
    const queue = this.#queue;
    for (let first = queue.first; first !== undefined; first = queue.first) {
      const wait = first as NextEnd; // nobody else joins it
      wait.order = order;
      if (queue.answer(wait, ended)) return true;
    }
    return false;
  }

  #ownedBy(task: Task): void {
    if (this.#owner !== undefined) return;
    this.#owner = task;
    this.guard(); // somebody may wait already
  }

  #ownerEnded(): void {
    for (const watch of this.#watched.values()) watch.stop();
    const owner = this.#owner as Task; // it was guarded
    this.#queue.refuseAll(() => this.#refusal(owner));
  }

  #refusal({ name, tid }: Task): SyscallError {
    return new SyscallError("EPIPE", `this monitor was of task ${tid} ${name}, which has ended: make one of your own`);
  }
}

class Watch implements ExitWatcher {
  readonly passive = true;
  readonly #monitor: Monitor;
  readonly #task: Task;

  constructor(monitor: Monitor, task: Task) {
    this.#monitor = monitor;
    this.#task = task;
    task.watchExit(this);
  }

  exited(exit: Exit): void {
    const { tid, name } = this.#task;
    this.#monitor.forget(tid);
    this.#monitor.tell({ tid, name, exit });
  }

  stop(): boolean {
    this.#task.unwatchExit(this);
    this.#monitor.forget(this.#task.tid);
    return true;
  }
}

class MonitorTask extends Syscall<void> {
  readonly #monitor: Monitor;
  readonly #tid: Tid;

  constructor(monitor: Monitor, tid: Tid) {
    super();
    this.#monitor = monitor;
    this.#tid = tid;
  }

  override get family(): string {
    return "task";
  }

  override handle(task: Task, _kernel: Kernel): void {
    this.#monitor.watch(this.#tid, task);
  }
}

class NextEnd extends Park<Ended> {
  /** For Monitor: the end's place among all that were granted. */
  order = 0;
  readonly #monitor: Monitor;

  constructor(monitor: Monitor, queue: WaitQueue<Ended>) {
    super(queue);
    this.#monitor = monitor;
  }

  override get family(): string {
    return "task";
  }

  override handle(task: Task, kernel: Kernel): Answer<Ended> {
    const ended = this.#monitor.take(this);
    if (ended !== undefined) return ended;
    this.#monitor.check();
    return super.handle(task, kernel);
  }

  override joined(): void {
    this.#monitor.guard();
  }

  override left(): void {
    this.#monitor.guard();
  }

  override giveBack(ended: Ended): void {
    this.#monitor.giveBack(ended, this.order);
  }
}
