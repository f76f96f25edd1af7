// What the eight steps of the course bring, one law each, and one fault of the original that its like here never had.

import { expect } from "vitest";
import { recv, sendAll } from "../../../apps/lib/index.ts";
import { GetTid } from "../../../apps/pyos/4.ts";
import type { Address } from "../../../kernel/machine/machine.ts";
import type { Program } from "../../../kernel/syscall.ts";
import { Adopt, Connect, Join, Listen, NewTask, Sleep } from "../../../syscalls/index.ts";
import type { Law } from "./law.ts";
import { beside, driven, echoing, system, type Target } from "./steps.ts";

function* repeats(log: string[], text: string, times = Number.POSITIVE_INFINITY): Target<void> {
  for (let time = 0; time < times; time++) {
    log.push(text);
    yield;
  }
}

// Sends a word and waits for its echo.
function* talk(address: Address, word: string): Program<string> {
  const connection = yield* new Connect(address);
  yield* sendAll(connection, new TextEncoder().encode(word));
  const answer = new TextDecoder().decode(yield* recv(connection, 100));
  connection.close();
  return answer;
}

// Sends more than the buffers between hold, and reads nothing before the other client has had its answer.
function* readLate(address: Address): Program<number> {
  const connection = yield* new Connect(address);
  yield* new Adopt(connection);
  for (let part = 0; part < 3; part++) {
    yield* sendAll(connection, new Uint8Array(40_000));
    yield* new Sleep(100);
  }
  connection.shutdown();
  expect(yield* talk(address, "hello")).toBe("hello");
  let received = 0;
  for (;;) {
    const { length } = yield* recv(connection, 65_536);
    if (length === 0) return received;
    received += length;
  }
}

export const course: readonly Law[] = [
  {
    step: 1,
    name: "a task has a number, and runs to its next yield",
    through: 11, // then a scheduler gives the numbers
    before: "it is the first step",
    *holds(step) {
      const log: string[] = [];
      const [task, other] = [new step.Task(repeats(log, "part")), new step.Task(repeats(log, "other"))];
      expect(other.tid).toBe(task.tid + 1);
      task.run();
      task.run();
      expect(log).toEqual(["part", "part"]);
    },
  },
  {
    step: 2,
    name: "tasks take turns",
    before: /Scheduler is not a constructor/,
    *holds(step) {
      const log: string[] = [];
      const loop = system(step, repeats(log, "foo"), repeats(log, "bar")).mainloop();
      while (log.length < 6) loop.next();
      loop.return();
      expect(log.slice(0, 6)).toEqual(["foo", "bar", "foo", "bar", "foo", "bar"]);
    },
  },
  {
    step: 3,
    name: "a run is over when its tasks are",
    through: 6, // then the one that watches the sockets never is, which is W13
    before: /still runs after/,
    *holds(step) {
      const log: string[] = [];
      yield* driven(system(step, repeats(log, "foo", 2), repeats(log, "bar", 1)).mainloop());
      expect(log).toEqual(["foo", "bar", "foo"]);
    },
  },
  {
    step: 4,
    name: "a task is told its own number when it asks",
    before: /expected \[ undefined \] to deeply equal \[ \d+ \]/,
    *holds(step) {
      const told: unknown[] = [];
      const scheduler = system(step);
      const tid = scheduler.spawn(
        (function* (): Target<void> {
          told.push(yield new (step.GetTid ?? GetTid)());
        })(),
      );
      const loop = scheduler.mainloop();
      while (told.length === 0) loop.next();
      loop.return();
      expect(told).toEqual([tid]);
    },
  },
  {
    step: 5,
    name: "a task starts another and ends it",
    before: /NewTask is not a constructor/,
    *holds(step) {
      const log: string[] = [];
      let isOver = false;
      const main = function* (): Target<void> {
        const child = Number(yield new step.NewTask(repeats(log, "child")));
        for (let turn = 0; turn < 3; turn++) yield;
        yield new step.KillTask(child);
        const said = log.length;
        for (let turn = 0; turn < 3; turn++) yield;
        expect(log.length).toBe(said);
        isOver = true;
      };
      const loop = system(step, main()).mainloop();
      while (!isOver) loop.next();
      loop.return();
      expect(log.length).toBeGreaterThan(0);
    },
  },
  {
    step: 6,
    name: "a task waits until another has ended",
    before: /WaitTask is not a constructor/,
    *holds(step) {
      const log: string[] = [];
      const main = function* (): Target<void> {
        const child = Number(yield new step.NewTask(repeats(log, "child", 3)));
        yield new step.WaitTask(child);
        log.push("main");
      };
      const loop = system(step, main()).mainloop();
      while (!log.includes("main")) loop.next();
      loop.return();
      expect(log).toEqual(["child", "child", "child", "main"]);
    },
  },
  {
    step: 7,
    name: "a server serves one client while another is silent",
    before: /ReadWait is not a constructor/,
    *holds(step) {
      const listener = yield* new Listen({ port: 0 });
      const clients = function* (): Program<string[]> {
        const silent = yield* new Connect(listener.address);
        const words = ["one", "two"].map((word) => talk(listener.address, word));
        const tids = [];
        for (const word of words) tids.push(yield* new NewTask(word));
        const answers = [];
        for (const tid of tids) answers.push(yield* new Join(tid));
        silent.close();
        return answers;
      };
      expect(yield* beside(echoing(step, listener), clients())).toEqual(["one", "two"]);
    },
  },
  {
    step: 8,
    name: "a subroutine's result reaches its caller",
    through: 9, // then a subroutine returns it, which is W15
    before: /expected \[ undefined \] to deeply equal \[ 5 \]/,
    *holds(step) {
      const results: unknown[] = [];
      const add = function* (a: number, b: number): Target<void> {
        yield a + b;
      };
      const main = function* (): Target<void> {
        results.push(yield add(2, 3));
      };
      const loop = system(step, main()).mainloop();
      while (results.length === 0) loop.next();
      loop.return();
      expect(results).toEqual([5]);
    },
  },
  {
    step: 8,
    name: "W12: what is sent to a peer that does not read holds up its sender alone, and is all sent in the end",
    mends: ["W12"],
    before: /expected \d+ to be 120000/,
    *holds(step) {
      const listener = yield* new Listen({ port: 0 });
      expect(yield* beside(echoing(step, listener), readLate(listener.address))).toBe(120_000);
    },
  },
];
