// Select: wait for several things at once, take the first. Go's select and Erlang's receive in one: it takes any syscalls,
// those of your own included, because it asks no more of them than the gate does.

import type { Branch, Settled } from "../kernel/branch.ts";
import {
  type Answer,
  brandOf,
  type Kernel,
  Syscall,
  SyscallError,
  type Task,
  type Tid,
  type Wait,
  type Waiter,
  type Yieldable,
} from "../kernel/syscall.ts";

/** What to wait for, by names of your choice. */
export type Branches = Readonly<Record<string, Syscall<unknown>>>;

/** Which branch it was, and what it was answered: a union to switch on by `key`. */
export type Selected<B extends Branches> = {
  [K in keyof B & string]: { readonly key: K; readonly value: B[K] extends Yieldable<infer T> ? T : never };
}[keyof B & string];

const maxBranches = 1_024;
const shownBranches = 8;

/**
 * Waits until the first of several syscalls is answered, undoes the others, and answers with the name and the answer of
 * that one. They are asked in the order of their names' first mention: of several that could be answered at once the
 * first is, and those after it are not even asked. At most one takes effect: no item is taken, no lock held, nothing
 * received by the others. An error of a branch is thrown here.
 *
 * To wait for programs rather than syscalls, see Race; for a deadline alone, Timeout.
 * @throws EINVAL for no branch at all or more than 1,024; TypeError for what is no syscall or was used before; what a
 * branch throws
 *
 * ```ts
 * const first = yield* new Select({ line: input.next(), quit: quit.wait(), idle: new Sleep(60_000) });
 * switch (first.key) {
 *   case "line":
 *     yield* handle(first.value); // typed by its branch
 *     break;
 *   default:
 *     return;
 * }
 * ```
 */
export class Select<const B extends Branches> extends Syscall<Selected<B>> implements Wait<Selected<B>> {
  readonly #branches: B;
  readonly #names: readonly string[];
  /** The waits that the branches described, in order. */
  #waits: Branch[] = [];
  /** What may want back the answer that was taken. */
  #winner: object | undefined = undefined;

  constructor(branches: B) {
    super();
    const names = Object.keys(branches);
    if (names.length === 0 || names.length > maxBranches) {
      throw new SyscallError("EINVAL", `Select: ${names.length} branches, give 1 to ${maxBranches}`);
    }
    for (const name of names) {
      if (brandOf(branches[name]) !== "syscall") {
        throw new TypeError(`Select: branch ${name} is no syscall: for a program use Race, or a task and its Join`);
      }
    }
    this.#branches = branches;
    this.#names = names;
  }

  get verb(): string {
    return "select";
  }

  get object(): string {
    const shown = this.#waits.slice(0, shownBranches).map(({ wait }, place) => {
      return `${this.#names[place]}: ${wait.verb} ${wait.object}`.trimEnd();
    });
    const rest = this.#names.length - shown.length;
    return shown.join(", ") + (rest > 0 ? `, … and ${rest} more` : "");
  }

  get outside(): boolean {
    return this.#waits.some(({ wait }) => wait.outside === true);
  }

  holders(): readonly Tid[] {
    return [...new Set(this.#waits.flatMap(({ wait }) => wait.holders?.() ?? []))];
  }

  /** The waits it consists of. */
  parts(): readonly Wait<unknown>[] {
    return this.#waits.map(({ wait }) => wait);
  }

  override get family(): string {
    return "self";
  }

  override handle(task: Task, kernel: Kernel): Answer<Selected<B>> {
    for (const key of this.#names) {
      const syscall = this.#branches[key] as Syscall<unknown>; // one of its own names
      const offered = kernel.offer(task, syscall);
      if (offered.branch === undefined) {
        this.#winner = syscall;
        this.#waits = [];
        return selected(key, offered.answer);
      }
      this.#waits.push(offered.branch);
    }
    return task.block<Selected<B>>(this, (waiter) => {
      this.#arm(waiter);
      return () => this.#undo();
    });
  }

  giveBack({ value }: Selected<B>): void {
    (this.#winner as Partial<Wait<unknown>> | undefined)?.giveBack?.(value); // a syscall may have one without being a Wait
  }

  untold(error: unknown): void {
    (this.#winner as Partial<Wait<unknown>> | undefined)?.untold?.(error); // as above
  }

  #arm(waiter: Waiter<Selected<B>>): void {
    try {
      for (const [place, branch] of this.#waits.entries()) {
        branch.arm((settled) => this.#settle(waiter, place, settled));
        if (this.#winner !== undefined) return; // answered while it was being armed
      }
    } catch (error) {
      this.#undo();
      throw error;
    }
  }

  #settle(waiter: Waiter<Selected<B>>, place: number, settled: Settled): boolean {
    const branch = this.#waits[place] as Branch; // armed as such
    const isTaken =
      "error" in settled
        ? waiter.fail(settled.error)
        : waiter.wake(selected<B>(this.#names[place] as string, settled.answer)); // a name for each wait
    if (!isTaken) return false;
    this.#winner = branch.wait;
    for (const other of this.#waits) if (other !== branch) other.undo();
    return true;
  }

  #undo(): void {
    for (const branch of this.#waits) branch.undo();
  }
}

function selected<B extends Branches>(key: string, value: unknown): Selected<B> {
  return { key, value } as unknown as Selected<B>; // the branch of that name is answered with its own type
}
