// Step 9: the run ends, or says why it cannot. Sockets are looked after by the loop itself: not by a task, which would
// keep the run alive for ever, and not once a round, which would be rare among many tasks. When nothing is ready, nobody
// waits for a socket and tasks are left, they wait for each other: an error says who for whom.
// Mends W7, W13, W24. In our kernel: kernel/kernel.ts, pace.ts, end-of-run.ts.

import { WaitTask } from "./9/calls.ts";
import { Scheduler, type Target } from "./9/kernel.ts";
import { type App, host, type Mainloop, type Print } from "./host.ts";

export * from "./9/calls.ts";
export * from "./9/kernel.ts";

function* waits(say: Print, tid: number): Target {
  say(`waiting for task ${tid}`);
  yield new WaitTask(tid);
}

function* demo(say: Print): Mainloop {
  const scheduler = new Scheduler();
  scheduler.spawn(waits(say, 2));
  scheduler.spawn(waits(say, 1));
  try {
    yield* scheduler.mainloop();
  } catch (error) {
    say(String(error));
  }
}

const app: App = host(demo);
export default app;
