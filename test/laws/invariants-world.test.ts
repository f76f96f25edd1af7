// K13 to K24: what holds between the tasks and the world: endpoints, fairness, time, bounds, watching, determinism.

import { expect, test } from "vitest";
import { KernelPanic } from "../../kernel/errors.ts";
import { benignFaults } from "../../kernel/machine/virtual.ts";
import type { Observer, TaskRecord } from "../../kernel/observer.ts";
import { type Call, type Program, routine, type Tid } from "../../kernel/syscall.ts";
import {
  GetTime,
  Join,
  KillTask,
  ListTasks,
  NewTask,
  ReadWait,
  Sleep,
  WaitTask,
  WriteWait,
} from "../../syscalls/index.ts";
import { run, runExit } from "../kit/index.ts";
import { Custom, codeOf, receive, returning, sleeper, socketPair, throwing } from "./programs.ts";
import { workload } from "./workload.ts";

test("K13: closing an endpoint wakes its waiters with EBADF, and later waits on it too", () => {
  const { value } = run(function* () {
    const { client } = yield* socketPair();
    const reader = yield* new NewTask(codeOf(reading(client)));
    const writer = yield* new NewTask(codeOf(filling(client)));
    yield* new Sleep(5);
    client.close();
    return [yield* new Join(reader), yield* new Join(writer), yield* codeOf(reading(client))];
  });
  expect(value).toEqual(["EBADF", "EBADF", "EBADF"]);
});

function* reading(pollable: ConstructorParameters<typeof ReadWait>[0]): Program<void> {
  yield* new ReadWait(pollable);
}

function* filling(
  connection: ConstructorParameters<typeof WriteWait>[0] & { write(bytes: Uint8Array): number },
): Program<void> {
  for (;;) if (connection.write(new Uint8Array(10_000)) === 0) yield* new WriteWait(connection);
}

test("K14: one waiter a direction; a second gets EBUSY, reader and writer are independent", () => {
  const { value } = run(function* () {
    const { client, server } = yield* socketPair();
    while (server.write(new Uint8Array(10_000)) > 0);
    const reader = yield* new NewTask(codeOf(reading(server)));
    const writer = yield* new NewTask(codeOf(writing(server)));
    yield;
    const second = [yield* codeOf(reading(server)), yield* codeOf(writing(server))];
    client.write(Uint8Array.of(1));
    const first = yield* new Join(reader);
    while (client.read(100_000) !== null) yield* new Sleep(1);
    return { first: [first, yield* new Join(writer)], second };
  });
  expect(value).toEqual({ first: ["", ""], second: ["EBUSY", "EBUSY"] });
});

function* writing(pollable: ConstructorParameters<typeof WriteWait>[0]): Program<void> {
  yield* new WriteWait(pollable);
}

test("K15: no wake-up is lost, and a spurious one is no end of file, over 100 seeds of false alarms and delays", () => {
  const hits = new Map<string, number>();
  for (let seed = 1; seed <= 100; seed++) {
    const { value, machine } = run(() => transfers(3, 1_000), {
      seed,
      faults: benignFaults,
      capacityBytes: 256,
      latencyMs: seed % 2 === 0 ? [1, 1] : [0.05, 0.5], // the same for all: much is due at once, and can be reordered
    });
    expect(value).toEqual(Array(3).fill({ count: 1_000, sum: sumTo(1_000) }));
    for (const [kind, count] of Object.entries(machine.faultCounts)) hits.set(kind, (hits.get(kind) ?? 0) + count);
  }
  const missed = Object.keys(benignFaults).filter(
    (kind) => benignFaults[kind as keyof typeof benignFaults] > 0 && hits.get(kind) === 0, // its own keys
  );
  expect(missed).toEqual([]);
});

function sumTo(count: number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += i % 256;
  return sum;
}

function* transfers(times: number, count: number): Program<{ count: number; sum: number }[]> {
  const tids: Tid<{ count: number; sum: number }>[] = [];
  for (let i = 0; i < times; i++) tids.push(yield* new NewTask(transfer(count)));
  const got: { count: number; sum: number }[] = [];
  for (const tid of tids) got.push(yield* new Join(tid));
  return got;
}

function* transfer(count: number): Program<{ count: number; sum: number }> {
  const { client, server } = yield* socketPair();
  yield* new NewTask(
    (function* () {
      const bytes = Uint8Array.from({ length: count }, (_, i) => i % 256);
      for (let sent = 0; sent < count; ) {
        const taken = client.write(bytes.subarray(sent));
        if (taken === 0) yield* new WriteWait(client);
        sent += taken;
      }
      client.shutdown();
    })(),
  );
  const got = { count: 0, sum: 0 };
  for (;;) {
    const bytes = yield* receive(server);
    if (bytes.length === 0) return got;
    got.count += bytes.length;
    for (const byte of bytes) got.sum += byte;
  }
}

test("K16: every ready task has a turn in every lap, whatever the others do", () => {
  const { value } = run(function* () {
    const busy: Tid[] = [];
    for (let i = 0; i < 10; i++) busy.push(yield* new NewTask(i % 2 === 0 ? yielding() : asking()));
    for (let laps = 0; laps < 3_000; laps++) yield;
    const turns = (yield* new ListTasks()).filter(({ tid }) => busy.includes(tid)).map((record) => record.turns);
    for (const tid of busy) yield* new KillTask(tid);
    return turns;
  });
  expect(value).toHaveLength(10);
  expect(Math.max(...value) - Math.min(...value)).toBeLessThanOrEqual(1);
  expect(Math.min(...value)).toBeGreaterThanOrEqual(2_999);
});

function* yielding(): Program<never> {
  for (;;) yield;
}

function* asking(): Program<never> {
  for (;;) yield* new GetTime();
}

test.each([1, 4, 32])(
  "K16: a turn makes as many traps as the quantum says (%i); calls and returns count",
  (quantum) => {
    const inner = routine(function* inner(): Program<void> {});
    const { value } = run(
      function* () {
        let calls = 0;
        const asker = yield* new NewTask(asking());
        const caller = yield* new NewTask(
          (function* () {
            for (;;) {
              yield* inner();
              calls++;
            }
          })(),
        );
        for (let laps = 0; laps < 20; laps++) yield;
        const records = yield* new ListTasks();
        const callsThen = calls;
        for (const tid of [asker, caller]) yield* new KillTask(tid);
        const of = (tid: Tid): TaskRecord | undefined => records.find((record) => record.tid === tid);
        return { asker: of(asker), caller: of(caller), calls: callsThen };
      },
      { quantum },
    );
    const [asker, caller] = [value.asker?.turns ?? 0, value.caller?.turns ?? 0];
    expect(asker).toBeGreaterThan(10);
    expect(value.asker?.traps).toBe(asker * quantum);
    // The last return of a turn is taken in by the caller in that same turn.
    expect(value.calls).toBe(caller * Math.max(1, quantum / 2));
  },
);

test("K16: the machine is polled within 1,024 turns, and within whatever the limit says", () => {
  for (const pollTurns of [1, 10, 33, 1_024]) {
    const { counters } = run(
      function* () {
        for (let turns = 0; turns < 5_000; turns++) yield;
      },
      { limits: { pollTurns } },
    );
    expect(counters.turns / counters.polls).toBeLessThanOrEqual(pollTurns);
  }
});

test("K17: an hour of idling costs one poll for each timer", () => {
  const { counters, now } = run(function* () {
    yield* new NewTask(new Sleep(1_800_000));
    yield* new Sleep(3_600_000);
  });
  expect(now).toBeGreaterThanOrEqual(3_600_000);
  expect(counters.polls).toBeLessThan(8);
});

test("K18: a run returns when no task is left, and explains when nothing can wake any", () => {
  const { kernel } = run(returning(0));
  expect(kernel.tasks.size).toBe(0);
  const log: string[] = [];
  const { outcome, kernel: stuck } = runExit(function* () {
    const child = yield* new NewTask(sleeper(log, "stuck"), "stuck");
    yield* new WaitTask(child);
  });
  expect(outcome).toMatchObject({ status: "threw", error: { code: "EDEADLK", cycle: [] } });
  expect(log).toEqual(["stuck finally"]);
  expect(stuck.tasks.size).toBe(0);
});

test("K18: waiting for a peer that will never send is a deadlock too, in a world where nothing can happen", () => {
  const { outcome } = runExit(
    function* () {
      const { server } = yield* socketPair();
      yield* new ReadWait(server);
    },
    { maxTurns: 10_000 },
  );
  expect(outcome).toMatchObject({ status: "threw", error: { code: "EDEADLK" } });
});

test("K19: one seed is one run, to the last event, and another seed another run", () => {
  const hashes = new Set<string>();
  for (let seed = 1; seed <= 30; seed++) {
    const [one, again] = [0, 1].map(() => run(() => workload(), { seed, faults: "all", check: false }));
    expect(again?.trace.hash).toBe(one?.trace.hash);
    expect(again?.now).toBe(one?.now);
    hashes.add(one?.trace.hash ?? "");
  }
  expect(hashes.size).toBe(30);
});

test.each([0, 0.3])("K20: timers fire in order, once, never early, all that are due (clock jumps: %d)", (clockJump) => {
  let jumps = 0;
  for (let seed = 1; seed <= 10; seed++) {
    const { machine, value } = run(() => sleepers(60), { seed, faults: { clockJump } });
    jumps += machine.faultCounts.clockJump;
    const byDue = value.toSorted((a, b) => a.due - b.due || a.order - b.order);
    expect(value.map(({ order }) => order)).toEqual(byDue.map(({ order }) => order));
    expect(value.filter(({ due, woken }) => woken < due)).toEqual([]);
    expect(new Set(value.map(({ order }) => order)).size).toBe(60);
  }
  expect(jumps > 0).toBe(clockJump > 0);
});

interface Woken {
  readonly order: number;
  readonly due: number;
  readonly woken: number;
}

// Many sleeps are equally long, so that there are ties.
function* sleepers(count: number): Program<Woken[]> {
  const woken: Woken[] = [];
  for (let order = 0; order < count; order++) {
    const ms = Math.floor((yield* new Custom((task) => task.kernel.machine.random())) * 10) * 5;
    yield* new NewTask(
      (function* () {
        const due = (yield* new GetTime()) + ms;
        yield* new Sleep(ms);
        woken.push({ order, due, woken: yield* new GetTime() });
      })(),
    );
  }
  yield* new Sleep(10_000);
  return woken;
}

test("K20: after a jump of the clock all that is due fires in one lap", () => {
  const { value } = run(function* () {
    let lap = 0;
    const woken: number[] = [];
    for (const ms of [3, 1, 2]) {
      yield* new NewTask(
        (function* () {
          yield* new Sleep(ms);
          woken.push(ms, lap);
        })(),
      );
    }
    yield;
    yield* new Custom((task) => task.kernel.machine.poll(1_000, () => {})); // the clock alone goes on
    for (; lap < 1_024; lap++) yield;
    return woken;
  });
  const lap = value[1];
  expect(value).toEqual([1, lap, 2, lap, 3, lap]);
});

test("K22: every live task is reachable from the main one, orphans too", () => {
  const { value } = run(
    function* () {
      const parent = yield* new NewTask(
        (function* () {
          yield* new NewTask(sleeper([]), "orphan 1");
          yield* new NewTask(sleeper([]), "orphan 2");
          yield* new Sleep(1);
        })(),
        "parent",
      );
      yield;
      const before = (yield* new ListTasks()).map(({ name, parent: of }) => [name, of]);
      yield* new Join(parent);
      const after = (yield* new ListTasks()).map(({ name, parent: of }) => [name, of]);
      return { before, after };
    },
    { name: "main" },
  );
  expect(value.before).toEqual([
    ["main", 0],
    ["parent", 1],
    ["orphan 1", 2],
    ["orphan 2", 2],
  ]);
  expect(value.after).toEqual([
    ["main", 0],
    ["orphan 1", 1],
    ["orphan 2", 1],
  ]);
});

test("K23: watching changes nothing: 0, 1 or 8 observers, and some that throw", () => {
  const runs = [0, 1, 8].map((count) => {
    const observers = Array.from({ length: count }, (_, i) => (i % 2 === 0 ? watching() : throwingAt(i)));
    const { counters, kernel, now } = run(() => workload(), { seed: 5, faults: "all", observers, check: false });
    return { counters: { ...counters }, now, latest: kernel.trace.latest(4_096) };
  });
  expect(runs[1]).toEqual(runs[0]);
  expect(runs[2]).toEqual(runs[0]);
});

test("K23: a watch changes nothing, nor who traces every task, nor the ticks of a window", () => {
  const hashes = [false, true].map((isWatched) => {
    let turns = 0;
    const observer: Observer = {
      turn({ kernel }) {
        if (isWatched && turns === 0) kernel.watch().trace("all");
        if (isWatched && ++turns % 50 === 0) kernel.watching?.tick();
        if (isWatched && turns === 500) kernel.unwatch();
        if (isWatched && turns === 700) kernel.watch();
      },
    };
    return [3, 5, 7].map((seed) => {
      turns = 0;
      const { trace, counters, now } = run(() => workload(), { seed, faults: "all", observers: [observer] });
      return { hash: trace.hash, count: trace.count, counters: { ...counters }, now };
    });
  });
  expect(hashes[1]).toEqual(hashes[0]);
});

function watching(): Observer {
  const seen: unknown[] = [];
  const hook = (...event: unknown[]): void => {
    seen.push(event[0]);
  };
  return { spawn: hook, trap: hook, block: hook, ready: hook, exit: hook, turn: hook, log: hook };
}

function throwingAt(count: number): Observer {
  let left = count;
  const hook = (): void => {
    if (left-- <= 0) throw new Error("an observer's own fault");
  };
  return { spawn: hook, trap: hook, block: hook, ready: hook, exit: hook, turn: hook };
}

test.each([
  ["an error", (): unknown => new Error("its fault")],
  ["an object without a prototype", (): unknown => Object.create(null)],
  ["undefined", (): unknown => undefined],
])("K23: an observer that throws %s is unplugged, and the log says so", (_name, make) => {
  let calls = 0;
  const observer: Observer = {
    trap() {
      calls++;
      throw make();
    },
  };
  const { logs, value } = run(
    function* () {
      yield* new GetTime();
      yield* new GetTime();
      return "unharmed";
    },
    { observers: [observer] },
  );
  expect([calls, value]).toEqual([1, "unharmed"]);
  expect(logs.map(({ text }) => text).join()).toMatch(/an observer was unplugged: its trap hook threw/);
});

test("K24: a failed assertion of the kernel stops the run, with a dump", () => {
  const { outcome } = runExit(
    function* () {
      const victim = yield* new NewTask(sleepingOn(), "victim");
      yield* new Sleep(1);
      yield* new Custom(({ kernel }) => {
        const task = kernel.find(victim);
        if (task === undefined) throw new Error("the victim should live");
        kernel.makeReady(task);
        kernel.makeReady(task); // in two places now
      });
      yield* new Sleep(10);
    },
    { check: false },
  );
  if (outcome.status !== "threw" || !(outcome.error instanceof KernelPanic)) throw new Error("it did not panic");
  expect(outcome.error.message).toContain("task 2");
  expect(outcome.error.dump).toContain("victim");
  expect(outcome.error.dump).toMatch(/latest events, oldest first:\n {2}1 spawn\n/);
});

function* sleepingOn(): Program<never> {
  for (;;) yield* new Sleep(Number.POSITIVE_INFINITY);
}

test("K24: a timer that throws stops the run with a panic too", () => {
  const { outcome } = runExit(function* () {
    yield* new Custom(({ kernel }) => {
      kernel.timers.set(1, {
        timer: -1,
        expire() {
          throw new Error("a timer's fault");
        },
      });
    });
    yield* new Sleep(10);
  });
  expect(outcome).toMatchObject({ status: "threw", error: { name: "KernelPanic" } });
});

const callDeep: (depth: number) => Call<number> = routine(function* deep(depth: number): Program<number> {
  return depth <= 1 ? 1 : 1 + (yield* callDeep(depth - 1));
});

test("K21: at a bound all is well, one beyond it is a typed error of the caller alone", () => {
  const spawn = function* (count: number): Program<void> {
    const tids: Tid[] = [];
    for (let i = 0; i < count; i++) tids.push(yield* new NewTask(sleeper([])));
    for (const tid of tids) yield* new KillTask(tid);
  };
  const bounds: readonly (readonly [
    limits: object,
    program: (n: number) => Program<unknown>,
    n: number,
    code: string,
  ])[] = [
    [{ tasks: 5 }, spawn, 3, "EAGAIN"], // the main task, the one that asks, and three
    [{ frames: 5 }, (n) => calling(n), 4, "EOVERFLOW"], // the asking one's own, and four
    [{ nameLength: 5 }, (n) => named("🙂".repeat(n)), 5, "ENAMETOOLONG"],
    [{ observers: 4 }, (n) => observed(n), 2, "EAGAIN"], // and the kit's two
    [{ uncollectedExits: 3, recentExits: 0 }, (n) => forgotten(n), 3, "ESTALE"],
  ];
  for (const [limits, program, n, code] of bounds) {
    const { counters, value } = run(
      function* () {
        const within = yield* new Join(yield* new NewTask(codeOf(program(n))));
        const beyond = yield* new Join(yield* new NewTask(codeOf(program(n + 1))));
        return [within, beyond];
      },
      { limits },
    );
    expect([limits, value]).toEqual([limits, ["", code]]);
    expect(counters.reports).toBe(0);
  }
});

function* calling(depth: number): Program<number> {
  return yield* callDeep(depth);
}

function* named(name: string): Program<void> {
  yield* new Join(yield* new NewTask(returning(0), name));
}

function* observed(count: number): Program<void> {
  const { observers } = yield* new Custom(({ kernel }) => kernel);
  const plugged = observers.length;
  try {
    for (let i = 0; i < count; i++) yield* new Custom(({ kernel }) => kernel.addObserver({}));
  } finally {
    observers.splice(plugged);
  }
}

// The first to end is the first to be forgotten.
function* forgotten(count: number): Program<void> {
  const tids: Tid[] = [];
  for (let i = 0; i < count; i++) tids.push(yield* new NewTask(returning(i)));
  yield* new Sleep(1);
  const [first = 0] = tids;
  yield* new WaitTask(first);
  for (const tid of tids.slice(1)) yield* new WaitTask(tid);
}

test("K21: a limit that cannot be is refused when the kernel is made", () => {
  for (const limits of [{ quantum: 0 }, { tasks: Number.NaN }, { frames: -1 }, { traceEvents: 1_000 }]) {
    expect(() => run(throwing("never run"), { limits })).toThrow(RangeError);
  }
});
