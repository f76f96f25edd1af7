// NewTask: Beazley's fork. The new task's first turn comes in the next lap, never inside this trap.

import {
  begun,
  captureSite,
  Exchange,
  type Kernel,
  type Runnable,
  Syscall,
  type Task,
  type Tid,
  type Yieldable,
} from "../kernel/syscall.ts";

/**
 * Starts a task that runs beside its parent, outlives it, and is then adopted by the main task.
 * @throws EAGAIN at the bound of tasks, ENAMETOOLONG for a name over 64 characters, TypeError for what is no program
 * or has been run already
 *
 * ```ts
 * const tid = yield* new NewTask(worker(7), "worker-7");
 * ```
 */
export class NewTask<T> extends Syscall<Tid<T>> implements Spawning<T> {
  readonly program: Runnable<T>;
  readonly name: string | undefined;
  #made: Task | undefined = undefined;

  /**
   * @param program a generator or a routine's call
   * @param name for people, at most 64 characters; default: the routine's name
   */
  constructor(program: Runnable<T>, name?: string) {
    super();
    this.program = program;
    this.name = name;
  }

  override get family(): string {
    return "task";
  }

  override handle(task: Task, kernel: Kernel): Tid<T> {
    const tid = kernel.spawn(this.program, this.name, task);
    const made = kernel.tasks.get(tid);
    if (made?.origin.spawn.site === undefined) this.#made = made;
    return tid;
  }

  override [Symbol.iterator](): Exchange<Tid<T>> {
    return begun(this, new SpawnExchange<T>(this));
  }

  delivered(above: (answer?: unknown) => unknown): void {
    noteSpawnSite(this.#made, above);
    this.#made = undefined;
  }
}

/** A syscall that is answered with the tid of a task it has made. */
export interface Spawning<T> extends Yieldable<Tid<T>> {
  /** The answer is being delivered inside the parent's frame: the one moment when the line of the spawn can be seen. */
  delivered(above: (answer?: unknown) => unknown): void;
}

/** The line above a function on the stack is where a task was spawned, unless that is known. */
export function noteSpawnSite(made: Task | undefined, above: (answer?: unknown) => unknown): void {
  if (made !== undefined) made.origin.spawn.site ??= captureSite(above);
}

export class SpawnExchange<T> extends Exchange<Tid<T>> {
  readonly #request: Spawning<T>;

  constructor(request: Spawning<T>) {
    super(request);
    this.#request = request;
  }

  override next(answer?: unknown): IteratorResult<Yieldable<Tid<T>>, Tid<T>> {
    const result = super.next(answer);
    if (result.done === true) this.#request.delivered(this.next);
    return result;
  }
}
