// What the steps after the course mend in waits, kills, turns and sockets: each weakness, shown on the step below.

import { expect } from "vitest";
import { recv, sendAll } from "../../../apps/lib/index.ts";
import type { Connection, Listener } from "../../../kernel/machine/machine.ts";
import type { Program } from "../../../kernel/syscall.ts";
import { Connect, GetTime, Join, Listen, NewTask, Sleep } from "../../../syscalls/index.ts";
import { accept, codeText, socketPair } from "../../laws/programs.ts";
import type { Law } from "./law.ts";
import { beside, driven, type Step, system, type Target } from "./steps.ts";

// Waits for a socket, and says how that ended.
function* reads(step: Step, socket: Connection, log: string[], name: string): Target<void> {
  try {
    yield new step.ReadWait(socket);
    log.push(`${name} woke`);
  } catch (error) {
    log.push(`${name} ${codeText(error)}`);
  }
}

function* forEver(): Target<never> {
  for (;;) yield;
}

function* pause(turns = 3): Target<void> {
  for (let turn = 0; turn < turns; turn++) yield;
}

function* fails(trouble: string): Target<void> {
  yield;
  throw new Error(trouble);
}

// Starts a task, kills it some turns later, and notes its end.
function* kills(step: Step, target: Target, exits: unknown[]): Target<void> {
  const victim = Number(yield new step.NewTask(target));
  yield pause();
  yield new step.KillTask(victim);
  exits.push(yield new step.WaitTask(victim));
}

// A thousand and more conversations of one byte each, all waiting at once.
function* thousandWait(step: Step, count: number): Program<number> {
  const listener: Listener = yield* new Listen({ port: 0 });
  const clients: Connection[] = [];
  let woken = 0;
  const waits = function* (socket: Connection): Target<void> {
    yield new step.ReadWait(socket);
    woken++;
  };
  const scheduler = system(step);
  for (let n = 0; n < count; n++) {
    clients.push(yield* new Connect(listener.address));
    scheduler.spawn(waits(yield* accept(listener)));
  }
  const peers = function* (): Program<never> {
    yield* new Sleep(10);
    for (const client of clients) yield* sendAll(client, Uint8Array.of(7));
    for (;;) yield* new Sleep(1_000);
  };
  try {
    yield* beside(scheduler, peers());
  } catch (error) {
    if (!String(error).includes("the system ended")) throw error;
  }
  return woken;
}

export const mendsOfWaits: readonly Law[] = [
  {
    step: 13,
    name: "W5: a task killed while it waits for a socket is gone, from the socket too",
    mends: ["W5"],
    before: /waits: select socket 1: read tcp /,
    *holds(step) {
      const { client, server } = yield* socketPair();
      const log: string[] = [];
      const main = function* (): Target<void> {
        const reader = Number(yield new step.NewTask(reads(step, server, log, "the dead")));
        yield pause();
        yield new step.KillTask(reader);
        yield new step.WaitTask(reader);
        client.write(Uint8Array.of(7));
        yield reads(step, server, log, "the next");
      };
      yield* driven(system(step, main()).mainloop());
      expect(log).toEqual(["the next woke"]);
    },
  },
  {
    step: 13,
    name: "W6: a task killed while it waits for another does not live until that one ends",
    mends: ["W6"],
    before: /expected \[ 'the target', 'the waiter' \] to deeply equal/,
    *holds(step) {
      const over: string[] = [];
      const targeted = function* (): Target<void> {
        yield pause(100);
        over.push("the target");
      };
      const waits = function* (tid: number): Target<void> {
        yield new step.WaitTask(tid);
      };
      const main = function* (): Target<void> {
        const target = Number(yield new step.NewTask(targeted()));
        const waiter = Number(yield new step.NewTask(waits(target)));
        yield pause();
        yield new step.KillTask(waiter);
        yield new step.WaitTask(waiter);
        over.push("the waiter");
        yield new step.WaitTask(target);
      };
      yield* driven(system(step, main()).mainloop());
      expect(over).toEqual(["the waiter", "the target"]);
    },
  },
  {
    step: 13,
    name: "W8: a second task that waits for a socket is refused, and the first is untouched",
    mends: ["W8"],
    before: /deadlock: task 1 waits for the end of task 2$/,
    *holds(step) {
      const { client, server } = yield* socketPair();
      const log: string[] = [];
      const main = function* (): Target<void> {
        const first = Number(yield new step.NewTask(reads(step, server, log, "first")));
        yield pause();
        const second = Number(yield new step.NewTask(reads(step, server, log, "second")));
        yield pause();
        client.write(Uint8Array.of(7));
        yield new step.WaitTask(first);
        yield new step.WaitTask(second);
      };
      yield* driven(system(step, main()).mainloop());
      expect(log).toEqual(["second EBUSY", "first woke"]);
    },
  },
  {
    step: 13,
    name: "W9: closing a socket wakes who waits for it, with EBADF, and hurts nobody else",
    mends: ["W9"],
    before: /tcp .* is closed$/,
    *holds(step) {
      const { server } = yield* socketPair();
      const log: string[] = [];
      const main = function* (): Target<void> {
        const reader = Number(yield new step.NewTask(reads(step, server, log, "reader")));
        yield pause();
        server.close();
        yield new step.WaitTask(reader);
        log.push("main goes on");
      };
      yield* driven(system(step, main()).mainloop());
      expect(log).toEqual(["reader EBADF", "main goes on"]);
    },
  },
  {
    step: 14,
    name: "W3: a kill inside a subroutine ends its callers too, the innermost first",
    mends: ["W3"],
    before: /to not include 'outer went on'/,
    *holds(step) {
      const log: string[] = [];
      const inner = function* (): Target<void> {
        try {
          for (;;) yield;
        } finally {
          log.push("inner finally");
        }
      };
      const outer = function* (): Target<void> {
        try {
          yield inner();
          log.push("outer went on");
        } finally {
          log.push("outer finally");
        }
      };
      const exits: unknown[] = [];
      yield* driven(system(step, kills(step, outer(), exits)).mainloop());
      expect(log).not.toContain("outer went on");
      expect(log).toEqual(["inner finally", "outer finally"]);
      expect(exits).toEqual([{ status: "killed", by: 1, clean: true }]);
    },
  },
  {
    step: 14,
    name: "W4: what a finally asks for is served",
    mends: ["W4"],
    before: /expected \[ undefined \] to deeply equal \[ 2 \]/,
    *holds(step) {
      const told: unknown[] = [];
      const victim = function* (): Target<void> {
        try {
          for (;;) yield;
        } finally {
          told.push(yield new step.GetTid());
        }
      };
      yield* driven(system(step, kills(step, victim(), [])).mainloop());
      expect(told).toEqual([2]);
    },
  },
  {
    step: 14,
    name: "a finally may yield a thousand times; past that it is cut, which is reported, and the end was not clean",
    before: /still runs after/,
    *holds(step) {
      const [exits, reports]: [unknown[], string[]] = [[], []];
      const victim = function* (most: number): Target<void> {
        try {
          for (;;) yield;
        } finally {
          for (let yields = 0; yields < most; yields++) yield new step.GetTid();
        }
      };
      for (const most of [1_000, Number.POSITIVE_INFINITY]) {
        const scheduler = new step.Scheduler((line) => reports.push(line));
        scheduler.spawn(kills(step, victim(most), exits));
        yield* driven(scheduler.mainloop());
      }
      expect(exits).toEqual([true, false].map((clean) => ({ status: "killed", by: 1, clean })));
      expect(reports).toEqual(["task 2 was killed, and its cleanup yielded more than 1000 times"]);
    },
  },
  {
    step: 14,
    name: "all that the frames of a killed task throw is reported, and the end was not clean",
    before: /expected \[ \{ status: 'threw', …\(1\) \} \] to deeply equal/,
    *holds(step) {
      const [exits, reports]: [unknown[], string[]] = [[], []];
      const frame = function* (depth: number): Target<void> {
        try {
          yield depth > 0 ? frame(depth - 1) : forEver();
        } finally {
          yield fails(`the trouble of frame ${depth}`);
        }
      };
      const scheduler = new step.Scheduler((line) => reports.push(line));
      scheduler.spawn(kills(step, frame(1), exits));
      yield* driven(scheduler.mainloop());
      expect(exits).toEqual([{ status: "killed", by: 1, clean: false }]);
      expect(reports).toEqual(
        [0, 1].map((depth) => `task 2 was killed, and its cleanup threw Error: the trouble of frame ${depth}`),
      );
    },
  },
  {
    step: 15,
    name: "W16: a loop of subroutine calls gives up the CPU",
    mends: ["W16"],
    before: /threw.*10000 calls in one turn/,
    *holds(step) {
      let callsSinceTurn = 0;
      const nothing = function* (): Target<void> {};
      const calls = function* (): Target<void> {
        for (;;) {
          if (++callsSinceTurn === 10_000) throw new Error("10000 calls in one turn");
          yield nothing();
        }
      };
      const exits: unknown[] = [];
      const main = function* (): Target<void> {
        const caller = Number(yield new step.NewTask(calls()));
        for (let turn = 0; turn < 10; turn++) {
          callsSinceTurn = 0;
          yield;
        }
        yield new step.KillTask(caller);
        exits.push(yield new step.WaitTask(caller));
      };
      yield* driven(system(step, main()).mainloop());
      expect(exits.map(ending)).toEqual(["killed by 1"]);
    },
  },
  {
    step: 16,
    name: "W11: more than 1,024 sockets are waited for as few are",
    mends: ["W11"],
    before: /1100 branches/,
    *holds(step) {
      expect(yield* thousandWait(step, 1_100)).toBe(1_100);
    },
  },
  {
    step: 16,
    name: "tasks sleep, in the order of their times, and nothing is polled meanwhile",
    before: /threw TypeError: step.Sleep is not a constructor/,
    *holds(step) {
      const log: string[] = [];
      const sleeps = function* (ms: number): Target<void> {
        yield new step.Sleep(ms);
        log.push(`${ms}`);
      };
      const scheduler = system(step, sleeps(3_000), sleeps(1_000), sleeps(2_000));
      const began = yield* new GetTime();
      yield* driven(scheduler.mainloop(), 20);
      expect(log).toEqual(["1000", "2000", "3000"]);
      expect((yield* new GetTime()) - began).toBeGreaterThanOrEqual(3_000);
    },
  },
  {
    step: 16,
    name: "one that sleeps and one that waits for a socket do not hold each other up",
    before: /threw TypeError: step.Sleep is not a constructor/,
    *holds(step) {
      const listener = yield* new Listen({ port: 0 });
      const log: string[] = [];
      const sleeps = function* (): Target<void> {
        yield new step.Sleep(1_000);
        log.push("slept");
      };
      const echoes = function* (): Target<void> {
        yield new step.ReadWait(listener);
        listener.accept()?.write(Uint8Array.of(7));
        log.push("served");
      };
      const client = function* (): Program<Uint8Array> {
        const connection = yield* new Connect(listener.address);
        return yield* recv(connection, 10);
      };
      const tid = yield* new NewTask(client());
      yield* driven(system(step, sleeps(), echoes()).mainloop());
      expect(yield* new Join(tid)).toEqual(Uint8Array.of(7));
      expect(log).toEqual(["served", "slept"]);
    },
  },
];

function ending(exit: unknown): string {
  const { status, by, error } = exit as { status: string; by?: number; error?: unknown }; // what WaitTask gives
  return by === undefined ? `${status} ${error}` : `${status} by ${by}`;
}
