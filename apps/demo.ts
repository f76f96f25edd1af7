// A busy little town of tasks, to be looked at: whatever a monitor can show is here within ten seconds, and each task is
// named after what it does. A server and its clients, a pipeline with a slow stage, work in slices and in rushes, every
// kind of wait, a crash now and then, and what one does not wish to find: a deadlock, a leak, a mailbox that grows.
//
//   yieldix run apps/demo.ts --monitor            as well: --machine virtual --seed 7
//   yieldix run apps/demo.ts [--stuck seconds] [--crash seconds]
//
// It goes on until Ctrl-C, in flat memory, on about a quarter of a processor. Any task may be killed: the rest lives on.

import { parseArgs } from "node:util";
import { type Program, routine } from "../kernel/syscall.ts";
import { Gauge, GetTime, Listen, NewTask, Sleep } from "../syscalls/index.ts";
import { load } from "./demo/load.ts";
import { pipeline } from "./demo/pipeline.ts";
import { clients, server, type Tally } from "./demo/server.ts";
import { endlessLoop, troubles } from "./demo/troubles.ts";
import { waits } from "./demo/waits.ts";
import { type App, app, print, UsageError } from "./lib/index.ts";

const usage = `usage: yieldix run apps/demo.ts [--stuck seconds] [--crash seconds]

A busy little town of tasks, to be looked at with yieldix top; it goes on until
it is stopped.

  --stuck seconds  after so long a task goes into an endless loop: to see it
                   named, and to end it (default: never)
  --crash seconds  after so long the whole town ends with an error: to see what
                   a monitor makes of that (default: never)`;

const banner = `yieldix demo: a busy little town of tasks
  watch   in another terminal: yieldix top
  stop    Ctrl-C`;

interface Options {
  /** When, ms from the start; Infinity: never. */
  readonly stuckMs: number;
  readonly crashMs: number;
}

const demo: App = app(usage, parse, function* demoTown({ stuckMs, crashMs }) {
  const listener = yield* new Listen({ port: 0 });
  yield* print(banner);
  const tally: Tally = { requests: 0, sessions: 0 };
  yield* server(listener, tally);
  yield* clients(listener.address);
  yield* pipeline();
  yield* load();
  yield* waits();
  yield* troubles(listener.address);
  if (stuckMs < Number.POSITIVE_INFINITY) yield* new NewTask(endlessLoop(stuckMs), "endless-loop");
  yield* live(crashMs, tally);
});

export default demo;

/** Publishes what the town counts, until it is to crash. */
const live = routine(function* live(crashMs: number, tally: Tally): Program<void> {
  const crashAt = (yield* new GetTime()) + crashMs;
  for (let at = yield* new GetTime(); at < crashAt; at = yield* new GetTime()) {
    yield* new Gauge("requests a second", tally.requests);
    yield* new Gauge("sessions", tally.sessions);
    tally.requests = 0;
    yield* new Sleep(Math.min(1_000, crashAt - at));
  }
  throw new Error("the town has crashed, as --crash asked for");
});

function parse(argv: readonly string[]): Options {
  const text = { type: "string" } as const; // the literal that parseArgs wants
  const { values } = parseArgs({ args: [...argv], options: { stuck: text, crash: text } });
  return { stuckMs: milliseconds("stuck", values.stuck), crashMs: milliseconds("crash", values.crash) };
}

function milliseconds(name: string, seconds: string | undefined): number {
  if (seconds === undefined) return Number.POSITIVE_INFINITY;
  if (/^[0-9]{1,6}(\.[0-9]{1,3})?$/.test(seconds)) return Number(seconds) * 1_000;
  throw new UsageError(`--${name} ${JSON.stringify(seconds)} is no number of seconds`);
}
