// A line that says how far something is, on the terminal while it runs, and gone when it is over, however that comes.

import type { Terminal } from "../../kernel/machine/host-parts.ts";
import { Call, type Program, type Runnable, type Task } from "../../kernel/syscall.ts";
import { printableLines } from "../../kernel/text.ts";
import { framed } from "../../syscalls/frame.ts";
import { GetTerminal, Group, Sleep } from "../../syscalls/index.ts";
import { soleError } from "./sole-error.ts";
import { cut } from "./text-width.ts";

const everyMs = 100;
/** What is left free of a line: its last cell, after which some terminals go on to the next. */
const spareCells = 1;

/**
 * Runs a program, gives its value, and shows meanwhile, below all that is printed, a line on the terminal that stderr is:
 * anew ten times a second, cut to the width, and taken away at the end, whether the program returns, throws or is killed.
 * Where stderr is no terminal it runs the program and does nothing else. Its timer never rests, so while it is shown a
 * deadlock of the program does not end the run: a monitor shows it.
 * @param line makes the line, or a few, of what the program has noted so far; it may hold text from outside. One that throws ends
 * the program as a failed member ends its group
 * @param program a generator, a routine's call or a syscall
 * @throws what the program throws
 *
 * ```ts
 * let pages = 0;
 * yield* progress(() => `${progressBar(pages / 500, 20)} ${pages} of 500 pages`, crawl(() => pages++));
 * ```
 */
export function progress<T>(line: () => string, program: Runnable<T>): Progress<T> {
  return new Progress(line, program);
}

/** What `progress` gives: to be yielded. */
export class Progress<T> extends Call<T> {
  override readonly label: string = "progress";
  readonly #line: () => string;
  readonly #program: Runnable<T>;
  #terminal: Terminal | undefined = undefined;

  constructor(line: () => string, program: Runnable<T>) {
    super();
    this.#line = line;
    this.#program = program;
  }

  override enter(): Program<T> {
    return this.#shown();
  }

  /** However its frame ends. */
  override leave(_task: Task): void {
    this.#terminal?.showStatus("");
  }

  *#shown(): Program<T> {
    const [line, program] = [this.#line, this.#program];
    const terminal = yield* new GetTerminal("stderr");
    if (terminal === undefined) return yield* framed(program, "shown");
    this.#terminal = terminal;
    try {
      return yield* new Group<T>(function* (members) {
        yield* members.spawnDaemon(drawn(terminal, line), "progress");
        return yield* framed(program, "shown");
      });
    } catch (error) {
      throw soleError(error); // as without a terminal
    }
  }
}

// What is over at once is not shown.
function* drawn(terminal: Terminal, line: () => string): Program<never> {
  for (;;) {
    yield* new Sleep(everyMs);
    terminal.showStatus(fitted(line(), terminal));
  }
}

function fitted(text: string, { columns, rows }: Terminal): string {
  const lines = printableLines(text, Number.POSITIVE_INFINITY).split("\n");
  return lines
    .slice(-Math.max(1, rows - 1)) // the last are kept: there the bar is
    .map((line) => cut(line, columns - spareCells))
    .join("\n");
}

/**
 * "[=====>    ]": a share of a width.
 * @param share from 0 to 1; what is beyond is taken for the nearer of them, and NaN for 0
 * @param cells of the terminal, with the brackets; under 3 there is no bar
 */
export function progressBar(share: number, cells: number): string {
  const room = Math.floor(cells) - 2;
  if (!(room >= 1)) return "";
  const done = Math.floor(room * Math.min(1, Math.max(0, share || 0)));
  const head = done === 0 || done === room ? "" : ">";
  return `[${"=".repeat(done - head.length)}${head}${" ".repeat(room - done)}]`;
}
