// The end of a task: release, then notify. When its waiters wake it holds no interest, no timer, no place in a queue and
// no endpoint. A crash that nobody waits for at that moment is reported, once.

import type { Exit } from "./exits.ts";
import type { Kernel } from "./kernel.ts";
import type { Closable } from "./machine/machine.ts";
import { TraceEvent } from "./observer.ts";
import { crashReport } from "./report.ts";
import { type ExitWatcher, Resume, State, type Task } from "./task.ts";

/**
 * Buries a task whose last frame is gone.
 * @param resume how that frame ended: `next` returned a value, `throw` threw it, `close` was closed by a kill
 */
export function bury(task: Task, resume: Resume, value: unknown): void {
  const { kernel } = task;
  const exit = exitOf(task, resume, value);
  const isMain = task === kernel.main;
  task.state = State.exited;
  task.frame = undefined;
  task.answer = exit;
  if (isMain) kernel.endOfMain(exit); // before its endpoints close, or tasks that wait on them would crash first
  release(task, kernel);
  notify(task, kernel, exit, isMain);
}

/** Goes on with a burial that was cut off by code that did not end: what that was about is given up. */
export function buryOn(task: Task): void {
  const { kernel } = task;
  if (kernel.tasks.get(task.tid) !== task) return;
  const exit = task.answer as Exit; // `bury` has put it there
  const isMain = kernel.main === undefined && task.parentTid === 0;
  if (isMain) kernel.endOfMain(exit); // twice is once
  release(task, kernel);
  notify(task, kernel, exit, isMain);
}

function release(task: Task, kernel: Kernel): void {
  if (task.ending !== undefined) kernel.timers.cancel(task.ending);
  if (kernel.owned.size > 0) {
    for (const endpoint of [...(task.owned ?? [])]) {
      task.owned?.delete(endpoint); // before it is closed: one whose close never ends is not closed again
      closeFor(task, endpoint);
    }
    kernel.owned.delete(task); // one whose close threw is still in it
  }
  kernel.tasks.remove(task);
  if (kernel.traits.size !== 0) kernel.traits.remove(task);
  if (kernel.stopped.size !== 0) kernel.stopped.free(task);
  if (kernel.gauges.size !== 0) kernel.gauges.remove(task);
  if (kernel.watching !== undefined) kernel.watching.exited(task);
}

function notify(task: Task, kernel: Kernel, exit: Exit, isMain: boolean): void {
  const { watchers } = task;
  const isAwaited = isMain || someOf(watchers, isWaiting);
  const isCollected = isAwaited && (isMain || someOf(watchers, isCollecting));
  task.watchers = undefined;
  if (exit.status === "returned") kernel.counters.returned++;
  else kernel.counters[exit.status]++;
  kernel.trace.event(task.tid, TraceEvent.exit);
  if (exit.status === "threw" && isAwaited && !isMain) told.set(exit, { task, by: waitingIn(watchers) });
  const { tid, name, parentTid } = task;
  kernel.exits.add({ tid, name, parentTid, exit, at: kernel.uptimeMs }, isCollected);
  if (kernel.observers.length !== 0) kernel.observe("exit", task, exit);
  if (watchers instanceof Set) for (const watcher of watchers) watcher.exited(exit);
  else watchers?.exited(exit);
  if (exit.status === "threw" && !isAwaited) reportCrash(task, exit.error);
}

/** Says that a task has crashed, of which nobody else is told. */
export function reportCrash(task: Task, error: unknown): void {
  task.kernel.counters.crashes++;
  task.kernel.logAbout(task, `crashed\n${crashReport(error, task)}`);
}

/** Crashes that somebody waited for: how many of those have been told, or will be. */
const told = new WeakMap<Exit, { readonly task: Task; by: number }>();

/** For a wait for an exit whose task was killed before it heard of it: reports a crash that nobody has heard of now. */
export function untold(exit: Exit): void {
  const crash = told.get(exit);
  if (crash === undefined || exit.status !== "threw" || --crash.by > 0) return;
  told.delete(exit);
  reportCrash(crash.task, exit.error);
}

function waitingIn(watchers: Task["watchers"]): number {
  if (!(watchers instanceof Set)) return 1;
  return [...watchers].filter(isWaiting).length;
}

function someOf(watchers: Task["watchers"], is: (watcher: ExitWatcher) => boolean): boolean {
  if (watchers === undefined) return false;
  if (!(watchers instanceof Set)) return is(watchers);
  for (const watcher of watchers) if (is(watcher)) return true;
  return false;
}

function isWaiting(watcher: ExitWatcher): boolean {
  return watcher.passive !== true;
}

function isCollecting(watcher: ExitWatcher): boolean {
  return isWaiting(watcher) && watcher.leavesExit !== true;
}

function exitOf(task: Task, resume: Resume, value: unknown): Exit {
  if (resume === Resume.next) return { status: "returned", value };
  const { ending } = task;
  const isCancelled = ending?.cancel !== undefined && value === ending.cancel;
  if (resume === Resume.throw && !isCancelled) return { status: "threw", error: value };
  const { by, why } = ending?.kill ?? ending?.cancel ?? { by: 0, why: "" };
  return { status: "killed", by, why, clean: ending?.clean ?? true };
}

function closeFor(task: Task, endpoint: Closable): void {
  try {
    endpoint.close();
  } catch (error) {
    task.kernel.report(task, `closing ${endpoint.label} threw`, error);
  }
}
