// `yieldix run --monitor`: the viewer as a child process in the same terminal. Whoever leaves it ends the app; should it
// break, the app goes on in the plain terminal. It is gone, and the terminal whole, before the process says its last words.

import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import { NodeMachine } from "../../kernel/machine/node.ts";
import type { CapturedOutput } from "./capture.ts";

/** How long the viewer may take to restore the terminal, ms. */
const leaveMs = 2_000;
/** The same where the process ends at once and can wait for nobody, ms. */
const hastyMs = 150;

export interface MonitorOptions {
  /** The socket of the kernel to be watched. */
  readonly path: string;
  /** What the viewer's screen is kept free from. */
  readonly output: CapturedOutput;
  /** The user has left it. */
  readonly left: () => void;
}

export class Monitor {
  /** Resolves when it is over, however that came. */
  readonly gone: Promise<void>;
  readonly #child: ChildProcess;
  readonly #output: CapturedOutput;
  readonly #left: () => void;
  #isOver = false;
  #isEnding = false;

  /** Starts it. It has the terminal from now on. */
  constructor({ path, output, left }: MonitorOptions) {
    this.#output = output;
    this.#left = left;
    const command = [...loaderOptions(), process.argv[1] ?? "", "top", "--owner", path];
    this.#child = spawn(process.execPath, command, { stdio: "inherit" });
    this.gone = new Promise((resolve) => {
      this.#child.once("error", (error) => resolve(this.#ended(`could not be started: ${error.message}`)));
      this.#child.once("exit", (code, signal) => resolve(this.#ended(endText(code, signal))));
    });
    process.on("exit", this.#hasten);
  }

  /** Ends it, and waits until the terminal is whole. Twice is once. */
  async end(): Promise<void> {
    this.#isEnding = true;
    if (!this.#isOver) {
      this.#child.kill("SIGTERM");
      const clock = new NodeMachine();
      await Promise.race([this.gone, new Promise((over) => clock.poll(leaveMs, over))]);
      clock.close();
      if (!this.#isOver) this.#child.kill("SIGKILL");
    }
    process.off("exit", this.#hasten);
    this.#output.release();
  }

  /** @param trouble how it ended, in words; undefined: the user has left it */
  #ended(trouble: string | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#output.release();
    if (this.#isEnding) return;
    if (trouble === undefined) this.#left();
    else process.stderr.write(`yieldix: the monitor ${trouble}; the app goes on without it\n`);
  }

  // Its end cannot be waited for: it is given a moment, and what was kept is then written in any case.
  readonly #hasten = (): void => {
    if (!this.#isOver && this.#child.kill("SIGTERM")) {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, hastyMs);
    }
    this.#output.release();
  };
}

function endText(code: number | null, signal: NodeJS.Signals | null): string | undefined {
  if (code === 0) return undefined;
  return signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`;
}

// How this process loads TypeScript, and nothing that is about debugging it.
function loaderOptions(): string[] {
  return process.execArgv.filter((option) => !/^--(inspect|watch|cpu-prof|heap-prof|prof)/.test(option));
}
