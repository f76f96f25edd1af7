// A task that makes the syscall under test, and stays afterwards, so that what its wait left behind can be told from what
// goes with the task.

import type { Kernel } from "../../../kernel/kernel.ts";
import { type Program, type Runnable, Syscall, type Task, type Tid, type Wait } from "../../../kernel/syscall.ts";
import { State } from "../../../kernel/task.ts";
import { shown } from "../../../kernel/text.ts";
import { Park, WaitQueue } from "../../../syscalls/index.ts";

/** The calling task itself. */
export class GetSelf extends Syscall<Task> {
  override get family(): string {
    return "self";
  }

  override handle(task: Task, _kernel: Kernel): Task {
    return task;
  }
}

export class Subject {
  /** Where it waits before it asks. */
  readonly gate: WaitQueue;
  /** How far it has got. */
  state: "about to ask" | "asks" | "answered" | "threw" = "about to ask";
  value: unknown = undefined;
  error: unknown = undefined;
  /** True once it has gone on from the kit's own wait after the syscall, which nobody ends. */
  hasGoneOn = false;
  #task: Task | undefined = undefined;
  /** Where the director may wait for it. */
  readonly #done = new WaitQueue("wait for", "a subject");

  constructor(gate: WaitQueue) {
    this.gate = gate;
  }

  /** What its task runs. */
  *asking(request: (tid: Tid) => Runnable<unknown>): Program<void> {
    this.#task = yield* new GetSelf();
    yield* new Park(this.gate);
    this.state = "asks";
    try {
      this.value = yield* request(this.tid);
      this.state = "answered";
    } catch (error) {
      this.error = error;
      this.state = "threw";
    }
    this.#done.wake();
    yield* new Park(this.gate);
    this.hasGoneOn = true;
  }

  /** Waits until the syscall is over, and for nothing else. */
  *over(): Program<void> {
    while (!this.isOver) yield* new Park(this.#done);
  }

  get task(): Task {
    if (this.#task === undefined) throw new Error("a subject's task has its first turn before anybody asks for it");
    return this.#task;
  }

  get tid(): Tid {
    return this.task.tid;
  }

  /** It waits for the answer. */
  get waits(): boolean {
    return this.state === "asks" && this.task.state === State.blocked;
  }

  /** What it waits for. */
  get wait(): Wait<unknown> | undefined {
    return this.task.wait?.wait;
  }

  get isAlive(): boolean {
    return this.#task?.state !== State.exited;
  }

  /** The syscall is over, whatever came of it. */
  get isOver(): boolean {
    return !this.isAlive || this.state === "answered" || this.state === "threw";
  }

  /** What came of it, as a sentence. */
  get outcome(): string {
    if (this.waits) return "it still waits";
    if (this.state === "threw") return `it threw ${shown(this.error)}`;
    if (this.state === "answered") return `it was answered with ${shown(this.value)}`;
    return this.isAlive ? "it has not asked yet" : "its task ended";
  }
}
