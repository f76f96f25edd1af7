// What can be counted anew after any turn, from the kernel's tables alone: each function recounts one of them. Between
// turns no task runs; everything that waits, waits in exactly one place, and every place is somebody's.

import { Branch } from "../../kernel/branch.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import type { Interest } from "../../kernel/machine/machine.ts";
import type { Wait } from "../../kernel/syscall.ts";
import { type ExitWatcher, Mark, Parked, State, type Task } from "../../kernel/task.ts";
import type { Timers } from "../../kernel/timers.ts";
import { Child } from "../../syscalls/children.ts";
import {
  exitWait,
  interestOf,
  isWatchable,
  type Queue,
  queueOf,
  single,
  type Watchable,
  watchableOf,
} from "./waits.ts";

/** Says which law does not hold, and how. Throws. */
export type Fail = (law: string, message: string) => never;

/** Everything tasks have waited on so far that can be asked who waits there. */
export class Known {
  readonly endpoints: Set<Watchable> = new Set();
  readonly queues: Set<Queue> = new Set();

  note(waits: Wait<unknown>): void {
    for (const wait of single(waits)) {
      const endpoint = watchableOf(wait);
      if (endpoint !== undefined) this.endpoints.add(endpoint);
      const queue = queueOf(wait);
      if (queue !== undefined) this.queues.add(queue);
    }
  }
}

/** The tables of a kernel between two turns. */
interface Tables {
  readonly kernel: Kernel;
  readonly tasks: readonly Task[];
  readonly blocked: readonly BlockedTask[];
  readonly known: Known;
}

type BlockedTask = Task & { readonly wait: Parked };

/**
 * Recounts everything.
 * @param live the tasks that have been spawned and have not ended; the table must have the same
 */
export function recount(kernel: Kernel, live: Iterable<Task>, known: Known, fail: Fail): void {
  const tasks = [...live];
  const blocked = tasks.filter((task): task is BlockedTask => task.state === State.blocked && task.wait !== undefined);
  const tables: Tables = { kernel, tasks, blocked, known };
  recountPlaces(tables, fail);
  recountFamily(tables, fail);
  recountScopes(tables, fail);
  recountTimers(kernel.timers, fail);
  recountInterests(tables, fail);
  recountQueues(tables, fail);
  recountExitWatchers(tables, fail);
  recountEndings(tables, fail);
}

function waitsOf(blocked: readonly BlockedTask[]): Wait<unknown>[] {
  return blocked.flatMap((task) => single(task.wait.wait));
}

// K2: each live task is in exactly one place, and none is lost or counted twice.
function recountPlaces({ kernel, tasks }: Tables, fail: Fail): void {
  const { counters } = kernel;
  const queued = new Set<Task>();
  for (const task of kernel.readyTasks()) {
    if (task.state === State.exited) continue;
    if (queued.has(task)) fail("K2", `task ${task.tid} is in the ready queue twice`);
    if (task.state !== State.ready) fail("K2", `task ${task.tid} is in the ready queue in state ${task.state}`);
    queued.add(task);
  }
  const live = tasks.length;
  let outside = 0;
  for (const task of tasks) {
    if (kernel.tasks.get(task.tid) !== task) fail("K2", `task ${task.tid} is not to be found by its tid`);
    if (task.frame === undefined) fail("K2", `task ${task.tid} lives and has no frame`);
    if (task.state === State.ready) {
      if (queued.delete(task) === kernel.stopped.isHeld(task)) {
        fail("K2", `task ${task.tid} is ready, and in none or two of the ready queue and those held back`);
      }
    } else if (task.state === State.blocked) {
      if (task.wait?.task !== task) fail("K2", `task ${task.tid} is blocked and waits for nothing`);
      if (task.wait.wait.outside === true) outside++;
    } else fail("K2", `task ${task.tid} is in state ${task.state} though no task has its turn`);
  }
  for (const task of queued) fail("K2", `task ${task.tid} is in the ready queue and not in the table`);
  const ended = counters.returned + counters.threw + counters.killed;
  if (live !== kernel.tasks.size) fail("K2", `${live} tasks live, and the table counts ${kernel.tasks.size}`);
  if (counters.spawned !== live + ended) fail("K2", `${counters.spawned} spawned, ${live} live, ${ended} ended`);
  if (kernel.outside !== outside)
    fail("K12", `${outside} wait for the outside, and the kernel counts ${kernel.outside}`);
}

// K22: every task but the main one has a living parent, older than itself, so that all are reachable from the root.
function recountFamily({ kernel, tasks }: Tables, fail: Fail): void {
  if (kernel.main === undefined) return;
  for (const task of tasks) {
    const { parent } = task;
    if (task === kernel.main ? parent !== undefined : parent === undefined || parent.tid >= task.tid) {
      fail("K22", `task ${task.tid} is a child of ${parent === undefined ? "nobody" : `task ${parent.tid}`}`);
    }
    if (parent !== undefined && kernel.tasks.get(parent.tid) !== parent) {
      fail("K22", `the parent of task ${task.tid} is gone`);
    }
  }
}

// K22: nobody lives on when the scope that keeps him is over. Only a cleanup that was dropped could not wait, and that
// has killed him.
function recountScopes({ kernel, tasks }: Tables, fail: Fail): void {
  for (const task of tasks) {
    for (const watcher of watchersOf(task)) {
      const children = watcher instanceof Child ? watcher.children : undefined;
      if (children === undefined || !(children.isLeft || children.task.state === State.exited)) continue;
      if (task.ending?.kill === undefined || kernel.counters.unclean === 0) {
        fail("K22", `task ${task.tid} has outlived the scope of task ${children.task.tid} that it belongs to`);
      }
    }
  }
}

function watchersOf({ watchers }: Task): Iterable<ExitWatcher> {
  if (watchers === undefined) return [];
  return watchers instanceof Set ? watchers : [watchers];
}

// K12 and K20: each timer is somebody's who still needs it, and the earliest is first.
function recountTimers(timers: Timers, fail: Fail): void {
  const due = new Set<object>();
  let place = 0;
  for (const [at, who] of timers) {
    if (who.timer !== place++) fail("K20", `a timer due at ${at} is not in its own place`);
    if (at < timers.next) fail("K20", `a timer due at ${at} is behind one due at ${timers.next}`);
    if (due.has(who)) fail("K20", `a timer is set twice, the second time for ${at}`);
    due.add(who);
    if (who instanceof Branch && (!who.isArmed || who.task.state !== State.blocked)) {
      fail("K12", `a timer of task ${who.task.tid} has outlived a part of its wait`);
    }
    if (who instanceof Parked && (who.task.wait !== who || who.task.state !== State.blocked)) {
      fail("K12", `a timer of task ${who.task.tid} has outlived its wait`);
    }
    const { task } = who as { readonly task?: Task }; // an Ending or a Parked has one
    if (task !== undefined && task.ending === who && (task.marks & Mark.unwinding) === 0) {
      fail("K12", `the clock of a cleanup of task ${task.tid} has outlived it`);
    }
    if (task?.state === State.exited) fail("K12", `a timer has outlived task ${task.tid}`);
  }
}

// K12 and K15: whoever waits on an endpoint is watched for there, and nobody else is.
function recountInterests({ tasks, blocked, known }: Tables, fail: Fail): void {
  const waiting = new Map<Watchable, Set<Interest>>();
  const otherwise = new Set<Watchable>();
  for (const wait of waitsOf(blocked)) {
    const interest = interestOf(wait);
    if (interest === undefined) {
      const on = watchableOf(wait);
      if (on !== undefined) otherwise.add(on);
      continue;
    }
    const interests = waiting.get(interest.on) ?? new Set();
    if (interests.has(interest.interest)) fail("K14", `two tasks wait to ${wait.verb} ${wait.object}`);
    waiting.set(interest.on, interests.add(interest.interest));
  }
  for (const task of tasks) {
    for (const endpoint of task.owned ?? []) {
      if (endpoint.owner !== task) fail("K12", `task ${task.tid} has ${endpoint.label}, which is not its own`);
      if (endpoint.closed) fail("K12", `task ${task.tid} has ${endpoint.label}, which is closed`);
      if (isWatchable(endpoint)) known.endpoints.add(endpoint);
    }
  }
  for (const endpoint of known.endpoints) {
    for (const interest of ["read", "write"] as const) {
      const isWaitedFor = waiting.get(endpoint)?.has(interest) === true;
      const isWatched = endpoint.watched(interest);
      if (isWatched && !isWaitedFor && !otherwise.has(endpoint)) {
        fail("K12", `${endpoint.label} is watched (${interest}) by nobody`);
      }
      if (isWaitedFor && !isWatched) fail("K15", `a task waits to ${interest} ${endpoint.label}, which does not know`);
    }
    const isDeaf = otherwise.has(endpoint) && !endpoint.watched("read") && !endpoint.watched("write");
    if (isDeaf) fail("K15", `a task waits for ${endpoint.label}, which does not know`);
    if (endpoint.closed === true) known.endpoints.delete(endpoint);
  }
}

// K12 and K15: a queue holds those that wait in it.
function recountQueues({ blocked, known }: Tables, fail: Fail): void {
  const waiting = new Map<Queue, number>();
  for (const wait of waitsOf(blocked)) {
    const queue = queueOf(wait);
    if (queue !== undefined) waiting.set(queue, (waiting.get(queue) ?? 0) + 1);
  }
  for (const queue of known.queues) {
    const count = waiting.get(queue) ?? 0;
    if (queue.size !== count)
      fail(queue.size > count ? "K12" : "K15", `${count} tasks wait in a queue of ${queue.size}`);
    if (count === 0) known.queues.delete(queue);
  }
}

// K12 and K15: who waits for a task's end is known there, and nobody else is.
function recountExitWatchers({ tasks, blocked }: Tables, fail: Fail): void {
  const waiting = new Map<ExitWatcher, number>();
  for (const one of waitsOf(blocked)) {
    const wait = exitWait(one);
    if (wait !== undefined) waiting.set(wait, wait.tid);
  }
  for (const task of tasks) {
    for (const watcher of watchersOf(task)) {
      if (exitWait(watcher) === undefined) continue; // a scope's
      if (waiting.get(watcher) !== task.tid) fail("K12", `task ${task.tid} would tell its end to somebody who is gone`);
      waiting.delete(watcher);
    }
  }
  for (const tid of waiting.values()) fail("K15", `a task waits for the end of task ${tid}, which does not know`);
}

// K9 and K10: a killed task is on its way, and no cleanup waits without its clock.
function recountEndings({ kernel, tasks }: Tables, fail: Fail): void {
  for (const task of tasks) {
    if (task.marks === 0) continue;
    const isBlocked = task.state === State.blocked;
    if (task.ending === undefined) fail("K9", `task ${task.tid} is marked to end, and it is not on record why`);
    if ((task.marks & Mark.killed) !== 0 && isBlocked) fail("K9", `task ${task.tid} was killed and still waits`);
    if ((task.marks & Mark.unwinding) === 0 || !isBlocked) continue;
    if (task.ending.timer < 0 && kernel.limits.cleanupMs < Number.POSITIVE_INFINITY) {
      fail("K10", `the cleanup of task ${task.tid} waits, and its time is not limited`);
    }
  }
}
