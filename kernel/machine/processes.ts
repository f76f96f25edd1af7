// Child processes, by node:child_process, never by a shell. Each leads a process group (and session) of its own, so that
// its end takes with it whatever it has started, and Ctrl-C in a terminal reaches the kernel alone, which then ends its
// tasks and so their children. Whoever leaves the group (a daemon) is out of reach. Node reaps them: none stays a zombie.
// None outlives the kernel, unless this process is itself ended by a signal that it cannot see.

import { type ChildProcess, spawn } from "node:child_process";
import { constants } from "node:os";
import { basename } from "node:path";
import { kill } from "node:process";
import type { Readable, Writable } from "node:stream";
import { SyscallError } from "../errors.ts";
import { printable } from "../text.ts";
import { atProcessEnd, environmentWith } from "./console.ts";
import { Endpoint } from "./endpoint.ts";
import type { Command, Process, ProcessExit } from "./host-parts.ts";
import type { Closable, Interest, Owner } from "./machine.ts";
import { errorCode, systemError } from "./node-error.ts";
import { StreamConnection } from "./stream.ts";
import { detach } from "./stream-events.ts";

/** How long a group has from TERM to KILL, ms. */
const graceMs = 1_000;

/** The child processes of one machine. */
export class Processes {
  readonly #left: Set<HostProcess> = new Set();
  #forgetEnd: (() => void) | undefined = undefined;

  /** As `Host.exec`. */
  exec(command: Command): Process {
    const made = new HostProcess(command, (ended) => this.#forget(ended));
    this.#left.add(made);
    this.#forgetEnd ??= atProcessEnd(() => this.close());
    return made;
  }

  /** Ends at once what is left. */
  close(): void {
    for (const process of this.#left) {
      process.close();
      process.finish();
    }
  }

  #forget(process: HostProcess): void {
    this.#left.delete(process);
    if (this.#left.size > 0) return;
    this.#forgetEnd?.();
    this.#forgetEnd = undefined;
  }
}

class HostProcess extends Endpoint implements Process, Owner {
  readonly label: string;
  readonly pid: number;
  readonly stdin: Pipe;
  readonly stdout: Pipe;
  readonly stderr: Pipe;
  readonly #name: string;
  readonly #command: Command;
  readonly #forget: (process: HostProcess) => void;
  /** Those that no task has adopted. */
  readonly #pipes: Set<Pipe>;
  #openError: unknown = undefined;
  #exit: ProcessExit | undefined = undefined;
  /** False once nobody of its group can be left: its number may then be anybody's. */
  #isGroupLeft: boolean;
  #timer: NodeJS.Timeout | undefined = undefined;

  constructor(command: Command, forget: (process: HostProcess) => void) {
    super();
    this.#command = command;
    this.#forget = forget;
    this.#name = printable(basename(command.command), 64);
    const child = started(command);
    this.pid = child.pid ?? 0;
    this.#isGroupLeft = this.pid !== 0;
    this.label = `process ${this.#name} ${this.pid === 0 ? "not started" : this.pid}`;
    child.once("error", (cause) => this.#failed(cause));
    child.once("exit", (code, signal) => this.#ended(code, signal));
    this.stdin = this.#pipe("stdin", null, child.stdin);
    this.stdout = this.#pipe("stdout", child.stdout, null);
    this.stderr = this.#pipe("stderr", child.stderr, null);
    this.#pipes = new Set([this.stdin, this.stdout, this.stderr]);
  }

  get exit(): ProcessExit | undefined {
    return this.#exit;
  }

  check(): void {
    this.mustBeOpen();
    if (this.#openError !== undefined) throw execError(this.#openError, this.#command);
  }

  sendSignal(name: string): boolean {
    this.mustBeOpen();
    const signal = `SIG${name}`;
    if (!Object.hasOwn(constants.signals, signal)) {
      throw new SyscallError("EINVAL", `${printable(name, 64)} is no signal of this system: give "TERM", "USR1", …`);
    }
    if (this.pid === 0 || this.#exit !== undefined) return false;
    try {
      return kill(this.pid, signal);
    } catch (error) {
      if (errorCode(error) === "ESRCH") return false;
      throw systemError(error, `send ${signal} to ${this.label}`);
    }
  }

  /** A task has adopted a pipe, or it was closed. */
  disown(pipe: Closable): void {
    this.#pipes.delete(pipe as Pipe); // it owns no others
  }

  /** Ends the group at once. */
  finish(): void {
    this.#signalGroup("SIGKILL");
    this.#over();
  }

  protected isReady(interest: Interest): boolean {
    if (this.#openError !== undefined) return true;
    return interest === "read" ? this.#exit !== undefined : this.pid !== 0;
  }

  protected release(): void {
    for (const pipe of [...this.#pipes]) pipe.drain();
    if (this.#signalGroup("SIGTERM")) this.#timer = setTimeout(() => this.finish(), graceMs);
    else this.#over();
  }

  #failed(cause: unknown): void {
    this.#openError = cause;
    this.#forget(this);
    this.signal("read");
    this.signal("write");
  }

  #ended(code: number | null, signal: string | null): void {
    if (!this.closed) this.#exit = exitOf(code, signal);
    // Its number may be somebody else's from now on, unless some of its group are left, who keep it.
    if (!this.#signalGroup(0)) {
      this.#isGroupLeft = false;
      this.#over();
    }
    this.signal("read");
  }

  /** Nobody is left who could be ended. */
  #over(): void {
    clearTimeout(this.#timer);
    for (const pipe of [this.stdin, this.stdout, this.stderr]) pipe.cut();
    this.#forget(this);
  }

  /** False when nobody is left. */
  #signalGroup(signal: "SIGTERM" | "SIGKILL" | 0): boolean {
    if (!this.#isGroupLeft) return false;
    try {
      return kill(-this.pid, signal);
    } catch {
      return false; // nobody, or, where it says EPERM, nobody of ours
    }
  }

  #pipe(name: string, readable: Readable | null, writable: Writable | null): Pipe {
    // In a spawn that failed they belong to nobody, and are gone already.
    const [from, to] = this.pid === 0 ? [null, null] : [readable, writable];
    const pipe = new Pipe(from ?? undefined, to ?? undefined, `pipe ${this.#name} ${this.pid} ${name}`);
    pipe.owner = this;
    pipe.begin();
    return pipe;
  }
}

/** Node makes them of sockets: what is said of a socket's peer is said of a pipe's reader. */
class Pipe extends StreamConnection {
  readonly #readable: Readable | undefined;
  #isDrained = false;

  constructor(readable: Readable | undefined, writable: Writable | undefined, label: string) {
    super(readable, writable, label, {});
    this.#readable = readable;
  }

  /** Closes it; what still comes goes nowhere, so that a child that is asked to end does not end of its last words. */
  drain(): void {
    this.#isDrained = this.#readable !== undefined;
    this.close();
  }

  /** Nothing more is wanted, not even to be dropped. */
  cut(): void {
    if (this.#isDrained) this.#readable?.destroy();
  }

  protected override release(): void {
    if (!this.#isDrained) {
      super.release();
      return;
    }
    detach(this.#readable, undefined);
    this.#readable?.resume();
  }

  protected override writeFailure(cause: unknown): SyscallError {
    const failure = super.writeFailure(cause);
    return failure.code === "ECONNRESET" ? systemError(cause, `write ${this.label}`, "EPIPE") : failure;
  }
}

function exitOf(code: number | null, signal: string | null): ProcessExit {
  if (signal === null) return { code: code ?? 0, signal: undefined };
  return { code: undefined, signal: signal.replace(/^SIG/, "") };
}

function started(command: Command): ChildProcess {
  const { args, cwd, env, stdin, stdout, stderr } = command;
  const stdio = [stdin, stdout, stderr];
  try {
    return spawn(command.command, args, { cwd, env: environmentWith(env), stdio, detached: true, shell: false });
  } catch (cause) {
    throw execError(cause, command);
  }
}

const reasons: Readonly<Record<string, string>> = {
  E2BIG: "its arguments and its environment are too long for the system: pass less, or pipe it in",
  EACCES: "it may not be executed: check its permissions, and those of the directory",
  EAGAIN: "the system allows no more processes: wait for some to end",
  ENOEXEC: "it is no program of this system: does its first line name an interpreter?",
  ENOTDIR: "a part of its path, or of the directory, is no directory",
};

function execError(cause: unknown, { command, cwd }: Command): SyscallError {
  const code = errorCode(cause);
  const attempt = `exec ${printable(command)}${cwd === undefined ? "" : ` in ${printable(cwd)}`}`;
  const way = /\s/.test(command) ? ": give its arguments apart, as an array" : "";
  const missing = `there is no such command${cwd === undefined ? "" : ", or no such directory"}${way}`;
  const reason = code === "ENOENT" ? missing : reasons[code];
  return reason === undefined
    ? systemError(cause, attempt)
    : new SyscallError(code, `${attempt}: ${reason}`, { cause });
}
