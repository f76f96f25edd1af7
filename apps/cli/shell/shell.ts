// `yieldix sh`: reads lines, and does what each says: an app of the kernel, in front or with "&", a command about the kernel,
// or one of the shell's own. A line that fails says why, and the next one is read.

import type { Program } from "../../../kernel/syscall.ts";
import { printable } from "../../../kernel/text.ts";
import { NewTask } from "../../../syscalls/index.ts";
import type { ControlPort } from "../../control/protocol.ts";
import { padded } from "../../lib/text-width.ts";
import { UsageError } from "../../lib/usage.ts";
import { type Look, writeLines } from "../client-program.ts";
import { ClientCode } from "../exit-code.ts";
import { failureOf } from "../failure.ts";
import { askFault, isGone } from "../faults.ts";
import { AppJobs } from "./apps.ts";
import { build, listBuiltins, takesTids } from "./builtins.ts";
import type { Sources } from "./completion.ts";
import { waitForCommand } from "./front.ts";
import type { Keys, LineSource } from "./source.ts";
import { type Line, readWords } from "./words.ts";

export interface ShellOptions {
  readonly port: ControlPort;
  readonly look: Look;
  readonly source: LineSource;
  readonly keys: Keys;
  /** Of the kernel, for the prompt. */
  readonly name: string;
  /** Says what went wrong; the text ends in a line break. */
  readonly complain: (text: string) => void;
  /** The folder that paths are relative to. */
  readonly folder: string;
}

/** A command of the shell's own. */
interface Own {
  readonly text: string;
  readonly do: (args: readonly string[]) => Program<number>;
}

/** Tids that completion knows. */
const maxTids = 1_000;

export class Shell {
  readonly #options: ShellOptions;
  readonly #apps: AppJobs;
  readonly #builtins = listBuiltins();
  readonly #own: ReadonlyMap<string, Own>;
  #tids: readonly number[] = [];
  #code: number = ClientCode.done;
  #isOver = false;

  constructor(options: ShellOptions) {
    this.#options = options;
    this.#apps = new AppJobs(options);
    const apps = this.#apps;
    this.#own = new Map<string, Own>([
      ["jobs", { text: "list the apps that were started here", do: () => apps.list() }],
      ["fg", { text: "bring an app to the front: fg, fg %1, fg 31", do: (args) => apps.bringToFront(args) }],
      ["bg", { text: "let a stopped app go on in the background", do: (args) => apps.goOn(args) }],
      ["wait", { text: "until apps have ended: wait, wait %1 31; Ctrl-C leaves them", do: (args) => this.#wait(args) }],
      ["help", { text: "this list; <command> --help tells more", do: () => this.#help() }],
      ["exit", { text: "leave; apps go on (also Ctrl-D)", do: (args) => this.#exit(args) }],
    ]);
  }

  /** Obeys lines until their end or `exit`; answers with the exit code of the last one. */
  *run(): Program<number> {
    const { source, name } = this.#options;
    const prompt = `${printable(name, 32)}> `;
    while (!this.#isOver) {
      if (source.isTerminal) yield* this.#guarded(() => this.#freshen());
      const line = yield* source.next(prompt);
      if (line === undefined) break;
      yield* this.#guarded(() => this.#obey(line));
    }
    return this.#code;
  }

  /** What completion needs beside files. */
  get sources(): Omit<Sources, "files"> {
    const options = [...this.#builtins].map(([name, { options }]): [string, readonly string[]] => [name, options]);
    const own = [...this.#own.keys()].map((name): [string, readonly string[]] => [name, []]);
    const jobs = this.#apps.jobs.all.map(({ number }) => `%${number}`);
    return { commands: new Map([...options, ...own]), takesTids, tids: this.#tids, jobs };
  }

  *#obey(line: string): Program<void> {
    const { words, isBackground } = readWords(line);
    const [name, ...args] = words;
    if (name === undefined) return;
    const own = this.#own.get(name);
    const isCommand = own !== undefined || this.#builtins.has(name);
    if (isCommand && isBackground) throw new UsageError(`${name} &: only apps go to the background`);
    if (own !== undefined) this.#code = yield* own.do(args);
    else if (isCommand) this.#code = yield* this.#command([name, ...args]);
    else this.#code = yield* this.#apps.start({ words, isBackground } satisfies Line, line.trim());
  }

  // A task of its own, so that Ctrl-C ends it.
  *#wait(args: readonly string[]): Program<number> {
    return yield* waitForCommand(yield* new NewTask(this.#apps.waitFor(args), "wait"), this.#options.keys);
  }

  *#command(words: readonly string[]): Program<number> {
    const { port, look, keys } = this.#options;
    const [name = ""] = words;
    const meant = takesTids.has(name) ? words.map((word) => this.#apps.meantBy(word)) : words;
    const built = build(meant);
    if ("program" in built) return yield* waitForCommand(yield* new NewTask(built.program(port, look), name), keys);
    if (built.text !== "") yield* writeLines([built.text], "");
    return ClientCode.done;
  }

  /** Before a prompt: what has ended meanwhile, and what there is now. */
  *#freshen(): Program<void> {
    yield* this.#apps.news();
    const { tasks } = yield* this.#options.port.ask("frame", { tasks: { sort: "tid", limit: maxTids } });
    this.#tids = tasks?.rows.map(({ tid }) => tid) ?? [];
  }

  // Without a kernel there is nothing left to do.
  *#guarded(work: () => Program<void>): Program<void> {
    try {
      yield* work();
    } catch (error) {
      if (isGone(error)) throw error;
      const { code, text } = failureOf(askFault(error), "the command");
      this.#options.complain(text);
      this.#code = code;
    }
  }

  *#help(): Program<number> {
    const all = [...this.#builtins, ...this.#own].map(([name, { text }]) => `  ${padded(name, 8)}  ${text}`);
    yield* writeLines([
      "  app.ts …  run an app on the kernel, in front: Ctrl-C interrupts it, Ctrl-Z stops it",
      "  app.ts &  the same in the background, as a job",
      ...all,
      "Words are quoted as in any shell. There are no variables, pipes, redirections or patterns.",
    ]);
    return ClientCode.done;
  }

  *#exit([word]: readonly string[]): Program<number> {
    if (word !== undefined && !/^\d{1,3}$/.test(word))
      throw new UsageError(`exit ${printable(word, 64)}: give a number`);
    const running = this.#apps.jobs.all.length;
    if (running > 0 && this.#options.source.isTerminal) {
      yield* writeLines([running === 1 ? "1 app goes on in the kernel" : `${running} apps go on in the kernel`]);
    }
    this.#isOver = true;
    return word === undefined ? this.#code : Number(word);
  }
}
