// From outside in: what lets the code around a kernel start tasks in it and wait for them as promises; and the main task of
// a kernel that was booted by that, which does nothing but stay.

import { reportCrash } from "./burial.ts";
import { KernelPanic, SyscallError } from "./errors.ts";
import { type Exit, exitValue } from "./exits.ts";
import type { Kernel } from "./kernel.ts";
import { captureContext, inFirstContext } from "./machine/context.ts";
import { type Answer, type Program, type Runnable, Syscall, type Tid, type Wait } from "./syscall.ts";
import type { Task } from "./task.ts";
import { shown } from "./text.ts";

/**
 * A task that was started from outside, a child of the main task, as a native promise of its value.
 *
 * - It is rejected with what the task throws, and with ECANCELED when the task is killed or the run ends. One that nobody
 *   handles never ends the process: a crash that nobody has asked about when it comes is reported once, on the kernel log,
 *   and a later `await` still throws it; a kill is no error of anybody's.
 * - The task, and every task that comes of it, has the AsyncLocalStorage of the caller of `start`, and no other task has.
 *   What a task changes in it by `enterWith` stays its own and its later children's: until the end of the turn on Node 24
 *   and later, of the task before. Tasks that do not come of a `start` share the context of `run`: an `enterWith` in one of
 *   them is seen by the others.
 * - A kernel that was booted by `start` keeps the process alive while a task that was started is left, as a pending request
 *   does, and not by itself. `kernel.terminate` ends it in good order.
 *
 * ```ts
 * const kernel = new Kernel(new NodeMachine());
 * app.get("/report", async (request, response) => {
 *   const report = kernel.start(makeReport(request.query.month), "report");
 *   response.on("close", () => kernel.cancel(report.tid, 0, "the client has left"));
 *   response.json(await report);
 * });
 * ```
 */
export type Started<T> = Promise<T> & { readonly tid: Tid<T> };

/** The tasks of a kernel that were started from outside. */
export class StartedTasks {
  readonly #kernel: Kernel;
  /** Each rejects a promise that is pending. */
  readonly #pending = new Set<(error: unknown) => void>();
  #isBooted = false;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /** True when the kernel was booted here, and nothing that was started is left: no reason to keep the process. */
  get isVacant(): boolean {
    return this.#isBooted && this.#kernel.tasks.size === 1;
  }

  /** As `Kernel.start`. */
  start<T>(program: Runnable<T>, name: string | undefined): Started<T> {
    const kernel = this.#kernel;
    if (kernel.nextTid === 1) this.#boot();
    const tid = kernel.spawn(program, name);
    const task = kernel.tasks.get(tid) as Task; // it was made on the line above
    kernel.traits.of(task).inContext = captureContext();
    const promise = new TaskPromise<T>(tid);
    this.#pending.add(promise.reject);
    task.watchExit({
      exited: (exit: Exit) => {
        this.#pending.delete(promise.reject);
        promise.settle(task, exit);
      },
    });
    return promise;
  }

  /** The loop is over, by an error of the kernel's or the machine's: nobody will be told anything by its tasks. */
  lose(error: unknown): void {
    for (const reject of this.#pending) reject(error);
    this.#pending.clear();
  }

  // Not in the context of whoever happens to start the first task: the loop is everybody's.
  #boot(): void {
    const kernel = this.#kernel;
    const { machine } = kernel;
    if (!machine.asynchronous) {
      throw new SyscallError("ENOTSUP", `nothing can be started on a ${machine.name} machine that is synchronous`);
    }
    this.#isBooted = true;
    inFirstContext(() => {
      kernel.run(resident(), "resident").catch((error: unknown) => {
        if (error instanceof SyscallError && error.code === "ECANCELED") return; // it was terminated
        const dump = error instanceof KernelPanic ? `\n${error.dump}` : "";
        kernel.log("error", 0, `the run has broken off: ${shown(error)}${dump}`);
      });
    });
  }
}

/** A native promise that knows whether anybody has asked for its outcome: that is told, or reported, and never both. */
class TaskPromise<T> extends Promise<T> {
  readonly tid: Tid<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
  #isAwaited = false;

  constructor(tid: Tid<T>) {
    let [resolve, reject]: [(value: T) => void, (error: unknown) => void] = [nothing, nothing];
    super((...settle) => {
      [resolve, reject] = settle;
    });
    this.tid = tid;
    this.resolve = resolve;
    this.reject = reject;
    super.then(undefined, nothing); // what nobody handles is the kernel's to report, not the end of the process
  }

  /** What is chained to it is a plain promise. */
  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }

  // biome-ignore lint/suspicious/noThenProperty: it is a promise, and overrides what every promise has
  override then<A = T, B = never>(
    resolved?: ((value: T) => A | PromiseLike<A>) | null,
    rejected?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.#isAwaited = true;
    return super.then(resolved, rejected);
  }

  settle(task: Task, exit: Exit): void {
    if (exit.status === "threw") this.#reportUnlessAwaited(task, exit.error);
    try {
      this.resolve(exitValue(exit, `task ${task.tid}`) as T); // the value of the task of a T
    } catch (error) {
      this.reject(error);
    }
  }

  // `await` and `Promise.all` ask a microtask after they were given it, and a task may end in its first turn.
  async #reportUnlessAwaited(task: Task, error: unknown): Promise<void> {
    await undefined;
    await undefined;
    if (!this.#isAwaited) reportCrash(task, error);
  }
}

/** Stays until it is cancelled. */
function* resident(): Program<void> {
  yield* new Stay();
}

class Stay extends Syscall<void> implements Wait<void> {
  readonly verb = "stay";
  readonly object = "until the kernel is terminated";
  readonly outside = true;

  override handle(task: Task, _kernel: Kernel): Answer<void> {
    return task.block<void>(this, () => nothing);
  }
}

function nothing(): void {}
