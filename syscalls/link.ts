// Link: two tasks that share their fate, after Erlang's links. What one of them dies of ends the other, whoever spawned
// whom. Who only wants to know uses a Monitor.

import { type Exit, type Kernel, Syscall, SyscallError, type Task, type Tid } from "../kernel/syscall.ts";
import type { ExitWatcher } from "../kernel/task.ts";
import { exitText } from "./exit-text.ts";

/** Links of one task. */
const maxLinks = 65_536;

const linksOf = new WeakMap<Task, Map<Task, Side>>();

/** What one task of a pair hears of the other's end. */
class Side implements ExitWatcher {
  readonly passive = true;
  readonly #mine: Task;
  readonly #other: Task;

  constructor(mine: Task, other: Task) {
    this.#mine = mine;
    this.#other = other;
    other.watchExit(this);
    linksFrom(mine).set(other, this);
  }

  exited(exit: Exit): void {
    unlink(this.#mine, this.#other);
    doom(this.#mine, this.#other.tid, this.#other.name, exit);
  }

  remove(): void {
    this.#other.unwatchExit(this);
    linksOf.get(this.#mine)?.delete(this.#other);
  }
}

function linksFrom(task: Task): Map<Task, Side> {
  let links = linksOf.get(task);
  if (links === undefined) {
    links = new Map();
    linksOf.set(task, links);
  }
  return links;
}

function unlink(one: Task, other: Task): boolean {
  const mine = linksOf.get(one)?.get(other);
  mine?.remove();
  linksOf.get(other)?.get(one)?.remove();
  return mine !== undefined;
}

function doom(task: Task, tid: Tid, name: string, exit: Exit): void {
  if (exit.status === "returned") return;
  task.kernel.cancel(task.tid, tid, `linked to task ${tid} (${name}), which ${exitText(exit)}`);
}

abstract class OfPair extends Syscall<boolean> {
  readonly tid: Tid;

  /** @param tid the other one's */
  constructor(tid: Tid) {
    super();
    this.tid = tid;
  }

  override get family(): string {
    return "task";
  }
}

/**
 * Links the caller and another task: when one of them throws, or is killed or cancelled, the other is cancelled. A task
 * that returns leaves the other alone. Links are no tree and no scope; twice is once. Answers whether the other is alive:
 * one that has died already has its effect now, so that nothing is missed between a spawn and its link.
 * @throws EINVAL for one's own tid, ESRCH if no task ever had it, ESTALE if it has ended and its end is not remembered,
 * EAGAIN at 65,536 links of one task
 *
 * ```ts
 * const reader = yield* new NewTask(readAll(socket));
 * yield* new Link(reader); // neither lives without the other
 * ```
 */
export class Link extends OfPair {
  override handle(task: Task, kernel: Kernel): boolean {
    if (this.tid === task.tid) throw new SyscallError("EINVAL", `task ${task.tid} cannot be linked to itself`);
    const other = kernel.find(this.tid);
    if (other === undefined) {
      const record = kernel.exits.find(this.tid);
      if (record === undefined) throw new SyscallError("ESTALE", `task ${this.tid} has ended, and nobody knows how`);
      doom(task, this.tid, record.name, record.exit);
      return false;
    }
    if (linksOf.get(task)?.has(other)) return true;
    for (const one of [task, other]) {
      if ((linksOf.get(one)?.size ?? 0) < maxLinks) continue;
      throw new SyscallError("EAGAIN", `task ${one.tid} has ${maxLinks} links, which is the most: unlink some`);
    }
    new Side(task, other);
    new Side(other, task);
    return true;
  }
}

/**
 * Takes a link back. Answers whether there was one.
 * @throws ESRCH if no task ever had this tid
 */
export class Unlink extends OfPair {
  override handle(task: Task, kernel: Kernel): boolean {
    const other = kernel.find(this.tid);
    return other !== undefined && unlink(task, other);
  }
}
