// Step 13: a wait can be undone. A handler that blocks says what the task waits for, how it is put there and how it is
// taken out again. A wait ends once, by whoever comes first: who has the answer, or who kills the task. One task at a time
// waits for a socket's direction, and closing the socket ends the wait.
// Mends W5, W6, W8, W9. In our kernel: kernel/task.ts (block, endWait), serve.ts (arm), syscalls/read-wait.ts.

import { KillTask, NewTask, WaitTask } from "./13/calls.ts";
import { Scheduler, type Target } from "./13/kernel.ts";
import { type App, host, type Mainloop, type Print } from "./host.ts";

export * from "./13/calls.ts";
export * from "./13/kernel.ts";

function* sleepy(): Target<void> {
  for (let turn = 0; turn < 5; turn++) yield;
}

function* waits(tid: number): Target<void> {
  yield new WaitTask(tid);
}

function* main(say: Print): Target<void> {
  const target = Number(yield new NewTask(sleepy()));
  const waiter = Number(yield new NewTask(waits(target)));
  yield;
  yield new KillTask(waiter);
  yield new WaitTask(waiter);
  say("the one that waited is gone");
  yield new WaitTask(target);
  say("and then the one that it waited for");
}

function demo(say: Print): Mainloop {
  const scheduler = new Scheduler(say);
  scheduler.spawn(main(say));
  return scheduler.mainloop();
}

const app: App = host(demo);
export default app;
