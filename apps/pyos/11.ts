// Step 11: an error belongs to whoever asked. What a handler throws, and what a subroutine throws, is thrown at the yield
// that asked for it. What a task itself throws ends that task, is reported, and ends nobody else. What cannot be served
// is refused, at the yield as well.
// Mends W1, W2, W10, W17, W18, W21. In our kernel: kernel/trap.ts, serve.ts, turn.ts, report.ts.

import { NewTask } from "./11/calls.ts";
import { Scheduler, type Target } from "./11/kernel.ts";
import { type App, host, type Mainloop, type Print } from "./host.ts";

export * from "./11/calls.ts";
export * from "./11/kernel.ts";

function* fails(): Target<void> {
  yield;
  throw new Error("a subroutine's trouble");
}

function* main(say: Print): Target<void> {
  try {
    yield fails();
  } catch (error) {
    say(`caught ${error}`);
  }
  yield new NewTask(fails());
  for (let turn = 0; turn < 3; turn++) yield;
  say("main done");
}

function demo(say: Print): Mainloop {
  const scheduler = new Scheduler(say);
  scheduler.spawn(main(say));
  return scheduler.mainloop();
}

const app: App = host(demo);
export default app;
