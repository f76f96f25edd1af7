// `yieldix run`: boots a kernel and runs an app as its main task. The app's end, and nothing else, decides the exit
// code; see exit-code.ts.

import { basename } from "node:path";
import process from "node:process";
import { DeadlockError, KernelPanic } from "../../kernel/errors.ts";
import type { Exit } from "../../kernel/exits.ts";
import { Heartbeat } from "../../kernel/heartbeat.ts";
import { Kernel } from "../../kernel/kernel.ts";
import { defaultLimits } from "../../kernel/limits.ts";
import { logLine } from "../../kernel/machine/console.ts";
import type { Machine } from "../../kernel/machine/machine.ts";
import type { LogRecord } from "../../kernel/observer.ts";
import type { Runnable } from "../../kernel/syscall.ts";
import type { Task } from "../../kernel/task.ts";
import { printable, truncated } from "../../kernel/text.ts";
import { Apps } from "../control/agent/apps.ts";
import { UsageError } from "../lib/usage.ts";
import { CapturedOutput } from "./capture.ts";
import type { Oversight } from "./control.ts";
import { type ControlOptions, type ControlWords, tcpOptions } from "./control-option.ts";
import { ExitCode, signalCode } from "./exit-code.ts";
import { type Failure, failureOf, killed } from "./failure.ts";
import { loadApp, startApp } from "./load.ts";
import { type Booted, loadMachine, type MachineName } from "./machines.ts";
import { drainMs, Signals } from "./signals.ts";
import { isAboutClosedOutput } from "./streams.ts";

export interface RunOptions {
  readonly machine: MachineName;
  /** Traps a turn may make. Default: the kernel's. */
  readonly quantum?: number;
  readonly seed?: number;
  /** The main task's name. Default: the file's. */
  readonly name?: string;
  /** False: no control port. Default: one, for its user to do everything with. */
  readonly control?: ControlWords | boolean;
  /** Where the token for a port on TCP is. Default: one is made up, and said. */
  readonly tokenFile?: string;
  /** A turn that takes longer is ended, ms. Default: never. */
  readonly watchdog?: number;
  /** True: with the monitor in this terminal. */
  readonly monitor?: boolean;
  /** True: every failure with a stack, be the outside to blame or not. */
  readonly stack?: boolean;
}

/**
 * Runs an app to its end, and writes what went wrong to stderr.
 * @param path the app's module
 * @param argv the app's own arguments
 * @returns the exit code
 */
export async function run(path: string, argv: string[], options: RunOptions): Promise<number> {
  const who = printable(path);
  let running: Run | undefined;
  // Thrown outside every task, by a timer or a promise of the app's own: it cannot be trusted to go on.
  process.on("uncaughtException", (error) => {
    const code = say(failureOf(error, `${who}, outside its tasks,`, { stack: true }));
    if (running === undefined) process.exit(code);
    running.end(code);
  });
  try {
    const control = await wantedControl(options);
    // Before the app, whose imports go through hooks that make all loading slow.
    const [boot, oversight] = await Promise.all([
      loadMachine(options.machine),
      control === undefined ? undefined : loadOversight(),
    ]);
    const terminal = options.monitor === true ? await import("./terminal-free.ts") : undefined;
    terminal?.endStdin();
    const app = await whileWatched(who, () => loadApp(path));
    const booted = await boot(options.seed, control !== undefined);
    terminal?.freeTerminal(booted.machine);
    running = new Run(path, argv, { ...options, control, booted, oversight });
    return await running.toEnd(startApp(app, path, argv));
  } catch (error) {
    return say(failureOf(error, who, { stack: options.stack }));
  } finally {
    running = undefined;
  }
}

interface BootOptions extends Omit<RunOptions, "control"> {
  readonly booted: Booted;
  readonly control: ControlOptions | undefined;
  /** Where there is a control port. */
  readonly oversight: OversightModule | undefined;
}

/** An app that is running. */
class Run {
  readonly #path: string;
  readonly #name: string;
  readonly #machine: Machine;
  readonly #module: OversightModule | undefined;
  readonly #booted: Booted;
  readonly #argv: readonly string[];
  readonly #kernel: Kernel;
  readonly #apps: Apps = new Apps();
  readonly #control: ControlOptions | undefined;
  readonly #heartbeat: Heartbeat = new Heartbeat();
  readonly #output: CapturedOutput | undefined;
  readonly #hasMonitor: boolean;
  readonly #stack: boolean | undefined;
  #stop: (why: string) => void = () => {};
  #oversight: Oversight | undefined = undefined;
  #main: Task | undefined = undefined;
  #mainExit: Exit | undefined = undefined;
  #code: number = ExitCode.ok;

  constructor(path: string, argv: readonly string[], options: BootOptions) {
    const { booted, control, oversight, quantum, name } = options;
    this.#hasMonitor = options.monitor === true;
    this.#stack = options.stack;
    this.#path = path;
    this.#argv = argv;
    this.#control = control;
    this.#name = name ?? truncated(basename(path), defaultLimits.nameLength);
    this.#module = oversight;
    this.#booted = booted;
    this.#machine = booted.machine;
    this.#output = this.#control === undefined ? undefined : new CapturedOutput(this.#hasMonitor);
    this.#kernel = new Kernel(this.#machine, {
      ...(quantum === undefined ? {} : { quantum }),
      ...(this.#output === undefined ? {} : { log: this.#writeLog }),
    });
  }

  async toEnd(program: Runnable): Promise<number> {
    const dump = (): void => void this.#dump();
    const signals = new Signals(this.#kernel, this.#booted.outsideNow, dump);
    this.#stop = (why) => signals.end(why);
    process.on("beforeExit", this.#nothingLeft);
    this.#observeMain();
    try {
      if (this.#module !== undefined) this.#oversee(this.#module);
      await this.#kernel.run(program, this.#name);
    } catch (error) {
      this.#noteFailure(error, signals.first !== undefined);
    } finally {
      await this.#oversight?.end();
      signals.stop();
      process.off("beforeExit", this.#nothingLeft);
      this.#machine.close();
    }
    const isCutShort = signals.wasUnclean && this.#code === ExitCode.ok;
    return isCutShort && signals.first !== undefined ? signalCode(signals.first) : this.#code;
  }

  /** Asks the app to end, because of an error that has been reported. */
  end(code: number): void {
    this.#code = code;
    this.#kernel.terminate("an error was thrown outside the tasks", drainMs);
  }

  #oversee({ Oversight: Made }: OversightModule): Oversight {
    if (this.#control !== undefined) this.#kernel.heartbeat = this.#heartbeat;
    this.#oversight ??= new Made({
      kernel: this.#kernel,
      heartbeat: this.#heartbeat,
      name: this.#name,
      apps: this.#apps,
      control: this.#control,
      output: this.#output,
      hasMonitor: this.#hasMonitor,
      stop: this.#stop,
    });
    return this.#oversight;
  }

  // What draws tables is loaded when somebody wants one.
  async #dump(): Promise<void> {
    const [{ dumpText }, module] = await Promise.all([import("./dump.ts"), loadOversight()]);
    process.stderr.write(dumpText(await this.#oversee(module).agent()));
  }

  // Whoever looks at the log sees it there already: it is not what an app has printed.
  readonly #writeLog = (record: LogRecord): void => {
    this.#output?.write("stderr", `${logLine(record)}\n`);
  };

  // The main task is the first there is. Its own watcher costs nothing, an observer would slow down every trap.
  #observeMain(): void {
    const kernel = this.#kernel;
    const first = {
      spawn: (task: Task): void => {
        kernel.unobserve(first);
        this.#main = task;
        this.#apps.started(task.tid, this.#name, this.#path, this.#argv);
        task.watchExit({
          exited: (exit) => {
            this.#mainExit = exit;
            this.#apps.ended(task.tid, exit);
          },
        });
      },
    };
    kernel.addObserver(first);
  }

  #noteFailure(error: unknown, wasSignalled: boolean): void {
    const who = printable(this.#path);
    const wasKilled =
      this.#mainExit?.status === "killed" && !(error instanceof DeadlockError || error instanceof KernelPanic);
    // Asked to end by a signal, or because of an error that has been reported: that is its end.
    if (wasKilled && (wasSignalled || this.#code !== ExitCode.ok)) return;
    if (isAboutClosedOutput(error)) return;
    this.#code = say(wasKilled ? killed(error, who) : failureOf(error, who, { task: this.#main, stack: this.#stack }));
  }

  readonly #nothingLeft = (): void => {
    this.#kernel.kick(); // a turn was ended that was all that Node had to do
    this.#booted.outsideIsOver();
  };
}

type OversightModule = typeof import("./control.ts");

function loadOversight(): Promise<OversightModule> {
  return import("./control.ts");
}

async function wantedControl(options: RunOptions): Promise<ControlOptions | undefined> {
  const { control, watchdog, monitor, tokenFile } = options;
  const words: ControlWords = typeof control === "object" ? control : { access: "full" };
  const tcp = await tcpOptions(control === false ? undefined : words.tcpPort, tokenFile);
  if (control !== false) return { access: words.access, tcp, watchdogMs: watchdog };
  const other = monitor === true ? "--monitor" : watchdog === undefined ? undefined : "--watchdog";
  if (other !== undefined) throw new UsageError(`${other} needs the control port: leave --no-control out`);
  return undefined;
}

// A top-level await that never settles would end the process in silence, and with success.
async function whileWatched<T>(who: string, load: () => Promise<T>): Promise<T> {
  const stuck = (): void => {
    process.stderr.write(`yieldix: ${who} was never loaded: a top-level await in it waits for what cannot come\n`);
    process.exitCode = ExitCode.threw;
  };
  process.once("beforeExit", stuck);
  try {
    return await load();
  } finally {
    process.off("beforeExit", stuck);
  }
}

function say(failure: Failure): number {
  process.stderr.write(failure.text);
  return failure.code;
}
