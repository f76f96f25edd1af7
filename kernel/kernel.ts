// The kernel: a loop that gives ready tasks turns, timers that are due their wakes, and the machine its polls. It
// knows Syscall and Call, and not one subclass. Everything below the loop is bookkeeping around it: making tasks,
// burying them, ending them, telling of them.

import type { Offered } from "./branch.ts";
import { Counters } from "./counters.ts";
import { type DeadlockError, KernelPanic, SyscallError } from "./errors.ts";
import { type Exit, Exits, exitValue } from "./exits.ts";
import { checkedLimits, type KernelOptions, type Limits, maxLogLength } from "./limits.ts";
import { logToStderr } from "./machine/console.ts";
import type { Closable, Machine } from "./machine/machine.ts";
import {
  type LogLevel,
  type LogRecord,
  type Observer,
  type ObserverEvent,
  type TaskRecord,
  Trace,
  TraceEvent,
  taskRecord,
  tell,
} from "./observer.ts";
import { originOf } from "./origin.ts";
import { Pace } from "./pace.ts";
import { Ring } from "./queue.ts";
import { crashReport, deadlock, panicDump } from "./report.ts";
import type { Runnable, Syscall, Tid } from "./syscall.ts";
import { TaskTable } from "./table.ts";
import { BottomFrame, type Resume, State, Task } from "./task.ts";
import { isLonger, shown, truncated } from "./text.ts";
import { Alarm, Timers } from "./timers.ts";
import { offer, opened } from "./trap.ts";
import { turn } from "./turn.ts";
import { cancel, kill, setShield, unwind } from "./unwind.ts";

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
  /** Endpoints by owner. Here and not in the tasks, of which few own any. */
  readonly owned: Map<Task, Set<Closable>> = new Map();
  /** The task having its turn. */
  current: Task | undefined = undefined;
  /** The first task; undefined before it is made and once it has ended. Orphans become its children. */
  main: Task | undefined = undefined;
  /** Blocked tasks that something outside the kernel can wake. */
  outside = 0;
  /** Traps that the turn under way may still make. */
  trapsLeft = 0;
  /** Whole ms since boot, as of the latest look at the clock. */
  uptimeMs = 0;

  readonly #ready = new Ring<Task>();
  readonly #log: (record: LogRecord) => void;
  readonly #shuffle: (() => number) | undefined;
  readonly #bootedAt: number;
  readonly #pace: Pace;
  #nextTid = 1;
  #mainExit: Exit | undefined = undefined;
  #fatal: DeadlockError | undefined = undefined;
  #polling = false;

  constructor(machine: Machine, options: KernelOptions = {}) {
    const { log, shuffle, ...limits } = options;
    this.machine = machine;
    this.limits = checkedLimits(limits);
    this.exits = new Exits(this.limits.uncollectedExits, this.limits.recentExits);
    this.trace = new Trace(this.limits.traceEvents);
    this.#log = log ?? logToStderr;
    this.#shuffle = shuffle;
    this.#bootedAt = machine.now();
    this.#pace = new Pace(this.limits, this.#bootedAt);
  }

  /**
   * Runs a program as the main task, and everything it spawns, to the end.
   * @param name the main task's name
   * @returns the program's value
   * @throws what the program threw; ECANCELED if it was killed; DeadlockError; KernelPanic
   */
  async run<T>(program: Runnable<T>, name?: string): Promise<T> {
    this.#boot(program, name);
    for (const idleMs of this.loop()) {
      const polled = this.machine.poll(idleMs);
      if (polled !== undefined) await polled;
    }
    return this.#outcome() as T; // the main task's program returns a T
  }

  /** As `run`, on a machine that never waits. @throws ENOTSUP as well, on one that does. */
  runSync<T>(program: Runnable<T>, name?: string): T {
    this.#boot(program, name);
    for (const idleMs of this.loop()) {
      if (this.machine.poll(idleMs) !== undefined) {
        throw new SyscallError("ENOTSUP", `the ${this.machine.name} machine waits: use run, not runSync`);
      }
    }
    return this.#outcome() as T; // the main task's program returns a T
  }

  /**
   * Makes a task; its first turn comes in the next lap.
   * @param name for people; default: the routine's
   * @param parent default: the main task
   * @throws EAGAIN at the bound of tasks and once the run is ending, ENAMETOOLONG, TypeError for what is no program
   */
  spawn<T>(program: Runnable<T>, name?: string, parent: Task | undefined = this.main): Tid<T> {
    if (this.#mainExit !== undefined || this.#fatal !== undefined) {
      throw new SyscallError("EAGAIN", "the run is ending: no new task can be started");
    }
    if (this.tasks.size >= this.limits.tasks) {
      throw new SyscallError(
        "EAGAIN",
        `${this.tasks.size} tasks are live, at most ${this.limits.tasks}: wait for some to end`,
      );
    }
    if (name !== undefined && typeof name !== "string")
      throw new TypeError(`a task's name is text, not ${shown(name)}`);
    if (name !== undefined && isLonger(name, this.limits.nameLength)) {
      throw new SyscallError("ENAMETOOLONG", `a task's name has at most ${this.limits.nameLength} characters`);
    }
    const origin = originOf(parent, program, name);
    const task = new Task(this, this.#nextTid as Tid, origin, parent); // the only place that makes tids
    task.frame = new BottomFrame(opened(program));
    this.#nextTid++;
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

  /** Cancels the main task, and kills it if it is still there after `drainMs`. From outside: a signal, a shutdown. */
  terminate(why: string, drainMs: number): void {
    const main = this.main;
    if (main === undefined || !cancel(main, 0, why)) return;
    this.timers.set(this.clock() + drainMs, new Alarm(() => kill(main, 0, `${why}: not over after ${drainMs} ms`)));
    if (this.#polling) this.machine.interrupt();
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
    const record = this.exits.collect(tid);
    if (record !== undefined) return record.exit;
    throw new SyscallError("ESTALE", `task ${tid} has ended, and its exit is no longer remembered`);
  }

  /** Makes a task the owner of an endpoint: its end closes it. @throws EBADF when it is closed */
  adopt(endpoint: Closable, task: Task): void {
    if (endpoint.closed) throw new SyscallError("EBADF", `${endpoint.label} is closed: nobody can own it`);
    endpoint.owner?.disown(endpoint);
    endpoint.owner = task;
    const owned = task.owned ?? new Set();
    this.owned.set(task, owned.add(endpoint));
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
    if (this.observers.length !== 0) this.observe("ready", task, undefined);
    if (this.#polling) this.machine.interrupt();
  }

  /** The ready queue, in order; it may still hold tasks that have ended. For checkers. */
  readyTasks(): Iterable<Task> {
    return this.#ready;
  }

  /** Adds an observer. @throws EAGAIN at the bound */
  addObserver(observer: Observer): void {
    if (this.observers.length >= this.limits.observers) {
      throw new SyscallError(
        "EAGAIN",
        `${this.observers.length} observers are plugged in, at most ${this.limits.observers}`,
      );
    }
    this.observers.push(observer);
  }

  unobserve(observer: Observer): void {
    const place = this.observers.indexOf(observer);
    if (place >= 0) this.observers.splice(place, 1);
  }

  observe(event: ObserverEvent, first: unknown, second: unknown): void {
    tell(this, event, first, second);
  }

  /** One line on the kernel log. */
  log(level: LogLevel, tid: number, text: string, name: string = this.tasks.get(tid)?.name ?? ""): void {
    const record: LogRecord = {
      level,
      tid,
      name,
      text: truncated(text, maxLogLength),
      at: this.clock() - this.#bootedAt,
    };
    if (this.observers.length !== 0) this.observe("log", record, undefined);
    try {
      this.#log(record);
    } catch (error) {
      logToStderr(record);
      logToStderr({ ...record, level: "error", tid: 0, name: "", text: `the log option threw: ${shown(error)}` });
    }
  }

  /** Something went wrong around a task that no task can be told of. Counted, and on the log. */
  report(task: Task, what: string, error: unknown): void {
    this.counters.reports++;
    this.log("error", task.tid, `${what}${error === undefined ? "" : `\n${crashReport(error, task)}`}`);
  }

  /** The end of the main task takes the others with it: all cancelled at once, youngest first; awaited; then killed. */
  endOfMain(exit: Exit): void {
    this.#mainExit = exit;
    this.main = undefined;
    if (this.tasks.size <= 1) return;
    for (const task of [...this.tasks].reverse()) cancel(task, 1, "the main task has ended");
    const alarm = new Alarm(() => {
      for (const task of [...this.tasks].reverse())
        kill(task, 1, `still running ${this.limits.graceMs} ms after its cancel`);
    });
    this.timers.set(this.clock() + this.limits.graceMs, alarm);
  }

  #boot(program: Runnable<unknown>, name: string | undefined): void {
    if (this.#nextTid !== 1) {
      throw new SyscallError(
        "EBUSY",
        "this kernel has been started: inside it, spawn a task; beside it, make a new Kernel",
      );
    }
    this.main = this.tasks.get(this.spawn(program, name, undefined));
  }

  #outcome(): unknown {
    if (this.#fatal !== undefined) throw this.#fatal;
    const exit = this.#mainExit;
    if (exit === undefined) throw this.#panic("the loop ended and the main task has no exit", undefined);
    return exitValue(exit, "the main task");
  }

  #fireTimers(): void {
    try {
      this.timers.fire(this.#pace.now);
    } catch (error) {
      throw this.#panic("a timer threw", error);
    }
  }

  #turn(): void {
    const task = this.#ready.shift();
    if (task === undefined || task.state === State.exited) return;
    if (task.state !== State.ready)
      throw this.#panic(`task ${task.tid} was in the ready queue in state ${task.state}`, undefined);
    this.counters.turns++;
    this.current = task;
    try {
      turn(task, this);
    } catch (error) {
      throw this.#panic(`the turn of task ${task.tid} (${task.name}) failed inside the kernel`, error);
    }
    this.current = undefined;
    if (this.observers.length !== 0) this.observe("turn", task, undefined);
    if (--this.#pace.turnsToClock === 0) {
      this.#pace.look(this.machine.now());
      this.uptimeMs = this.#pace.uptimeMs;
    }
  }

  *#poll(idleMs: number): Generator<number, void, void> {
    this.counters.polls++;
    this.#polling = true;
    yield idleMs;
    this.#polling = false;
    this.#pace.polled(this.machine.now());
    this.uptimeMs = this.#pace.uptimeMs;
  }

  *#idle(): Generator<number, void, void> {
    if (this.tasks.size === 0) return;
    if (this.timers.size === 0 && (this.outside === 0 || !this.machine.alive())) {
      this.#endInDeadlock();
      return;
    }
    yield* this.#poll(Math.max(0, this.timers.next - this.machine.now()));
  }

  // Nothing can ever wake anybody: says so with the whole table, then ends every task with its cleanup.
  #endInDeadlock(): void {
    if (this.#fatal === undefined && this.#mainExit === undefined) this.#fatal = deadlock(this);
    for (const task of [...this.tasks].reverse()) kill(task, 0, "deadlock");
    if (this.#ready.size === 0 && this.timers.size === 0 && this.tasks.size > 0) {
      throw this.#panic("tasks are left that can neither be woken nor killed", undefined);
    }
  }

  #panic(message: string, cause: unknown): KernelPanic {
    return new KernelPanic(message, panicDump(this), { cause });
  }
}
