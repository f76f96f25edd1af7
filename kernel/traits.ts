// What few tasks have and most have not: a priority, variables of their own, a pledge, limits, an asynchronous context.
// Beside the tasks and not in them, so that a task without any pays neither a field nor more than one comparison a trap.
// Children inherit all of it.

import { SyscallError } from "./errors.ts";
import type { Kernel } from "./kernel.ts";
import { captureContext, type InContext } from "./machine/context.ts";
import { Quota, type TaskLimits } from "./quota.ts";
import type { Call, Syscall } from "./syscall.ts";
import type { Task } from "./task.ts";

export interface Traits {
  /** -20 (most) to 19 (least), as on Unix. */
  nice: number;
  /** Traps a turn may make. */
  quantum: number;
  /** Variables it has set, or unset (undefined). Never changed, only replaced: children share it. */
  variables: ReadonlyMap<string, string | undefined> | undefined;
  /** The families of syscalls it may still make. Never changed, only replaced. */
  pledge: ReadonlySet<string> | undefined;
  quota: Quota | undefined;
  /** Runs its turns with what AsyncLocalStorage had when it was spawned. */
  inContext: InContext | undefined;
}

export class TraitTable {
  /** Those of the task having its turn: what every trap looks at, so no more than a field. */
  current: Traits | undefined = undefined;
  readonly #kernel: Kernel;
  readonly #traits = new Map<Task, Traits>();

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /** How many tasks have any. */
  get size(): number {
    return this.#traits.size;
  }

  /** Those of a task that has any. */
  get(task: Task | undefined): Traits | undefined {
    return task === undefined ? undefined : this.#traits.get(task);
  }

  /** A task's turn begins, and there are some: gives those it has. */
  begin(task: Task): Traits | undefined {
    this.current = this.#traits.get(task);
    return this.current;
  }

  /** Those of a task, to be changed. */
  of(task: Task): Traits {
    let traits = this.#traits.get(task);
    if (traits === undefined) {
      const { quantum } = this.#kernel.limits;
      traits = { nice: 0, quantum, variables: undefined, pledge: undefined, quota: undefined, inContext: undefined };
      this.#traits.set(task, traits);
      if (task === this.#kernel.current) this.current = traits;
    }
    return traits;
  }

  /** For a child that is being made: in its parent's turn, or in another's, where a place in a group was waited for. */
  inherit(child: Task, parent: Task | undefined): void {
    const traits = this.get(parent);
    if (traits === undefined) return;
    const { quota, inContext } = traits;
    this.#traits.set(child, {
      ...traits,
      quota: quota === undefined ? undefined : new Quota(child, quota.bounds),
      inContext: inContext === undefined ? undefined : captured(inContext, parent === this.#kernel.current),
    });
    quota?.addChild();
  }

  /** Sets bounds; those it has already can only become tighter. */
  limit(task: Task, bounds: TaskLimits): void {
    const traits = this.of(task);
    if (traits.quota === undefined) traits.quota = new Quota(task, bounds);
    else traits.quota.tighten(bounds);
  }

  /** A task has ended. */
  remove(task: Task): void {
    this.get(this.#kernel.tasks.get(task.parentTid))?.quota?.removeChild(task);
    this.#traits.get(task)?.quota?.stop();
    this.#traits.delete(task);
    if (this.#traits.size === 0) this.current = undefined; // nobody begins a turn with it any more
  }
}

/** The context of a task: in its own turn as it is now, which it may have changed; else as it is in its turns. */
function captured(inContext: InContext, isOwnTurn: boolean): InContext {
  if (isOwnTurn) return captureContext();
  let own = inContext;
  inContext(() => {
    own = captureContext(); // and not the parent's itself: what a task changes stays its own
  });
  return own;
}

/** @throws EPERM for a request that the task has pledged not to make */
export function checkPledge({ pledge }: Traits, task: Task, request: Syscall<unknown> | Call<unknown>): void {
  if (pledge === undefined) return;
  const { family } = request;
  const { name } = request.constructor;
  if (family === "self" || pledge.has(family) || pledge.has(name)) return;
  const kept = pledge.size === 0 ? "nothing" : [...pledge].join(", ");
  throw new SyscallError("EPERM", `task ${task.tid} has pledged to use ${kept}: ${name} is of the family ${family}`);
}
