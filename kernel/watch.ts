// What is gathered only while somebody watches: the exact time of each turn, waits for turns, how late the loop came round,
// what each kind of syscall costs, whole syscalls of the tasks that are traced. Without a watch all of it costs the kernel
// one comparison a turn and a trap. All times are of the machine's clock, ms, so it works on simulated time too.
//
// One clock read a turn: the end of one is the start of the next, since nothing else happens between two turns of a lap. So
// turns sum to the time that programs really took; what is left of wall time is the kernel's own, polls included, or idle.

import type { GaugeValue } from "./gauges.ts";
import type { Kernel } from "./kernel.ts";
import type { KindWatch } from "./kind-watch.ts";
import { Sampler } from "./sampler.ts";
import { slowTurnMs } from "./slow-turns.ts";
import type { Syscall } from "./syscall.ts";
import { SyscallWatch } from "./syscall-watch.ts";
import { State, type Task } from "./task.ts";
import { add, Cell, type ClosedCell, cellAt, raise, TaskSheet } from "./task-sheet.ts";
import { TaskWatch } from "./task-watch.ts";
import type { Tracing } from "./tracing.ts";
import { OpenWindow, type Window } from "./watch-window.ts";

/** Windows that are kept. */
const maxWindows = 60;
/** Of a task's turns one in so many, on average, goes into its histograms. */
const sampledOneIn = 32;

export class Watch {
  readonly kernel: Kernel;
  /** When it began, on the machine's clock. */
  readonly since: number;
  /** Since when a total deadlock is held, on the machine's clock; undefined: there is none. See `holdsDeadlock`. */
  deadlockSince: number | undefined = undefined;
  readonly #windows: Window[] = [];
  readonly #sheet: TaskSheet = new TaskSheet();
  readonly #syscalls: SyscallWatch;
  readonly #gauges = new WeakMap<GaugeValue, number[]>();
  #window: OpenWindow;
  /** Those that have had a turn in the window under way: only these are looked at when it closes. */
  #ran: Task[] = [];
  readonly #sampler = new Sampler(sampledOneIn);
  #holdsDeadlock = false;
  #watchers = 0;
  /** The end of the latest turn, poll or round of timers: the latest clock read. */
  #now: number;
  /** When the loop last came round, and how long the lap took that ended with the latest poll. */
  #roundAt: number;
  #lapMs = 0;
  /** The poll under way waits because nothing is ready, and until when it did. */
  #isIdle = false;
  #isPolling: boolean;
  #wokenAt: number = Number.NaN;
  /** `machine.runDelayMs` when it was last looked at. */
  #delayMs: number;
  /** 1 more than the kind of syscall that the task whose turn it is has begun to wait in; 0: it has not. */
  #blockedIn = 0;

  constructor(kernel: Kernel) {
    this.kernel = kernel;
    this.since = this.#now = this.#roundAt = kernel.clock();
    this.#delayMs = kernel.machine.runDelayMs?.() ?? 0;
    this.#syscalls = new SyscallWatch(kernel);
    this.#window = new OpenWindow(kernel, this.since);
    kernel.slowTurns.areTimed = true;
    this.#isPolling = kernel.isPolling;
    this.#isIdle = this.#isPolling && kernel.readyTasks().size === 0;
  }

  /** The last window that was closed; undefined before the first tick. */
  get last(): Window | undefined {
    return this.#windows.at(-1);
  }

  /** The last windows, oldest first; at most 60. */
  get windows(): readonly Window[] {
    return this.#windows;
  }

  /**
   * While true, a total deadlock does not end the run of an asynchronous machine: the kernel waits, as for something
   * outside, until a task is woken, killed or started, or nobody watches any more.
   */
  get holdsDeadlock(): boolean {
    return this.#holdsDeadlock;
  }

  set holdsDeadlock(isHeld: boolean) {
    this.#holdsDeadlock = isHeld;
    if (!isHeld) this.#letGo();
  }

  /** What is known of a task; undefined if it has done nothing since the watch began, or has ended. */
  of(task: Task): TaskWatch | undefined {
    return this.#sheet.find(task) < 0 ? undefined : this.#watchOf(task);
  }

  /** One number of what is known of a task, for who asks it of thousands; 0 where nothing is. @param cell one of `Cell` */
  number(task: Task, cell: number): number {
    return this.#sheet.number(task, cell);
  }

  /** One number of a task's part in the last window that was closed; 0 where it had none. */
  closedNumber(task: Task, cell: ClosedCell): number {
    return this.#sheet.closedNumber(task, cell);
  }

  /** When a task became ready, or began to wait, on the machine's clock; NaN where that was not seen. */
  sinceOf(task: Task): number {
    return this.#sheet.find(task) < 0 ? Number.NaN : this.#sheet.number(task, Cell.since);
  }

  /** The mean of a task's `history`, without a list of it; null where there is none. */
  meanShareOf(task: Task): number | null {
    return this.#sheet.meanShareOf(task);
  }

  /** As `of(task).history`. */
  history(task: Task): readonly number[] {
    return this.#sheet.sharesOf(task);
  }

  /** Every kind of syscall that was made since boot. Looks at every task. */
  kinds(): KindWatch[] {
    const { current } = this.kernel;
    return this.#syscalls.kinds(
      (task) => (task === current ? this.#blockedIn : this.#sheet.number(task, Cell.kind)) - 1,
    );
  }

  /** A gauge's value at the end of each of the last windows, oldest first; at most 60. */
  gaugeHistory(gauge: GaugeValue): readonly number[] {
    return this.#gauges.get(gauge) ?? [];
  }

  /** Forgets totals, maxima and histograms of tasks; windows stay. @param tasks default: all, and of the kinds */
  reset(tasks?: Iterable<Task>): void {
    if (tasks === undefined) this.#syscalls.reset();
    for (const task of tasks ?? this.kernel.tasks) this.of(task)?.reset();
  }

  /**
   * Begins to note whole syscalls. Those who trace do not see each other's.
   * @param tids of these tasks, at most 1,024, or of all
   * @throws EAGAIN at the bound of 16 traces at the same time, E2BIG
   */
  trace(tids: Iterable<number> | "all"): Tracing {
    return this.#syscalls.trace(tids);
  }

  /** Closes the window under way and begins the next: to be called once a second by whoever shows what was gathered. */
  tick(): void {
    const { kernel } = this;
    this.#delayMs = kernel.machine.runDelayMs?.() ?? 0;
    // A turn belongs to the window it ends in. So does what a poll is in the middle of, up to now.
    if (kernel.current === undefined) {
      const now = kernel.clock();
      if (kernel.isPolling) this.#pollUntil(now);
      this.#read(now);
    }
    const window = this.#window.closed(kernel, this.#now);
    for (const task of this.#ran) if (!task.isOver) this.#sheet.close(task, window.ms);
    for (const gauge of kernel.gauges) this.#noteGauge(gauge);
    this.#syscalls.tick();
    this.#ran = [];
    this.#windows.push(window);
    if (this.#windows.length > maxWindows) this.#windows.shift();
    this.#sheet.closed++;
    this.#window = new OpenWindow(kernel, this.#now);
  }

  // What follows is for the kernel's own files.

  /** The latest look at the clock, ms: the end of the latest turn, if there was none since. */
  get now(): number {
    return this.#now;
  }

  /** A turn is over. */
  turned(task: Task): void {
    const from = this.#now;
    const now = this.kernel.machine.now();
    const ms = now - from;
    this.#window.runMs += ms;
    if (ms >= slowTurnMs) this.#noteSlow(task, ms, now);
    this.#noteTurn(task, from, now);
    this.#read(now);
  }

  // What somebody else's programs took of the CPU is no fault of this one. That is only read once a second, and here: what of
  // it was before this turn counts for it, too, so on a machine with much to do a turn must be slower to be called slow.
  #noteSlow(task: Task, ms: number, now: number): void {
    const { machine, slowTurns, bootedAt } = this.kernel;
    const delayMs = machine.runDelayMs?.() ?? 0;
    const ownMs = ms - (delayMs - this.#delayMs);
    this.#delayMs = delayMs;
    if (ownMs >= slowTurnMs) slowTurns.add(now - bootedAt, ownMs, task);
  }

  #noteTurn(task: Task, from: number, now: number): void {
    const sheet = this.#sheet;
    const at = sheet.line(task);
    const { cells } = sheet;
    const waited = from - cellAt(cells, at + Cell.since); // NaN where that is not known
    if (waited >= 0) {
      this.#window.readyWaits.record(waited);
      raise(cells, at + Cell.windowReadyMs, waited);
    }
    cells[at + Cell.since] = now; // it is ready or blocked now, or over
    cells[at + Cell.kind] = this.#blockedIn;
    this.#blockedIn = 0;
    add(cells, at + Cell.runMs, now - from);
    add(cells, at + Cell.windowRunMs, now - from);
    raise(cells, at + Cell.maxMs, now - from);
    if (this.#sampler.isDue()) this.#watchOf(task).sample(now - from, waited);
    if (task.state === State.exited) sheet.remove(task);
    else if (cellAt(cells, at + Cell.stamp) !== sheet.closed + 1) this.#noteRan(task, cells, at);
  }

  #noteRan(task: Task, cells: Float64Array, at: number): void {
    cells[at + Cell.stamp] = this.#sheet.closed + 1;
    // Millions may begin and end before the next tick: those that are over are of no use to it.
    if (this.#ran.length > 2 * this.kernel.tasks.size + 1_024) this.#ran = this.#ran.filter(({ isOver }) => !isOver);
    this.#ran.push(task);
  }

  /** A task is ready. */
  readied(task: Task): void {
    if (task === this.kernel.current) {
      this.#unblockedInTurn(task); // cut, or it gave up the CPU: since the end of its turn
      return;
    }
    const at = this.#isPolling ? this.#woken() : this.#now;
    const line = this.#sheet.line(task);
    const { cells } = this.#sheet;
    if (cellAt(cells, line + Cell.kind) > 0) this.#unblocked(task, cells, line, at);
    cells[line + Cell.since] = at;
  }

  /** A task has ended. In a turn of its own: then that is still to be noted. */
  exited(task: Task): void {
    if (task === this.kernel.current) {
      this.#unblockedInTurn(task);
      return;
    }
    const line = this.#sheet.find(task);
    if (line < 0) return;
    const { cells } = this.#sheet;
    if (cellAt(cells, line + Cell.kind) > 0) this.#unblocked(task, cells, line, this.#now);
    this.#sheet.remove(task);
  }

  /** A lap begins: fires the timers that are due. */
  fireTimers(due: number): void {
    const { timers } = this.kernel;
    const lateMs = due - timers.next;
    this.#window.lags.record(Math.max(0, lateMs, this.#lapMs, this.#now - this.#roundAt));
    this.#lapMs = 0;
    if (lateMs >= 0) {
      timers.fire(due);
      this.#read(this.kernel.machine.now()); // the time it took is no task's
    }
    this.#roundAt = this.#now;
  }

  /** The machine is about to let the world in. */
  polls(idleMs: number): void {
    this.#lapMs = this.#now - this.#roundAt;
    this.#isPolling = true;
    this.#isIdle = idleMs > 0;
    this.#wokenAt = Number.NaN;
  }

  /** It has. */
  polled(now: number): void {
    this.#pollUntil(now);
    this.#isPolling = this.#isIdle = false;
    this.#read(now);
    this.#roundAt = now;
    if (this.kernel.readyTasks().size > 0) this.deadlockSince = undefined;
  }

  /** True when a total deadlock that has just been found is to be held. */
  holds(): boolean {
    if (!this.#holdsDeadlock || !this.kernel.machine.asynchronous) return false;
    this.deadlockSince ??= this.kernel.clock();
    return true;
  }

  /** One more watches. */
  joined(): this {
    this.#watchers++;
    return this;
  }

  /** One less does. True if nobody is left. */
  left(): boolean {
    if (--this.#watchers > 0) return false;
    this.#letGo();
    this.kernel.slowTurns.areTimed = false;
    return true;
  }

  /** Serves a syscall as `served` does, and notes what comes of it. @throws what that throws */
  serve(task: Task, syscall: Syscall<unknown>, kind: number): unknown {
    return this.#syscalls.serve(task, syscall, kind);
  }

  /** What a handler returned was a wait, which has been armed, or has failed. */
  armed(task: Task): void {
    this.#blockedIn = this.#syscalls.armed(task) + 1;
  }

  #unblocked(task: Task, cells: Float64Array, line: number, at: number): void {
    const ms = at - cellAt(cells, line + Cell.since);
    const kind = cellAt(cells, line + Cell.kind) - 1;
    cells[line + Cell.kind] = 0;
    add(cells, line + Cell.blockedMs, ms);
    this.#syscalls.unblocked(task, kind, ms);
  }

  // Its wait was ended before its turn was.
  #unblockedInTurn(task: Task): void {
    if (this.#blockedIn > 0) this.#syscalls.unblocked(task, this.#blockedIn - 1, 0);
    this.#blockedIn = 0;
  }

  /** When the world came in: at the first wake of the poll under way, which is not over until the machine has told all. */
  #woken(): number {
    if (Number.isNaN(this.#wokenAt)) this.#wokenAt = this.kernel.machine.now();
    return this.#wokenAt;
  }

  #pollUntil(now: number): void {
    if (!this.#isIdle) return;
    this.#window.idleMs += Math.max(0, (Number.isNaN(this.#wokenAt) ? now : this.#wokenAt) - this.#now);
    if (!Number.isNaN(this.#wokenAt)) this.#isIdle = false;
  }

  #read(now: number): void {
    this.#now = now;
    this.#syscalls.begins(now);
  }

  #watchOf(task: Task): TaskWatch {
    const sheet = this.#sheet;
    return sheet.watchOf(task) ?? sheet.keep(new TaskWatch(task, sheet));
  }

  #noteGauge(gauge: GaugeValue): void {
    const history = this.#gauges.get(gauge) ?? [];
    history.push(gauge.value);
    if (history.length > maxWindows) history.shift();
    this.#gauges.set(gauge, history);
  }

  #letGo(): void {
    if (this.deadlockSince === undefined) return;
    this.deadlockSince = undefined;
    this.kernel.machine.interrupt();
  }
}
