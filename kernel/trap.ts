// The gate: the only way from a program into the kernel. What was yielded is recognised by its brand, counted, and
// served. Returning is answering: `handle` returns the answer, returns `task.block(...)`, or throws; each of the
// three leaves the task in exactly one place, and nothing a handler does wrong can hurt anybody but its caller.

import { type Offered, offered } from "./branch.ts";
import { isGenerator, isNativeGenerator } from "./generator.ts";
import { finishInPlace } from "./in-place.ts";
import type { Kernel } from "./kernel.ts";
import { described, fault, handled, settle } from "./serve.ts";
import {
  brandOf,
  type Call,
  Exchange,
  type Program,
  RoutineCall,
  type Runnable,
  type Syscall,
  usedTwice,
  type Yieldable,
} from "./syscall.ts";
import { Resume, type Task } from "./task.ts";
import { checkPledge } from "./traits.ts";
import { heed } from "./unwind.ts";

/**
 * Serves one thing that a task yielded. Afterwards the task is running (answered), ready, blocked or over.
 * @param result what the frame gave: of a typed yield its exchange, else one that holds no more than the value
 */
export function trap(task: Task, kernel: Kernel, result: object, yielded: unknown): void {
  if (finishInPlace(task, kernel, result, yielded)) return;
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

/** As `kernel.offer`. @throws TypeError for what is no syscall or has been used */
export function offer(task: Task, kernel: Kernel, syscall: Syscall<unknown>): Offered {
  if (brandOf(syscall) !== "syscall") throw new TypeError(`${described(syscall)} cannot be offered: it is no syscall`);
  takePlain(syscall);
  return offered(task, kernel, syscall);
}

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

function enter(task: Task, kernel: Kernel, result: object, call: Call<unknown>): void {
  let hasEntered = false;
  try {
    take(result, call);
    kernel.trace.calls++;
    if (call instanceof RoutineCall) {
      task.push(call.program, call);
      return;
    }
    const traits = kernel.traits.current;
    if (traits !== undefined) checkPledge(traits, task, call);
    hasEntered = true;
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
    throw new TypeError(`a program is a generator or a call, not ${described(program)}${calling(program)}`);
  }
  if (program[taken] === true)
    throw new TypeError("this generator has been run already: call its function again for a new one");
  program[taken] = true;
  return isNative ? program : one({ [Symbol.iterator]: () => program });
}

// What was meant is most often what the function makes.
function calling(value: unknown): string {
  if (typeof value !== "function") return "";
  try {
    return brandOf(value.prototype) === undefined ? ": call it" : `: make one, new ${value.name}(…)`;
  } catch {
    return ""; // a Proxy or a getter that throws
  }
}

// On the generator itself: a WeakSet of a million of them costs more memory than the tasks' own stacks.
const taken: unique symbol = Symbol("yieldix.taken");

// A frame runs a native generator, always.
function* one<T>(runnable: Iterable<Yieldable<unknown> | undefined, T>): Program<T> {
  return yield* runnable;
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
    if (typeof value === "function") return `what it makes can be yielded${calling(value)}`;
  } catch {
    // A Proxy or a getter that throws: the general advice holds for it too.
  }
  return "only syscalls, calls of routines, and nothing at all can be yielded";
}
