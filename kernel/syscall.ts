// The ABI: what a program may yield. A Syscall is a request object with the code that serves it; a Call pushes a
// frame on the task's own stack; a routine is a function whose calls do that. Each object can be iterated once, which
// is what types `const tid = yield* new GetTid()` (the idea of typed `yield*` is from fx and Effect).
// Recognised by a brand, not by `instanceof`, so that two copies of this package in one process work together.

import type { Kernel } from "./kernel.ts";
import type { Watcher } from "./machine/machine.ts";
import { noteSite } from "./stack.ts";
import type { Task } from "./task.ts";
import { truncated } from "./text.ts";
import type { Timed } from "./timers.ts";

// One import serves a syscall's file.
export { untold } from "./burial.ts";
export { Cancelled, SyscallError } from "./errors.ts";
export { type Exit, exitValue } from "./exits.ts";
export { checkGauge } from "./gauges.ts";
export { checkName } from "./limits.ts";
export { addressText } from "./machine/endpoint.ts";
export { isLiteralAddress } from "./machine/names.ts";
export { needed } from "./needed.ts";
export { taskRecord } from "./observer.ts";
export { Ring } from "./queue.ts";
export { stackOf } from "./report.ts";
export { captureSite, siteText } from "./stack.ts";
export { shown, truncated } from "./text.ts";
export type { Kernel, Task };

declare const result: unique symbol;
declare const blocked: unique symbol;

/** Names a task; typed by what the task returns, so that `Join(tid)` is. Rises, is never reused. */
export type Tid<T = unknown> = number & { readonly [result]?: T };

/** A generator that yields syscalls and calls (or nothing: that gives up the CPU) and returns a `T`. */
export type Program<T = unknown> = Generator<Yieldable<unknown> | undefined, T, unknown>;

/** What can be run: a generator, a routine's call, or one syscall. */
export type Runnable<T = unknown> = Program<T> | Yieldable<T>;

/** What `handle` returns: the answer, or the sign that it will come later. */
export type Answer<T> = T | Blocked<T>;

/** The sign, made by `task.block` only, that the answer will come later. */
export interface Blocked<out T> {
  readonly [blocked]: T;
}

/**
 * Takes back what `arm` did. Called once, unless a wake ended the armed wait; so after a wake while arming, too. Gets the
 * waiter, so that one shared function can serve every wait.
 */
export type Undo<T = unknown> = (waiter: Waiter<T>) => void;

/** A task's place in whatever it waits for. Each method says whether it was taken: a wait ends once. */
export interface Waiter<in out T> extends Watcher, Timed {
  /** The task that waits. */
  readonly task: Task;
  /** What it waits for. */
  readonly wait: Wait<T>;
  /** Ends the wait with an answer. */
  wake(answer: T): boolean;
  /** Ends the wait with an error, thrown at the yield. */
  fail(error: unknown): boolean;
  /** As the watcher of a pollable: ends the wait with `undefined`, or with the error. */
  ready(error?: unknown): void;
}

/** What a blocked task waits for, in words a monitor can show. A syscall may be its own Wait. */
export interface Wait<in T> {
  /** "read", "sleep", "exit of": the verb in the monitor's WAITING ON column. */
  readonly verb: string;
  /** What the verb is about: a pollable's label, a tid, a duration. */
  readonly object: string;
  /** True when something outside the kernel (a socket, a promise) can end the wait: it is then no deadlock. */
  readonly outside?: boolean;
  /**
   * True while it is sure to end by itself before long, as the wait for tasks that are being ended is: a cleanup that
   * waits so is not dropped for the time it takes. Asked when that time is up.
   */
  readonly bounded?: boolean;
  /** The tasks that could end the wait: the edges of the wait-for graph. */
  holders?(): readonly Tid[];
  /**
   * Columns of its own, for monitors: more of what it waits for, by names, such as `{ queue: "jobs", place: 3 }`. Asked when
   * somebody looks; the first 8, names and texts cut at 64 characters.
   */
  columns?(): Readonly<Record<string, string | number>>;
  /** The waits it consists of, for one that waits for several things at once. */
  parts?(): readonly Wait<unknown>[];
  /** An answer was granted, and the task was killed before it took it: return the lock, the item, the slot. */
  giveBack?(answer: T): void;
  /** An error was granted, and the task was killed before it was thrown: for one that somebody should hear of. */
  untold?(error: unknown): void;
}

/** The brand, shared by every copy of the package: "syscall" or "call". */
export const brand: unique symbol = Symbol.for("yieldix.brand");

/**
 * One request handed out, then its answer handed in: the iterator that `yield*` drives, and, to save an allocation, also
 * every result that it gives. Apart from the request, so that this code, which runs twice a trap, always sees objects
 * of one class: V8 does not inline it into `yield*`, and among many classes it costs 25 ns more.
 */
export class Exchange<T> implements IterableIterator<Yieldable<T>, T, unknown> {
  /** Undefined at first; false once the request is handed out; true once the gate has it, and with the answer. */
  done: boolean | undefined;
  /** The request, then the answer. */
  value: unknown;

  constructor(request: Yieldable<T>) {
    this.done = undefined;
    this.value = request;
  }

  [Symbol.iterator](): this {
    return this;
  }

  next(answer?: unknown): IteratorResult<Yieldable<T>, T> {
    if (this.done === undefined) {
      const { task } = running;
      if (task === undefined || innermost.step !== running || !running.serve(this, task)) this.done = false;
    } else {
      this.done = true;
      this.value = answer;
    }
    return this as IteratorResult<Yieldable<T>, T>; // the kernel answers what `handle` or the frame returned: a T
  }

  /** An iterator without `throw` would turn every error into "iterator does not provide a 'throw' method". */
  throw(error: unknown): IteratorResult<Yieldable<T>, T> {
    noteSite(error, this.throw, brandOf(this.value) === "syscall");
    throw error;
  }

  /** No part of what a request says. */
  toJSON(): undefined {
    return undefined;
  }
}

/**
 * The task whose frame is on the JavaScript stack now, for as long as a step of it lasts, and the gate's way to serve a
 * syscall of it right there. Essay: in-place.ts.
 */
export const running: {
  task: Task | undefined;
  /** True when the exchange holds the answer; false when it must be yielded. */
  serve: (exchange: Exchange<unknown>, task: Task) => boolean;
} = { task: undefined, serve: () => false };

const slot: unique symbol = Symbol.for("yieldix.innermost");

/** Of the copies of this package in the process, whose step is the innermost on the stack: only that one serves in place. */
export const innermost: { step: unknown } = shared();

function shared(): { step: unknown } {
  const world = globalThis as { [slot]?: { step: unknown } }; // nobody else knows this symbol
  world[slot] ??= { step: undefined };
  return world[slot];
}

/** What a program can yield: the common part of syscalls and calls. */
export abstract class Yieldable<T> {
  /**
   * Undefined until the object is used. For the gate and the iterator, of every copy of the package: hence the name. No
   * symbol, which V8 looks up among many classes at a higher cost, and set below, for the same reason.
   */
  declare "yieldix.exchange": Exchange<unknown> | undefined;

  constructor() {
    this["yieldix.exchange"] = undefined;
  }

  [Symbol.iterator](): Exchange<T> {
    return begun(this, new Exchange<T>(this));
  }
}

/** Notes on a request that its exchange has begun. @throws TypeError when one had already */
export function begun<T>(request: Yieldable<T>, made: Exchange<T>): Exchange<T> {
  if (request["yieldix.exchange"] !== undefined) throw usedTwice(request);
  request["yieldix.exchange"] = made;
  return made;
}

/** "syscall", "call", or something else for what is neither. Any value may be yielded, a Proxy that throws included. */
export function brandOf(value: unknown): unknown {
  try {
    // Our own classes first: among many kinds of syscall that is faster than to look up the brand.
    if (value instanceof Syscall) return "syscall";
    if (value instanceof Call) return "call";
    return (value as { [brand]?: unknown } | null | undefined)?.[brand]; // only its brand is looked at
  } catch {
    return undefined;
  }
}

/** The error for one request object yielded twice. */
export function usedTwice(request: Yieldable<unknown>): TypeError {
  return new TypeError(
    `one ${request.constructor.name} object was yielded twice: a request is used once, make a new one each time`,
  );
}

/** A request to the kernel. Subclass it, implement `handle`, and yield it: nothing needs to be registered. */
export abstract class Syscall<T> extends Yieldable<T> {
  /**
   * The family it belongs to, by which a pledge names it: "task", "sync", "net", … ; "self" for what concerns nobody but
   * the caller, which no pledge forbids. One that says nothing is pledged by its class's name, or as "own".
   */
  get family(): string {
    return "own";
  }

  /**
   * What it is about, in a few words, for a trace of syscalls: what stands between the parentheses of `KillTask(99)`.
   * Default: the values of its public fields, or its `object` as a wait. Asked only while somebody traces.
   */
  describe?(): string;

  /**
   * Serves the request. Return the answer, return `task.block(wait, arm)`, or throw.
   * @param task the task that asks
   * @param kernel the kernel it runs on
   */
  abstract handle(task: Task, kernel: Kernel): Answer<T>;

  static {
    Object.defineProperty(Syscall.prototype, brand, { value: "syscall" });
  }
}

/** A request to run something as a new frame of the calling task. */
export abstract class Call<T> extends Yieldable<T> {
  /** Its name on logical stacks; without one, the class's. */
  declare readonly label?: string;

  /**
   * As a syscall's family. A call whose `enter` does itself what a pledge could forbid, such as starting tasks, names
   * that; the syscalls that its program makes are looked at one by one in any case.
   */
  get family(): string {
    return "self";
  }

  /**
   * Starts the call. Return what is to run as the new frame; its value is the call's value.
   * @param task the task that calls
   * @param kernel the kernel it runs on
   */
  abstract enter(task: Task, kernel: Kernel): Runnable<T>;

  /** Called once when the frame is over, however it ended. A scope takes its rule back here. */
  leave?(task: Task, kernel: Kernel): void;

  static {
    Object.defineProperty(Call.prototype, brand, { value: "call" });
  }
}

/** A function whose calls run as frames of the calling task: `const bytes = yield* recv(socket, 4096)`. */
export type Routine<A extends readonly unknown[], T> = (...args: A) => Call<T>;

/**
 * Makes a routine from a generator function. Costs the same at any depth, may recurse 1,000,000 deep, and a kill
 * closes its frames one by one, innermost first, which native `yield*` into a generator does not do.
 * @param body the generator function; name it, its name is what stacks and the monitor show. To recurse, give it another
 * name than the routine's: inside, its own name means the bare generator function, whose kills JavaScript loses
 * @throws TypeError for what is no generator function
 *
 * ```ts
 * const sum: Routine<[n: number], number> = routine(function* sumTo(n) {
 *   return n === 0 ? 0 : n + (yield* sum(n - 1));
 * });
 * ```
 */
export function routine<A extends readonly unknown[], T>(body: (...args: A) => Program<T>): Routine<A, T> {
  if (Object.prototype.toString.call(body) !== "[object GeneratorFunction]") {
    throw new TypeError(`routine(${body.name || "…"}) needs a generator function: write function*`);
  }
  const label = truncated(body.name || "(anonymous routine)", 64);
  return (...args) => new RoutineCall(body(...args), label);
}

/** What a routine's call is. */
export class RoutineCall<T> extends Call<T> {
  readonly program: Program<T>;
  /** The routine's name: for stacks, and as the default name of a task. */
  override readonly label: string;

  constructor(program: Program<T>, label: string) {
    super();
    this.program = program;
    this.label = label;
  }

  override enter(): Program<T> {
    return this.program;
  }
}
