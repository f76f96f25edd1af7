// The kernel: a loop that gives ready tasks turns, timers that are due their wakes, and the machine its polls. It
// knows Syscall and Call, and not one subclass. Everything below the loop is bookkeeping around it: making tasks,
// burying them, ending them, telling of them.

import type { Offered } from "./branch.ts";
import { Counters } from "./counters.ts";
import { EndOfRun } from "./end-of-run.ts";
import { adopt } from "./endpoints.ts";
import { KernelPanic, SyscallError } from "./errors.ts";
import { type Exit, Exits } from "./exits.ts";
import { Gauges } from "./gauges.ts";
import type { Heartbeat } from "./heartbeat.ts";
import { checkedLimits, checkName, checkTasks, type KernelOptions, type Limits } from "./limits.ts";
import { KernelLog, type RecentLog } from "./log.ts";
import type { Closable, Machine } from "./machine/machine.ts";
import type { LogLevel, Observer, ObserverEvent, TaskRecord } from "./observer.ts";
import { plugIn, Trace, TraceEvent, taskRecord, tell, unplug } from "./observer.ts";
import { originOf } from "./origin.ts";
import { Pace } from "./pace.ts";
import { Ring } from "./queue.ts";
import { crashReport, panicDump } from "./report.ts";
import type { Started } from "./resident.ts";
import { Run } from "./run.ts";
import { SlowTurns } from "./slow-turns.ts";
import { Stopped } from "./stopped.ts";
import type { Runnable, Syscall, Tid } from "./syscall.ts";
import { TaskTable } from "./table.ts";
import { BottomFrame, type Resume, State, Task } from "./task.ts";
import { shown, truncated } from "./text.ts";
import { Timers } from "./timers.ts";
import { TraitTable } from "./traits.ts";
import { offer, opened } from "./trap.ts";
import { turn, turnWith } from "./turn.ts";
import { cancel, kill, setShield, unwind } from "./unwind.ts";
import { Watch } from "./watch.ts";

export class Kernel {
  // The loop, one lap a pass:
  //   1. timers that are due wake their tasks;
  //   2. each task that is ready now has one turn, in order (what becomes ready meanwhile waits for the next lap);
  //   3. nothing ready: yield how long the machine may wait, or find that nothing can ever happen;
  //   4. busy for a millisecond or 1,024 turns: yield 0, so that neither I/O nor timers starve; the lap is cut there,
  //      and who has not had a turn keeps the place.
  // It is a generator, so that the same loop runs on a machine that waits and on one that simulates.
  *loop(): Generator<number, void, void> {
    while (this.tasks.size > 0) {
      this.#fireTimers();
      if (this.#shuffle !== undefined) this.#ready.shuffle(this.#shuffle);
      for (let lap = this.#ready.size; lap > 0 && !this.#pace.pollDue; lap--) this.#turn();
      if (this.#ready.size === 0) yield* this.#idle();
      else if (this.#pace.pollDue) yield* this.#poll(0);
    }
  }

  readonly machine: Machine;
  readonly limits: Limits;
  readonly timers: Timers = new Timers();
  readonly tasks: TaskTable = new TaskTable();
  readonly exits: Exits;
  readonly trace: Trace;
  readonly observers: Observer[] = [];
  readonly counters: Counters = new Counters();
  /** Priorities, pledges, limits and the like, of the tasks that have any. */
  readonly traits: TraitTable = new TraitTable(this);
  readonly stopped: Stopped = new Stopped();
  /** Endpoints by owner. Here and not in the tasks, of which few own any. */
  readonly owned: Map<Task, Set<Closable>> = new Map();
  /** Numbers that tasks publish. */
  readonly gauges: Gauges = new Gauges();
  readonly slowTurns: SlowTurns = new SlowTurns();
  /** What is gathered while somebody watches; undefined while nobody does. */
  watching: Watch | undefined = undefined;
  /** The task having its turn. */
  current: Task | undefined = undefined;
  /** The first task; undefined before it is made and once it has ended. Orphans become its children. */
  main: Task | undefined = undefined;
  /** Blocked tasks that something outside the kernel can wake. */
  outside = 0;
  /** Traps that the turn under way may still make. */
  trapsLeft = 0;
  /** When it was made, on the machine's clock, ms. */
  readonly bootedAt: number;
  /** Whole ms since boot, as of the latest look at the clock. */
  uptimeMs = 0;

  #heartbeat: Heartbeat | undefined = undefined;
  readonly #ready = new Ring<Task>();
  readonly #log: KernelLog;
  readonly #shuffle: KernelOptions["shuffle"] | undefined;
  readonly #pace: Pace;
  #nextTid = 1;
  readonly #end: EndOfRun = new EndOfRun(this);
  readonly #run: Run = new Run(this, this.#end);

  constructor(machine: Machine, options: KernelOptions = {}) {
    const { log, shuffle, ...limits } = options;
    this.machine = machine;
    this.limits = checkedLimits(limits);
    this.exits = new Exits(this.limits.uncollectedExits, this.limits.recentExits);
    this.trace = new Trace(this.limits.traceEvents);
    this.#log = new KernelLog(this, log);
    this.#shuffle = shuffle;
    this.bootedAt = machine.now();
    this.#pace = new Pace(this.limits, this.bootedAt, this.slowTurns);
  }

  /**
   * Runs a program as the main task, and everything it spawns, to the end.
   * @param name the main task's name
   * @returns the program's value
   * @throws what the program threw; ECANCELED if it was killed; DeadlockError; KernelPanic
   */
  run<T>(program: Runnable<T>, name?: string): Promise<T> {
    return this.#run.run(program, name);
  }

  /** As `run`, on a machine that never waits. @throws ENOTSUP as well, on one that does. */
  runSync<T>(program: Runnable<T>, name?: string): T {
    return this.#run.runSync(program, name);
  }

  /**
   * Starts a task from outside, from a handler of Express, say, and promises its value. Boots the kernel if that was not
   * done: it then stays until it is terminated. What holds for the promise, the process and AsyncLocalStorage: `Started`.
   * @throws as spawn; ENOTSUP where there is nothing outside: on a synchronous machine
   */
  start<T>(program: Runnable<T>, name?: string): Started<T> {
    return this.#run.start(program, name);
  }

  /** Cancels the main task, and kills it if it is still there after `drainMs`. From outside: a signal, a shutdown. */
  terminate(why: string, drainMs: number): void {
    this.#run.terminate(why, drainMs);
  }

  /**
   * Has a kernel whose turn was ended from another thread go on: that task is killed, the others have their turns. Does
   * nothing to any other kernel. From a callback of Node's own, a message's, say, and never from a program.
   */
  kick(): void {
    this.#run.kick();
  }

  /**
   * Makes a task; its first turn comes in the next lap.
   * @param name for people; default: the routine's
   * @param parent default: the main task
   * @throws EAGAIN at the bound of tasks and once the run is ending, ENAMETOOLONG, TypeError for what is no program
   */
  spawn<T>(program: Runnable<T>, name?: string, parent: Task | undefined = this.main): Tid<T> {
    this.#end.check();
    checkTasks(this.tasks.size, this.limits);
    if (name !== undefined) checkName(name, this.limits);
    if (this.traits.size !== 0) this.traits.get(parent)?.quota?.checkChildren();
    const origin = originOf(parent, program, name);
    const task = new Task(this, this.#nextTid as Tid, origin, parent); // the only place that makes tids
    task.frame = new BottomFrame(opened(program));
    this.#nextTid++;
    if (this.traits.size !== 0) this.traits.inherit(task, parent);
    this.tasks.add(task);
    this.counters.spawned++;
    this.trace.event(task.tid, TraceEvent.spawn);
    if (this.observers.length !== 0) this.observe("spawn", task, undefined);
    this.makeReady(task);
    return task.tid as Tid<T>; // the tid of a task that returns a T
  }

  /** Marks a task to be killed: certain, `finally` only. True if it was alive. @throws ESRCH if it never existed */
  kill(tid: number, by: number, why: string): boolean {
    const task = this.find(tid);
    return task !== undefined && kill(task, by, truncated(String(why), this.limits.reasonLength));
  }

  /** Throws `Cancelled` into a task, once: polite. True if it was alive. @throws ESRCH if it never existed */
  cancel(tid: number, by: number, why: string): boolean {
    const task = this.find(tid);
    return task !== undefined && cancel(task, by, truncated(String(why), this.limits.reasonLength));
  }

  /**
   * For syscalls made of syscalls: has one served while another is. It answers, or describes its wait as a branch of the
   * other's. It counts as no trap of its own.
   * @throws what its handler throws; TypeError for what is no syscall or was used before
   */
  offer(task: Task, syscall: Syscall<unknown>): Offered {
    return offer(task, this, syscall);
  }

  /** Freezes a task: it gets no more turns. True if it was alive and not stopped. @throws ESRCH if it never existed */
  stop(tid: number): boolean {
    const task = this.find(tid);
    return task !== undefined && this.stopped.stop(task);
  }

  /** Thaws a stopped task. True if it was alive and stopped. @throws ESRCH if it never existed */
  continue(tid: number): boolean {
    const task = this.find(tid);
    return task !== undefined && this.stopped.free(task);
  }

  /** Closes a task's frames down to a depth, then resumes the one that is left. For `Task.unwindTo`. */
  unwind(task: Task, toDepth: number, resume: Resume, answer: unknown): void {
    unwind(task, toDepth, resume, answer);
  }

  /**
   * Begins a shield around the frames that a task pushes from now on, or goes back to one around it. For scopes: in
   * `enter` with `task.depth`, in `leave` with what this gave.
   */
  shield(task: Task, depth: number): number {
    return setShield(task, depth);
  }

  /** Every live task as plain data, oldest first. */
  taskRecords(): TaskRecord[] {
    return [...this.tasks].map(taskRecord);
  }

  /** Where it tells another thread of its turns, which may end one that has no end. Undefined: nobody wants to know. */
  get heartbeat(): Heartbeat | undefined {
    return this.#heartbeat;
  }

  set heartbeat(heartbeat: Heartbeat | undefined) {
    if (heartbeat !== undefined) this.machine.prepareCut?.();
    this.#heartbeat = heartbeat;
  }

  /** The tid that the next task will have. */
  get nextTid(): number {
    return this.#nextTid;
  }

  /** True while the machine lets the world in. */
  get isPolling(): boolean {
    return this.#run.isPolling;
  }

  /** The live task of a tid; undefined if it has ended. @throws ESRCH if no task ever had it */
  find(tid: number): Task | undefined {
    if (!Number.isInteger(tid) || tid < 1 || tid >= this.#nextTid) {
      throw new SyscallError("ESRCH", `no task has ever had tid ${shown(tid)}`);
    }
    return this.tasks.get(tid);
  }

  /** How a task that is over ended. @throws ESTALE if that is no longer remembered */
  exitOf(tid: number): Exit {
    return this.exits.exitOf(tid);
  }

  /** Makes a task the owner of an endpoint: its end closes it. @throws EBADF when it is closed, EMFILE at its limit */
  adopt(endpoint: Closable, task: Task): void {
    adopt(endpoint, task);
  }

  /** The machine's time now, ms. `uptimeMs` is cheaper and up to a turn old. */
  clock(): number {
    return this.machine.now();
  }

  /** Puts a task into the ready queue. For the kernel's own files. */
  makeReady(task: Task): void {
    task.state = State.ready;
    task.since = this.uptimeMs;
    this.#ready.push(task);
    if (this.watching !== undefined) this.watching.readied(task);
    if (this.observers.length !== 0) this.observe("ready", task, undefined);
    if (this.#run.isPolling) this.machine.interrupt();
  }

  /** The ready queue, in order; it may still hold tasks that have ended. For checkers and monitors. */
  readyTasks(): Iterable<Task> & { readonly size: number } {
    return this.#ready;
  }

  /** Somebody watches from now on: gathers what costs more than a comparison, until `unwatch` was called as often. */
  watch(): Watch {
    this.watching ??= new Watch(this);
    return this.watching.joined();
  }

  /** One of those who watched has left. With the last of them goes what was gathered. */
  unwatch(): void {
    if (this.watching?.left() === true) this.watching = undefined;
  }

  /** Records of the kernel log after a seq, oldest first: of the latest 1,000 (1,000,000 characters) at most `limit`. */
  recentLog(after = 0, limit = 1_000): RecentLog {
    return this.#log.recent.after(after, limit);
  }

  /** Adds an observer. @throws EAGAIN at the bound */
  addObserver(observer: Observer): void {
    plugIn(this, observer);
  }

  unobserve(observer: Observer): void {
    unplug(this, observer);
  }

  observe(event: ObserverEvent, first: unknown, second: unknown): void {
    tell(this, event, first, second);
  }

  /** One line on the kernel log. @param fields more of it, by names; at most 32 */
  log(level: LogLevel, tid: number, text: string, fields?: Readonly<Record<string, unknown>>): void {
    this.#log.add(level, tid, this.tasks.get(tid)?.name ?? "", text, fields);
  }

  /** Something went wrong around a task that no task can be told of. Counted, and on the log. */
  report(task: Task, what: string, error: unknown): void {
    this.counters.reports++;
    this.logAbout(task, `${what}${error === undefined ? "" : `\n${crashReport(error, task)}`}`);
  }

  /** An error that is about a task, which may have ended. */
  logAbout(task: Task, text: string): void {
    this.#log.add("error", task.tid, task.name, text);
  }

  /** For the burial of the main task. */
  endOfMain(exit: Exit): void {
    this.main = undefined;
    this.#end.ofMain(exit);
  }

  #fireTimers(): void {
    try {
      if (this.watching === undefined) this.timers.fire(this.#pace.now);
      else this.watching.fireTimers(this.#pace.now);
    } catch (error) {
      throw this.#panic("a timer threw", error);
    }
  }

  #turn(): void {
    const task = this.#ready.shift();
    if (task === undefined || task.state === State.exited) return;
    if (task.state !== State.ready)
      throw this.#panic(`task ${task.tid} was in the ready queue in state ${task.state}`, undefined);
    if (this.stopped.size !== 0 && this.stopped.hold(task)) return;
    this.counters.turns++;
    this.current = task;
    this.#heartbeat?.begin(task.tid);
    try {
      const traits = this.traits.size === 0 ? undefined : this.traits.begin(task);
      if (traits === undefined) turn(task, this, this.limits.quantum);
      else turnWith(traits, task, this);
      if (this.traits.size !== 0) this.traits.current?.quota?.endTurn();
    } catch (error) {
      throw this.#panic(`the turn of task ${task.tid} (${task.name}) failed inside the kernel`, error);
    }
    this.#heartbeat?.end();
    this.current = undefined;
    const { watching } = this;
    if (watching !== undefined) watching.turned(task);
    if (this.observers.length !== 0) this.observe("turn", task, undefined);
    if (--this.#pace.turnsToClock === 0) {
      this.#pace.look(watching === undefined ? this.machine.now() : watching.now, task); // it has just looked
      this.uptimeMs = this.#pace.uptimeMs;
    }
  }

  *#poll(idleMs: number): Generator<number, void, void> {
    this.counters.polls++;
    this.#run.isPolling = true;
    if (this.watching !== undefined) this.watching.polls(idleMs);
    yield idleMs;
    this.#run.isPolling = false;
    this.#pace.polled(this.machine.now());
    this.uptimeMs = this.#pace.uptimeMs;
    if (this.watching !== undefined) this.watching.polled(this.#pace.now);
  }

  *#idle(): Generator<number, void, void> {
    if (this.tasks.size === 0) return;
    const now = this.machine.now();
    this.#pace.idle(now);
    if (this.timers.size === 0 && !this.#canBeWoken()) {
      this.#end.inDeadlock();
      if (this.#ready.size === 0 && this.timers.size === 0 && this.tasks.size > 0) {
        throw this.#panic("tasks are left that can neither be woken nor killed", undefined);
      }
      return;
    }
    yield* this.#poll(Math.max(0, this.timers.next - now));
  }

  // From outside: by an event, by whoever stopped a task and may have it go on, or by who watches and wants it to wait.
  #canBeWoken(): boolean {
    if (this.machine.alive() && (this.outside > 0 || (this.stopped.size > 0 && this.machine.asynchronous))) return true;
    return !this.#end.hasBegun && this.watching?.holds() === true;
  }

  #panic(message: string, cause: unknown): KernelPanic {
    return new KernelPanic(message, panicDump(this), { cause });
  }
}
