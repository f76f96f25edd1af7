// Every way this process can end while the screen is up, the terminal restored first: signals, which then end it as if
// nobody had listened, so that a shell sees 129, 130, 131 or 143; exceptions, whose report by Node comes after; `exit`.
// And stopping: Ctrl-Z, SIGTSTP, and being continued by SIGCONT.

import process from "node:process";

/** What is restored. */
export interface Restored {
  /** Synchronously, and once. */
  close(): void;
  suspend(): void;
  resume(): void;
}

const deadly = ["SIGTERM", "SIGHUP", "SIGQUIT", "SIGINT"] as const;
/** Where nobody could continue us, a stop is refused by the system: we go on by ourselves, ms. */
const refusedMs = 100;

export class Endings {
  readonly #screen: Restored;
  readonly #lastWords: () => string;
  #isOver = false;

  /** @param lastWords what stays visible below the prompt when the screen has gone: a line, or "" */
  constructor(screen: Restored, lastWords: () => string) {
    this.#screen = screen;
    this.#lastWords = lastWords;
    for (const signal of deadly) process.on(signal, this.#die);
    process.on("uncaughtExceptionMonitor", this.close);
    process.on("exit", this.close);
    process.on("SIGTSTP", this.#stopped);
    process.on("SIGCONT", this.#continued);
  }

  /** Restores the terminal, says the last words, and listens no more. */
  readonly close = (): void => {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const signal of deadly) process.off(signal, this.#die);
    process.off("uncaughtExceptionMonitor", this.close);
    process.off("exit", this.close);
    process.off("SIGTSTP", this.#stopped);
    process.off("SIGCONT", this.#continued);
    this.#screen.close();
    const words = this.#lastWords();
    if (words !== "") process.stderr.write(`${words}\n`);
  };

  /** Stops this job, as Ctrl-Z does where the terminal is not raw: all of its process group. */
  stop(): void {
    this.#stop(0);
  }

  readonly #die = (signal: NodeJS.Signals): void => {
    this.close();
    process.kill(process.pid, signal);
  };

  readonly #stopped = (): void => this.#stop(process.pid);

  #stop(whom: number): void {
    this.#screen.suspend();
    process.off("SIGTSTP", this.#stopped);
    process.kill(whom, "SIGTSTP");
    setTimeout(this.#continued, refusedMs);
  }

  readonly #continued = (): void => {
    if (this.#isOver) return;
    process.off("SIGTSTP", this.#stopped);
    process.on("SIGTSTP", this.#stopped);
    this.#screen.resume();
  };
}
