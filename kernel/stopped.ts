// Tasks that are stopped, as by SIGSTOP: their waits, deadlines and ends go on, their turns do not. Beside the tasks and
// not in them, because few are, and because what nobody uses should cost one comparison a turn.

import { State, type Task } from "./task.ts";

export class Stopped {
  /** Each stopped task, and whether a turn of it has come and is held back. */
  readonly #held = new Map<Task, boolean>();

  get size(): number {
    return this.#held.size;
  }

  has(task: Task): boolean {
    return this.#held.has(task);
  }

  /** True when it is ready, and in no queue. */
  isHeld(task: Task): boolean {
    return this.#held.get(task) === true;
  }

  /** False if it was stopped already, or is being killed: a kill is certain. */
  stop(task: Task): boolean {
    if (this.#held.has(task) || task.ending?.kill !== undefined) return false;
    this.#held.set(task, false);
    if (task.kernel.current === task) task.kernel.trapsLeft = 0; // its turn ends with this trap
    return true;
  }

  /** Its turn has come: true if that is held back. */
  hold(task: Task): boolean {
    if (!this.#held.has(task)) return false;
    this.#held.set(task, true);
    const { kernel } = task;
    if (kernel.observers.length !== 0) kernel.observe("hold", task, undefined);
    return true;
  }

  /** It goes on: with the turn that was held back, if one was. False if it was not stopped. */
  free(task: Task): boolean {
    const isHeld = this.#held.get(task);
    if (isHeld === undefined) return false;
    this.#held.delete(task);
    if (isHeld && task.state === State.ready) task.kernel.makeReady(task);
    return true;
  }
}
