// Barrier: a number of tasks wait for each other, again and again. One that leaves while it waits will not come back to
// be counted, so that the others would wait for ever: it breaks the barrier for them, as a time-out does to Python's.

import { type Answer, type Kernel, type Syscall, SyscallError, type Task } from "../../kernel/syscall.ts";
import { Park, WaitQueue } from "../../syscalls/index.ts";
import { checkedCount, labelOf, type NameOptions } from "./checked.ts";

/**
 * Lets its parties through when all of them have come, and is then ready for the next time.
 *
 * ```ts
 * const step = new Barrier(4, { name: "step" });
 * for (;;) {
 *   compute(part);
 *   if ((yield* step.wait()) === 3) exchangeEdges(); // one of the four
 * }
 * ```
 */
export class Barrier {
  /** What monitors and errors call it: "barrier step". */
  readonly label: string;
  readonly parties: number;
  readonly #line: WaitQueue<number>;
  #broken: string | undefined = undefined;

  /**
   * @param parties how many tasks meet, at least 1
   * @throws EINVAL for what is no such number; ENAMETOOLONG for a name over 64 characters
   */
  constructor(parties: number, options: NameOptions = {}) {
    this.label = labelOf("barrier", options.name);
    this.parties = checkedCount(parties, `parties of ${this.label}`, 1, Number.MAX_SAFE_INTEGER);
    this.#line = new WaitQueue("wait at", () => `${this.label} (${this.#line.size} of ${parties} have come)`);
  }

  /** How many wait at it. */
  get waiting(): number {
    return this.#line.size;
  }

  get isBroken(): boolean {
    return this.#broken !== undefined;
  }

  /**
   * Waits until all have come, and answers with how many had come before: 0 for the first, `parties` - 1 for the last.
   * A Select's branch that is not taken has left.
   * @throws EPIPE when it is or gets broken: another one left (killed, cancelled, out of time), or it was reset
   */
  wait(): Syscall<number> {
    return new WaitBarrier(this, this.#line);
  }

  /** Makes it as new. Those that wait at it get EPIPE. Callable from anywhere. */
  reset(): void {
    this.#line.refuseAll(() => this.#refusal("was reset"));
    this.#broken = undefined;
  }

  /** For those that meet: true when the one that comes now is the last. @throws EPIPE */
  isLast(): boolean {
    if (this.#broken !== undefined) throw this.#refusal(this.#broken);
    return this.#line.size === this.parties - 1;
  }

  /** For those that meet: lets through all that wait. */
  open(): void {
    const line = this.#line;
    const waits = [...line];
    // All out of the line first: whoever stands in it twice, by a Select, has not left it when one of the two is answered.
    for (const wait of waits) line.leave(wait);
    for (const [place, wait] of waits.entries()) wait.waiter?.wake(place);
  }

  /** For those that meet: one will not come any more. */
  breakFor(task: Task | undefined): void {
    this.#broken ??= `is broken: task ${task?.tid} ${task?.name} left it before all had come; see reset()`;
    const why = this.#broken;
    this.#line.refuseAll(() => this.#refusal(why));
  }

  #refusal(why: string): SyscallError {
    return new SyscallError("EPIPE", `${this.label} ${why}`);
  }
}

class WaitBarrier extends Park<number> {
  readonly #barrier: Barrier;

  constructor(barrier: Barrier, line: WaitQueue<number>) {
    super(line);
    this.#barrier = barrier;
  }

  override handle(task: Task, kernel: Kernel): Answer<number> {
    const barrier = this.#barrier;
    if (!barrier.isLast()) return super.handle(task, kernel);
    barrier.open();
    return barrier.parties - 1;
  }

  override joined(): void {
    if (this.queue.size === this.#barrier.parties) this.#barrier.open();
  }

  override left(): void {
    this.#barrier.breakFor(this.waiter?.task);
  }

  /** All had come: that one of them ends before it hears of it changes nothing. */
  override giveBack(): void {}
}
