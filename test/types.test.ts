// What the types promise to whoever writes programs and syscalls. `tsc --noEmit -p test` checks it, as part of
// `npm run check`: each line under @ts-expect-error must be refused, and `expectTypeOf` must agree. Of the
// programs here only the last one is run, which shows that values keep what their types say.

import { readFileSync } from "node:fs";
import { describe, expect, expectTypeOf, test } from "vitest";
import {
  Adopt,
  All,
  Any,
  Await,
  Broadcast,
  CancelTask,
  Channel,
  Connect,
  type Connection,
  Every,
  type Exit,
  GetTid,
  GetTime,
  Group,
  Join,
  KillTask,
  Listen,
  type Listener,
  ListTasks,
  Log,
  type Members,
  type Moved,
  MoveOn,
  NewTask,
  PriorityQueue,
  type Program,
  Race,
  ReadWait,
  Receive,
  routine,
  Select,
  Sleep,
  SleepUntil,
  type StartedMember,
  type Subscription,
  type TaskRecord,
  Tell,
  type Tid,
  Timeout,
  WaitTask,
} from "../apps/index.ts";
import { type Answer, type Blocked, Call, Kernel, Syscall, type Task } from "../kernel/index.ts";
import { VirtualMachine } from "../kernel/machine/virtual.ts";

declare const anyTid: Tid;
declare const connection: Connection;

function* sevens(): Program<7> {
  yield* new Sleep(1);
  return 7;
}

const first = routine(function* first<T>(items: readonly T[], fallback: T): Program<T> {
  yield* new Sleep(0);
  return items[0] ?? fallback;
});

const inferred = routine(function* inferred(count: number, word?: string) {
  const time = yield* new GetTime();
  return (word ?? "").repeat(count) + time;
});

describe("types: what compiles, and what does not", () => {
  test("yield* gives the answer of a syscall, and checks what it is asked with", () => {
    function* answers(): Program<void> {
      expectTypeOf(yield* new GetTid()).toEqualTypeOf<Tid>();
      expectTypeOf(yield* new GetTime()).toEqualTypeOf<number>();
      expectTypeOf(yield* new Sleep(1)).toEqualTypeOf<void>();
      expectTypeOf(yield* new Log("x")).toEqualTypeOf<void>();
      expectTypeOf(yield* new ListTasks()).toEqualTypeOf<TaskRecord[]>();
      expectTypeOf(yield* new KillTask(anyTid)).toEqualTypeOf<boolean>();
      expectTypeOf(yield* new CancelTask(anyTid, "enough")).toEqualTypeOf<boolean>();
      expectTypeOf(yield* new Listen({ port: 0 })).toEqualTypeOf<Listener>();
      expectTypeOf(yield* new Connect({ path: "/x" })).toEqualTypeOf<Connection>();
      expectTypeOf(yield* new ReadWait(connection)).toEqualTypeOf<void>();
      expectTypeOf(yield* new Adopt(connection)).toEqualTypeOf<Connection>();

      // @ts-expect-error a time is no string
      const time: string = yield* new GetTime();
      // @ts-expect-error a tid is no promise
      const tid: Promise<Tid> = yield* new GetTid();
      // @ts-expect-error Sleep takes milliseconds
      yield* new Sleep("1s");
      // @ts-expect-error and takes them always
      yield* new Sleep();
      // @ts-expect-error an address has a port or a path
      yield* new Listen({ host: "localhost" });
      // @ts-expect-error a number is nothing to wait for
      yield* new ReadWait(7);
      // @ts-expect-error only syscalls, calls and nothing can be yielded
      yield 7;
      // @ts-expect-error a promise has to be awaited: yield* new Await(promise)
      yield Promise.resolve(7);
      // @ts-expect-error the kernel class is not for programs to yield
      yield GetTid;
      return void [time, tid];
    }
    expectTypeOf(answers).returns.toEqualTypeOf<Program<void>>();
  });

  test("a channel carries one type of items; a match gives a message its type", () => {
    function* items(): Program<void> {
      const channel = new Channel<string>({ capacity: 1 });
      expectTypeOf(yield* channel.send("x")).toEqualTypeOf<void>();
      expectTypeOf(yield* channel.receive()).toEqualTypeOf<string>();
      const next = yield* channel.next();
      if (!next.done) expectTypeOf(next.value).toEqualTypeOf<string>();
      // @ts-expect-error the end has no value
      else next.value;
      // @ts-expect-error a number is no text
      channel.send(7);
      // @ts-expect-error a priority queue needs to know what comes first
      new PriorityQueue<string>({});
      expectTypeOf(yield* new Broadcast<number>().subscribe()).toEqualTypeOf<Subscription<number>>();
      const isText = (message: unknown): message is string => typeof message === "string";
      expectTypeOf(yield* new Receive(isText)).toEqualTypeOf<string>();
      expectTypeOf(yield* new Receive()).toEqualTypeOf<unknown>();
      expectTypeOf(yield* new Receive((message) => message !== 7)).toEqualTypeOf<unknown>();
      expectTypeOf(yield* new Tell(anyTid, "x")).toEqualTypeOf<boolean>();
    }
    expectTypeOf(items).returns.toEqualTypeOf<Program<void>>();
  });

  test("a tid carries the type of what its task returns", () => {
    function* tids(): Program<void> {
      const tid = yield* new NewTask(sevens(), "sevens");
      expectTypeOf(tid).toEqualTypeOf<Tid<7>>();
      expectTypeOf(yield* new Join(tid)).toEqualTypeOf<7>();
      expectTypeOf(yield* new WaitTask(tid)).toEqualTypeOf<Exit<7>>();
      expectTypeOf(yield* new Join(anyTid)).toEqualTypeOf<unknown>();
      expectTypeOf(yield* new NewTask(new GetTime())).toEqualTypeOf<Tid<number>>();

      const exit = yield* new WaitTask(tid);
      if (exit.status === "returned") expectTypeOf(exit.value).toEqualTypeOf<7>();
      // @ts-expect-error only a task that returned has a value
      else exit.value;

      // Beazley's way, where the answer is not used.
      yield new NewTask(sevens());
      yield new Sleep(1);
      yield;

      // @ts-expect-error a plain yield has no type of its own: yield* gives one
      const untyped: Tid = yield new GetTid();
      // @ts-expect-error seven is no eight
      const eight: 8 = yield* new Join(tid);
      // @ts-expect-error a generator function is no program yet: call it
      yield* new NewTask(sevens);
      // @ts-expect-error neither is a promise
      yield* new NewTask(Promise.resolve(7));
      // @ts-expect-error a name is text
      yield* new NewTask(sevens(), 7);
      // @ts-expect-error a tid is a number
      yield* new Join("7");
      return void [untyped, eight];
    }
    expectTypeOf(tids).returns.toEqualTypeOf<Program<void>>();
  });

  test("a routine is typed by its body, generics included", () => {
    function* routines(): Program<void> {
      expectTypeOf(yield* first([1, 2], 3)).toEqualTypeOf<number>();
      expectTypeOf(yield* first(["a"], "b")).toEqualTypeOf<string>();
      expectTypeOf(yield* inferred(1)).toEqualTypeOf<string>();
      expectTypeOf(inferred).parameters.toEqualTypeOf<[count: number, word?: string | undefined]>();
      expectTypeOf(first(["a"], "b")).toEqualTypeOf<Call<string>>();
      expectTypeOf(yield* new NewTask(first([true], false))).toEqualTypeOf<Tid<boolean>>();

      // @ts-expect-error one type of item
      yield* first([1], "b");
      // @ts-expect-error a routine checks its arguments
      yield* inferred("1");
      // @ts-expect-error and how many they are
      yield* inferred();
      // @ts-expect-error what it returns is a string
      const count: number = yield* inferred(1);
      // @ts-expect-error an async function cannot be stopped: it is no routine
      routine(async () => 7);
      return void count;
    }
    expectTypeOf(routines).returns.toEqualTypeOf<Program<void>>();
  });

  test("a scope has its program's type", () => {
    function* scopes(): Program<void> {
      expectTypeOf(yield* new Timeout(10, sevens())).toEqualTypeOf<7>();
      expectTypeOf(yield* new Timeout(10, new GetTid())).toEqualTypeOf<Tid>();
      expectTypeOf(yield* new Timeout(10, first(["a"], "b"))).toEqualTypeOf<string>();
      expectTypeOf(yield* new Timeout(10, new Timeout(5, sevens()))).toEqualTypeOf<7>();
      // @ts-expect-error a deadline is in milliseconds
      yield* new Timeout("10", sevens());
      // @ts-expect-error a promise is no program
      yield* new Timeout(10, Promise.resolve());
    }
    expectTypeOf(scopes).returns.toEqualTypeOf<Program<void>>();
  });

  test("a select answers with a union to switch on, and takes syscalls only", () => {
    function* program(): Program<void> {
      const first = yield* new Select({ tid: new GetTid(), tasks: new ListTasks(), idle: new Sleep(1) });
      expectTypeOf(first.key).toEqualTypeOf<"tid" | "tasks" | "idle">();
      if (first.key === "tid") expectTypeOf(first.value).toEqualTypeOf<Tid>();
      if (first.key === "tasks") expectTypeOf(first.value).toEqualTypeOf<TaskRecord[]>();
      if (first.key === "idle") expectTypeOf(first.value).toEqualTypeOf<void>();
      // @ts-expect-error: a program is no branch
      yield* new Select({ seven: sevens() });
      // @ts-expect-error: nor is a scope
      yield* new Select({ timeout: new Timeout(5, new Sleep(1)) });
      // @ts-expect-error: no such branch
      if (first.key === "other") return;
    }
    expectTypeOf(program).returns.toEqualTypeOf<Program<void>>();
  });

  test("a group gives its body's value, and types what its members answer", () => {
    function* program(): Program<void> {
      const seven = yield* new Group(function* (members) {
        expectTypeOf(members).toEqualTypeOf<Members>();
        const tid = yield* members.spawn(sevens(), "sevens", {
          ended: (exit) => expectTypeOf(exit).toEqualTypeOf<Exit<7>>(),
        });
        expectTypeOf(tid).toEqualTypeOf<Tid<7>>();
        expectTypeOf(yield* members.spawnDaemon(new GetTime())).toEqualTypeOf<Tid<number>>();
        const started = yield* members.start(function* (started: (port: number) => void): Program<"over"> {
          started(80);
          // @ts-expect-error: it says that it is ready with a number
          started("80");
          return "over";
        });
        expectTypeOf(started).toEqualTypeOf<StartedMember<"over", number>>();
        expectTypeOf(yield* members.cancel()).toEqualTypeOf<boolean>();
        // @ts-expect-error: a body makes programs: call the function
        yield* members.spawn(sevens);
        // @ts-expect-error: nor is a promise one
        yield* members.spawn(Promise.resolve(7));
        return yield* new Join(tid);
      });
      expectTypeOf(seven).toEqualTypeOf<7>();
      expectTypeOf(yield* new Group(() => new GetTid(), { limit: 3 })).toEqualTypeOf<Tid>();
      // @ts-expect-error: the body is a function that gets the members
      yield* new Group(sevens());
      // @ts-expect-error: a limit is a number
      yield* new Group(sevens, { limit: "3" });
    }
    expectTypeOf(program).returns.toEqualTypeOf<Program<void>>();
  });

  test("what runs many programs is typed by each of them, in a tuple, an array or a record", () => {
    function* program(): Program<void> {
      expectTypeOf(yield* new All([sevens(), new GetTime(), first(["a"], "b")])).toEqualTypeOf<[7, number, string]>();
      expectTypeOf(yield* new All([1, 2].map(() => sevens()))).toEqualTypeOf<7[]>();
      expectTypeOf(yield* new All({ seven: sevens(), tid: new GetTid() })).toEqualTypeOf<{ seven: 7; tid: Tid }>();
      expectTypeOf(yield* new All([])).toEqualTypeOf<[]>();
      expectTypeOf(yield* new Any([sevens(), inferred(1)])).toEqualTypeOf<7 | string>();
      expectTypeOf(yield* new Race({ seven: sevens(), idle: new Sleep(1) })).toEqualTypeOf<7 | void>();
      // @ts-expect-error: a promise is no program
      yield* new All([Promise.resolve(7)]);
      // @ts-expect-error: nor is a function that makes one
      yield* new Race({ sevens });
      // @ts-expect-error: one program is not many
      yield* new Any(sevens());
      // @ts-expect-error: the values of records have their names
      (yield* new All({ seven: sevens() })).eight;
    }
    expectTypeOf(program).returns.toEqualTypeOf<Program<void>>();
  });

  test("MoveOn says whether there is a value, and Every how many ticks were missed", () => {
    function* program(): Program<void> {
      const moved = yield* new MoveOn(10, sevens());
      expectTypeOf(moved).toEqualTypeOf<Moved<7>>();
      if (moved.done) expectTypeOf(moved.value).toEqualTypeOf<7>();
      // @ts-expect-error: there is none when the time was up
      else moved.value;
      expectTypeOf(yield* new Every(10).next()).toEqualTypeOf<number>();
      const either = yield* new Select({ tick: new Every(10).next(), until: new SleepUntil(1_000) });
      if (either.key === "tick") expectTypeOf(either.value).toEqualTypeOf<number>();
      // @ts-expect-error: a moment is a number
      yield* new SleepUntil(new Date());
    }
    expectTypeOf(program).returns.toEqualTypeOf<Program<void>>();
  });

  test("Await unwraps a promise, and gives a signal to the function that makes one", () => {
    function* promises(): Program<void> {
      expectTypeOf(yield* new Await(Promise.resolve("x"))).toEqualTypeOf<string>();
      expectTypeOf(yield* new Await(async () => 7)).toEqualTypeOf<number>();
      yield* new Await(async (signal) => {
        expectTypeOf(signal).toEqualTypeOf<AbortSignal>();
        return signal.aborted;
      });
      // @ts-expect-error a number is no promise
      yield* new Await(7);
      // @ts-expect-error a function has to return one
      yield* new Await(() => 7);
    }
    expectTypeOf(promises).returns.toEqualTypeOf<Program<void>>();
  });

  test("a program returns what it says", () => {
    function* liar(): Program<number> {
      yield* sevens();
      // @ts-expect-error a string is no number
      return "7";
    }
    expectTypeOf(liar).returns.toEqualTypeOf<Program<number>>();
  });

  test("a handler answers what its class says, now or later", () => {
    class Good extends Syscall<number> {
      override handle(task: Task, kernel: Kernel): Answer<number> {
        return kernel.clock() > 0
          ? 7
          : task.block<number>({ verb: "wait for", object: "seven" }, (waiter) => {
              waiter.wake(7);
              // @ts-expect-error it waits for a number
              waiter.wake("7");
              return () => {};
            });
      }
    }

    class WrongAnswer extends Syscall<number> {
      // @ts-expect-error the answer is to be a number
      override handle(): string {
        return "7";
      }
    }

    class Forgetful extends Syscall<number> {
      // @ts-expect-error no answer is no number
      override handle(): void {}
    }

    class WrongWait extends Syscall<number> {
      override handle(task: Task): Answer<number> {
        // @ts-expect-error it waits for a string, and is to answer a number
        return task.block<string>({ verb: "wait", object: "" }, () => () => {});
      }
    }

    class NoUndo extends Syscall<number> {
      override handle(task: Task): Answer<number> {
        // @ts-expect-error arming returns how to take it back
        return task.block<number>({ verb: "wait", object: "" }, () => {});
      }
    }

    class Forged extends Syscall<number> {
      override handle(): Answer<number> {
        // @ts-expect-error only task.block makes the sign that the answer comes later
        return {};
      }
    }

    // @ts-expect-error nor can it be written by hand
    const forged: Blocked<number> = { blocked: 7 };

    // @ts-expect-error a syscall without a handler is none
    class Unserved extends Syscall<number> {}

    // @ts-expect-error a call without `enter` is none
    class Aimless extends Call<number> {}
    expectTypeOf(new Good()).toExtend<Syscall<number>>();
    expectTypeOf([WrongAnswer, Forgetful, WrongWait, NoUndo, Forged, Unserved, Aimless]).toBeArray();
    expectTypeOf(forged).toEqualTypeOf<Blocked<number>>();
  });
});

describe("types: what runs", () => {
  test("values keep what their types say", () => {
    const kernel = new Kernel(new VirtualMachine());
    const seven = kernel.runSync(
      (function* main() {
        const tid = yield* new NewTask(sevens());
        const joined = yield* new Join(tid);
        const timed = yield* new Timeout(10, sevens());
        const text = yield* inferred(2, "x");
        return { tid, joined, timed, text };
      })(),
    );
    expectTypeOf(seven).toEqualTypeOf<{ tid: Tid<7>; joined: 7; timed: 7; text: string }>();
    expect(seven).toMatchObject({ tid: 2, joined: 7, timed: 7, text: expect.stringMatching(/^xx[\d.]+$/) });
  });

  test("this file is part of the project that npm run check compiles", () => {
    const own = readFileSync(new URL("./types.test.ts", import.meta.url), "utf8");
    expect(own.split("// @ts-expect-error ").length).toBeGreaterThan(30);
    const { scripts } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
      scripts: Record<string, string>; // ours
    };
    expect(scripts["test"]).toContain("npm run check");
    expect(scripts["check"]).toContain("tsc --noEmit -p test");
    const { include } = JSON.parse(readFileSync(new URL("./tsconfig.json", import.meta.url), "utf8")) as {
      include: string[]; // ours
    };
    expect(include).toContain("../test");
  });
});
