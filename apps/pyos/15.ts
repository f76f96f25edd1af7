// Step 15: a turn has a quantum. A task that is answered at once goes on in the same turn, up to so many steps; calls and
// returns of subroutines count as well. So nobody keeps the CPU by asking for much, or by calling for ever.
// Mends W16. In our kernel: kernel/turn.ts, limits.ts (quantum).

import { KillTask, NewTask, WaitTask } from "./15/calls.ts";
import { Scheduler, type Target } from "./15/kernel.ts";
import { type App, host, type Mainloop, type Print } from "./host.ts";

export * from "./15/calls.ts";
export * from "./15/kernel.ts";

function* nothing(): Target<void> {}

function* calls(): Target<never> {
  for (;;) yield nothing();
}

function* main(say: Print): Target<void> {
  const tid = Number(yield new NewTask(calls()));
  for (let turn = 1; turn <= 3; turn++) {
    say(`turn ${turn} beside a loop of calls`);
    yield;
  }
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
