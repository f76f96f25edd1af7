// Step 3: a task ends. The scheduler takes it out of its table, and its loop is over when the table is empty.

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
        if (task.run().done === true) this.exit(task);
        else this.schedule(task);
      }
      yield;
    }
  }
}

function* repeats(say: Print, text: string, times: number): Target {
  for (let time = 0; time < times; time++) {
    say(text);
    yield;
  }
}

function demo(say: Print): Mainloop {
  const scheduler = new Scheduler();
  scheduler.spawn(repeats(say, "I'm foo", 4));
  scheduler.spawn(repeats(say, "I'm bar", 2));
  return scheduler.mainloop();
}

const app: App = host(demo);
export default app;
