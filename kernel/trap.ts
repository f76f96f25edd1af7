// The gate: the only way from a program into the kernel. What was yielded is recognised by its brand, counted, and
// served. Returning is answering: `handle` returns the answer, returns `task.block(...)`, or throws; each of the
// three leaves the task in exactly one place, and nothing a handler does wrong can hurt anybody but its caller.

import { isGenerator, isNativeGenerator } from "./generator.ts";
import type { Kernel } from "./kernel.ts";
import type { Call, Program, Runnable, Undo, Waiter, Yieldable } from "./syscall.ts";
import { brandOf, Exchange, RoutineCall, running, Syscall, usedTwice } from "./syscall.ts";
import { endWait, giveBack, Mark, Parked, Resume, State, type Task } from "./task.ts";
import { heed } from "./unwind.ts";

/**
 * Serves one thing that a task yielded. Afterwards the task is running (answered), ready, blocked or over.
 * @param result what the frame gave: of a typed yield its exchange, else one that holds no more than the value
 */
export function trap(task: Task, kernel: Kernel, result: object, yielded: unknown): void {
  if (begun.task === task && finishInPlace(task, kernel, result, yielded)) return;
  if (task.marks !== 0 && heed(task)) return;
  if (yielded === undefined) {
    task.resume = Resume.next;
    task.answer = undefined;
    kernel.makeReady(task);
    return;
  }
  const what = brandOf(yielded);
  if (what === "syscall")
    serve(task, kernel, result, yielded as Syscall<unknown>); // the brand says so
  else if (what === "call")
    enter(task, kernel, result, yielded as Call<unknown>); // as above
  else fault(task, badYield(task, yielded));
}

// A typed yield has used its object up when it took the exchange from it; of any other the object itself knows.
function take(result: object, request: Yieldable<unknown>): void {
  if (result instanceof Exchange) result.done = true;
  else takePlain(request);
}

function takePlain(request: Yieldable<unknown>): void {
  const before = request["yieldix.exchange"];
  if (before === undefined) request["yieldix.exchange"] = spent;
  else if (before.done === false)
    before.done = true; // out of its iterator, and yielded on by somebody in between
  else throw usedTwice(request);
}

const spent = new Exchange<unknown>(undefined as unknown as Yieldable<unknown>); // never asked for its request
spent.done = true;

function serve(task: Task, kernel: Kernel, result: object, syscall: Syscall<unknown>): void {
  let answer: unknown;
  try {
    // All of it inside: the object is the program's, and may be frozen, or a Proxy that throws.
    take(result, syscall);
    answer = handled(task, kernel, syscall);
  } catch (error) {
    task.wait = undefined;
    fault(task, error);
    return;
  }
  settle(task, kernel, syscall, answer);
}

function handled(task: Task, kernel: Kernel, syscall: Syscall<unknown>): unknown {
  task.traps++;
  kernel.trace.trap(task.tid, syscall);
  if (kernel.observers.length !== 0) kernel.observe("trap", task, syscall);
  return syscall.handle(task, kernel);
}

/** What `handle` has returned becomes the answer, or a wait. */
function settle(task: Task, kernel: Kernel, syscall: unknown, answer: unknown): void {
  const parked = task.wait;
  if (parked === undefined && !(answer instanceof Parked)) {
    task.resume = Resume.next;
    task.answer = answer;
  } else if (parked !== undefined && (answer as unknown) === parked) {
    arm(task, kernel, parked);
  } else {
    task.wait = undefined;
    fault(
      task,
      new TypeError(`${described(syscall)}: handle must return what task.block returned, and from this call of handle`),
    );
  }
}

// Answering without suspending. To suspend a generator and resume it costs more than all the kernel does for a syscall
// that is answered at once: with it no trap takes less than 50 ns, without it 35. So the exchange, which `yield*` asks
// for its first result while the frame is still on the JavaScript stack, has the gate serve the syscall there. If the
// answer comes at once, `yield*` has its value, and the generator runs on. Everything else (a wait, an error, a task
// that is being ended, the end of its quantum) suspends as ever, and the gate finishes what was begun. Nobody can tell
// the difference: the same checks in the same order, the same counts and trace, the same turns. Whoever drives a
// generator by hand inside a task drives it as a part of this task: it gets to see only what suspends. And a handler
// runs on what is left of the stack: thousands of native `yield*` deep, it may be the handler that overflows it.
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
    if (task.wait === undefined && task.marks === 0 && !(answer instanceof Parked)) {
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

/** A frame is over: what was begun in it and never yielded is dropped. Its wait was never armed. */
export function dropBegun(task: Task): void {
  if (begun.task !== task) return;
  begin(undefined, undefined, undefined, false);
  task.wait = undefined;
}

/** True when what was yielded has been served already. */
function finishInPlace(task: Task, kernel: Kernel, result: object, yielded: unknown): boolean {
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
    if ((task.marks & Mark.killed) !== 0) giveBack(task, parked);
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
  return (marks & Mark.cancelled) !== 0 && (marks & Mark.unwinding) === 0;
}

function enter(task: Task, kernel: Kernel, result: object, call: Call<unknown>): void {
  let hasEntered = false;
  try {
    take(result, call);
    hasEntered = true;
    kernel.trace.calls++;
    if (call instanceof RoutineCall) {
      task.push(call.program, call);
      return;
    }
    const program = opened(call.enter(task, kernel));
    if (task.wait !== undefined) throw new TypeError(`${described(call)}: enter cannot block; let its program yield`);
    task.push(program, call);
  } catch (error) {
    task.wait = undefined;
    if (hasEntered) leaveEntered(task, kernel, call);
    fault(task, error);
  }
}

// It may have set its rule before it failed.
function leaveEntered(task: Task, kernel: Kernel, call: Call<unknown>): void {
  try {
    call.leave?.(task, kernel);
  } catch (error) {
    kernel.report(task, "leaving a scope that could not be entered threw", error);
  }
}

/** The error is the answer: thrown at the yield, into this task and no other. */
function fault(task: Task, error: unknown): void {
  task.resume = Resume.throw;
  task.answer = error;
}

/**
 * The generator to run for a runnable. A routine's call is opened in place; a syscall or another call gets a frame of
 * its own around it.
 * @throws TypeError for what is no program, and for one that has been run already
 */
export function opened(runnable: Runnable<unknown>): Program<unknown> {
  if (runnable instanceof RoutineCall) {
    takePlain(runnable);
    return runnable.program;
  }
  const what = brandOf(runnable);
  if (what !== undefined) return one(runnable as Call<unknown> | Syscall<unknown>); // the brand says so
  const program = runnable as Program<unknown> & { [taken]?: boolean }; // checked on the next lines
  const isNative = isNativeGenerator(program);
  if (!isNative && !isGenerator(program)) {
    throw new TypeError(`a program is a generator or a call, not ${described(program)}`);
  }
  if (program[taken] === true)
    throw new TypeError("this generator has been run already: call its function again for a new one");
  program[taken] = true;
  return isNative ? program : one({ [Symbol.iterator]: () => program });
}

// On the generator itself: a WeakSet of a million of them costs more memory than the tasks' own stacks.
const taken: unique symbol = Symbol("yieldix.taken");

// A frame runs a native generator, always.
function* one<T>(runnable: Iterable<Yieldable<unknown> | undefined, T>): Program<T> {
  return yield* runnable;
}

function described(value: unknown): string {
  if (value === null) return "null";
  if (typeof value !== "object") return `a ${typeof value}`;
  try {
    const made = value.constructor;
    return typeof made === "function" ? `an object of class ${made.name}` : "an object";
  } catch {
    return "an object that cannot be looked at"; // a Proxy or a getter that throws: that is all there is to say
  }
}

// The names of its frames are in the message: a plain `yield` leaves no line on the way out.
function badYield(task: Task, value: unknown): TypeError {
  const where = task.frameNames(8).join(" < ");
  return new TypeError(`a task yielded ${described(value)}: ${adviceFor(value)} (in ${where})`);
}

function adviceFor(value: unknown): string {
  try {
    // The promise itself is refused and nobody has it any more: should it be rejected, that is no second error.
    if (value instanceof Promise) value.catch(() => {});
    if (value instanceof Promise) return "to wait for a promise, yield* new Await(promise)";
    if (isGenerator(value)) return "to run a generator inside this task, yield* it, or make it a routine";
  } catch {
    // A Proxy or a getter that throws: the general advice holds for it too.
  }
  return "only syscalls, calls of routines, and nothing at all can be yielded";
}
