// Pledge and Limit: a task's promises about itself. What it gives up it cannot get back, and its children inherit it.

import type { TaskLimits } from "../kernel/quota.ts";
import { type Kernel, Syscall, SyscallError, type Task } from "../kernel/syscall.ts";

/** Families that the shipped syscalls belong to; see each one's. Class names of one's own may be pledged as well. */
export type Family =
  | "env"
  | "exec"
  | "file"
  | "inspect"
  | "io"
  | "log"
  | "net"
  | "outside"
  | "own"
  | "random"
  | "sync"
  | "task"
  | (string & {});

/**
 * From now on the caller, and every task it starts, may use syscalls of these families only, and those that concern nobody
 * but itself (GetTid, GetTime, Sleep, Select, …): any other throws EPERM. A second pledge can only give up more. The idea
 * is OpenBSD's. It keeps honest code within its bounds; JavaScript cannot confine code that means to get out.
 * @param families names of families, or of classes: `["io", "log", "Acquire"]`; a second pledge repeats some of the first's
 * @throws EPERM for a name that was not pledged before, TypeError for what is no list of names
 *
 * ```ts
 * yield* new Pledge(["io", "log"]); // may talk on the sockets it has; opens none, starts nothing
 * ```
 */
export class Pledge extends Syscall<void> {
  readonly families: readonly string[];

  constructor(families: readonly Family[]) {
    super();
    if (!Array.isArray(families)) throw new TypeError(`Pledge needs a list of names, not ${typeof families}`);
    this.families = [...families]; // a copy: what is checked is what is pledged
    for (const family of this.families) {
      if (typeof family === "string" && family !== "") continue;
      throw new TypeError(`Pledge: ${JSON.stringify(family)} is no name of a family`);
    }
  }

  override get family(): string {
    return "self";
  }

  override handle(task: Task, kernel: Kernel): void {
    const traits = kernel.traits.of(task);
    const wider = this.families.find((family) => family !== "self" && traits.pledge?.has(family) === false);
    if (wider !== undefined) {
      throw new SyscallError("EPERM", `task ${task.tid} has given up ${wider} by an earlier pledge`);
    }
    traits.pledge = new Set(this.families);
  }
}

/**
 * Bounds what the caller may use from now on; each child it starts has the same bounds, counted for itself, as with
 * `setrlimit`. What is asked for beyond a bound is refused: `children` (its own, not those it adopts) EAGAIN, `sockets`
 * (endpoints of any kind it owns) EMFILE. What is used up by going on is thrown into it, through shields, but not into
 * cleanups: `turnsPerSecond` EAGAIN, `cpuMs` (its turns, in all) EDQUOT, `runMs` (since this call) ETIMEDOUT; again in
 * each turn that is beyond the bound, and after a hundred such turns on end it is killed. A second call can only tighten
 * bounds.
 * @throws EINVAL for a bound that does not exist, or is no number of at least 0
 *
 * ```ts
 * yield* new Limit({ children: 10, cpuMs: 200, runMs: 60_000 });
 * ```
 */
export class Limit extends Syscall<void> {
  readonly bounds: TaskLimits;

  constructor(bounds: TaskLimits) {
    super();
    this.bounds = { ...bounds };
    for (const [name, bound] of Object.entries(this.bounds)) {
      if (!known.has(name)) {
        throw new SyscallError("EINVAL", `Limit: there is no bound ${name}: ${[...known].join(", ")}`);
      }
      if (typeof bound !== "number" || !(bound >= 0)) {
        throw new SyscallError("EINVAL", `Limit: ${name} is ${String(bound)}, must be a number of at least 0`);
      }
    }
  }

  override get family(): string {
    return "self";
  }

  override handle(task: Task, kernel: Kernel): void {
    kernel.traits.limit(task, this.bounds);
  }
}

const known: ReadonlySet<string> = new Set(["children", "cpuMs", "runMs", "sockets", "turnsPerSecond"]);
