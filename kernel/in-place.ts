// Answering without suspending. To suspend a generator and resume it costs more than all the kernel does for a syscall
// that is answered at once: with it no trap takes less than 50 ns, without it about 40. So the exchange, which `yield*` asks
// for its first result while the frame is still on the JavaScript stack, has the gate serve the syscall there. If the
// answer comes at once, `yield*` has its value, and the generator runs on. Everything else (a wait, an error, a task
// that is being ended, the end of its quantum) suspends as ever, and the gate finishes what was begun. Nobody can tell
// the difference: the same checks in the same order, the same counts and trace, the same turns. Whoever drives a
// generator by hand inside a task drives it as a part of this task: it gets to see only what suspends. And a handler
// runs on what is left of the stack: thousands of native `yield*` deep, it may be the handler that overflows it.

import type { Kernel } from "./kernel.ts";
import { fault, handled, settle } from "./serve.ts";
import { type Exchange, running, Syscall } from "./syscall.ts";
import { Parked, type Task } from "./task.ts";

function serveInPlace(exchange: Exchange<unknown>, task: Task): boolean {
  const { kernel } = task;
  const syscall = exchange.value;
  if (task.marks !== 0 || kernel.trapsLeft <= 1 || begun.task !== undefined || !(syscall instanceof Syscall)) {
    return false;
  }
  // What a handler may drive by hand is none of the task's.
  running.task = undefined;
  try {
    const answer = handled(task, kernel, syscall);
    if (task.wait === undefined && task.marks === 0 && kernel.trapsLeft > 0 && !(answer instanceof Parked)) {
      kernel.trapsLeft--;
      exchange.done = true;
      exchange.value = answer;
      return true;
    }
    begin(task, exchange, answer, false);
  } catch (error) {
    begin(task, exchange, error, true);
  } finally {
    running.task = task;
  }
  return false;
}

running.serve = serveInPlace;

/** The syscall that was served in place and has to suspend its task after all, and what came of it. At most one. */
const begun: {
  task: Task | undefined;
  exchange: Exchange<unknown> | undefined;
  outcome: unknown;
  hasThrown: boolean;
} = { task: undefined, exchange: undefined, outcome: undefined, hasThrown: false };

function begin(task: Task | undefined, exchange: Exchange<unknown> | undefined, outcome: unknown, hasThrown: boolean) {
  begun.task = task;
  begun.exchange = exchange;
  begun.outcome = outcome;
  begun.hasThrown = hasThrown;
}

/** The turn in which something may have begun was cut off. */
export function forgetBegun(): void {
  begin(undefined, undefined, undefined, false);
}

/** A frame is over: what was begun in it and never yielded is dropped. Its wait was never armed. */
export function dropBegun(task: Task): void {
  if (begun.task !== task) return;
  begin(undefined, undefined, undefined, false);
  task.wait = undefined;
}

/** True when what was yielded has been served already. */
export function finishInPlace(task: Task, kernel: Kernel, result: object, yielded: unknown): boolean {
  if (begun.task !== task) return false;
  const { exchange, outcome, hasThrown } = begun;
  // The second: by somebody who drives a generator by hand, and yields on what it gave. Else he has dropped it.
  if (exchange === undefined || (result !== exchange && yielded !== exchange.value)) {
    dropBegun(task);
    return false;
  }
  begin(undefined, undefined, undefined, false);
  exchange.done = true;
  if (hasThrown) {
    task.wait = undefined;
    fault(task, outcome);
  } else {
    settle(task, kernel, exchange.value, outcome);
  }
  return true;
}
