// Each finding: that it is found, and that the healthy neighbour of the one it is about is not.

import { describe, expect, test } from "vitest";
import type { Finding, FindingLetter } from "../../../apps/control/records.ts";
import { Lock } from "../../../apps/lib/index.ts";
import { DeadlockError } from "../../../kernel/errors.ts";
import { Kernel } from "../../../kernel/kernel.ts";
import type { Listener } from "../../../kernel/machine/machine.ts";
import type { Program, Tid } from "../../../kernel/syscall.ts";
import {
  Connect,
  GetTid,
  Join,
  KillTask,
  Listen,
  NewTask,
  Park,
  ReadWait,
  Receive,
  Select,
  Sleep,
  Tell,
  Timeout,
  WaitQueue,
  WaitTask,
} from "../../../syscalls/index.ts";
import { runExitAsync } from "../../kit/index.ts";
import { BusyMachine, Desk, GetKernel, runBusy, runWithDesk } from "./desk.ts";

/** Seconds pass, each with its tick. */
function* seconds(desk: Desk, count: number): Program<void> {
  for (let second = 0; second < count; second++) {
    yield* new Sleep(1_000);
    desk.agent.tick();
  }
}

function found(desk: Desk, letter: FindingLetter): readonly Finding[] {
  return desk.frame().findings.filter((finding) => finding.letter === letter);
}

/** What a program sees before it ends everybody. */
function look(program: (desk: Desk) => Program<void>): void {
  runWithDesk(function* (desk) {
    desk.frame();
    yield* program(desk);
  });
}

describe("D", () => {
  test("two tasks that wait for each other's end, since the second began", () => {
    look(function* (desk) {
      const pair: Tid[] = [];
      const one = yield* new NewTask(waitFor(pair, 1, 10), "one");
      const other = yield* new NewTask(waitFor(pair, 0, 1_000), "other");
      pair.push(one, other);
      const healthy = yield* new NewTask(new Sleep(60_000), "healthy");
      const waiter = yield* new NewTask(new WaitTask(healthy), "waiter");
      yield* new Sleep(3_000);
      expect(found(desk, "D")).toEqual([
        {
          letter: "D",
          tids: [one, other],
          ring: [one, other],
          text: expect.stringContaining(`${one} -> ${other} -> ${one}`),
          forMs: 2_000,
        },
      ]);
      const rows = desk.rows();
      expect([one, other, healthy, waiter].map((tid) => rows.get(tid)?.isInCycle)).toEqual([true, true, false, false]);
      expect([one, other, healthy, waiter].map((tid) => rows.get(tid)?.finding)).toEqual(["D", "D", "", ""]);
      yield* new KillTask(one);
      yield* new Sleep(10);
      expect(found(desk, "D")).toEqual([]);
    });
  });

  test("no cycle that the clock or the outside can end", () => {
    look(function* (desk) {
      const pairs: Tid[][] = [[], [], []];
      for (const [place, pair] of pairs.entries()) {
        pair.push(yield* new NewTask(waitFor(pair, 1)));
        const back = waitFor(pair, 0);
        if (place === 0) pair.push(yield* new NewTask(new Timeout(60_000, back)));
        if (place === 1) pair.push(yield* new NewTask(withClock(pair)));
        if (place === 2) pair.push(yield* new NewTask(new Sleep(60_000)));
      }
      yield* new Sleep(1_000);
      expect(found(desk, "D")).toEqual([]);
    });
  });

  test("locks taken in opposite orders; not who only waits for one of them", () => {
    look(function* (desk) {
      const [left, right] = [new Lock({ name: "left" }), new Lock({ name: "right" })];
      const one = yield* new NewTask(both(left, right), "one");
      const other = yield* new NewTask(both(right, left), "other");
      yield* new Sleep(100);
      const third = yield* new NewTask(left.acquire(), "third");
      yield* new Sleep(100);
      expect(found(desk, "D").map(({ tids }) => tids)).toEqual([[one, other]]);
      expect(desk.rows().get(third)).toMatchObject({ finding: "", isInCycle: false, holders: [one], state: "M" });
    });
  });
});

function* waitFor(tids: readonly Tid[], place: number, afterMs = 10): Program<void> {
  yield* new Sleep(afterMs);
  const tid = tids[place];
  if (tid !== undefined) yield* new WaitTask(tid);
}

function* withClock(pair: readonly Tid[]): Program<void> {
  yield* new Sleep(10);
  if (pair[0] !== undefined) yield* new Select({ end: new Join(pair[0]), late: new Sleep(60_000) });
}

function* both(first: Lock, second: Lock): Program<void> {
  yield* first.acquire();
  yield* new Sleep(10);
  yield* second.acquire();
}

describe("S and B", () => {
  test("a task that a long turn keeps from its own, and the one whose turn it was", () => {
    runBusy(function* (desk, machine) {
      desk.frame();
      const blocker = yield* new NewTask(working(machine, 1_500), "blocker");
      yield* new NewTask(working(machine, 50), "fast");
      const starving = yield* new NewTask(new Sleep(1), "starving");
      yield; // blocker and fast have had their turns
      const between = desk.frame();
      expect(between.findings).toEqual([
        { letter: "B", tids: [blocker], text: expect.stringContaining("1500 ms in one turn"), forMs: 50 },
      ]);
      expect(found(desk, "S")).toEqual([]); // those are asleep, and have had their turn
      const late = yield* new NewTask(new Sleep(1), "late");
      machine.work(1_000);
      expect(found(desk, "S")).toEqual([]);
      machine.work(100);
      expect(found(desk, "S").map(({ tids }) => tids)).toEqual([[late]]);
      expect(found(desk, "S")[0]?.forMs).toBeCloseTo(1_100, -1);
      expect(desk.rows().get(late)).toMatchObject({ state: "r", finding: "S", place: 1 });
      expect(desk.rows().get(starving)?.finding).toBe("");
      yield* new Sleep(8_000);
      expect(found(desk, "B").map(({ tids }) => tids)).toContainEqual([blocker]);
      yield* new Sleep(1_000);
      expect(found(desk, "B").map(({ tids }) => tids)).not.toContainEqual([blocker]); // that is 10 s ago
    });
  });

  test("no B for the time that other processes had the CPUs", () => {
    runBusy(function* (desk, machine) {
      desk.frame();
      yield* new NewTask(working(machine, 1_500, 1_450), "displaced");
      const slow = yield* new NewTask(working(machine, 1_500, 1_000), "slow");
      yield;
      expect(found(desk, "B")).toEqual([
        { letter: "B", tids: [slow], text: expect.stringContaining("500 ms in one turn"), forMs: 0 },
      ]);
    });
  });

  test("one B where many tasks have had a slow turn, the slowest first", () => {
    runBusy(function* (desk, machine) {
      desk.frame();
      const tids: Tid[] = [];
      for (const ms of [150, 300, 200]) tids.push(yield* new NewTask(working(machine, ms)));
      yield;
      expect(found(desk, "B").map(({ tids: [tid] }) => tid)).toEqual([tids[1], tids[2], tids[0]]);
      tids.push(yield* new NewTask(working(machine, 250)));
      yield;
      const [one, another] = found(desk, "B");
      expect(another).toBe(undefined);
      expect(one).toMatchObject({ tids: [tids[1], tids[3], tids[2], tids[0]], forMs: 0 });
      expect(one?.text).toMatch(
        /^4 tasks held everybody up, for up to 300 ms in one turn: .*the whole machine is slow$/,
      );
    });
  });

  test("who is stopped is meant not to run", () => {
    runBusy(function* (desk, machine) {
      desk.frame();
      const stopped = yield* new NewTask(new Sleep(1), "stopped");
      desk.agent.kernel.stop(stopped);
      machine.work(2_000);
      expect(found(desk, "S")).toEqual([]);
      expect(desk.rows().get(stopped)).toMatchObject({ state: "P", finding: "" });
      desk.agent.kernel.continue(stopped);
      yield;
    });
  });
});

function* working(machine: BusyMachine, ms: number, delayMs = 0): Program<void> {
  machine.work(ms, delayMs);
  yield* new Sleep(70_000);
}

describe("X", () => {
  test("a crash that nobody has asked about, for a minute; not one that was collected, nor a return", () => {
    look(function* (desk) {
      const crashed = yield* new NewTask(failing(), "crashed");
      const collected = yield* new NewTask(failing(), "collected");
      const fine = yield* new NewTask(new Sleep(0), "fine");
      yield* new Sleep(10);
      yield* new WaitTask(collected);
      yield* new Sleep(990);
      expect(found(desk, "X")).toEqual([
        { letter: "X", tids: [crashed], text: expect.stringMatching(/crashed.*out of paper/), forMs: 1_000 },
      ]);
      const rows = desk.rows();
      expect([crashed, collected, fine].map((tid) => rows.get(tid)?.finding)).toEqual(["X", "", ""]);
      yield* new Sleep(60_000);
      expect(found(desk, "X")).toEqual([]);
    });
  });
});

function* failing(): Program<void> {
  throw new Error("out of paper");
}

describe("O", () => {
  test("tasks that outlived their parent, and since when; not those whose parent lives", () => {
    look(function* (desk) {
      const orphans: Tid[] = [];
      const parent = yield* new NewTask(leaving(orphans), "parent");
      const child = yield* new NewTask(new Sleep(60_000), "child");
      yield* new Sleep(5_000);
      expect(found(desk, "O")).toEqual([
        { letter: "O", tids: orphans, text: expect.stringContaining(`outlived task ${parent} (parent)`), forMs: 5_000 },
      ]);
      expect(desk.rows().get(child)?.finding).toBe("");
    });
  });
});

function* leaving(children: Tid[]): Program<void> {
  for (const name of ["left", "right"]) children.push(yield* new NewTask(new Sleep(60_000), name));
}

describe("G", () => {
  test("a mailbox that only grows; not one that is emptied, nor one that stays as it is", () => {
    look(function* (desk) {
      const drowning = yield* new NewTask(new Sleep(60_000), "drowning");
      const keepsUp = yield* new NewTask(receiving(), "keeps up");
      const full = yield* new NewTask(new Sleep(60_000), "full");
      for (let letter = 0; letter < 50; letter++) yield* new Tell(full, letter);
      for (let second = 0; second < 8; second++) {
        for (let letter = 0; letter < 5; letter++) {
          yield* new Tell(drowning, letter);
          yield* new Tell(keepsUp, letter);
        }
        yield* seconds(desk, 1);
      }
      expect(found(desk, "G")).toEqual([
        { letter: "G", tids: [drowning], text: expect.stringContaining("40 messages"), forMs: 7_000 },
      ]);
      expect(desk.rows().get(drowning)).toMatchObject({ finding: "G", mailbox: 40 });
    });
  });
});

function* receiving(): Program<void> {
  for (;;) yield* new Receive();
}

describe("L", () => {
  test("a socket that nobody waits for, after half a minute; not one that is read, nor one with traffic", () => {
    look(function* (desk) {
      const listener = yield* new Listen({ port: 4000 });
      const [idle, busy] = [yield* new Connect({ port: 4000 }), yield* new Connect({ port: 4000 })];
      yield* new NewTask(accepting(listener), "acceptor");
      yield* seconds(desk, 29);
      busy.write(new Uint8Array(1));
      yield* seconds(desk, 2);
      // Nobody can be said to have forgotten them while their owner runs: it is looked at while the owner waits.
      expect(found(desk, "L")).toEqual([]);
      yield* new Join(yield* new NewTask(looking(desk, idle.label), "looker"));
    });
  });
});

function* looking(desk: Desk, label: string): Program<void> {
  desk.agent.tick();
  expect(found(desk, "L")).toEqual([
    { letter: "L", tids: [1], text: expect.stringContaining(`nobody waits for ${label}`), forMs: 30_000 },
  ]);
  const rows = desk.frame({ endpoints: {} }).endpoints?.rows ?? [];
  expect(rows.filter(({ finding }) => finding === "L").map((row) => row.label)).toEqual([label]);
  yield;
}

function* accepting(listener: Listener): Program<void> {
  for (;;) {
    yield* new ReadWait(listener);
    listener.accept();
  }
}

describe("Y", () => {
  test("a task that only gives up the CPU; not one that makes a syscall in its turns", () => {
    runBusy(function* (desk, machine) {
      desk.frame();
      const idle = yield* new NewTask(yielding(machine), "idle");
      const useful = yield* new NewTask(asking(machine), "useful");
      yield* seconds(desk, 1);
      expect(found(desk, "Y")).toEqual([
        { letter: "Y", tids: [idle], text: expect.stringContaining("gives up the CPU"), forMs: expect.any(Number) },
      ]);
      expect(desk.rows().get(useful)).toMatchObject({ finding: "" });
      expect(desk.rows().get(useful)?.turnsPerS).toBeGreaterThan(100);
      yield* seconds(desk, 2);
      expect(found(desk, "Y")).toEqual([]); // it is over
    });
  });
});

function* yielding(machine: BusyMachine): Program<void> {
  for (let turn = 0; turn < 1_000; turn++) {
    machine.work(1);
    yield;
  }
}

function* asking(machine: BusyMachine): Program<void> {
  for (let turn = 0; turn < 1_000; turn++) {
    machine.work(1);
    yield* new GetTid();
    yield;
  }
}

test("N: a turn that had to be ended, once the guard has told, for a minute", () => {
  look(function* (desk) {
    yield* new Sleep(2_000);
    expect(found(desk, "N")).toEqual([]);
    desk.agent.noteStuck({ tid: 14, name: "mapper", forMs: 1_600, stack: ["wordcount.ts:91:3 in spin"] });
    expect(found(desk, "N")).toEqual([
      {
        letter: "N",
        tids: [14],
        text: "task 14 (mapper) did not yield for 1600 ms at wordcount.ts:91:3 in spin",
        forMs: 1_600,
      },
    ]);
    yield* new Sleep(61_000);
    expect(found(desk, "N")).toEqual([]);
  });
});

test("N names the task, which the guard may not know, be it alive or not", () => {
  look(function* (desk) {
    const alive = yield* new NewTask(new Sleep(60_000), "alive");
    const gone = yield* new NewTask(new Sleep(60_000), "gone");
    yield* new KillTask(gone);
    for (const tid of [alive, gone]) desk.agent.noteStuck({ tid, name: "", forMs: 1_600, stack: [] });
    expect(found(desk, "N").map(({ text }) => text)).toEqual([
      `task ${alive} (alive) did not yield for 1600 ms`,
      `task ${gone} (gone) did not yield for 1600 ms`,
    ]);
  });
});

test("D: the whole run, which goes on only because somebody looks", async () => {
  const seen: Finding[] = [];
  const world = { turn: (): void => {} }; // what is outside has its turn in each poll
  const { outcome } = await runExitAsync(
    function* () {
      const desk = new Desk(yield* new GetKernel());
      desk.frame();
      world.turn = () => {
        if (desk.agent.kernel.watching?.deadlockSince === undefined) return;
        seen.push(...desk.frame().findings);
        desk.session.close();
      };
      yield* new Receive();
    },
    { turn: async () => world.turn() },
  );
  expect(seen[0]).toMatchObject({
    letter: "D",
    tids: [1],
    ring: [],
    text: expect.stringContaining("nothing can wake the only task: "),
  });
  expect(outcome).toMatchObject({ status: "threw", error: expect.any(DeadlockError) });
});

test("S: not one that was woken while everybody slept, however long that was", async () => {
  const world = { turn: (): void => {} };
  const machine = new BusyMachine({ asynchronous: true, turn: async () => world.turn() });
  const kernel = new Kernel(machine);
  const desk = new Desk(kernel);
  let states: unknown[] = [];
  function* program(): Program<void> {
    desk.frame();
    const sleeper = yield* new NewTask(new Park(new WaitQueue("wait for", "a word")), "sleeper");
    yield* new Sleep(10);
    world.turn = () => {
      machine.work(10_000); // nobody has had a turn for so long
      kernel.cancel(sleeper, 0, "wake up"); // in the middle of a poll, from outside
      const { findings } = desk.frame();
      states = [desk.rows().get(sleeper)?.state, desk.rows().get(sleeper)?.forMs, findings];
      world.turn = () => {};
    };
    yield* new Sleep(10_000);
  }
  await kernel.run(program());
  expect(states).toEqual(["r", 0, []]);
});
