// Step 10: returning is answering. A handler returns the answer, or `blocked`, and the scheduler does the rest: nothing is
// left that a handler could forget. A subroutine returns its result, so a bare yield in it is free to mean what it means
// in a task. Each answer is given once.
// Mends W14, W15, W19, W20. In our kernel: kernel/syscall.ts, serve.ts, turn.ts.

import { Scheduler, type Target } from "./10/kernel.ts";
import { type App, host, type Mainloop, type Print } from "./host.ts";

export * from "./10/calls.ts";
export * from "./10/kernel.ts";

function* add(a: number, b: number): Target<number> {
  yield;
  return a + b;
}

function* main(say: Print): Target<void> {
  say(`2 + 3 = ${yield add(2, 3)}`);
  say(`a bare yield gives ${yield}`);
}

function demo(say: Print): Mainloop {
  const scheduler = new Scheduler();
  scheduler.spawn(main(say));
  return scheduler.mainloop();
}

const app: App = host(demo);
export default app;
