// Exec and WaitProcess: child processes. A child belongs to a task as a socket does, and is ended with it; its pipes are
// connections like any other; its end is waited for like that of a task.

import type { Process, ProcessExit, Stdio } from "../kernel/machine/host-parts.ts";
import type { Watcher } from "../kernel/machine/machine.ts";
import {
  type Answer,
  type Kernel,
  needed,
  Syscall,
  SyscallError,
  type Task,
  type Wait,
  type Waiter,
} from "../kernel/syscall.ts";
import { OpenEndpoint } from "./opening.ts";

/** How a command is run. */
export interface ExecOptions {
  /** Where it runs. Default: where the process does. */
  readonly cwd?: string;
  /** Variables for it, over those of the calling task; undefined: not set. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Default of each: "pipe". A pipe must be read, or the child waits when it is full. */
  readonly stdin?: Stdio;
  readonly stdout?: Stdio;
  readonly stderr?: Stdio;
}

/**
 * Starts a child process, owned by the calling task, and answers with it: `{pid, stdin, stdout, stderr}`, the streams as
 * connections. There is no shell: arguments are passed as they are. Its environment is the task's (GetEnv, SetEnv).
 *
 * The task's end, or `child.close()`, ends it: TERM to its process group, itself and what it has started, and KILL a
 * second later to whoever is left; at the end of the kernel KILL at once. To let it end in its own time, send it a signal
 * and wait for it, in a `finally` perhaps. `Adopt(child)` takes it over with its pipes, `Adopt(child.stdout)` one of them.
 * @param command a file's path, or a name that is looked up on the PATH
 * @throws ENOENT for a command or directory that is not there, EACCES, EMFILE, EAGAIN at the system's limit of processes,
 * E2BIG, ENOEXEC; EINVAL for arguments that cannot be; EMFILE at the task's own limit; ENOTSUP on a simulated machine
 * that was given none
 *
 * ```ts
 * const child = yield* new Exec("grep", ["-n", "TODO"], { stdin: "ignore", cwd: "src" });
 * const input = lines(new Reader(child.stdout));
 * for (let line = yield* input.next(); !line.done; line = yield* input.next()) yield* print(line.value);
 * const { code } = yield* new WaitProcess(child);
 * ```
 */
export class Exec extends OpenEndpoint<Process> {
  readonly verb = "exec";
  readonly command: string;
  readonly args: readonly string[];
  readonly options: ExecOptions;

  constructor(command: string, args: readonly string[] = [], options: ExecOptions = {}) {
    super();
    if (command === "") throw new SyscallError("EINVAL", "Exec: the command is empty");
    checkText(command, "the command");
    if (!Array.isArray(args)) throw new TypeError("Exec needs its arguments as an array of strings");
    for (const [place, arg] of args.entries()) checkText(arg, `argument ${place}`);
    checkOptions(options);
    this.command = command;
    this.args = [...args];
    this.options = options;
  }

  override get object(): string {
    return this.command;
  }

  override get family(): string {
    return "exec";
  }

  protected override open(kernel: Kernel, task: Task): Process {
    const { cwd, env = {}, stdin = "pipe", stdout = "pipe", stderr = "pipe" } = this.options;
    const own = Object.fromEntries(kernel.traits.get(task)?.variables ?? []);
    const { command, args } = this;
    return needed(kernel, "exec")({ command, args, cwd, env: { ...own, ...env }, stdin, stdout, stderr });
  }
}

/**
 * Waits until a child process has ended, and answers how: `{code}`, or `{signal}` when one ended it. Its pipes are another
 * matter: what it wrote may still be in them, and what it has started may hold them open. Can be asked again.
 * @throws EBUSY while another task waits for it, EBADF when it was closed before its end
 */
export class WaitProcess extends Syscall<ProcessExit> implements Wait<ProcessExit>, Watcher {
  readonly verb = "exit of";
  readonly outside = true;
  readonly process: Process;
  #waiter: Waiter<ProcessExit> | undefined = undefined;

  constructor(process: Process) {
    super();
    this.process = process;
  }

  get object(): string {
    return this.process.label;
  }

  /** What it waits on. */
  get pollable(): Process {
    return this.process;
  }

  override get family(): string {
    return "exec";
  }

  override handle(task: Task, _kernel: Kernel): Answer<ProcessExit> {
    const { process } = this;
    return (
      process.exit ??
      task.block<ProcessExit>(this, (waiter) => {
        this.#waiter = waiter;
        process.watch("read", this);
        return () => process.unwatch("read", this);
      })
    );
  }

  /** It has ended, or was closed. */
  ready(error?: unknown): void {
    const { exit } = this.process;
    if (exit !== undefined) this.#waiter?.wake(exit);
    else if (error !== undefined) this.#waiter?.fail(error);
    else this.process.watch("read", this); // a false alarm
  }
}

function checkText(value: unknown, what: string): void {
  if (typeof value !== "string") throw new TypeError(`Exec: ${what} must be a string, not a ${typeof value}`);
  if (value.includes("\0")) throw new SyscallError("EINVAL", `Exec: ${what} has a NUL in it: ${JSON.stringify(value)}`);
}

const stdios: ReadonlySet<string> = new Set(["pipe", "ignore", "inherit"]);

function checkOptions(options: ExecOptions): void {
  if (options.cwd !== undefined) checkText(options.cwd, "cwd");
  for (const [name, value] of Object.entries(options.env ?? {})) {
    if (!/^[^=\0]+$/.test(name)) {
      throw new SyscallError("EINVAL", `Exec: ${JSON.stringify(name)} is no name of a variable`);
    }
    if (value !== undefined) checkText(value, `the variable ${name}`);
  }
  for (const name of ["stdin", "stdout", "stderr"] as const) {
    const { [name]: stdio = "pipe" } = options;
    if (!stdios.has(stdio)) {
      throw new SyscallError("EINVAL", `Exec: ${name} is ${JSON.stringify(stdio)}: give "pipe", "ignore" or "inherit"`);
    }
  }
}
