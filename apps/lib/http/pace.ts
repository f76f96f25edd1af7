// How long the other end of a connection is waited for: not for ever at once, and not for ever bit by bit.

import type { Call, Program, Syscall } from "../../../kernel/syscall.ts";
import { routine } from "../../../kernel/syscall.ts";
import { GetTime, Timeout } from "../../../syscalls/index.ts";

export class Pace {
  readonly #onceMs: number;
  readonly #bytesPerSecond: number;
  #waitedMs = 0;

  /**
   * @param onceMs how long it may do nothing, milliseconds
   * @param bytesPerSecond at least, over all the time that it was waited for beyond the first `onceMs`
   */
  constructor(onceMs: number, bytesPerSecond: number) {
    this.#onceMs = onceMs;
    this.#bytesPerSecond = bytesPerSecond;
  }

  /**
   * Waits, if it may take as long.
   * @param bytes that it has given or taken so far
   * @throws ETIMEDOUT when it is too slow; what the program throws
   */
  wait<T>(program: Call<T> | Syscall<T>, bytes: number): Call<T> {
    return waited(this, program, bytes) as Call<T>; // routines are not generic
  }

  /** How long it may still take, ms. */
  left(bytes: number): number {
    const earnedMs = (1_000 * bytes) / this.#bytesPerSecond;
    return Math.min(this.#onceMs, Math.max(0, this.#onceMs + earnedMs - this.#waitedMs));
  }

  /** It has been waited for. */
  spend(ms: number): void {
    this.#waitedMs += ms;
  }
}

const waited = routine(function* waited(
  pace: Pace,
  program: Call<unknown> | Syscall<unknown>,
  bytes: number,
): Program<unknown> {
  const since = yield* new GetTime();
  const value = yield* new Timeout(pace.left(bytes), program);
  pace.spend((yield* new GetTime()) - since);
  return value;
});
