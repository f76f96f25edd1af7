// Where the shell's lines come from: a terminal, with a line editor, a history and completion; a pipe or a file; or one line
// alone. Between two lines the terminal is the shell's no more: what is in front has it.

import process from "node:process";
import { createInterface, type Interface } from "node:readline";
import type { Program } from "../../../kernel/syscall.ts";
import { Await, OpenStdin, Select, WaitSignal } from "../../../syscalls/index.ts";
import { type Lines, lines, Reader } from "../../lib/index.ts";
import { ClientError } from "../client-error.ts";
import { signalCode } from "../exit-code.ts";
import type { History } from "./history.ts";

/** Lines, one after the other. */
export interface LineSource {
  /** Whether somebody sits there: then there is a prompt, and news of jobs. */
  readonly isTerminal: boolean;
  /** The next line; undefined at the end. */
  next(prompt: string): Program<string | undefined>;
}

/** Keys that are for what is in front. Ctrl-C is a signal, and comes as one. */
export interface Keys {
  /** Whether the terminal shows them, "^C" and "^Z", where the cursor is: what follows begins on a line of its own. */
  readonly areShown: boolean;
  /** Ctrl-Z, from now on until `end`; else it stops this process. */
  listen(): Presses;
}

export interface Presses {
  /** Settles when Ctrl-Z was pressed, also if that was before. */
  readonly stop: Promise<void>;
  end(): void;
}

/** Ctrl-Z of the terminal of this process. */
export const terminalKeys: Keys = {
  areShown: true,
  listen() {
    let pressed = (): void => {};
    const stop = new Promise<void>((resolve) => {
      pressed = resolve;
    });
    process.on("SIGTSTP", pressed);
    return { stop, end: () => process.off("SIGTSTP", pressed) };
  },
};

/** Nobody presses keys. */
export const noKeys: Keys = { areShown: false, listen: () => ({ stop: new Promise(() => {}), end: () => {} }) };

/** Lines that are known already. */
export class GivenLines implements LineSource {
  readonly isTerminal = false;
  readonly #lines: string[];

  constructor(given: readonly string[]) {
    this.#lines = [...given];
  }

  *next(): Program<string | undefined> {
    return this.#lines.shift();
  }
}

/** The lines of standard input. */
export class PipedLines implements LineSource {
  readonly isTerminal = false;
  #lines: Lines | undefined = undefined;

  *next(): Program<string | undefined> {
    this.#lines ??= lines(new Reader(yield* new OpenStdin()));
    const { key, value } = yield* new Select({ line: this.#lines.next(), interrupt: new WaitSignal("INT") });
    if (key === "interrupt") throw new ClientError(signalCode("SIGINT"), "interrupted");
    return value.done ? undefined : value.value;
  }
}

/** Lines that are typed at the terminal of this process. */
export class TypedLines implements LineSource {
  readonly isTerminal = true;
  readonly #history: History;
  readonly #complete: (line: string) => [string[], string];
  /** Lines that came together with one that was asked for, as when several are pasted, and the rest of an unfinished one. */
  readonly #ahead: string[] = [];
  #rest = "";

  constructor(history: History, complete: (line: string) => [string[], string]) {
    this.#history = history;
    this.#complete = complete;
  }

  *next(prompt: string): Program<string | undefined> {
    const line = this.#ahead.shift() ?? (yield* new Await((signal) => this.#ask(prompt, signal)));
    if (line !== undefined) this.#history.add(line);
    return line;
  }

  // An editor for each line: in between the terminal is as it was, so that Ctrl-C and Ctrl-Z are signals.
  async #ask(prompt: string, signal: AbortSignal): Promise<string | undefined> {
    const editor = createInterface({
      input: process.stdin,
      output: process.stdout,
      prompt,
      history: this.#history.newestFirst,
      historySize: 1_000,
      completer: this.#complete,
      tabSize: 8,
    });
    try {
      return await this.#lineOf(editor, signal);
    } finally {
      this.#rest = editor.line;
      editor.close();
    }
  }

  #lineOf(editor: Interface, signal: AbortSignal): Promise<string | undefined> {
    return new Promise((resolve) => {
      editor.on("line", (line) => this.#ahead.push(line));
      editor.once("line", () => resolve(this.#ahead.shift()));
      editor.once("close", () => resolve(undefined));
      // Ctrl-C forgets the line, as in any shell.
      editor.on("SIGINT", () => {
        editor.write(null, { ctrl: true, name: "e" });
        process.stdout.write("^C\n");
        editor.write(null, { ctrl: true, name: "u" });
        editor.prompt();
      });
      signal.addEventListener("abort", () => editor.close(), { once: true });
      editor.prompt();
      if (this.#rest !== "") editor.write(this.#rest);
    });
  }
}
