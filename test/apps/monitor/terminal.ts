// A real terminal for tests: a program runs in a shell with job control inside tmux, on a private socket, with nobody
// attached. Keys and bytes go in; the screen, its modes and the exit code come out. Everything waits for what it is
// about, with a bound, and a bound that passes says what was on the screen. Nothing outlives `closeAll`; should the whole
// test run be killed, tmux ends itself after five minutes.

import { execFile, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { Folder } from "../cli/command.ts";

export interface TerminalOptions {
  /** Default 120. */
  readonly columns?: number;
  /** Default 40. */
  readonly rows?: number;
  /** Set beside the test's own environment; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Where the program starts. Default: a folder of the terminal's own. */
  readonly cwd?: string;
}

/** What a program does to its terminal, and must undo. */
export interface Flags {
  /** The alternate screen is shown. */
  readonly alternate: boolean;
  /** The cursor is shown. */
  readonly cursor: boolean;
  readonly keypad: boolean;
  /** Arrows are sent as an application wants them. */
  readonly applicationCursor: boolean;
  /** Events of the mouse are sent, of any kind. */
  readonly mouse: boolean;
  /** In the way that knows wide screens. */
  readonly mouseSgr: boolean;
  /** Pasted text is marked as such. */
  readonly paste: boolean;
}

/** How a terminal is left by a program that cleans up. */
export const wholeTerminal: Flags = {
  alternate: false,
  cursor: true,
  keypad: false,
  applicationCursor: false,
  mouse: false,
  mouseSgr: false,
  paste: false,
};

const tmuxFlags = [
  "alternate_on",
  "cursor_flag",
  "keypad_flag",
  "keypad_cursor_flag",
  "mouse_any_flag",
  "mouse_sgr_flag",
] as const;

const runFile = promisify(execFile);
/** How long anything is waited for: well above what a busy machine takes, and below a test's own limit, ms. */
const boundMs = 20_000;
const lookMs = 20;
/** After so many seconds the terminal ends by itself: for a test run that was killed. */
const outlivesS = 300;
/** Terminals that are not closed. */
const open = new Set<Terminal>();
process.once("exit", () => Terminal.closeAll());

export class Terminal {
  /** Whether this machine has what it takes: tmux, and bash for its job control. */
  static readonly isThere: boolean =
    spawnSync("tmux", ["-V"]).status === 0 && spawnSync("bash", ["--version"]).status === 0;

  readonly #folder: Folder = new Folder({});
  /** Commands that the shell was given; it notes how each ended. */
  #commands = 0;

  /**
   * Opens a terminal and starts a program in it.
   * @param command the program's file and its arguments
   * @throws Error when the terminal does not come up
   */
  static async start(command: readonly string[], options: TerminalOptions = {}): Promise<Terminal> {
    const terminal = new Terminal();
    open.add(terminal);
    try {
      await terminal.#open(command, options);
      await terminal.command("app");
    } catch (error) {
      terminal.close();
      throw error;
    }
    return terminal;
  }

  /** For `afterEach`: closes what a test has left open, passed or failed. */
  static closeAll(): void {
    for (const terminal of open) terminal.close();
  }

  async #open(command: readonly string[], { columns = 120, rows = 40, env = {}, cwd }: TerminalOptions): Promise<void> {
    const { NODE_OPTIONS: _, NO_COLOR: __, FORCE_COLOR: ___, TMUX: ____, ...own } = process.env;
    const given = { ...own, LC_ALL: "C.UTF-8", ...env };
    this.#folder.write({
      "tmux.conf": tmuxConfig(env["TERM"] ?? "screen-256color"),
      // The app replaces the shell that writes its pid, so that it is the job that keys and signals reach.
      app: `#!/bin/sh\necho $$ >${quoted(this.#path("pid"))}\nexec ${command.map(quoted).join(" ")}\n`,
      bashrc: `PS1='$ '\nPROMPT_COMMAND='echo "$?" >>${this.#path("codes")}; printf "\\033]2;%s\\007" "ended $((++ends))"'\nalias app=${quoted(`sh ${this.#path("app")}`)}\n`,
    });
    // No line editor: what it sets in the terminal would be taken for the program's doing.
    const shell = ["bash", "--noediting", "--rcfile", this.#path("bashrc"), "-i"];
    const size = ["-x", String(columns), "-y", String(rows)];
    const conf = ["-u", "-f", this.#path("tmux.conf"), "-S", this.#path("socket")];
    await runFile("tmux", [...conf, "new-session", "-d", ...size, "-c", cwd ?? this.#folder.path, ...shell], {
      env: Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
    });
    await this.#tmux("run-shell", "-b", "-d", String(outlivesS), `tmux -S ${quoted(this.#path("socket"))} kill-server`);
    await this.#tmux("pipe-pane", `exec cat >${quoted(this.#path("output"))}`);
    await this.#until(() => existsSync(this.#path("output")) && this.#codes().length > 0, "the shell comes up");
  }

  /** Has the shell run a line; `exitCode` is then about that. For "fg" and the like. */
  async command(line: string): Promise<void> {
    this.#commands++;
    await this.type(`${line}\r`);
  }

  /** Presses keys, by tmux's names: "Up", "C-c", "F5", "q". */
  async keys(...names: readonly string[]): Promise<void> {
    await this.#tmux("send-keys", ...names);
  }

  /** Types a text, as it is. */
  async type(text: string): Promise<void> {
    await this.#tmux("send-keys", "-l", text);
  }

  /** Pastes a text, marked as pasted if the program has asked for that. */
  async paste(text: string): Promise<void> {
    await this.#tmux("set-buffer", text);
    await this.#tmux("paste-buffer", "-p", "-r", "-d");
  }

  /**
   * Sends bytes as they are, piece by piece, as a slow line would.
   * @param gapMs between two pieces, ms
   */
  async bytes(pieces: readonly string[], gapMs = 0): Promise<void> {
    for (const [place, piece] of pieces.entries()) {
      if (place > 0) await delay(gapMs);
      await this.#tmux("send-keys", "-H", ...[...Buffer.from(piece)].map((byte) => byte.toString(16)));
    }
  }

  /** The lines of the screen, without the blanks at their ends. */
  async screen(): Promise<string[]> {
    return (await this.#tmux("capture-pane", "-p")).split("\n").slice(0, -1);
  }

  /** The same with escape sequences for colours and attributes, and with the blanks. */
  async screenWithColours(): Promise<string[]> {
    return (await this.#tmux("capture-pane", "-p", "-e", "-N")).split("\n").slice(0, -1);
  }

  /** All that has been written to the terminal so far, the shell's own included. */
  output(): string {
    return readFileSync(this.#path("output"), "latin1");
  }

  async flags(): Promise<Flags> {
    const format = tmuxFlags.map((name) => `#{${name}}`).join(" ");
    const [alternate, cursor, keypad, applicationCursor, mouse, mouseSgr] = (await this.#tmux("display", "-p", format))
      .trim()
      .split(" ")
      .map((flag) => flag === "1") as [boolean, boolean, boolean, boolean, boolean, boolean]; // one for each name
    // tmux does not tell of this one.
    const paste = /\x1b\[\?2004([hl])(?![\s\S]*\x1b\[\?2004)/.exec(this.output())?.[1] === "h";
    return { alternate, cursor, keypad, applicationCursor, mouse, mouseSgr, paste };
  }

  async resize(columns: number, rows: number): Promise<void> {
    await this.#tmux("resize-window", "-x", String(columns), "-y", String(rows));
  }

  /** The program's pid, once it has one. */
  async pid(): Promise<number> {
    await this.#until(() => this.#pid() > 0, "the program starts");
    return this.#pid();
  }

  /** Sends the program a signal, from outside. */
  async signal(signal: NodeJS.Signals): Promise<void> {
    process.kill(await this.pid(), signal);
  }

  /**
   * How the program, or the latest `command`, ended, as the shell says it: 128 and more is a signal. One that is only
   * stopped (C-z) gives 128 and SIGTSTP. All that it wrote is on the screen, and in the output, by then.
   */
  async exitCode(): Promise<number> {
    await this.#until(() => this.#codes().length > this.#commands, "the program ends");
    // The shell sets the title behind it, in the same stream.
    const title = `\x1b]2;ended ${this.#commands + 1}\x07`;
    await this.#until(() => this.output().includes(title), "what it wrote has come");
    return this.#codes()[this.#commands] ?? Number.NaN;
  }

  /**
   * Waits until the screen is as it should be.
   * @param predicate asked with the lines of the screen, or a text that is to be on it
   * @param withinMs how long at most
   * @returns the screen that was right
   * @throws Error with the latest screen, when the time is over
   */
  async until(predicate: string | ((screen: string[]) => boolean), withinMs: number = boundMs): Promise<string[]> {
    const isRight =
      typeof predicate === "string" ? (lines: string[]) => lines.some((line) => line.includes(predicate)) : predicate;
    let screen: string[] = [];
    const look = async (): Promise<boolean> => {
      screen = await this.screen();
      return isRight(screen);
    };
    const what = typeof predicate === "string" ? `${JSON.stringify(predicate)} is on the screen` : String(predicate);
    await this.#until(look, what, withinMs);
    return screen;
  }

  /** Waits until these flags are so. @throws Error with those that were, when the time is over */
  async untilFlags(wanted: Partial<Flags>): Promise<void> {
    let flags: Partial<Flags> = {};
    const look = async (): Promise<boolean> => {
      flags = await this.flags();
      return Object.entries(wanted).every(([name, value]) => flags[name as keyof Flags] === value); // its own names
    };
    await this.#until(look, `the flags are ${JSON.stringify(wanted)}`, boundMs, () => JSON.stringify(flags));
  }

  /**
   * Waits until what has been written to the terminal has something in it. The screen and an exit code can be there before.
   * @throws Error when the time is over
   */
  async untilOutput(pattern: RegExp): Promise<RegExpExecArray> {
    let found: RegExpExecArray | null = null;
    const look = (): boolean => {
      found = pattern.exec(this.output());
      return found !== null;
    };
    await this.#until(look, `${pattern} is in the output`, boundMs, () => JSON.stringify(this.output().slice(-4_000)));
    return found as unknown as RegExpExecArray; // or `#until` has thrown
  }

  /** Ends the program and the terminal. Twice is once. */
  close(): void {
    if (!open.delete(this)) return;
    const pid = this.#pid();
    try {
      if (pid > 0) process.kill(-pid, "SIGKILL"); // its whole job, children too, whatever it makes of the terminal's end
    } catch {} // it is over
    spawnSync("tmux", ["-S", this.#path("socket"), "kill-server"]);
    this.#folder.remove();
  }

  async #tmux(...args: readonly string[]): Promise<string> {
    return (await runFile("tmux", ["-u", "-S", this.#path("socket"), ...args])).stdout;
  }

  async #until(
    look: () => boolean | Promise<boolean>,
    what: string,
    withinMs: number = boundMs,
    seen: () => string | Promise<string> = async () => (await this.screen()).join("\n").trimEnd(),
  ): Promise<void> {
    const giveUpAt = performance.now() + withinMs;
    while (!(await look())) {
      if (performance.now() > giveUpAt) throw new Error(`${withinMs} ms passed before ${what}; seen:\n${await seen()}`);
      await delay(lookMs);
    }
  }

  /** The exit codes that the shell has noted; the first is its own start. */
  #codes(): number[] {
    return this.#noted("codes").map(Number);
  }

  /** 0 before the program runs. */
  #pid(): number {
    return Number(this.#noted("pid")[0] ?? 0);
  }

  /** The whole lines of a file that is written meanwhile. */
  #noted(name: string): string[] {
    const path = this.#path(name);
    return existsSync(path) ? readFileSync(path, "utf8").split("\n").slice(0, -1) : [];
  }

  #path(name: string): string {
    return join(this.#folder.path, name);
  }
}

if (!Terminal.isThere) process.stderr.write("SKIPPED: the tests in a real terminal need tmux and bash\n");

function tmuxConfig(term: string): string {
  return ["set -g status off", `set -g default-terminal ${quoted(term)}`, "set -g escape-time 0", ""].join("\n");
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
