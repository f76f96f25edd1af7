// SetPriority: more of the CPU, or less. A priority scales how many traps a turn may make, and nothing else: every ready
// task still has a turn in every lap, so that none starves, whatever the weights.

import { type Kernel, Syscall, SyscallError, type Task, type Tid } from "../kernel/syscall.ts";

/** From one nice value to the next a task's share is a quarter more, as in Linux. */
const step = 1.25;

/**
 * Sets the nice value of a task, which its children made from now on inherit, and answers with the one it had. Its turns
 * may then make 1.25 to the power of -nice times the traps of others (at least one): ten steps are about nine times.
 * @param nice -20 (most) to 19 (least)
 * @param tid whose; default: the caller
 * @throws EINVAL for another nice value, ESRCH if no task ever had this tid, ESTALE if it has ended
 *
 * ```ts
 * yield* new SetPriority(10); // there is no hurry
 * ```
 */
export class SetPriority extends Syscall<number> {
  readonly nice: number;
  readonly tid: Tid | undefined;

  constructor(nice: number, tid?: Tid) {
    super();
    mustBeNice(nice);
    this.nice = nice;
    this.tid = tid;
  }

  override get family(): string {
    return "task";
  }

  override handle(task: Task, kernel: Kernel): number {
    return setNice(kernel, this.tid ?? task.tid, this.nice);
  }
}

/**
 * Sets a nice value as SetPriority does. For who stands outside tasks.
 * @returns the one it had
 * @throws EINVAL for another nice value, ESRCH if no task ever had this tid, ESTALE if it has ended
 */
export function setNice(kernel: Kernel, tid: Tid, nice: number): number {
  mustBeNice(nice);
  const target = kernel.find(tid);
  if (target === undefined) throw new SyscallError("ESTALE", `task ${tid} has ended`);
  const traits = kernel.traits.of(target);
  const before = traits.nice;
  traits.nice = nice;
  traits.quantum = Math.max(1, Math.round(kernel.limits.quantum * step ** -nice));
  return before;
}

function mustBeNice(nice: number): void {
  if (Number.isInteger(nice) && nice >= -20 && nice <= 19) return;
  throw new SyscallError("EINVAL", `SetPriority: nice is a whole number from -20 to 19, not ${String(nice)}`);
}
