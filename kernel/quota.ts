// What one task may use at most. A bound that is reached is a typed error, to that task alone: where it asks for more of
// something, or, for what it uses by just going on, thrown into it. Who goes on after that regardless is killed.

import { SyscallError } from "./errors.ts";
import { State, type Task } from "./task.ts";
import type { Timed } from "./timers.ts";
import { kill, raise } from "./unwind.ts";

/** Bounds of one task. */
export interface TaskLimits {
  /** Children of its own that live at the same time; EAGAIN. */
  readonly children?: number;
  /** Endpoints that it owns at the same time; EMFILE. */
  readonly sockets?: number;
  /** Turns in a second; EAGAIN. */
  readonly turnsPerSecond?: number;
  /** How long its turns may take in all, ms; EDQUOT. */
  readonly cpuMs?: number;
  /** How long it may live from now on, ms; ETIMEDOUT. */
  readonly runMs?: number;
}

/** How often it is told, turn after turn, before it is killed. */
const maxRefusals = 100;
const windowMs = 1_000;

export class Quota implements Timed {
  readonly task: Task;
  bounds: TaskLimits = {};
  timer = -1;
  #children = 0;
  /** Children with a lower tid were there before. */
  readonly #firstChild: number;
  #windowAt: number;
  #turns = 0;
  #turnAt: number;
  #cpuMs = 0;
  /** Until when it may live, on the machine's clock, ms, and the bound that says so. */
  #deadline = Number.POSITIVE_INFINITY;
  #runMs = 0;
  #isOverdue = false;
  #isOverInTurn = false;
  #refusals = 0;

  constructor(task: Task, bounds: TaskLimits) {
    this.task = task;
    const { kernel } = task;
    this.#firstChild = kernel.nextTid;
    this.#windowAt = this.#turnAt = kernel.clock();
    this.tighten(bounds);
  }

  /** Sets bounds; those that are set can only become tighter. What was used counts on, and a deadline never moves back. */
  tighten(bounds: TaskLimits): void {
    const tightened: Record<string, number> = { ...this.bounds };
    for (const [name, bound] of Object.entries(bounds)) tightened[name] = Math.min(bound, tightened[name] ?? bound);
    this.bounds = tightened;
    const { kernel } = this.task;
    const { runMs = Number.POSITIVE_INFINITY } = bounds;
    const deadline = kernel.clock() + runMs;
    if (deadline >= this.#deadline) return;
    this.#deadline = deadline;
    this.#runMs = runMs;
    kernel.timers.set(deadline, this);
  }

  /** @throws EAGAIN when it has as many as it may */
  checkChildren(): void {
    const { children } = this.bounds;
    if (children === undefined || this.#children < children) return;
    throw new SyscallError("EAGAIN", `task ${this.task.tid} has ${this.#children} children, its limit: wait for one`);
  }

  addChild(): void {
    this.#children++;
  }

  removeChild({ tid }: Task): void {
    if (tid >= this.#firstChild) this.#children--;
  }

  /** @throws EMFILE when it owns as many as it may */
  checkSockets(owned: number): void {
    const { sockets } = this.bounds;
    if (sockets === undefined || owned < sockets) return;
    throw new SyscallError("EMFILE", `task ${this.task.tid} owns ${owned} endpoints, its limit: close one`);
  }

  beginTurn(): void {
    this.#turnAt = this.task.kernel.clock();
    if (this.#turnAt - this.#windowAt >= windowMs) {
      this.#windowAt = this.#turnAt;
      this.#turns = 0;
    }
    const { turnsPerSecond } = this.bounds;
    if (turnsPerSecond === undefined || ++this.#turns <= turnsPerSecond) return;
    this.#refuse("EAGAIN", `has had its ${turnsPerSecond} turns of this second`);
  }

  endTurn(): void {
    this.#cpuMs += this.task.kernel.clock() - this.#turnAt;
    const { cpuMs } = this.bounds;
    if (this.#isOverdue) this.expire();
    else if (cpuMs !== undefined && this.#cpuMs > cpuMs) this.#refuse("EDQUOT", `has used its ${cpuMs} ms of turns`);
    if (!this.#isOverInTurn) this.#refusals = 0;
    this.#isOverInTurn = false;
  }

  /** Its time is up. */
  expire(): void {
    this.#isOverdue = true;
    this.#refuse("ETIMEDOUT", `has lived its ${this.#runMs} ms`);
  }

  /** The task has ended. */
  stop(): void {
    this.task.kernel.timers.cancel(this);
  }

  // Only what it is told counts: in a cleanup, which has bounds of its own, it is not told again and again.
  #refuse(code: string, what: string): void {
    const { task } = this;
    if (task.state === State.exited) return;
    this.#isOverInTurn = true;
    const text = `task ${task.tid} ${what}`;
    if (!raise(task, new SyscallError(code, `${text}: its limit`))) return;
    if (++this.#refusals > maxRefusals) kill(task, 0, `${text}, and goes on`);
  }
}
