// Step 1: a task is a generator with a number. Whoever has it can run it a little, and again later.

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

function* foo(say: Print): Target {
  say("part 1");
  yield;
  say("part 2");
  yield;
}

function* demo(say: Print): Mainloop {
  const task = new Task(foo(say));
  say(`task ${task.tid} runs`);
  task.run();
  say("and is at rest; again");
  task.run();
}

const app: App = host(demo);
export default app;
