// Step 14: a kill is a mark. The task is closed when its turn comes: each of its frames, the innermost first, and none of
// them goes on with its work. A frame's `finally` may make system calls, a thousand of them; they are served as any.
// Mends W3, W4. In our kernel: kernel/unwind.ts, turn.ts.

import { GetTid, KillTask, NewTask, WaitTask } from "./14/calls.ts";
import { Scheduler, type Target } from "./14/kernel.ts";
import { type App, host, type Mainloop, type Print } from "./host.ts";

export * from "./14/calls.ts";
export * from "./14/kernel.ts";

function* inner(say: Print): Target<void> {
  try {
    for (;;) yield;
  } finally {
    say(`inner cleans up, as task ${yield new GetTid()}`);
  }
}

function* outer(say: Print): Target<void> {
  try {
    yield inner(say);
    say("outer goes on");
  } finally {
    say("outer cleans up");
  }
}

function* main(say: Print): Target<void> {
  const tid = Number(yield new NewTask(outer(say)));
  yield;
  yield new KillTask(tid);
  say(JSON.stringify(yield new WaitTask(tid)));
}

function demo(say: Print): Mainloop {
  const scheduler = new Scheduler(say);
  scheduler.spawn(main(say));
  return scheduler.mainloop();
}

const app: App = host(demo);
export default app;
