// A wait that is a part of another. A syscall made of syscalls (Select, or one of yours) has each of them served with
// `kernel.offer`: it answers at once, or it describes its wait, which is then a Branch: armed, woken and undone like any
// other wait, but what it is woken with goes to the syscall that it is a part of.

import type { Kernel } from "./kernel.ts";
import { handledBy } from "./serve.ts";
import type { Syscall, Undo, Wait, Waiter } from "./syscall.ts";
import type { Parked, Task } from "./task.ts";

/** What became of a syscall that was offered: its answer, or the wait it described, which is not armed yet. */
export type Offered = { readonly branch: undefined; readonly answer: unknown } | { readonly branch: Branch };

/** What a wait that is a part of another came to. */
export type Settled = { readonly answer: unknown } | { readonly error: unknown };

const Phase = { described: 0, arming: 1, armed: 2, over: 3 } as const;
type Phase = (typeof Phase)[keyof typeof Phase];

/**
 * Has a syscall served on behalf of another one that is being served, for the same task.
 * @throws what its handler throws; TypeError for one that keeps not to the rules of blocking
 */
export function offered(task: Task, kernel: Kernel, syscall: Syscall<unknown>): Offered {
  let answer: unknown;
  const before = task.wait;
  task.wait = undefined;
  try {
    answer = handledBy(task, kernel, syscall);
    const parked = task.wait as Parked | undefined; // `block` may have set it
    if (parked === undefined) return { branch: undefined, answer };
    return { branch: new Branch(parked) };
  } finally {
    task.wait = before;
  }
}

export class Branch implements Waiter<unknown> {
  readonly task: Task;
  readonly wait: Wait<unknown>;
  timer = -1;
  #action: Parked["action"];
  #phase: Phase = Phase.described;
  #settle: ((settled: Settled) => boolean) | undefined = undefined;

  constructor(parked: Parked) {
    this.task = parked.task;
    this.wait = parked.wait;
    this.#action = parked.action;
  }

  /** True from the moment it is armed until it has been woken or undone. */
  get isArmed(): boolean {
    return this.#phase === Phase.armed;
  }

  /**
   * Begins to wait.
   * @param settle told, once, what the wait comes to, while it is being armed or later; says whether that was taken
   * @throws what arming throws; nothing of it is left then but what it threw after
   */
  arm(settle: (settled: Settled) => boolean): void {
    this.#settle = settle;
    this.#phase = Phase.arming;
    try {
      const undo = (this.#action as (waiter: Waiter<unknown>) => Undo<unknown>)(this); // described only: it is `arm`
      if (typeof undo !== "function") throw new TypeError(`arming "${this.wait.verb}" must return its undo`);
      this.#action = undo;
    } catch (error) {
      this.#end();
      throw error;
    }
    if ((this.#phase as Phase) === Phase.arming) this.#phase = Phase.armed;
    else this.#takeBack(); // woken meanwhile: what arming did is taken back all the same
  }

  /** Ends the wait without an answer, if it is armed: takes back what arming did. */
  undo(): void {
    if (this.#phase !== Phase.armed) return;
    this.#end();
    this.#takeBack();
  }

  wake(answer: unknown): boolean {
    return this.#settled({ answer });
  }

  fail(error: unknown): boolean {
    return this.#settled({ error });
  }

  ready(error?: unknown): void {
    this.#settled(error === undefined ? { answer: undefined } : { error });
  }

  expire(): void {
    this.#settled({ answer: undefined });
  }

  #settled(settled: Settled): boolean {
    const isWaiting = this.#phase === Phase.arming || this.#phase === Phase.armed;
    if (!isWaiting || this.#settle?.(settled) !== true) {
      this.task.kernel.counters.refusedWakes++;
      return false;
    }
    this.#end();
    return true;
  }

  #end(): void {
    this.#phase = Phase.over;
    if (this.timer >= 0) this.task.kernel.timers.cancel(this);
  }

  #takeBack(): void {
    try {
      (this.#action as Undo<unknown>)(this); // armed: the field now holds the undo
    } catch (error) {
      this.task.kernel.report(this.task, "the undo of its wait threw", error);
    }
  }
}
