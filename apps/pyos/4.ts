// Step 4: system calls. A task asks the scheduler for something by yielding an object. That object serves the task: it
// sets the answer, and puts the task back in the queue.

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

function* repeats(say: Print, name: string, times: number): Target {
  const tid = yield new GetTid();
  for (let time = 0; time < times; time++) {
    say(`I'm ${name}, task ${tid}`);
    yield;
  }
}

function demo(say: Print): Mainloop {
  const scheduler = new Scheduler();
  scheduler.spawn(repeats(say, "foo", 4));
  scheduler.spawn(repeats(say, "bar", 2));
  return scheduler.mainloop();
}

const app: App = host(demo);
export default app;
