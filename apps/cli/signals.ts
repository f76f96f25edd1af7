// The process's own signals while an app runs. Each goes to the main task first, if that waits for it (`WaitSignal`): it is
// then the app's affair. Else INT, TERM and HUP ask the main task to end and let everything clean up; a second one does not
// wait. USR2 writes what the tasks are doing; USR1 is Node's own. One press of Ctrl-C can arrive twice: the terminal signals its whole process
// group, and npm passes on what it gets; what comes within a moment of the first is therefore the same one.

import process from "node:process";
import type { Exit, Kernel, Observer, Task } from "../../kernel/index.ts";
import { type CatchableSignal, offerSignal } from "../../syscalls/index.ts";
import { signalCode } from "./exit-code.ts";

/** How long the app may take to end after the first signal, ms: 3 s to drain, 1 s for cleanup. */
export const drainMs = 4_000;
/** Within this time Ctrl-C, or npm's TERM, is the one before again, ms. */
const echoMs = 500;

/** What the main task may wait for, by the process's name for it, and whether it comes twice. */
const handled = {
  SIGINT: { name: "INT", isEchoed: true },
  SIGTERM: { name: "TERM", isEchoed: true },
  SIGHUP: { name: "HUP", isEchoed: false },
  SIGUSR2: { name: "USR2", isEchoed: false },
} as const satisfies Record<string, { name: CatchableSignal; isEchoed: boolean }>;
type Handled = keyof typeof handled;
const all = Object.keys(handled) as Handled[]; // its own keys

export class Signals implements Observer {
  /** The signal that asked the app to end. */
  first: NodeJS.Signals | undefined = undefined;
  /** True when a task did not end cleanly after that. */
  wasUnclean = false;
  readonly #kernel: Kernel;
  readonly #now: () => number;
  readonly #dump: () => void;
  /** When each has come last, as no echo. */
  readonly #at = new Map<Handled, number>();
  #firstAt = 0;

  /**
   * Handles signals from now on.
   * @param now the time outside, ms, which may not be the kernel's
   * @param dump writes what the tasks are doing
   */
  constructor(kernel: Kernel, now: () => number, dump: () => void) {
    this.#kernel = kernel;
    this.#now = now;
    this.#dump = dump;
    for (const signal of all) process.on(signal, this.#heed);
  }

  /** Asks the app to end, as SIGTERM does. Twice is once. @param why for the log: "the monitor was left" */
  end(why: string): void {
    if (this.first === undefined && !this.#isTaken("SIGTERM")) this.#begin("SIGTERM", why);
  }

  /** The app is over. A signal now ends the process at once, except for one that is still the first. */
  stop(): void {
    this.#kernel.unobserve(this);
    if (this.first === undefined) for (const signal of all) process.off(signal, this.#heed);
  }

  /** Only plugged in after a signal: every observer slows every trap down. */
  exit(_task: Task, exit: Exit): void {
    if (exit.status === "killed" && !exit.clean) this.wasUnclean = true;
  }

  readonly #heed = (signal: NodeJS.Signals): void => {
    const known = signal as Handled; // it is only called for these
    if (known === "SIGUSR2") {
      if (this.first !== undefined || !this.#isTaken(known)) this.#dump();
    } else if (this.first !== undefined) {
      this.#insist(known);
    } else if (!this.#isEcho(known) && !this.#isTaken(known)) {
      this.#begin(known, signal);
    }
  };

  #begin(signal: Handled, why: string): void {
    this.first = signal;
    this.#firstAt = this.#now();
    this.#kernel.log("info", 0, `${why}: ending; a second signal quits without cleanup`);
    this.#kernel.addObserver(this);
    this.#kernel.terminate(why, drainMs);
  }

  // What the main task waits for counts no more: who is asked to end and does not can still be made to.
  #insist(signal: Handled): void {
    if (this.#now() - this.#firstAt < echoMs) return;
    process.stderr.write(`yieldix: a second signal, ${signal}: quitting without cleanup\n`);
    process.exit(signalCode(signal));
  }

  #isEcho(signal: Handled): boolean {
    const [now, before] = [this.#now(), this.#at.get(signal) ?? Number.NEGATIVE_INFINITY];
    if (handled[signal].isEchoed && now - before < echoMs) return true;
    this.#at.set(signal, now);
    return false;
  }

  #isTaken(signal: Handled): boolean {
    const { main } = this.#kernel;
    return main !== undefined && offerSignal(main, handled[signal].name);
  }
}
