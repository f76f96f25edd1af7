// What is done to a kernel from outside: signals, priorities, starting apps, waiting for an end. Each goes the way that
// syscalls go, with 0 as the one who does it.

import { type Exit, type Kernel, type Runnable, SyscallError, type Tid } from "../../../kernel/syscall.ts";
import { truncated } from "../../../kernel/text.ts";
import { Alarm } from "../../../kernel/timers.ts";
import { thrownText } from "../../../syscalls/exit-text.ts";
import { deliver, setNice } from "../../../syscalls/index.ts";
import { codes, RpcError } from "../../rpc/errors.ts";
import { type ExitText, errorCodes, type SignalName, type SignalOutcome } from "../protocol.ts";
import type { Apps } from "./apps.ts";
import { exitRecordText } from "./exit-words.ts";

const said: Readonly<Record<SignalName, string>> = {
  TERM: "cancelled",
  INT: "cancelled",
  HUP: "cancelled",
  KILL: "killed",
  STOP: "stopped",
  CONT: "goes on",
  USR1: "does not wait for it: nothing done",
  USR2: "does not wait for it: nothing done",
};

/** Sends a signal to each of some tasks. */
export function signalTasks(kernel: Kernel, tids: readonly number[], signal: SignalName): SignalOutcome[] {
  return tids.map((tid) =>
    attempt(tid, () => {
      const outcome = deliver(kernel, tid, signal, 0);
      const text = { taken: "taken by the task itself", default: said[signal], ended: "had ended" }[outcome];
      return { tid, outcome, text };
    }),
  );
}

/** Sets the nice value of each of some tasks. */
export function reniceTasks(kernel: Kernel, tids: readonly number[], nice: number): SignalOutcome[] {
  return tids.map((tid) =>
    attempt(tid, () => {
      const before = setNice(kernel, tid, nice);
      return { tid, outcome: "taken", text: `nice ${before} -> ${nice}` };
    }),
  );
}

// One that fails fails alone.
function attempt(tid: number, act: () => SignalOutcome): SignalOutcome {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error;
    return { tid, outcome: error.code === "ESTALE" ? "ended" : error.code, text: error.message };
  }
}

/** Makes the program of an app. */
export type Load = (path: string, argv: readonly string[]) => Promise<Runnable>;

export interface StartOrder {
  readonly path: string;
  readonly argv: readonly string[];
  readonly name: string;
}

/**
 * Starts an app as a child of the main task.
 * @param isWanted asked once it is loaded: whoever wanted it may have left
 * @throws RpcError: system, with the code, for an app that cannot be loaded or started
 */
export async function startApp(
  kernel: Kernel,
  apps: Apps,
  load: Load,
  { path, argv, name }: StartOrder,
  isWanted: () => boolean,
): Promise<{ tid: number }> {
  const program = await loaded(kernel, load, path, argv);
  if (!isWanted()) throw new RpcError(errorCodes.gone, "the session has ended");
  if (kernel.main === undefined)
    throw systemError(new SyscallError("EAGAIN", "the run is over: nothing can be started"));
  const tid = spawned(kernel, program, name, path);
  apps.started(tid, name, path, argv, Math.floor(kernel.clock() - kernel.bootedAt));
  // It only takes note: a crash of the app is one that nobody waits for.
  kernel.tasks.get(tid)?.watchExit({ passive: true, exited: (exit: Exit) => apps.ended(tid, exit) });
  return { tid };
}

/** A module may wait for something as it is loaded, and for ever: so long it is waited for, ms. */
const loadMs = 30_000;

async function loaded(kernel: Kernel, load: Load, path: string, argv: readonly string[]): Promise<Runnable> {
  const late = new SyscallError("ETIMEDOUT", `${path} is not loaded after ${loadMs / 1_000} s: what does it await?`);
  try {
    return await within(kernel, loadMs, late, load(path, argv));
  } catch (error) {
    if (error instanceof SyscallError) throw systemError(error);
    throw systemError(new SyscallError("ENOEXEC", `${path} cannot be started: ${truncated(thrownText(error), 1_024)}`));
  }
}

/** What a promise comes to, if it does so in time. @throws what it is rejected with; `late` if it does not */
function within<T>(kernel: Kernel, ms: number, late: SyscallError, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const alarm = ring(kernel, ms, () => reject(late));
    promise.then(resolve, reject).finally(() => kernel.timers.cancel(alarm));
  });
}

/** Calls a function in a while, between turns, unless its alarm is cancelled. */
function ring(kernel: Kernel, ms: number, late: () => void): Alarm {
  const alarm = new Alarm(late);
  kernel.timers.set(kernel.clock() + ms, alarm);
  kernel.machine.interrupt(); // a poll under way knows nothing of this timer
  return alarm;
}

function spawned(kernel: Kernel, program: Runnable, name: string, path: string): Tid {
  try {
    return kernel.spawn(program, name);
  } catch (error) {
    if (error instanceof SyscallError) throw systemError(error);
    throw new RpcError(codes.invalidParams, `start: ${path} is no app: ${truncated(thrownText(error), 1_024)}`);
  }
}

/**
 * How a task ended.
 * @param waitMs how long to wait for that; 0: not at all
 * @param given called with how to give up the wait
 * @returns null when it has not ended in that time
 * @throws SyscallError ESRCH if no task ever had this tid, ESTALE if its end is not remembered
 */
export function exitText(
  kernel: Kernel,
  tid: number,
  waitMs: number,
  given: (giveUp: () => void) => void,
): ExitText | null | Promise<ExitText | null> {
  const task = kernel.find(tid);
  if (task === undefined) {
    const record = kernel.exits.find(tid);
    if (record !== undefined) return asText(record.exit);
    throw new SyscallError("ESTALE", `task ${tid} has ended, and its exit is no longer remembered`);
  }
  if (waitMs === 0) return null;
  return new Promise((resolve) => {
    const over = (exit: ExitText | null): void => {
      task.unwatchExit(watcher);
      kernel.timers.cancel(alarm);
      resolve(exit);
    };
    const watcher = { passive: true, exited: (exit: Exit) => over(asText(exit)) };
    task.watchExit(watcher);
    const alarm = ring(kernel, waitMs, () => over(null));
    given(() => over(null));
  });
}

function asText(exit: Exit): ExitText {
  return { status: exit.status, text: exitRecordText(exit) };
}

/** A SyscallError as it crosses the wire. */
export function systemError({ code, message }: SyscallError): RpcError {
  return new RpcError(errorCodes.system, message, { code });
}
