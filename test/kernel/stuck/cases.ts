// Each way in which a turn can be stuck, as a program that is run by name in a process of its own: `cases.ts epoll handler`.
// Says on standard output, a line of JSON each, what the tests look at.

import { AsyncLocalStorage, AsyncResource } from "node:async_hooks";
import { argv, exit } from "node:process";
import { PriorityQueue } from "../../../apps/index.ts";
import { Kernel } from "../../../kernel/kernel.ts";
import type { Endpoint } from "../../../kernel/machine/endpoint.ts";
import {
  type Answer,
  type Program,
  routine,
  Syscall,
  type Task,
  type Tid,
  type Wait,
} from "../../../kernel/syscall.ts";
import {
  Await,
  CancelTask,
  KillTask,
  NewTask,
  Select,
  SendSignal,
  Sleep,
  Timeout,
  WaitTask,
} from "../../../syscalls/index.ts";
import { Invariants } from "../../kit/index.ts";
import { bootMachine, forever, say, watched } from "./boot.ts";

/** A syscall with one part that never ends. */
class Evil extends Syscall<void> implements Wait<void> {
  readonly verb = "wait";
  readonly object = "for ever";
  readonly outside = true;
  readonly #part: "handle" | "arm" | "undo" | "giveBack";

  constructor(part: "handle" | "arm" | "undo" | "giveBack") {
    super();
    this.#part = part;
  }

  override handle(task: Task, _kernel: Kernel): Answer<void> {
    if (this.#part === "handle") forever();
    return task.block<void>(this, (waiter) => {
      if (this.#part === "arm") forever();
      if (this.#part === "giveBack") setImmediate(() => waiter.wake(undefined));
      return () => {
        if (this.#part === "undo") forever();
      };
    });
  }

  giveBack(): void {
    if (this.#part === "giveBack") forever();
  }
}

function* loop(): Program<void> {
  try {
    yield* new Sleep(1);
    forever();
  } finally {
    say("never said");
  }
}
const inLoop = routine(loop);

/** Has a frame around it whose `finally` takes its time. */
function* around(inner: () => Program<unknown>): Program<void> {
  try {
    yield* routine(inner)();
  } catch (error) {
    say({ caught: String(error) });
  } finally {
    yield* new Sleep(1);
    say("outer finally");
  }
}

function* endOf(program: Program<unknown>): Program<void> {
  const tid = yield* new NewTask(program, "evil");
  say({ exit: yield* new WaitTask(tid) });
}

/** What is stuck when it is killed: a task and then somebody who ends it. */
function* endedBy(end: (tid: Tid) => Syscall<unknown>, victim: Program<unknown>): Program<void> {
  const tid = yield* new NewTask(victim, "victim");
  yield* new Sleep(5);
  yield* endOf(
    (function* killer(): Program<void> {
      try {
        yield* end(tid);
      } finally {
        say("killer's finally");
      }
    })(),
  );
  say({ victim: yield* new WaitTask(tid) });
}

function* native(): Program<void> {
  forever();
}

const cases: Readonly<Record<string, () => Program<unknown>>> = {
  frame: () => endOf(around(loop)),
  *bottom() {
    yield* endOf(
      (function* (): Program<void> {
        forever();
      })(),
    );
  },
  *stopped() {
    const patient = (function* (): Program<string> {
      yield;
      return "done";
    })();
    const tid = yield* new NewTask(patient, "patient");
    yield* new SendSignal(tid, "STOP");
    yield* new Sleep(2);
    yield* endOf(native());
    yield* new SendSignal(tid, "CONT");
    say({ stopped: yield* new WaitTask(tid) });
  },
  native: () =>
    endOf(
      around(function* outer(): Program<void> {
        yield* native();
      }),
    ),
  comparator: () =>
    endOf(
      around(function* sorts(): Program<void> {
        [3, 1, 2].sort(forever);
      }),
    ),
  *queue() {
    const queue = new PriorityQueue<number>({ rank: forever });
    yield* endOf(
      around(function* puts(): Program<void> {
        for (const item of [1, 2, 3]) yield* queue.send(item);
      }),
    );
  },
  getter: () =>
    endOf(
      around(function* getter(): Program<void> {
        const request = {
          get "Symbol(yieldix.brand)"() {
            return forever();
          },
        };
        yield new Proxy(request, { get: forever }) as unknown as undefined;
      }),
    ),
  handler: () =>
    endOf(
      around(function* asks(): Program<void> {
        yield* new Evil("handle");
      }),
    ),
  plainHandler: () =>
    endOf(
      around(function* asks(): Program<void> {
        try {
          yield new Evil("handle");
        } finally {
          say("inner finally");
        }
      }),
    ),
  arm: () =>
    endOf(
      around(function* waits(): Program<void> {
        yield* new Evil("arm");
      }),
    ),
  select: () =>
    endOf(
      around(function* selects(): Program<void> {
        yield* new Select({ evil: new Evil("arm"), sleep: new Sleep(1) });
      }),
    ),
  *undo() {
    yield* endedBy(
      (tid) => new KillTask(tid, "enough"),
      around(function* waits(): Program<void> {
        yield* new Evil("undo");
      }),
    );
  },
  *undoOfCancel() {
    yield* endedBy(
      (tid) => new CancelTask(tid, "enough"),
      around(function* waits(): Program<void> {
        yield* new Evil("undo");
      }),
    );
  },
  *cleanup() {
    const tid = yield* new NewTask(
      around(function* dies(): Program<void> {
        try {
          yield* new Sleep(60_000);
        } finally {
          forever();
        }
      }),
      "evil",
    );
    yield* new Sleep(5);
    yield* new KillTask(tid, "enough");
    say({ exit: yield* new WaitTask(tid) });
  },
  *callOfCleanup() {
    const tid = yield* new NewTask(
      around(function* dies(): Program<void> {
        try {
          yield* new Sleep(60_000);
        } finally {
          try {
            yield* inLoop();
          } finally {
            say("finally of the cleanup");
          }
          say("never said");
        }
      }),
      "evil",
    );
    yield* new Sleep(5);
    yield* new KillTask(tid, "enough");
    say({ exit: yield* new WaitTask(tid) });
  },
  *everyCleanup() {
    const nested = routine(function* nest(depth: number): Program<void> {
      try {
        if (depth === 0) yield* new Sleep(60_000);
        else yield* (nested as (depth: number) => Program<void>)(depth - 1);
      } finally {
        say({ depth });
        forever();
      }
    }) as unknown as (depth: number) => Program<void>;
    const tid = yield* new NewTask(nested(3), "evil");
    yield* new Sleep(5);
    yield* new KillTask(tid, "enough");
    say({ exit: yield* new WaitTask(tid) });
  },
  timeout: () =>
    endOf(
      around(function* late(): Program<void> {
        yield* new Timeout(
          20,
          (function* (): Program<void> {
            try {
              yield* new Sleep(60_000);
            } finally {
              forever();
            }
          })(),
        );
      }),
    ),
  *close() {
    const evil = {
      label: "evil endpoint",
      closed: false,
      owner: undefined,
      close: forever,
    } as unknown as Endpoint;
    yield* endOf(
      (function* (): Program<string> {
        yield* new (class Owns extends Syscall<void> {
          override handle(task: Task, kernel: Kernel): void {
            kernel.adopt(evil, task);
          }
        })();
        return "done";
      })(),
    );
  },
  *storage() {
    const store = new AsyncLocalStorage<string>();
    yield* endOf(
      around(function* stores(): Program<void> {
        store.run("leaked", forever);
      }),
    );
    yield* new Sleep(1);
    say({ store: store.getStore() ?? "nothing" });
  },
};

/** Those that do not follow the common way. */
const special: Readonly<Record<string, () => Promise<void>>> = {
  async boot() {
    const kernel = await watched();
    const error = await kernel.run(native(), "boot").catch((cause: Error) => cause);
    say({ run: String(error) });
  },
  async main() {
    const kernel = await watched();
    const helper = function* (): Program<void> {
      try {
        yield* new Sleep(60_000);
      } finally {
        say("helper's finally");
      }
    };
    const main = around(function* stuck(): Program<void> {
      yield* new NewTask(helper());
      yield* new Sleep(1);
      forever();
    });
    const error = await kernel.run(main).catch((cause: Error) => cause);
    say({ run: String(error) });
  },
  async start() {
    const kernel = await watched();
    const store = new AsyncLocalStorage<string>();
    const evil = store.run("request", () => kernel.start(around(loop), "evil"));
    say({ start: await evil.catch((cause: Error) => String(cause)) });
    const seen = store.run("another", () => kernel.start(seeing(store)));
    say({ good: await seen, here: store.getStore() ?? "nothing" });
  },
  async microtask() {
    const kernel = await watched();
    const running = kernel.run(new Sleep(60_000));
    setTimeout(async () => {
      await undefined;
      forever();
    }, 10);
    await running;
  },
  async observer() {
    const kernel = await watched();
    kernel.addObserver({ trap: forever });
    await kernel.run(new Sleep(1));
  },
  async two() {
    const one = await watched();
    const other = new Kernel(bootMachine());
    const beat = { count: 0 };
    const beats = other.run(beating(beat), "beating");
    for (let round = 0; round < 20; round++) {
      await one.start(asking()).catch((cause: Error) => say({ start: String(cause) }));
      const before = beat.count;
      while (beat.count < before + 5) await new Promise((resolve) => setTimeout(resolve, 1));
    }
    other.terminate("enough", 0);
    say({ other: await beats.catch((cause: Error) => String(cause)) });
    say({ cut: [one.counters.cutTurns, other.counters.cutTurns] });
  },
  async resource() {
    const kernel = await watched();
    const resource = new AsyncResource("test");
    await kernel.run(
      (function* (): Program<void> {
        resource.runInAsyncScope(forever);
      })(),
    );
  },
  async itself() {
    const kernel = await watched({ watchdogMs: 30 });
    say(
      await kernel.run(
        (function* (): Program<number> {
          let count = 0;
          for (let round = 0; round < 20; round++) {
            const until = performance.now() + 20 + 2 * round;
            const busy = yield* new NewTask(busyUntil(until));
            const { status } = yield* new WaitTask(busy);
            if (status === "returned" || status === "killed") count++;
          }
          return count;
        })(),
      ),
    );
  },
};

// It ends by itself, sometimes just in time.
function* busyUntil(until: number): Program<void> {
  while (performance.now() < until) Math.hypot(1, 2);
}

function* asking(): Program<void> {
  yield* new Evil("handle");
}

function* seeing(store: AsyncLocalStorage<string>): Program<string> {
  yield* new Await(Promise.resolve());
  return store.getStore() ?? "nothing";
}

function* beating(beat: { count: number }): Program<void> {
  for (;;) {
    yield* new Sleep(2);
    beat.count++;
  }
}

async function runCase(program: Program<unknown>): Promise<void> {
  const kernel = await watched();
  const invariants = new Invariants(kernel);
  kernel.addObserver(invariants);
  const beat = { count: 0 };
  const error = await kernel
    .run(
      (function* main(): Program<void> {
        yield* new NewTask(beating(beat), "beating");
        yield* program;
        const before = beat.count;
        while (beat.count < before + 3) yield* new Sleep(2);
        say("others go on");
      })(),
    )
    .catch((cause: Error) => cause);
  if (error instanceof Error) say({ run: String(error) });
  invariants.finish();
  say({ cut: kernel.counters.cutTurns });
}

const name = argv[3] ?? "";
const program = cases[name];
await (program === undefined ? special[name]?.() : runCase(program()));
say("over");
exit(0);
