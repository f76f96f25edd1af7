// The wait for a line: looks at once, reads on while there is more, and then looks again now and then, by the kernel's timers.

import { type Answer, type Kernel, Syscall, type Task, type Wait, type Waiter } from "../kernel/syscall.ts";
import type { Timed } from "../kernel/timers.ts";
import type { FileLines } from "./file-lines.ts";
import type { Step } from "./next.ts";
import { mustBeAsynchronous } from "./outside.ts";

/** Made by `lines.next()`. */
export class NextFileLine extends Syscall<Step<string>> implements Wait<Step<string>> {
  readonly verb = "read";
  readonly lines: FileLines;
  /** For FileLines: the line's place among all that were granted. */
  order = 0;

  constructor(lines: FileLines) {
    super();
    this.lines = lines;
  }

  get object(): string {
    return this.lines.label;
  }

  get outside(): boolean {
    return true;
  }

  override get family(): string {
    return "file";
  }

  override handle(task: Task, kernel: Kernel): Answer<Step<string>> {
    mustBeAsynchronous(kernel, "a file cannot be read");
    return task.block<Step<string>>(this, (waiter) => {
      const look = new Look(this, waiter, kernel);
      this.lines.begin(look);
      look.expire();
      return () => look.end();
    });
  }

  giveBack(step: Step<string>): void {
    this.lines.takeBack(step, this.order);
  }
}

/** One wait: a look, and the timer of the next. */
export class Look implements Timed {
  readonly #wait: NextFileLine;
  readonly #waiter: Waiter<Step<string>>;
  readonly #kernel: Kernel;
  #isOver = false;
  timer = -1;

  constructor(wait: NextFileLine, waiter: Waiter<Step<string>>, kernel: Kernel) {
    this.#wait = wait;
    this.#waiter = waiter;
    this.#kernel = kernel;
  }

  /** True once nobody waits any more. */
  get isOver(): boolean {
    return this.#isOver;
  }

  end(): void {
    this.#isOver = true;
    if (this.timer >= 0) this.#kernel.timers.cancel(this);
  }

  fail(error: unknown): void {
    if (this.#isOver) return;
    this.end();
    this.#waiter.fail(error);
  }

  /** It is time to look. */
  expire(): void {
    this.#look().catch((error: unknown) => this.fail(error));
  }

  async #look(): Promise<void> {
    const { lines } = this.#wait;
    while (!lines.serve(this.#wait, this.#waiter)) {
      const isMore = await lines.fill();
      if (this.#isOver) return;
      if (isMore) continue;
      this.#kernel.timers.set(this.#kernel.clock() + lines.pollMs, this);
      this.#kernel.machine.interrupt(); // the poll under way knows nothing of this timer
      return;
    }
    this.end();
  }
}
