// Step 16: the machine tells. Nobody looks at every socket any more: each wait asks its socket once to be told, so there
// may be any number of them. The loop yields how long the machine may wait, and is answered with the time; so tasks can
// sleep. This is the shape of our kernel.
// Mends W11. In our kernel: kernel/kernel.ts (loop), timers.ts, machine/machine.ts (poll, watch).

import { accept, NewTask, recv, Sleep, send } from "./16/calls.ts";
import { Scheduler, type Target } from "./16/kernel.ts";
import { type App, type Mainloop, type Print, server } from "./host.ts";
import type { Listener, Socket } from "./sockets.ts";

export * from "./16/calls.ts";
export * from "./16/kernel.ts";

export function* echo(say: Print, listener: Listener): Target<never> {
  for (;;) {
    const client = (yield accept(listener)) as Socket; // what accept gives
    yield new NewTask(serve(say, client));
  }
}

function* serve(say: Print, client: Socket): Target<void> {
  say(`hello ${client.peer}`);
  try {
    for (;;) {
      const bytes = (yield recv(client, 65_536)) as Uint8Array; // what recv gives
      if (bytes.length === 0) break;
      yield send(client, bytes);
    }
  } finally {
    client.close();
    say(`goodbye ${client.peer}`);
  }
}

function* counts(say: Print): Target<never> {
  for (let seconds = 1; ; seconds++) {
    yield new Sleep(1_000);
    say(`${seconds} s`);
  }
}

function demo(say: Print, listener: Listener): Mainloop {
  const scheduler = new Scheduler(say);
  scheduler.spawn(echo(say, listener));
  scheduler.spawn(counts(say));
  return scheduler.mainloop();
}

const app: App = server(demo);
export default app;
