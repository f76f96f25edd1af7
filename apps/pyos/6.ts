// Step 6: a task waits for the end of another. It is in no queue meanwhile, only in a list of who waits for whom.

import { type App, host, type Mainloop, type Print } from "./host.ts";

/** What a task runs. */
export type Target = Generator<unknown, void, unknown>;

export class Task {
  static newest = 0;
  readonly tid: number = ++Task.newest;
  readonly target: Target;
  /** What the next yield gives. */
  answer: unknown = undefined;

  constructor(target: Target) {
    this.target = target;
  }

  /** Runs to the next yield. */
  run(): IteratorResult<unknown, void> {
    return this.target.next(this.answer);
  }
}

export class Scheduler {
  readonly ready: Task[] = [];
  readonly tasks: Map<number, Task> = new Map();
  /** Who waits for the end of which task. */
  readonly awaited: Map<number, Task[]> = new Map();

  /** Makes a task, and answers with its number. */
  spawn(target: Target): number {
    const task = new Task(target);
    this.tasks.set(task.tid, task);
    this.schedule(task);
    return task.tid;
  }

  schedule(task: Task): void {
    this.ready.push(task);
  }

  exit(task: Task): void {
    this.tasks.delete(task.tid);
    for (const waiting of this.awaited.get(task.tid) ?? []) this.schedule(waiting);
    this.awaited.delete(task.tid);
  }

  /** False when there is no such task to wait for. */
  awaitExit(task: Task, tid: number): boolean {
    if (!this.tasks.has(tid)) return false;
    this.awaited.set(tid, [...(this.awaited.get(tid) ?? []), task]);
    return true;
  }

  *mainloop(): Mainloop {
    while (this.tasks.size > 0) {
      const task = this.ready.shift();
      if (task !== undefined) {
        const { done, value } = task.run();
        if (done === true) this.exit(task);
        else if (value instanceof SystemCall) value.handle(task, this);
        else this.schedule(task);
      }
      yield;
    }
  }
}

/** What a task yields to ask for something. */
export abstract class SystemCall {
  /** Sets the task's answer and schedules it, or sees to it that somebody will. */
  abstract handle(task: Task, scheduler: Scheduler): void;
}

/** The caller's own number. */
export class GetTid extends SystemCall {
  override handle(task: Task, scheduler: Scheduler): void {
    task.answer = task.tid;
    scheduler.schedule(task);
  }
}

/** Starts a task; its number is the answer. */
export class NewTask extends SystemCall {
  readonly target: Target;

  constructor(target: Target) {
    super();
    this.target = target;
  }

  override handle(task: Task, scheduler: Scheduler): void {
    task.answer = scheduler.spawn(this.target);
    scheduler.schedule(task);
  }
}

/** Ends a task; the answer is whether there was one. */
export class KillTask extends SystemCall {
  readonly tid: number;

  constructor(tid: number) {
    super();
    this.tid = tid;
  }

  override handle(task: Task, scheduler: Scheduler): void {
    const victim = scheduler.tasks.get(this.tid);
    victim?.target.return(undefined);
    task.answer = victim !== undefined;
    scheduler.schedule(task);
  }
}

/** Waits until a task has ended; the answer is whether there was one. */
export class WaitTask extends SystemCall {
  readonly tid: number;

  constructor(tid: number) {
    super();
    this.tid = tid;
  }

  override handle(task: Task, scheduler: Scheduler): void {
    const waits = scheduler.awaitExit(task, this.tid);
    task.answer = waits;
    if (!waits) scheduler.schedule(task);
  }
}

function* foo(say: Print): Target {
  for (let time = 0; time < 3; time++) {
    say("I'm foo");
    yield;
  }
}

function* main(say: Print): Target {
  const child = Number(yield new NewTask(foo(say)));
  say("waiting for child");
  yield new WaitTask(child);
  say("child done");
}

function demo(say: Print): Mainloop {
  const scheduler = new Scheduler();
  scheduler.spawn(main(say));
  return scheduler.mainloop();
}

const app: App = host(demo);
export default app;
