// The state of an async iterator that tasks take steps of: what it came to that nobody has taken, who waits, and its end.

import type { Closable, Owner } from "../kernel/machine/machine.ts";
import { SyscallError, type Task, type Undo, type Waiter } from "../kernel/syscall.ts";
import type { AsyncSource, Step } from "./next.ts";

type Outcome<T> = { readonly step: Step<T> } | { readonly error: unknown };

const iterations = new WeakMap<object, Iteration<unknown>>();

/** The one iteration of a source, begun or not. @throws TypeError for what is no async iterator */
export function iterationOf<T>(source: AsyncSource<T>, whose: string, label: string | undefined): Iteration<T> {
  const looked = source as Partial<AsyncIterable<T> & AsyncIterator<T>> | null | undefined; // looked at on the next lines
  if (typeof looked?.next !== "function" && typeof looked?.[Symbol.asyncIterator] !== "function") {
    throw new TypeError(`${whose} needs an async iterator or iterable`);
  }
  const known = iterations.get(source) as Iteration<T> | undefined; // made below, of this very source
  if (known !== undefined) return known;
  const made = new Iteration(source, label ?? nameOf(source));
  iterations.set(source, made as Iteration<unknown>); // as above
  return made;
}

function nameOf(source: object): string {
  const tag = (source as { readonly [Symbol.toStringTag]?: unknown })[Symbol.toStringTag]; // looked at on the next line
  return typeof tag === "string" ? tag : (source.constructor?.name ?? "an iterator");
}

/** What an end throws that nobody waits for. */
export function reportEnd(task: Task, label: string, error: unknown): void {
  task.kernel.report(task, `return() of ${label} threw, and nobody waits for it`, error);
}

/** The state of one iteration. Its owner's end is its end. */
export class Iteration<T> implements Closable {
  readonly label: string;
  owner: Owner | undefined = undefined;
  closed = false;
  readonly #source: AsyncSource<T>;
  #iterator: AsyncIterator<T> | undefined = undefined;
  /** The iterator has ended by itself or has failed, or `end` was called. */
  #isOver = false;
  #isStepping = false;
  #ending: Promise<void> | undefined = undefined;
  /** What steps came to that nobody has taken, in order: of one given up, and those that were given back. */
  readonly #kept: Outcome<T>[] = [];
  #waiter: Waiter<Step<T>> | undefined = undefined;
  #task: Task | undefined = undefined;

  constructor(source: AsyncSource<T>, label: string) {
    this.#source = source;
    this.label = label;
  }

  /** The next step, where it need not be waited for. @throws EBUSY, EBADF, and the error it came to */
  ready(task: Task): Step<T> | undefined {
    this.#mustBeFree();
    const [first] = this.#kept;
    if (first === undefined) {
      if (this.#isOver) return { done: true };
      if (this.closed) throw new SyscallError("EBADF", `the end of the task that owned ${this.label} has closed it`);
      return undefined;
    }
    if (!this.#isOver) this.#adopt(task);
    this.#kept.shift();
    if ("error" in first) throw first.error;
    return first.step;
  }

  /** Begins a step, unless one is under way. */
  wait(waiter: Waiter<Step<T>>): Undo<Step<T>> {
    this.#mustBeFree();
    this.#adopt(waiter.task);
    this.#waiter = waiter;
    if (!this.#isStepping) this.#begin();
    return () => {
      this.#waiter = undefined;
    };
  }

  /** A step that was granted, and not taken. */
  putBack(step: Step<T>): void {
    this.#settle({ step }, () => this.#kept.unshift({ step }));
  }

  /** Its owner has ended. */
  close(): void {
    const task = this.#task;
    this.end().catch((error: unknown) => task !== undefined && reportEnd(task, this.label, error));
    this.#isOver = false; // whoever comes now was not told of the end
  }

  /** Calls the iterator's `return`, once, and settles with it, for all who ask. */
  end(): Promise<void> {
    this.#ending ??= this.#end();
    return this.#ending;
  }

  async #end(): Promise<void> {
    if (this.closed || this.#isOver) return;
    this.#isOver = true;
    this.#kept.length = 0;
    this.#release();
    // One that never moved need not be told, unless it exists already: then it may hold something.
    await (this.#iterator ?? asIterator(this.#source))?.return?.();
  }

  #mustBeFree(): void {
    if (this.#waiter === undefined) return;
    throw new SyscallError("EBUSY", `task ${this.#waiter.task.tid} waits for the next of ${this.label}: one at a time`);
  }

  #adopt(task: Task): void {
    task.kernel.adopt(this, task);
    this.#task = task;
  }

  #release(): void {
    this.closed = true;
    this.owner?.disown(this);
    this.owner = this.#task = undefined;
  }

  #begin(): void {
    this.#isStepping = true;
    this.#step().then((outcome) => {
      this.#isStepping = false;
      if (this.closed && this.#waiter === undefined) return; // it was ended: nobody will ask
      if (!this.closed && ("error" in outcome || outcome.step.done)) {
        this.#isOver = true;
        this.#release();
      }
      this.#settle(outcome, () => this.#kept.push(outcome));
    });
  }

  async #step(): Promise<Outcome<T>> {
    try {
      this.#iterator ??= asIterator(this.#source) ?? (this.#source as AsyncIterable<T>)[Symbol.asyncIterator](); // one or the other
      const { done, value } = await this.#iterator.next();
      return { step: done === true ? { done } : { done: false, value } };
    } catch (error) {
      return { error };
    }
  }

  #settle(outcome: Outcome<T>, keep: () => void): void {
    const waiter = this.#waiter;
    this.#waiter = undefined;
    const isTaken =
      waiter !== undefined && ("error" in outcome ? waiter.fail(outcome.error) : waiter.wake(outcome.step));
    if (!isTaken) keep();
  }
}

function asIterator<T>(source: AsyncSource<T>): AsyncIterator<T> | undefined {
  return "next" in source && typeof source.next === "function" ? source : undefined;
}
