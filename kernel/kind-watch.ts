// What each kind of syscall costs while somebody watches: errors, waits, and a sample of the time in its handlers. Calls are
// counted always, by the trace; here are only differences of that.

import type { Trace } from "./observer.ts";
import { Syscall } from "./syscall.ts";
import { Times } from "./times.ts";

/** A class of syscalls. */
export interface KindWatch {
  readonly name: string;
  /** As a pledge names it; "" where it cannot be told. */
  readonly family: string;
  /** Since boot. */
  readonly calls: number;
  /** In the last window. */
  readonly windowCalls: number;
  /** Errors thrown into callers by its handler or by a failed wake, since the watch began. */
  readonly errors: number;
  /** Waits that have ended, in whatever way. */
  readonly blocked: Times;
  /** Time in its handlers since the watch began, ms: the mean of those that were timed, times the calls. */
  readonly kernelMs: number;
  /** As `kernelMs`, in the last window. */
  readonly windowKernelMs: number;
  /** Tasks that wait in it now. */
  readonly inside: number;
}

class Kind {
  errors = 0;
  readonly blocked: Times = new Times();
  timed = 0;
  timedMs = 0;
  /** Calls before the watch began, before the window under way, and in the last window. */
  callsBefore = 0;
  callsAtTick = 0;
  windowCalls = 0;
}

export class Kinds {
  readonly #trace: Trace;
  readonly #kinds: Kind[] = [];

  constructor(trace: Trace) {
    this.#trace = trace;
    for (const [kind, { calls }] of trace.kinds().entries()) {
      const made = this.#of(kind);
      made.callsBefore = made.callsAtTick = calls;
    }
  }

  failed(kind: number): void {
    this.#of(kind).errors++;
  }

  blocked(kind: number, ms: number): void {
    this.#of(kind).blocked.record(ms);
  }

  timed(kind: number, ms: number): void {
    const timed = this.#of(kind);
    timed.timed++;
    timed.timedMs += ms;
  }

  /** A window is over. */
  tick(): void {
    for (const [kind, { calls }] of this.#trace.kinds().entries()) {
      const closed = this.#of(kind);
      closed.windowCalls = calls - closed.callsAtTick;
      closed.callsAtTick = calls;
    }
  }

  /** Forgets errors, times and waits. */
  reset(): void {
    for (const [kind, { calls }] of this.#trace.kinds().entries()) {
      const { callsAtTick, windowCalls } = this.#of(kind);
      this.#kinds[kind] = Object.assign(new Kind(), { callsBefore: calls, callsAtTick, windowCalls });
    }
  }

  /** @param inside how many tasks wait in each kind, by its number */
  all(inside: readonly number[]): KindWatch[] {
    return this.#trace.kinds().map(({ name, made, calls }, kind) => {
      const { errors, blocked, timed, timedMs, callsBefore, windowCalls } = this.#of(kind);
      const meanMs = timed === 0 ? 0 : timedMs / timed;
      return {
        name,
        family: familyOf(made),
        calls,
        windowCalls,
        errors,
        blocked,
        kernelMs: meanMs * (calls - callsBefore),
        windowKernelMs: meanMs * windowCalls,
        inside: inside[kind] ?? 0,
      };
    });
  }

  #of(kind: number): Kind {
    let found = this.#kinds[kind];
    if (found === undefined) {
      found = new Kind();
      this.#kinds[kind] = found;
    }
    return found;
  }
}

// Of the class, where mostly nothing of an object is needed; of another copy of this package it is not known.
function familyOf(made: unknown): string {
  try {
    const { prototype } = made as { readonly prototype: unknown }; // undefined throws, and has none
    return prototype instanceof Syscall ? String(prototype.family) : "";
  } catch {
    return ""; // a getter that needs an object, or throws
  }
}
