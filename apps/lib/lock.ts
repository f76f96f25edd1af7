// Lock and RLock: one task at a time, first come, first served. Only its owner can release a lock. An owner that ends and
// still has it breaks it, as with POSIX's robust mutexes: who waits and who comes later is told whose end it was, and
// nobody hangs.

import type { Call, Runnable, Syscall, Task, Tid } from "../../kernel/syscall.ts";
import { labelOf, type NameOptions } from "./checked.ts";
import { Hold } from "./hold.ts";
import { AcquireLock, Ownership } from "./ownership.ts";

/**
 * At most one task has it at a time. Who has it cannot acquire it again; see RLock.
 * @throws ENAMETOOLONG for a name over 64 characters
 *
 * ```ts
 * const books = new Lock({ name: "books" });
 * yield* books.hold(transfer(from, to)); // released however the transfer ends
 *
 * yield* books.acquire(); // by hand; or in a Select
 * try {
 *   yield* transfer(from, to);
 * } finally {
 *   books.release();
 * }
 * ```
 */
export class Lock {
  /** What monitors and errors call it: "lock books". */
  readonly label: string;
  /** For conditions. */
  readonly ownership: Ownership;

  constructor(options: NameOptions = {}) {
    this.label = labelOf(this.kind, options.name);
    this.ownership = new Ownership(this.label, this.nests);
  }

  /**
   * Waits for it, runs a program with it, releases it, and gives the program's value. It is released once the program's
   * frames are gone: it returned, threw, was killed or out of time, or its cleanup was dropped.
   * @param program a generator, a routine's call or a single syscall
   * @throws what the program throws; EDEADLK, EOWNERDEAD as `acquire`
   */
  hold<T>(program: Runnable<T>): Call<T> {
    return new Hold(this.acquire(), (task) => this.#releaseHeld(task), program);
  }

  /**
   * Waits until it is the caller's.
   * @throws EDEADLK when it is already; EOWNERDEAD when it is broken
   */
  acquire(): Syscall<void> {
    return new AcquireLock(this.ownership, 1);
  }

  /**
   * Hands it to the task that has waited longest. A plain function: call it in a `finally`.
   * @throws EPERM when it is not the caller's; EOWNERDEAD when it is broken
   */
  release(): void {
    this.ownership.release();
  }

  /**
   * Makes a broken lock a free one. True for the caller that did so, false for all others: what the lock guards may be
   * half done, and is that one caller's to mend, with the lock acquired.
   *
   * ```ts
   * if (error.code === "EOWNERDEAD" && books.repair()) yield* books.hold(recount());
   * ```
   */
  repair(): boolean {
    return this.ownership.repair();
  }

  /** True when its owner has ended and still had it. */
  get isBroken(): boolean {
    return this.ownership.isBroken;
  }

  /** True when it is the caller's: of the task whose turn it is. */
  get isMine(): boolean {
    return this.ownership.isMine;
  }

  /** Whose it is; undefined when it is free. */
  get owner(): Tid | undefined {
    return this.ownership.owner;
  }

  protected get kind(): string {
    return "lock";
  }

  protected get nests(): boolean {
    return false;
  }

  // Broken in the middle of a hold, by somebody to whom a condition's wait had left it: the holder has been told.
  #releaseHeld(task: Task): void {
    if (!this.isBroken) this.ownership.release(task);
  }
}

/**
 * A lock that its owner may acquire again, and has to release as often: for routines that lock and call each other.
 * @throws as Lock
 *
 * ```ts
 * const transfer = routine(function* transfer(from: Account, to: Account, sum: number) {
 *   yield* books.hold(both(withdraw(from, sum), deposit(to, sum))); // each of which holds the books as well
 * });
 * ```
 */
export class RLock extends Lock {
  protected override get kind(): string {
    return "rlock";
  }

  protected override get nests(): boolean {
    return true;
  }
}
