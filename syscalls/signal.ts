// SendSignal and WaitSignal: Unix's words for what can be done to a task from outside. Most have a default; a task that
// waits for one of the others, or has once, decides itself.

import { type Answer, type Kernel, Syscall, SyscallError, type Task, type Tid, type Wait } from "../kernel/syscall.ts";

const catchable = ["TERM", "INT", "HUP", "USR1", "USR2"] as const;
const uncatchable = ["KILL", "STOP", "CONT"] as const;

/** A signal that a task can wait for. */
export type CatchableSignal = (typeof catchable)[number];

/** A signal that can be sent. */
export type Signal = CatchableSignal | (typeof uncatchable)[number];

/** What became of a signal: taken by the task itself, its default done, or nothing, as the task had ended. */
export type Delivery = "taken" | "default" | "ended";

/**
 * Sends a signal to a task. `KILL` kills, `STOP` freezes and `CONT` thaws it. `TERM`, `INT` and `HUP` cancel it, `USR1`
 * and `USR2` do nothing: all five unless it waits for them, see WaitSignal. Answers whether the task was alive. A stopped
 * task has its turn neither for a cancel nor for a signal it waits for before it goes on; only a kill does not wait. Where
 * nobody but a stopped task could go on, a run waits for somebody outside to have it do so, and a simulated one, where
 * nobody is, ends in a deadlock.
 * @param tid whose; one's own is allowed, and a task that stops itself stops at that yield
 * @throws ESRCH if no task ever had this tid, EINVAL for what is no signal
 *
 * ```ts
 * yield* new SendSignal(server, "HUP"); // read your configuration again
 * ```
 */
export class SendSignal extends Syscall<boolean> {
  readonly tid: Tid;
  readonly signal: Signal;

  constructor(tid: Tid, signal: Signal) {
    super();
    mustBeSignal(signal);
    this.tid = tid;
    this.signal = signal;
  }

  override get family(): string {
    return "task";
  }

  override handle(task: Task, kernel: Kernel): boolean {
    return deliver(kernel, this.tid, this.signal, task.tid) !== "ended";
  }
}

/**
 * Waits for one of some signals and answers with its name. From its first wait for a signal on, a task keeps it: it has
 * no other effect any more, and one that comes between two waits is kept, once, for the next (as with `sigprocmask` and
 * `sigwait`). Of several that were kept, the first in the order given here is answered. The process's own TERM, INT, HUP
 * and USR2 go to the main task.
 * @throws EINVAL for none, or for what cannot be waited for: KILL, STOP, CONT
 *
 * ```ts
 * for (;;) {
 *   const signal = yield* new WaitSignal("HUP", "TERM");
 *   if (signal === "TERM") break;
 *   yield* readConfiguration();
 * }
 * ```
 */
export class WaitSignal<S extends CatchableSignal> extends Syscall<S> implements Wait<S> {
  readonly signals: readonly S[];
  #mask: Mask | undefined = undefined;

  constructor(...signals: readonly S[]) {
    super();
    if (signals.length === 0) throw new SyscallError("EINVAL", "WaitSignal: name at least one signal");
    for (const signal of signals) {
      if (!isCatchable(signal)) throw new SyscallError("EINVAL", `WaitSignal: ${String(signal)} cannot be waited for`);
    }
    this.signals = signals;
  }

  override get family(): string {
    return "sync";
  }

  get verb(): string {
    return "signal";
  }

  get object(): string {
    return this.signals.join(", ");
  }

  get outside(): boolean {
    return true;
  }

  /** Its task's waits for signals. For checkers. */
  get queue(): { readonly size: number } | undefined {
    return this.#mask?.takers;
  }

  override handle(task: Task, _kernel: Kernel): Answer<S> {
    const mask = maskOf(task);
    this.#mask = mask;
    for (const signal of this.signals) mask.wanted.add(signal);
    for (const signal of this.signals) if (mask.pending.delete(signal)) return signal;
    return task.block<S>(this, (waiter) => {
      // Taken out first: a wait that is woken is not undone.
      const taker: Taker = (signal) => this.#wants(signal) && mask.takers.delete(taker) && waiter.wake(signal);
      mask.takers.add(taker);
      return () => mask.takers.delete(taker);
    });
  }

  /** Killed before it took the signal: its cleanup may still wait for it. */
  giveBack(signal: S): void {
    this.#mask?.pending.add(signal);
  }

  #wants(signal: CatchableSignal): signal is S {
    return (this.signals as readonly CatchableSignal[]).includes(signal); // wider, to ask
  }
}

/**
 * Delivers a signal as SendSignal does. For who stands outside tasks.
 * @param by who sends it: a tid, or 0 from outside
 * @throws ESRCH if no task ever had this tid; EINVAL for what is no signal
 */
export function deliver(kernel: Kernel, tid: Tid, signal: Signal, by: number): Delivery {
  mustBeSignal(signal);
  const task = kernel.find(tid);
  if (task === undefined) return "ended";
  if (isCatchable(signal) && offerSignal(task, signal)) return "taken";
  if (signal === "KILL") kernel.kill(tid, by, signal);
  else if (signal === "STOP") kernel.stop(tid);
  else if (signal === "CONT") kernel.continue(tid);
  else if (signal !== "USR1" && signal !== "USR2") kernel.cancel(tid, by, signal);
  return "default";
}

/**
 * Gives a task a signal if it waits for it, or has waited for it before; else nothing is done, and it is up to the caller
 * what is. For a handler of the process's own signals.
 */
export function offerSignal(task: Task, signal: CatchableSignal): boolean {
  const mask = masks.get(task);
  if (mask === undefined || !mask.wanted.has(signal)) return false;
  for (const take of mask.takers) if (take(signal)) return true;
  mask.pending.add(signal);
  return true;
}

/** Signals that were sent to a task and that it has not taken yet. For monitors. */
export function pendingSignals(task: Task): readonly CatchableSignal[] {
  return [...(masks.get(task)?.pending ?? [])];
}

/** Of a task that has waited for signals. */
interface Mask {
  /** What it has waited for so far. */
  readonly wanted: Set<CatchableSignal>;
  /** Sent since it last waited for them; each once, as on Unix. */
  readonly pending: Set<CatchableSignal>;
  /** Its wait, or, in a Select, waits. */
  readonly takers: Set<Taker>;
}

/** True if the wait was for this signal, and is over. */
type Taker = (signal: CatchableSignal) => boolean;

const masks = new WeakMap<Task, Mask>();

function maskOf(task: Task): Mask {
  let mask = masks.get(task);
  if (mask === undefined) {
    mask = { wanted: new Set(), pending: new Set(), takers: new Set() };
    masks.set(task, mask);
  }
  return mask;
}

function isCatchable(signal: string): signal is CatchableSignal {
  return (catchable as readonly string[]).includes(signal); // wider, to ask
}

function mustBeSignal(signal: string): void {
  if (isCatchable(signal) || (uncatchable as readonly string[]).includes(signal)) return; // as above
  throw new SyscallError("EINVAL", `${String(signal)} is no signal: ${[...catchable, ...uncatchable].join(", ")}`);
}
