// Tasks started from outside, on the machines inside Node: what their promises come to, whose AsyncLocalStorage they have,
// and what holds before, during and after a run.

import { AsyncLocalStorage } from "node:async_hooks";
import { types } from "node:util";
import { afterEach, describe, expect, test } from "vitest";
import {
  Await,
  GetTask,
  GetTid,
  Group,
  Join,
  KillTask,
  type Members,
  NewTask,
  type Program,
  Sleep,
  Timeout,
  WaitTask,
} from "../../apps/index.ts";
import {
  Kernel,
  KernelPanic,
  type LogRecord,
  type Machine,
  type Started,
  Syscall,
  type Task,
} from "../../kernel/index.ts";
import type { Polled } from "../../kernel/machine/machine.ts";
import { VirtualMachine } from "../../kernel/machine/virtual.ts";
import { Invariants } from "../kit/index.ts";
import { Custom, codeText, returning, throwing } from "../laws/programs.ts";
import { bootHost, hostMachines } from "./machine/host-machines.ts";

/** A kernel with its log, whose invariants are checked. */
class Booted {
  readonly logs: LogRecord[] = [];
  /** Of each text the first two lines. */
  readonly lines: string[] = [];
  readonly kernel: Kernel;
  readonly invariants: Invariants;

  constructor(machine: Machine) {
    this.kernel = new Kernel(machine, {
      log: (record) => {
        this.logs.push(record);
        this.lines.push(record.text.split("\n").slice(0, 2).join(" "));
      },
    });
    this.invariants = new Invariants(this.kernel);
    this.kernel.addObserver(this.invariants);
    booted.push(this);
  }
}

const booted: Booted[] = [];
const unhandled: unknown[] = [];
process.on("unhandledRejection", (error) => unhandled.push(error));

afterEach(async () => {
  for (const { kernel, invariants } of booted.splice(0)) {
    kernel.terminate("the test is over", 100);
    for (let turn = 0; kernel.tasks.size > 0 && turn < 1_000 && kernel.main !== undefined; turn++) await nodeTurn();
    kernel.machine.close();
    expect(invariants.violation).toBeUndefined();
  }
  await nodeTurn();
  expect(unhandled.splice(0)).toEqual([]);
});

const nodeTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** How a promise ends: its value, or the code of its error. */
async function outcome(promise: Promise<unknown>): Promise<unknown> {
  try {
    return await promise;
  } catch (error) {
    return codeText(error);
  }
}

describe.each(hostMachines)("on the %s machine", (name) => {
  const boot = (): Booted => new Booted(bootHost(name));

  describe("the promise of a task", () => {
    test("is a native one, has the tid, and comes to what the task returns", async () => {
      const { kernel } = boot();
      const started = kernel.start(
        (function* (): Program<unknown[]> {
          yield* new Sleep(1);
          const tid = yield* new GetTid();
          return [tid, (yield* new GetTask(tid))?.name, (yield* new GetTask(tid))?.parent];
        })(),
        "answer",
      );
      expect(types.isPromise(started)).toBe(true);
      expect(started.then()).not.toHaveProperty("tid");
      expect(await started).toEqual([started.tid, "answer", 1]);
      expect(await Promise.all([kernel.start(returning(1)), kernel.start(returning(undefined))])).toEqual([
        1,
        undefined,
      ]);
      expect(await kernel.start(returning(7)).finally(() => {})).toBe(7);
    });

    test("is rejected with what the task throws, whatever it is, and nobody else reports that", async () => {
      const { kernel, lines } = boot();
      for (const thrown of [new RangeError("at once"), "text", undefined, null]) {
        await expect(kernel.start(throwing(thrown))).rejects.toBe(thrown);
        const late = kernel.start(
          (function* (): Program<never> {
            yield* new Sleep(1);
            throw thrown;
          })(),
        );
        const caught = await late.catch((error: unknown) => [error]);
        expect(caught).toEqual([thrown]);
      }
      await Promise.allSettled([kernel.start(throwing(new Error("settled")))]);
      await outcome((async () => kernel.start(throwing(new Error("returned"))))());
      for (let turn = 0; turn < 3; turn++) await nodeTurn();
      expect(lines).toEqual([]);
    });

    test("is rejected with ECANCELED when the task is killed or cancelled, with who and why", async () => {
      const { kernel } = boot();
      const victim = (): Started<void> => kernel.start(new Sleep(60_000));
      const [killed, cancelled, byTask] = [victim(), victim(), victim()];
      kernel.kill(killed.tid, 0, "enough");
      kernel.cancel(cancelled.tid, 0, "the client has left");
      kernel.start(new KillTask(byTask.tid, "by a task"));
      await expect(killed).rejects.toMatchObject({ code: "ECANCELED", message: expect.stringContaining("enough") });
      await expect(cancelled).rejects.toMatchObject({
        code: "ECANCELED",
        message: expect.stringContaining("has left"),
      });
      await expect(byTask).rejects.toMatchObject({ message: expect.stringMatching(/by task \d+: by a task/) });
    });

    test("that nobody handles ends nothing: a crash is reported once, on the kernel log; a kill is nobody's error", async () => {
      const { kernel, logs, lines } = boot();
      const crashed = kernel.start(throwing(new Error("nobody looks")), "lonely");
      kernel.kill(kernel.start(new Sleep(60_000)).tid, 0, "silently");
      await kernel.start(new Sleep(2));
      expect(lines).toEqual(["crashed Error: nobody looks"]);
      expect(logs[0]).toMatchObject({ level: "error", tid: crashed.tid, name: "lonely" });
      expect(kernel.counters.crashes).toBe(1);
      await expect(crashed).rejects.toThrow("nobody looks"); // later, it is still thrown
      expect(lines).toHaveLength(1);
    });

    test("and a Join of it in the kernel both get its end", async () => {
      const { kernel, lines } = boot();
      const first = kernel.start(
        (function* (): Program<string> {
          yield* new Sleep(2);
          return "value";
        })(),
      );
      const joiner = kernel.start(new Join(first.tid));
      expect(await Promise.all([first, joiner])).toEqual(["value", "value"]);
      expect(lines).toEqual([]);
    });
  });

  describe("AsyncLocalStorage", () => {
    const storage = new AsyncLocalStorage<string>();
    const look = (): Custom<string | undefined> => new Custom(() => storage.getStore());

    test("is the starter's, in the task, after waits of every kind, and in all that comes of it", async () => {
      const { kernel } = boot();
      function* deep(levels: number): Program<unknown[]> {
        const seen: unknown[] = [yield* look()];
        yield* new Sleep(1);
        seen.push(yield* look(), yield* new Await(async () => storage.getStore()));
        yield;
        seen.push(storage.getStore());
        seen.push(yield* new Timeout(50, look()));
        return levels === 0 ? seen : [...seen, ...(yield* new Join(yield* new NewTask(deep(levels - 1))))];
      }
      const started = storage.run("mine", () => kernel.start(deep(2)));
      expect(await started).toEqual(Array(15).fill("mine"));
      expect(storage.getStore()).toBeUndefined();
    });

    test("of one start is not seen by another, nor by the tasks of nobody, whoever came first", async () => {
      const { kernel } = boot();
      const looker = function* (): Program<Set<unknown>> {
        const seen = new Set<unknown>();
        for (let n = 0; n < 20; n++) {
          seen.add(yield* look());
          yield* new Sleep(0);
        }
        return seen;
      };
      const first = storage.run("first", () => kernel.start(looker()));
      const second = storage.run("second", () => kernel.start(looker()));
      const nobodys = kernel.start(looker());
      const spawned = kernel.start(new Join(kernel.spawn(looker())));
      const seen = await Promise.all([first, second, nobodys, spawned]);
      expect(seen.map((each) => [...each])).toEqual([["first"], ["second"], [undefined], [undefined]]);
    });

    test("that a started task changes by enterWith stays in it and in its children", async () => {
      const { kernel } = boot();
      const changing = storage.run("before", () =>
        kernel.start(
          (function* (): Program<unknown> {
            storage.enterWith("changed");
            const child = yield* new NewTask(look());
            yield* new Sleep(2);
            return yield* new Join(child);
          })(),
        ),
      );
      const other = storage.run("other", () =>
        kernel.start(
          (function* (): Program<unknown[]> {
            const seen: unknown[] = [];
            for (let n = 0; n < 5; n++) {
              seen.push(yield* look());
              yield* new Sleep(1);
            }
            return seen;
          })(),
        ),
      );
      expect(await changing).toBe("changed");
      expect(await other).toEqual(Array(5).fill("other"));
      expect(await kernel.start(look())).toBeUndefined();
      expect(storage.getStore()).toBeUndefined();
    });

    test("is the spawner's in a member that had to wait for its place, whoever left that", async () => {
      const { kernel } = boot();
      const shared: { members?: Members } = {};
      const group = kernel.start(
        new Group(
          function* (members): Program<void> {
            shared.members = members;
            yield* new Sleep(50);
          },
          { limit: 1 },
        ),
      );
      while (shared.members === undefined) await nodeTurn();
      const { members } = shared;
      function* spawning(): Program<unknown> {
        const program = (function* (): Program<unknown> {
          yield* new Sleep(5);
          return storage.getStore();
        })();
        return yield* new Join(yield* members.spawn(program));
      }
      const first = storage.run("first", () => kernel.start(spawning()));
      const second = storage.run("second", () => kernel.start(spawning()));
      expect(await Promise.all([first, second])).toEqual(["first", "second"]);
      await group;
    });

    test("is given back: no traits are left when the tasks have ended", async () => {
      const { kernel } = boot();
      await Promise.all(Array.from({ length: 20 }, (_, n) => storage.run(String(n), () => kernel.start(new Sleep(1)))));
      expect([kernel.traits.size, kernel.tasks.size]).toEqual([0, 1]);
    });
  });

  describe("a kernel", () => {
    test("that runs takes a start as a child of its main task, whose end takes it along", async () => {
      const { kernel } = boot();
      const running = kernel.run(new Sleep(20), "main");
      const inTime = kernel.start(returning("in time"));
      const tooLong = kernel.start(new Sleep(60_000));
      expect(await inTime).toBe("in time");
      expect(await outcome(tooLong)).toBe("ECANCELED");
      await running;
      expect(() => kernel.start(returning(1))).toThrow(expect.objectContaining({ code: "EAGAIN" }));
    });

    test("takes a start from inside a turn", async () => {
      const { kernel } = boot();
      const started = await kernel.start(new Custom(() => [kernel.start(returning("inner"))] as const));
      expect(await started[0]).toBe("inner");
    });

    test("that was booted by a start cannot be run again, and stays until it is terminated", async () => {
      const { kernel } = boot();
      await kernel.start(returning(1));
      expect(await outcome(kernel.run(returning(1)))).toBe("EBUSY");
      await nodeTurn();
      expect(await kernel.start(returning(2))).toBe(2);
      const left = kernel.start(new Sleep(60_000));
      kernel.terminate("shut down", 1_000);
      await expect(left).rejects.toMatchObject({ code: "ECANCELED" });
      expect(kernel.tasks.size).toBe(0);
      expect(() => kernel.start(returning(3))).toThrow(expect.objectContaining({ code: "EAGAIN" }));
    });

    test("that breaks tells everybody who waits, says so once, and takes nothing more", async () => {
      const { kernel, lines, invariants } = boot();
      kernel.unobserve(invariants);
      const waiting = kernel.start(new Sleep(60_000));
      class Twice extends Syscall<void> {
        override handle(task: Task, { makeReady }: Kernel): void {
          for (let n = 0; n < 2; n++) makeReady.call(kernel, task);
        }
      }
      const breaking = kernel.start(
        (function* (): Program<void> {
          yield* new Twice();
          yield* new Sleep(60_000);
        })(),
      );
      const errors = await Promise.all([waiting, breaking].map((each) => each.catch((error: unknown) => error)));
      expect(errors[0]).toBeInstanceOf(KernelPanic);
      expect(errors[1]).toBe(errors[0]);
      await nodeTurn();
      expect(lines).toEqual([expect.stringMatching(/^the run has broken off: KernelPanic: task \d+ .* tasks:$/)]);
      expect(() => kernel.start(returning(1))).toThrow(expect.objectContaining({ code: "EAGAIN" }));
    });

    test("refuses what is no program, a name that is too long, and keeps going", async () => {
      const { kernel } = boot();
      expect(() => kernel.start(7 as unknown as Program)).toThrow(TypeError);
      expect(() => kernel.start(returning(1), "x".repeat(65))).toThrow(
        expect.objectContaining({ code: "ENAMETOOLONG" }),
      );
      expect(await kernel.start(returning("still here"))).toBe("still here");
    });
  });
});

test("a machine whose poll fails rejects what is pending", async () => {
  class Failing extends VirtualMachine {
    polls = 0;
    override poll(idleMs: number, done?: Polled): boolean {
      if (++this.polls > 3) throw new Error("no more polls");
      return super.poll(idleMs, done);
    }
  }
  const { kernel, lines, invariants } = new Booted(new Failing({ asynchronous: true }));
  kernel.unobserve(invariants);
  const busy = kernel.start(
    (function* (): Program<never> {
      for (;;) yield;
    })(),
  );
  await expect(busy).rejects.toThrow("no more polls");
  await nodeTurn();
  expect(lines).toEqual([expect.stringContaining("the run has broken off: Error: no more polls")]);
});

test("where nothing is outside, on a synchronous machine, a start is ENOTSUP unless a run is under way", async () => {
  const { kernel } = new Booted(new VirtualMachine());
  expect(() => kernel.start(returning(1))).toThrow(expect.objectContaining({ code: "ENOTSUP" }));
  let inner: Promise<number> | undefined;
  kernel.runSync(
    (function* (): Program<void> {
      inner = yield* new Custom(() => kernel.start(returning(5)) as Promise<number>);
      yield* new WaitTask((inner as Started<number>).tid);
    })(),
  );
  expect(await inner).toBe(5);
});
