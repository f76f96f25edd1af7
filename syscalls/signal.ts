// SendSignal and WaitSignal: Unix's words for what can be done to a task from outside. Most have a default; a task that
// waits for one of the others, or has once, decides itself.

import {
  type Answer,
  type Kernel,
  Syscall,
  SyscallError,
  type Task,
  type Tid,
  type Wait,
  type Waiter,
} from "../kernel/syscall.ts";

const catchable = ["TERM", "INT", "HUP", "USR1", "USR2"] as const;

/** A signal that a task can wait for. */
export type CatchableSignal = (typeof catchable)[number];

/** A signal that can be sent. */
export type Signal = CatchableSignal | "KILL" | "STOP" | "CONT";

/** What became of a signal: taken by the task itself, its default done, or nothing, as the task had ended. */
export type Delivery = "taken" | "default" | "ended";

/** Of a task that has waited for signals. */
interface Mask {
  /** What it has waited for so far. */
  readonly wanted: Set<CatchableSignal>;
  /** Sent since it last waited for them; each once, as on Unix. */
  readonly pending: Set<CatchableSignal>;
  readonly waiting: Set<Taker>;
}

interface Taker {
  /** True if its wait was for this signal, and is over. */
  take(signal: CatchableSignal): boolean;
}

const masks = new WeakMap<Task, Mask>();

/**
 * Delivers a signal. For who stands outside tasks: a handler of the process's own signals.
 * @param by who sends it: a tid, or 0 from outside
 * @throws ESRCH if no task ever had this tid; EINVAL for what is no signal
 */
export function deliver(kernel: Kernel, tid: Tid, signal: Signal, by: number): Delivery {
  const task = kernel.find(tid);
  if (task === undefined) return "ended";
  const mask = masks.get(task);
  if (isCatchable(signal) && mask?.wanted.has(signal) === true) {
    for (const wait of mask.waiting) if (wait.take(signal)) return "taken";
    mask.pending.add(signal);
    return "taken";
  }
  switch (signal) {
    case "KILL":
      kernel.kill(tid, by, "KILL");
      break;
    case "STOP":
      kernel.stop(tid);
      break;
    case "CONT":
      kernel.continue(tid);
      break;
    case "TERM":
    case "INT":
    case "HUP":
      kernel.cancel(tid, by, signal);
      break;
    case "USR1":
    case "USR2":
      break;
    default:
      throw new SyscallError(
        "EINVAL",
        `${String(signal)} is no signal: ${[...catchable, "KILL", "STOP", "CONT"].join(", ")}`,
      );
  }
  return "default";
}

function isCatchable(signal: Signal): signal is CatchableSignal {
  return (catchable as readonly string[]).includes(signal);
}

/**
 * Sends a signal to a task. `KILL` kills, `STOP` freezes and `CONT` thaws it. `TERM`, `INT` and `HUP` cancel it, `USR1`
 * and `USR2` do nothing: all five unless it waits for them, see WaitSignal. Answers whether the task was alive.
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
 * `sigwait`). The process's own TERM, INT, HUP and USR2 go to the main task.
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
export class WaitSignal<S extends CatchableSignal> extends Syscall<S> implements Wait<S>, Taker {
  readonly signals: readonly S[];
  #waiter: Waiter<S> | undefined = undefined;
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

  override handle(task: Task, _kernel: Kernel): Answer<S> {
    let mask = masks.get(task);
    if (mask === undefined) {
      mask = { wanted: new Set(), pending: new Set(), waiting: new Set() };
      masks.set(task, mask);
    }
    for (const signal of this.signals) mask.wanted.add(signal);
    for (const signal of this.signals) if (mask.pending.delete(signal)) return signal;
    this.#mask = mask;
    return task.block<S>(this, (waiter) => {
      this.#waiter = waiter;
      mask.waiting.add(this);
      return () => mask.waiting.delete(this);
    });
  }

  /** For the sender. */
  take(signal: CatchableSignal): boolean {
    if (!(this.signals as readonly CatchableSignal[]).includes(signal) || this.#waiter === undefined) return false;
    this.#mask?.waiting.delete(this);
    return this.#waiter.wake(signal as S); // it is one of them
  }

  giveBack(signal: S): void {
    this.#mask?.pending.add(signal);
  }
}
