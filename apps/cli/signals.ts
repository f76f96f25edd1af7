// SIGINT and SIGTERM while an app runs. The first asks the main task to end and lets everything clean up; the second
// does not wait. One press of Ctrl-C can arrive twice: the terminal signals its whole process group, and npm passes on
// what it gets; what comes within a moment of the first is therefore the same one.

import process from "node:process";
import type { Exit, Kernel, Observer, Task } from "../../kernel/index.ts";
import { signalCode } from "./exit-code.ts";

/** How long the app may take to end after the first signal, ms: 3 s to drain, 1 s for cleanup. */
export const drainMs = 4_000;
/** Within this time a signal is the first one again, ms. */
const echoMs = 250;
const handled = ["SIGINT", "SIGTERM"] as const;

export class Signals implements Observer {
  /** The signal that asked the app to end. */
  first: NodeJS.Signals | undefined = undefined;
  /** True when a task did not end cleanly after that. */
  wasUnclean = false;
  readonly #kernel: Kernel;
  readonly #now: () => number;
  #firstAt = 0;

  /**
   * Handles signals from now on.
   * @param now the time outside, ms, which may not be the kernel's
   */
  constructor(kernel: Kernel, now: () => number) {
    this.#kernel = kernel;
    this.#now = now;
    for (const signal of handled) process.on(signal, this.#heed);
  }

  /** The app is over. A signal now ends the process at once, except for one that is still the first. */
  stop(): void {
    this.#kernel.unobserve(this);
    if (this.first === undefined) for (const signal of handled) process.off(signal, this.#heed);
  }

  /** Only plugged in after a signal: every observer slows every trap down. */
  exit(_task: Task, exit: Exit): void {
    if (exit.status === "killed" && !exit.clean) this.wasUnclean = true;
  }

  readonly #heed = (signal: NodeJS.Signals): void => {
    if (this.first !== undefined) {
      if (this.#now() - this.#firstAt < echoMs) return;
      process.stderr.write(`yieldix: a second signal, ${signal}: quitting without cleanup\n`);
      process.exit(signalCode(signal));
    }
    this.first = signal;
    this.#firstAt = this.#now();
    this.#kernel.log("info", 0, `${signal}: ending; a second signal quits without cleanup`);
    this.#kernel.addObserver(this);
    this.#kernel.terminate(signal, drainMs);
  };
}
