// What becomes of a syscall once it is known to be one: its handler is called, and what comes of that is the answer, an
// error in the caller, or a wait, which is armed here and nowhere else. Apart from the gate, because it is reached in
// two ways: when a task has yielded the syscall (trap.ts), and while it is about to (in-place.ts).

import type { Kernel } from "./kernel.ts";
import type { Syscall, Undo, Waiter } from "./syscall.ts";
import { endWait, giveBack, Mark, Parked, Resume, State, type Task } from "./task.ts";
import { checkPledge } from "./traits.ts";
import { heed } from "./unwind.ts";

/** Counts it, and calls its handler. @throws what that throws */
export function handled(task: Task, kernel: Kernel, syscall: Syscall<unknown>): unknown {
  task.traps++;
  const kind = kernel.trace.trap(task.tid, syscall);
  if (kernel.observers.length !== 0) kernel.observe("trap", task, syscall);
  if (kernel.watching !== undefined) return kernel.watching.serve(task, syscall, kind);
  return served(task, kernel, syscall);
}

/** Calls its handler, if the task may make this syscall. @throws what the handler throws; EPERM */
export function served(task: Task, kernel: Kernel, syscall: Syscall<unknown>): unknown {
  const traits = kernel.traits.current;
  if (traits !== undefined) checkPledge(traits, task, syscall);
  return syscall.handle(task, kernel);
}

/**
 * Calls the handler of a syscall that another one is made of, which has been counted. Afterwards the task has the wait
 * that it described, if it did.
 * @throws what the handler throws; TypeError when it does not return what it described, or something else that blocks
 */
export function handledBy(task: Task, kernel: Kernel, syscall: Syscall<unknown>): unknown {
  const answer = served(task, kernel, syscall);
  const parked = task.wait;
  if (parked === undefined ? answer instanceof Parked : (answer as unknown) !== parked) throw misused(syscall);
  return answer;
}

function misused(syscall: unknown): TypeError {
  return new TypeError(
    `${described(syscall)}: handle must return what task.block returned, and from this call of handle`,
  );
}

/** What `handle` has returned becomes the answer, or a wait. */
export function settle(task: Task, kernel: Kernel, syscall: unknown, answer: unknown): void {
  const parked = task.wait;
  if (parked === undefined && !(answer instanceof Parked)) {
    task.resume = Resume.next;
    task.answer = answer;
  } else if (parked !== undefined && (answer as unknown) === parked) {
    arm(task, kernel, parked);
    if (kernel.watching !== undefined) kernel.watching.armed(task);
  } else {
    task.wait = undefined;
    fault(task, misused(syscall));
    if (kernel.watching !== undefined) kernel.watching.armed(task);
  }
}

function arm(task: Task, kernel: Kernel, parked: Parked): void {
  task.state = State.arming;
  try {
    const undo = (parked.action as (waiter: Waiter<unknown>) => Undo<unknown>)(parked); // not armed yet: it is `arm`
    if (typeof undo !== "function") throw new TypeError(`arming "${parked.wait.verb}" must return its undo`);
    parked.action = undo;
  } catch (error) {
    if (parked.timer >= 0) kernel.timers.cancel(parked);
    if ((task.state as State) === State.running) giveBack(task, parked); // it woke, and then threw
    task.wait = undefined;
    task.state = State.running;
    fault(task, error);
    return;
  }
  if ((task.state as State) === State.running) {
    // Answered while it was being armed. What arming did is taken back all the same; taking back twice is harmless.
    if (parked.outside) kernel.outside++;
    endWait(task);
    task.state = State.running;
    if ((task.marks & Mark.killed) !== 0) {
      giveBack(task, parked);
      task.resume = Resume.close; // it has no answer any more
    } else if (kernel.trapsLeft <= 1) {
      // Its quantum is used. Cut here, and not where turns are: the wait, which may be another object than the syscall,
      // is to get the answer back should the task be killed before its next turn.
      task.wait = parked;
      kernel.makeReady(task);
    }
    return;
  }
  task.state = State.blocked;
  task.since = kernel.uptimeMs;
  if (parked.outside) kernel.outside++;
  if (kernel.observers.length !== 0) kernel.observe("block", task, parked.wait);
  if (task.marks !== 0 && isDisturbed(task.marks)) {
    // Its end came while it was being armed, by a wake of somebody else or by its own hand.
    endWait(task);
    task.state = State.running;
    heed(task);
  }
}

function isDisturbed(marks: number): boolean {
  if ((marks & (Mark.killed | Mark.expired)) !== 0) return true;
  return (marks & (Mark.cancelled | Mark.raised)) !== 0 && (marks & Mark.unwinding) === 0;
}

/** The error is the answer: thrown at the yield, into this task and no other. */
export function fault(task: Task, error: unknown): void {
  task.resume = Resume.throw;
  task.answer = error;
}

/** What a value is, in words for a message. */
export function described(value: unknown): string {
  if (value === null) return "null";
  if (typeof value !== "object") return `a ${typeof value}`;
  try {
    const made = value.constructor;
    return typeof made === "function" ? `an object of class ${made.name}` : "an object";
  } catch {
    return "an object that cannot be looked at"; // a Proxy or a getter that throws: that is all there is to say
  }
}
