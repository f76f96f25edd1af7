// Who waits for whom at one moment: the edges of the wait-for graph, the cycles in it, and who waits for a task.

import type { Call } from "../../../kernel/syscall.ts";
import { State, type Task } from "../../../kernel/task.ts";
import { type Cycle, cyclesIn, type Edges, reversed, stuckIn } from "./cycles.ts";
import type { LiveEntry } from "./entry.ts";

export class Waiting {
  /** From each task that waits for tasks to those. */
  readonly edges: Edges;
  /** Tasks that wait for each other, and that nothing can wake but what ends one of them. */
  readonly cycles: readonly Cycle[];
  readonly #inCycle = new Map<number, Cycle>();
  #waiters: ReadonlyMap<number, readonly number[]> | undefined = undefined;

  constructor(entries: Iterable<LiveEntry>) {
    const edges = new Map<number, readonly number[]>();
    const tasks = new Map<number, Task>();
    for (const entry of entries) {
      const { holders } = entry;
      if (holders.length === 0) continue;
      edges.set(entry.tid, holders);
      tasks.set(entry.tid, entry.task);
    }
    this.edges = edges;
    const taskOf = (tid: number): Task => tasks.get(tid) as Task; // each that has edges is there
    let stuck = stuckIn(edges, (tid) => hasWayOut(taskOf(tid)));
    // Frames are only walked where there is a reason to.
    if (stuck.size > 0) stuck = stuckIn(edges, (tid) => !stuck.has(tid) || hasDeadline(taskOf(tid)));
    this.cycles = cyclesIn(edges, stuck);
    for (const cycle of this.cycles) for (const tid of cycle.tids) this.#inCycle.set(tid, cycle);
  }

  /** The cycle that a task is in. */
  cycleOf(tid: number): Cycle | undefined {
    return this.#inCycle.get(tid);
  }

  /** Of those that could end a task's wait the one to name first: in its cycle the next, else any; 0: there is none. */
  holderOf(tid: number): number {
    const holders = this.edges.get(tid) ?? [];
    const cycle = this.cycleOf(tid);
    return holders.find((holder) => cycle !== undefined && this.cycleOf(holder) === cycle) ?? holders[0] ?? 0;
  }

  /** Those that wait for a task, in the order of their tids. */
  waitersOf(tid: number): readonly number[] {
    this.#waiters ??= reversed(this.edges);
    return this.#waiters.get(tid) ?? [];
  }
}

/** The clock, something outside, or a task that nobody can name: what a wait with edges may be ended by all the same. */
function hasWayOut(task: Task): boolean {
  const parked = task.wait;
  if (task.state !== State.blocked || parked === undefined) return true;
  if (parked.outside || parked.timer >= 0) return true;
  try {
    if (parked.wait.bounded === true) return true; // whoever it waits for is being ended
    const parts = parked.wait.parts?.() ?? [];
    return parts.some((part) => part.outside === true || (part.holders?.() ?? []).length === 0);
  } catch {
    return true; // what it says of itself cannot be had: no cycle is claimed
  }
}

/** Whether a scope around the wait has a deadline. */
function hasDeadline(task: Task): boolean {
  for (let frame = task.frame; frame !== undefined; frame = frame.caller) {
    const timer = (frame.call as (Call<unknown> & { timer?: unknown }) | undefined)?.timer; // of a scope that is a timer
    if (typeof timer === "number" && timer >= 0) return true;
  }
  return false;
}
