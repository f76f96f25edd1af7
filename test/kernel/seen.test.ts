// What monitors read beside the watch: gauges, columns of waits, the latest log, endpoints and who waits for them, and a
// deadlock that is held for them.

import { describe, expect, test } from "vitest";
import { Adopt, Gauge, Join, Lock, Log, NewTask, ReadWait, Sleep } from "../../apps/index.ts";
import { openEndpoints, ownerOf, waiterOf } from "../../kernel/endpoints.ts";
import { DeadlockError } from "../../kernel/errors.ts";
import { Kernel } from "../../kernel/kernel.ts";
import { VirtualMachine } from "../../kernel/machine/virtual.ts";
import type { TaskRecord } from "../../kernel/observer.ts";
import { findCycle } from "../../kernel/report.ts";
import type { Answer, Program, Task, Tid, Wait } from "../../kernel/syscall.ts";
import { run } from "../kit/index.ts";
import { Custom, codeOf, socketPair, waitFor } from "../laws/programs.ts";

const kernelOf = (): Custom<Kernel> => new Custom(({ kernel }) => kernel);

describe("a gauge", () => {
  test("is a number of its task, changes, and goes with it; its history is that of the windows", () => {
    const { value } = run(function* () {
      const kernel = yield* kernelOf();
      const watch = kernel.watch();
      const child = yield* new NewTask(
        (function* () {
          for (let length = 1; length <= 3; length++) {
            yield* new Gauge("queue", length * 10);
            yield* new Sleep(10);
          }
        })(),
        "child",
      );
      yield* new Gauge("queue", 1.5);
      yield* new Gauge("open", -1);
      for (let second = 0; second < 3; second++) {
        yield* new Sleep(second === 0 ? 5 : 10);
        watch.tick();
      }
      const all = [...kernel.gauges].map((gauge) => [gauge.task.tid, gauge.name, watch.gaugeHistory(gauge)]);
      yield* new Join(child);
      return { all, left: [...kernel.gauges].map(({ task, value: now }) => [task.tid, now]), kernel };
    });
    expect(value.all).toEqual([
      [1, "queue", [1.5, 1.5, 1.5]],
      [1, "open", [-1, -1, -1]],
      [2, "queue", [10, 20, 30]],
    ]);
    expect(value.left).toEqual([
      [1, 1.5],
      [1, -1],
    ]);
    expect(value.kernel.gauges.size).toBe(0);
  });

  test("has sixty windows of history at most", () => {
    const { value } = run(function* () {
      const kernel = yield* kernelOf();
      const watch = kernel.watch();
      for (let second = 0; second < 70; second++) {
        yield* new Gauge("second", second);
        yield* new Sleep(1);
        watch.tick();
      }
      return [...kernel.gauges].map((gauge) => watch.gaugeHistory(gauge));
    });
    expect(value).toEqual([Array.from({ length: 60 }, (_, back) => back + 10)]);
  });

  test.each([
    ["", 1, "EINVAL"],
    ["x".repeat(65), 1, "ENAMETOOLONG"],
    ["queue", Number.NaN, "EINVAL"],
    ["queue", Number.POSITIVE_INFINITY, "EINVAL"],
  ])("cannot be %j = %d: %s", (name, number, code) => {
    expect(() => new Gauge(name, number)).toThrow(expect.objectContaining({ code }));
  });

  test("beyond 1,024 of all tasks is EAGAIN; those that are there can still change, and an end makes room", () => {
    const { value } = run(function* () {
      const child = yield* new NewTask(new Gauge("of a child", 1));
      yield* new Join(child);
      for (let i = 0; i < 1_024; i++) yield* new Gauge(`gauge ${i}`, i);
      return [yield* codeOf(new Gauge("one more", 1)), yield* codeOf(new Gauge("gauge 5", 6))];
    });
    expect(value).toEqual(["EAGAIN", ""]);
  });
});

describe("columns of a wait", () => {
  function columnsOf(columns: Wait<void>["columns"]): Readonly<Record<string, string | number>> {
    const { value } = run(function* () {
      const kernel = yield* kernelOf();
      const wait = new Custom<void>((task: Task): Answer<void> => {
        const { kernel: own } = task;
        return task.block<void>(waitFor("wait", columns === undefined ? {} : { columns }), (waiter) => {
          own.timers.set(own.clock() + 10, waiter);
          return () => {};
        });
      });
      const tid = yield* new NewTask(wait);
      yield* new Sleep(1);
      return kernel.taskRecords().find((record) => record.tid === tid)?.columns ?? {};
    });
    return value;
  }

  test("are in its task's record, the first eight, cut", () => {
    const names = Array.from({ length: 10 }, (_, i) => [`column ${i}`, i] as const);
    expect(Object.keys(columnsOf(() => Object.fromEntries(names)))).toEqual(names.slice(0, 8).map(([name]) => name));
    const [[name = "", text = ""] = []] = Object.entries(columnsOf(() => ({ ["n".repeat(99)]: "t".repeat(99) })));
    expect([name.length, String(text).length]).toEqual([64, 64]);
    expect(columnsOf(() => ({ share: Number.NaN, place: 3 }))).toEqual({ share: "NaN", place: 3 });
  });

  test("that cannot be had are none", () => {
    expect(columnsOf(undefined)).toEqual({});
    expect(
      columnsOf(() => {
        throw new Error("its own fault");
      }),
    ).toEqual({});
  });
});

describe("who could end a wait", () => {
  const lies: unknown[] = [1, Number.NaN, -5, 1.5, "\u001b[2J", {}, Symbol("x"), null, 2];

  test("is what its syscall says, without what is no tid", () => {
    const lying = function* (): Program<void> {
      yield* new Custom<void>((task) => task.block(waitFor("wait", { holders: () => lies as Tid[] }), () => () => {}));
    };
    const ended = (): unknown => run(lying, { check: false }); // the checker of invariants believes what a wait says
    expect(ended).toThrow(DeadlockError);
    expect(ended).toThrow("(held by 1, 2)");
  });

  test("is found in a chain of 100,000 tasks, and in a ring of as many", () => {
    const wait = (tid: number, holders: number[]): TaskRecord => ({ tid, holders }) as unknown as TaskRecord; // all that is read
    const chain = Array.from({ length: 100_000 }, (_, place) => wait(place + 1, [place + 2]));
    expect(findCycle(chain)).toEqual([]);
    expect(findCycle([...chain, wait(100_001, [1])])).toHaveLength(100_001);
  });
});

describe("the latest log", () => {
  test("is read on from a seq, in pages, and says what is gone", () => {
    const { kernel } = run(function* () {
      for (let line = 1; line <= 1_500; line++) yield* new Log(`line ${line}`);
    });
    const first = kernel.recentLog(0, 2);
    expect(first.records.map(({ seq, text }) => [seq, text])).toEqual([
      [501, "line 501"],
      [502, "line 502"],
    ]);
    expect([first.last, first.dropped]).toEqual([502, 500]);
    const rest = kernel.recentLog(first.last);
    expect([rest.records.length, rest.last, rest.dropped]).toEqual([998, 1_500, 0]);
    expect(kernel.recentLog(rest.last)).toEqual({ records: [], last: 1_500, dropped: 0 });
    expect(new Kernel(new VirtualMachine()).recentLog()).toEqual({ records: [], last: 0, dropped: 0 });
  });

  test("is bounded in characters too", () => {
    const { kernel } = run(function* () {
      for (let line = 0; line < 200; line++) yield* new Log("x".repeat(16_000));
    });
    expect(kernel.recentLog().records).toHaveLength(62);
  });
});

test("endpoints that are open are listed, with who owns them and who waits for them", () => {
  const { value } = run(function* () {
    const kernel = yield* kernelOf();
    const { listener, client, server } = yield* socketPair();
    yield* new Adopt(client);
    const reader = yield* new NewTask(new ReadWait(client), "reader");
    yield* new Sleep(5);
    const open = [...openEndpoints(kernel)];
    const waiting = [waiterOf(client, "read")?.name, waiterOf(client, "write"), waiterOf(server, "read")];
    const seen = {
      open: open.map(({ label }) => label),
      owner: ownerOf(client)?.tid,
      nobody: ownerOf(server),
      waiting,
    };
    server.close();
    yield* new Join(reader);
    listener.close();
    return { ...seen, labels: [listener.label, client.label, server.label], left: openEndpoints(kernel).size };
  });
  expect(value.open).toEqual(expect.arrayContaining(value.labels));
  expect(value.open).toHaveLength(3);
  expect([value.owner, value.nobody]).toEqual([1, undefined]);
  expect(value.waiting).toEqual(["reader", undefined, undefined]);
  expect(value.left).toBe(1);
});

describe("a total deadlock", () => {
  function* embrace(log: string[]): Program<void> {
    const [one, other] = [new Lock(), new Lock()];
    const tid = yield* new NewTask(taking(one, other, log), "one");
    yield* new NewTask(taking(other, one, log), "other");
    yield* new Join(tid);
  }

  function* taking(first: Lock, second: Lock, log: string[]): Program<void> {
    try {
      yield* first.acquire();
      yield* new Sleep(1);
      yield* second.acquire();
    } finally {
      log.push("finally");
    }
  }

  /** A kernel in that state, and, once that is so, what `then` does. */
  async function held(holds: boolean, then: (kernel: Kernel) => void): Promise<{ error: unknown; log: string[] }> {
    const log: string[] = [];
    const kernel = new Kernel(new VirtualMachine({ asynchronous: true }), { log: () => {} });
    kernel.watch().holdsDeadlock = holds;
    const run = kernel.run(embrace(log)).then(
      () => undefined,
      (error: unknown) => error,
    );
    for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate);
    then(kernel);
    return { error: await run, log };
  }

  test("is held for who watches and wants that, and ends the run when the last of them leaves", async () => {
    const { error, log } = await held(true, (kernel) => {
      expect(kernel.watching?.deadlockSince).toBeGreaterThan(0);
      expect(kernel.tasks.size).toBe(3);
      kernel.unwatch();
    });
    expect(error).toBeInstanceOf(DeadlockError);
    expect(log).toEqual(["finally", "finally"]);
  });

  test("ends the run when it is wanted no more", async () => {
    const { error } = await held(true, (kernel) => {
      if (kernel.watching !== undefined) kernel.watching.holdsDeadlock = false;
    });
    expect(error).toBeInstanceOf(DeadlockError);
  });

  test("that is held is over when somebody kills one of its tasks", async () => {
    const { error, log } = await held(true, (kernel) => kernel.kill(3, 0, "to let the other go on"));
    expect(error).toMatchObject({ code: "EOWNERDEAD" }); // the other was told, and went on from there
    expect(log).toEqual(["finally", "finally"]);
  });

  test("is not held for who only watches", async () => {
    const { error } = await held(false, (kernel) => expect(kernel.tasks.size).toBe(0));
    expect(error).toBeInstanceOf(DeadlockError);
  });

  test("ends the run of a synchronous machine, whoever watches", () => {
    const kernel = new Kernel(new VirtualMachine(), { log: () => {} });
    kernel.watch().holdsDeadlock = true;
    expect(() => kernel.runSync(embrace([]))).toThrow(DeadlockError);
  });
});
