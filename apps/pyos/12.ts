// Step 12: an end is kept. A task ends with a value or with an error, and whoever waits for it, also later, gets that. A
// task that ended long ago is not one that never was. Each scheduler counts its own tasks.
// Mends W22, W23. In our kernel: kernel/exits.ts, burial.ts, syscalls/wait-task.ts.

import { NewTask, WaitTask } from "./12/calls.ts";
import { type Exit, Scheduler, type Target } from "./12/kernel.ts";
import { type App, host, type Mainloop, type Print } from "./host.ts";

export * from "./12/calls.ts";
export * from "./12/kernel.ts";

function* child(isWell: boolean): Target<string> {
  yield;
  if (!isWell) throw new Error("unwell");
  return "well";
}

function* main(say: Print): Target<void> {
  const first = Number(yield new NewTask(child(true)));
  const second = Number(yield new NewTask(child(false)));
  for (const tid of [first, second, first, 99]) yield tell(say, tid);
}

function* tell(say: Print, tid: number): Target<void> {
  try {
    const exit = (yield new WaitTask(tid)) as Exit; // what WaitTask gives
    say(`task ${tid} ${exit.status} ${exit.status === "returned" ? exit.value : exit.error}`);
  } catch (error) {
    say(String(error));
  }
}

function demo(say: Print): Mainloop {
  const scheduler = new Scheduler(say);
  scheduler.spawn(main(say));
  return scheduler.mainloop();
}

const app: App = host(demo);
export default app;
