// Pledges: what a task has given up it cannot use any more, by whatever way the request comes; nor can its children; and it
// never gets it back.

import { describe, expect, test } from "vitest";
import {
  Await,
  CancelTask,
  Connect,
  GetEnv,
  GetRandom,
  GetTask,
  GetTid,
  GetTime,
  KillTask,
  Limit,
  Listen,
  ListTasks,
  Log,
  NewTask,
  Park,
  Pledge,
  type Program,
  ReadWait,
  recv,
  routine,
  Select,
  SendSignal,
  SetEnv,
  SetName,
  SetPriority,
  Shield,
  Sleep,
  type SyscallError,
  Timeout,
  WaitQueue,
  WaitSignal,
  WaitTask,
  Where,
} from "../../apps/index.ts";
import { Call, type Kernel, type Runnable, Syscall, type Task, type Tid, type Yieldable } from "../../kernel/index.ts";
import { run, runAsync } from "../kit/index.ts";
import { Custom, codeOf, codeText, socketPair } from "./programs.ts";

/** Runs a program in a task of its own, after a pledge. */
function* pledged<T>(families: readonly string[], program: () => Runnable<T>): Program<T> {
  yield* new Pledge(families);
  return yield* program();
}

/** What comes of each request after a pledge: "" or the code of its error. */
function codesAfter(families: readonly string[], requests: () => readonly Runnable<unknown>[]): Record<string, string> {
  const codes: Record<string, string> = {};
  run(() =>
    pledged(families, function* () {
      for (const request of requests()) codes[request.constructor.name] = yield* codeOf(request);
    }),
  );
  return codes;
}

const harmless = (): Syscall<unknown>[] => [
  new GetTid(),
  new GetTime(),
  new Sleep(0),
  new SetName("me"),
  new Where(),
  new Limit({ children: 5 }),
  new Pledge([]),
];

const powers: Readonly<Record<string, () => Syscall<unknown>[]>> = {
  env: () => [new GetEnv("HOME"), new SetEnv("HOME", "/")],
  inspect: () => [new ListTasks(), new GetTask(1 as Tid)],
  log: () => [new Log("a line")],
  net: () => [new Listen({ port: 0 }), new Connect({ port: 1 })],
  random: () => [new GetRandom()],
  sync: () => [new Park(new WaitQueue("wait", "")), new WaitSignal("HUP")],
  task: () => [
    new NewTask(new Sleep(0)),
    new KillTask(1 as Tid),
    new CancelTask(1 as Tid),
    new WaitTask(1 as Tid),
    new SendSignal(1 as Tid, "STOP"),
    new SetPriority(0),
  ],
};

describe("after a pledge", () => {
  test("what concerns nobody but the caller stays", () => {
    const codes = codesAfter([], harmless);
    expect(new Set(Object.values(codes))).toEqual(new Set([""]));
    expect(Object.keys(codes)).toHaveLength(7);
  });

  test.each(Object.keys(powers))("what is not of a family that was kept is EPERM: all but %s", (kept) => {
    const others = Object.keys(powers).filter((family) => family !== kept);
    const codes = codesAfter([kept], () => others.flatMap((family) => powers[family]?.() ?? []));
    expect(Object.values(codes).length).toBeGreaterThan(8);
    expect(new Set(Object.values(codes))).toEqual(new Set(["EPERM"]));
  });

  test("a family that was kept works, and so does a class by its name", () => {
    const codes = codesAfter(["env", "log", "GetRandom"], () => [
      new GetEnv("HOME"),
      new SetEnv("HOME", "/"),
      new Log("a line"),
      new GetRandom(),
      new ListTasks(),
    ]);
    expect(codes).toEqual({ GetEnv: "", SetEnv: "", Log: "", GetRandom: "", ListTasks: "EPERM" });
  });

  test("a request is refused before anything is done for it, and the error names task, pledge and family", () => {
    const { value, logs } = run(() =>
      pledged(["io", "net"], function* () {
        try {
          yield* new Log("never written");
        } catch (error) {
          return (error as SyscallError).message; // the pledge's
        }
        return "";
      }),
    );
    expect(value).toBe("task 1 has pledged to use io, net: Log is of the family log");
    expect(logs).toEqual([]);
  });

  test("a syscall of one's own is of the family own, or of its name, or of the family it says", () => {
    class Mine extends Syscall<number> {
      override handle(): number {
        return 7;
      }
    }
    class Metered extends Mine {
      override get family(): string {
        return "meter";
      }
    }
    const cases: [readonly string[], string[]][] = [
      [[], ["EPERM", "EPERM"]],
      [["own"], ["", "EPERM"]],
      [["Mine"], ["", "EPERM"]],
      [["meter"], ["EPERM", ""]],
    ];
    for (const [families, codes] of cases) {
      expect(Object.values(codesAfter(families, () => [new Mine(), new Metered()]))).toEqual(codes);
    }
  });

  test("one whose family or class cannot be told is its caller's error", () => {
    class Odd extends Syscall<number> {
      override get family(): string {
        throw new RangeError("no family");
      }
      override handle(): number {
        return 1;
      }
    }
    class Classless extends Odd {
      override get family(): string {
        return "self";
      }
    }
    const codes: string[] = [];
    run(() =>
      pledged(["io"], function* () {
        codes.push(yield* codeOf(new Odd()));
        const classless = new Classless();
        Object.defineProperty(classless, "constructor", { value: undefined });
        codes.push(yield* codeOf(classless));
        yield* new Sleep(1);
      }),
    );
    expect(codes).toEqual(["RangeError", "TypeError"]);
  });
});

describe("no way leads past it:", () => {
  const ways: Readonly<Record<string, (request: Syscall<unknown>) => Runnable<unknown>>> = {
    "a plain yield": function* (request): Program<unknown> {
      return yield request;
    },
    "a branch of a select": (request) => new Select({ request, idle: new Sleep(1) }),
    "a select in a select": (request) => new Select({ inner: new Select({ request, idle: new Sleep(1) }) }),
    "a routine": routine(function* inner(request: Syscall<unknown>): Program<unknown> {
      return yield* request;
    }),
    "a deadline's program": (request) => new Timeout(10, request),
    "a shield": (request) => new Shield(request),
    "native delegation": function* (request): Program<unknown> {
      return yield* (function* () {
        return yield* request;
      })();
    },
  };
  test.each(Object.keys(ways))("%s", (way) => {
    for (const quantum of [1, 32]) {
      const { value, logs } = run(
        () => pledged(["sync"], () => codeOf(ways[way]?.(new Log("past it")) as Syscall<unknown>)),
        {
          quantum,
        },
      );
      expect([value, logs]).toEqual(["EPERM", []]);
    }
  });

  test("a task that is started", () => {
    const { value, logs } = run(() =>
      pledged(["task"], function* () {
        const child = new NewTask(new NewTask(codeOf(new Log("past it"))));
        const grandchild = yield* new WaitTask(yield* child);
        return grandchild.status === "returned" ? yield* new WaitTask(grandchild.value) : grandchild;
      }),
    );
    expect(value).toEqual({ status: "returned", value: "EPERM" });
    expect(logs).toEqual([]);
  });

  test("a cleanup", () => {
    const { value, logs } = run(() =>
      pledged([], () =>
        codeOf(
          (function* (): Program<void> {
            try {
              yield* new Timeout(1, new Sleep(10));
            } finally {
              yield* new Log("past it");
            }
          })(),
        ),
      ),
    );
    expect([value, logs]).toEqual(["EPERM", []]);
  });

  test("a call whose enter does itself what its family says; what it had set up is not left behind", () => {
    const steps: string[] = [];
    class Spawning extends Call<Tid> {
      override get family(): string {
        return "task";
      }
      override enter(task: Task, kernel: Kernel): Yieldable<Tid> {
        steps.push("enter");
        const tid = kernel.spawn(new Sleep(0), "inner", task);
        return new Custom(() => tid);
      }
      override leave(): void {
        steps.push("leave");
      }
    }
    const { value, counters } = run(() => pledged(["sync", "own"], () => codeOf(new Spawning())));
    expect([value, steps, counters.spawned]).toEqual(["EPERM", [], 1]);
    expect(run(() => pledged(["task", "own"], () => codeOf(new Spawning()))).value).toBe("");
    expect(steps).toEqual(["enter", "leave"]);
  });

  test("a promise", async () => {
    const { value } = await runAsync(() => pledged(["io"], () => codeOf(new Await(Promise.resolve(1)))));
    expect(value).toBe("EPERM");
  });
});

describe("a second pledge", () => {
  const second = (first: readonly string[], then: readonly string[]): unknown =>
    run(() => pledged(first, () => codeOf(new Pledge(then)))).value;

  test("can give up more", () => {
    expect(second(["io", "log", "task"], ["log"])).toBe("");
    expect(second(["io"], [])).toBe("");
    expect(second(["io", "GetRandom"], ["GetRandom"])).toBe("");
    expect(second([], ["self"])).toBe("");
  });

  test("gets nothing back, and changes nothing when it tries", () => {
    expect(second(["io"], ["io", "log"])).toBe("EPERM");
    expect(second([], ["GetTid"])).toBe("EPERM");
    const { value } = run(() =>
      pledged(["log", "random"], function* () {
        yield* codeOf(new Pledge(["random", "env"]));
        return [yield* codeOf(new Log("still kept")), yield* codeOf(new GetEnv("HOME"))];
      }),
    );
    expect(value).toEqual(["", "EPERM"]);
  });

  test("of a child is its own: its parent keeps what it has, and so do those it had before", () => {
    const { value } = run(() =>
      pledged(["task", "log"], function* () {
        const before = yield* new NewTask(
          (function* (): Program<string> {
            yield* new Sleep(5);
            return yield* codeOf(new Log("before"));
          })(),
        );
        yield* new WaitTask(yield* new NewTask(new Pledge([])));
        return [yield* codeOf(new Log("parent")), yield* new WaitTask(before)];
      }),
    );
    expect(value).toEqual(["", { status: "returned", value: "" }]);
  });
});

test("other tasks are not bound by it: those that were there before, a parent, a stranger", () => {
  const { value, logs } = run(
    function* () {
      const stranger = routine(function* stranger(): Program<void> {
        for (let n = 0; n < 5; n++) yield* new Log("stranger");
      });
      const tids: Tid[] = [yield* new NewTask(stranger())];
      tids.push(yield* new NewTask(pledged([], () => codeOf(new Log("pledged")))));
      tids.push(yield* new NewTask(stranger()));
      const exits: unknown[] = [];
      for (const tid of tids) exits.push((yield* new WaitTask(tid)).status);
      yield* new Log("parent");
      return exits;
    },
    { quantum: 1 },
  );
  expect(value).toEqual(["returned", "returned", "returned"]);
  expect(logs.map(({ text }) => text).filter((text) => text !== "stranger")).toEqual(["parent"]);
  expect(logs).toHaveLength(11);
});

test("sockets that are open can be used on, and no new ones be opened", () => {
  const { value } = run(function* () {
    const { listener, client, server } = yield* socketPair();
    yield* new Pledge(["io"]);
    client.write(new Uint8Array([1, 2, 3]));
    const bytes = yield* recv(server, 10);
    return [
      bytes.length,
      yield* codeOf(new Connect(listener.address)),
      yield* codeOf(new Timeout(1, new ReadWait(server))),
    ];
  });
  expect(value).toEqual([3, "EPERM", "ETIMEDOUT"]);
});

test("what is no list of names is a TypeError at once; the list is as it was when it was given", () => {
  for (const wrong of [undefined, null, "io", {}, [1], [""], [undefined], [["io"]]]) {
    expect(() => new Pledge(wrong as unknown as string[])).toThrow(TypeError);
  }
  const families = ["io"];
  const pledge = new Pledge(families);
  families.push("log");
  const { value } = run(function* () {
    yield* pledge;
    return yield* codeOf(new Log("not pledged"));
  });
  expect(value).toBe("EPERM");
  expect(codeText(new Error("so codes are told from classes"))).toBe("Error");
});

test("nothing is left of a pledge when its tasks have ended", () => {
  const { kernel } = run(function* () {
    for (let n = 0; n < 10; n++) {
      const tid = yield* new NewTask(pledged([], () => new Sleep(1)));
      if (n % 2 === 0) yield* new KillTask(tid);
      yield* new WaitTask(tid);
    }
  });
  expect(kernel.traits.size).toBe(0);
});
