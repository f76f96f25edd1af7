// How tasks ended. A living parent's children are remembered until somebody collects them, the latest of all for a
// while longer; both are bounded. A tid beyond that is stale, which is not the same as never given.

import { SyscallError } from "./errors.ts";
import { Ring } from "./queue.ts";

/** The end of a task, exactly one of three. */
export type Exit<T = unknown> =
  | { readonly status: "returned"; readonly value: T }
  | { readonly status: "threw"; readonly error: unknown }
  | {
      readonly status: "killed";
      /** The tid that killed or cancelled it; 0: from outside the kernel. */
      readonly by: number;
      readonly why: string;
      /** True when every `finally` ran to its end and none threw. */
      readonly clean: boolean;
    };

/** The value of an exit. @throws what the task threw; ECANCELED for a killed one */
export function exitValue(exit: Exit, who: string): unknown {
  if (exit.status === "returned") return exit.value;
  if (exit.status === "threw") throw exit.error;
  const whom = exit.by === 0 ? "from outside" : `by task ${exit.by}`;
  throw new SyscallError("ECANCELED", `${who} was killed ${whom}${exit.why === "" ? "" : `: ${exit.why}`}`);
}

/** A remembered end. */
export interface ExitRecord {
  readonly tid: number;
  readonly name: string;
  /** Who spawned it; 0: nobody. */
  readonly parentTid: number;
  readonly exit: Exit;
  /** When, whole ms since the kernel booted. */
  readonly at: number;
}

export class Exits {
  readonly #uncollected = new Map<number, ExitRecord>();
  // Their tids, oldest first, some collected since. The Map alone would do, but finding its first entry after many
  // deletions steps over every hole they left: 30 µs an exit, measured.
  #order = new Ring<number>();
  readonly #recent: ExitRecord[] = [];
  readonly #maxUncollected: number;
  readonly #maxRecent: number;
  #place = 0;

  constructor(maxUncollected: number, maxRecent: number) {
    this.#maxUncollected = maxUncollected;
    this.#maxRecent = maxRecent;
  }

  /**
   * Remembers an end.
   * @param collected true when somebody has been told, so that only the short memory needs it
   */
  add(record: ExitRecord, collected: boolean): void {
    if (this.#maxRecent > 0) {
      this.#recent[this.#place] = record;
      if (++this.#place === this.#maxRecent) this.#place = 0;
    }
    if (collected) return;
    this.#uncollected.set(record.tid, record);
    this.#order.push(record.tid);
    while (this.#uncollected.size > this.#maxUncollected) this.#uncollected.delete(this.#order.shift() ?? 0);
    if (this.#order.size > 2 * this.#uncollected.size + 64) this.#forgetCollected();
  }

  #forgetCollected(): void {
    this.#order = new Ring<number>();
    for (const tid of this.#uncollected.keys()) this.#order.push(tid);
  }

  /** The end of `tid`, if it is still remembered. */
  find(tid: number): ExitRecord | undefined {
    return this.#uncollected.get(tid) ?? this.#recent.find((recent) => recent.tid === tid);
  }

  /** Whether the end of `tid` is kept for somebody who may still ask for it: nobody has been told. For monitors. */
  isUncollected(tid: number): boolean {
    return this.#uncollected.has(tid);
  }

  /** As `find`, and it counts as collected from now on. */
  collect(tid: number): ExitRecord | undefined {
    const record = this.find(tid);
    this.#uncollected.delete(tid);
    return record;
  }

  /** As `Kernel.exitOf`. */
  exitOf(tid: number): Exit {
    const record = this.collect(tid);
    if (record !== undefined) return record.exit;
    throw new SyscallError("ESTALE", `task ${tid} has ended, and its exit is no longer remembered`);
  }

  /** The latest ends, newest first. */
  latest(): ExitRecord[] {
    return [...this.#recent.slice(this.#place), ...this.#recent.slice(0, this.#place)].reverse();
  }
}
