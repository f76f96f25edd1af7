// Whole syscalls of traced tasks, in words.

import { describe, expect, test } from "vitest";
import { CancelTask, GetTid, Join, KillTask, MoveOn, NewTask, ReadWait, Sleep, Tell } from "../../apps/index.ts";
import { type Answer, type Program, type Runnable, Syscall, type Task, type Tid } from "../../kernel/syscall.ts";
import type { TracedCall, Tracing } from "../../kernel/tracing.ts";
import { run } from "../kit/index.ts";
import { Custom, codeOf, receive, returning, sleeper, socketPair, waitFor } from "../laws/programs.ts";

function tracing(tids: readonly Tid[] | "all"): Custom<Tracing> {
  return new Custom(({ kernel }) => kernel.watch().trace(tids));
}

/** Runs a program in a task of its own that is traced from its first turn. */
function* traced(
  program: Runnable<unknown>,
  meanwhile?: (tid: Tid) => Program<unknown>,
): Program<readonly TracedCall[]> {
  const tid = yield* new NewTask(program, "traced");
  const trace = yield* tracing([tid]);
  if (meanwhile !== undefined) yield* meanwhile(tid);
  yield* codeOf(new Join(tid));
  return trace.page().records;
}

function told(records: readonly TracedCall[]): string[] {
  return records.map(({ syscall, result }) => `${syscall} ${result}`.trim());
}

describe("a trace of syscalls", () => {
  test("tells what each came to: an answer, an error, a wait and its end", () => {
    const { value } = run(function* () {
      return yield* traced(
        (function* () {
          yield* new GetTid();
          const child = yield* new NewTask(returning(7), "child");
          yield* new Join(child);
          yield* codeOf(new KillTask(99 as Tid, "who?"));
          yield* new Sleep(20);
        })(),
      );
    });
    expect(told(value)).toEqual([
      "GetTid() = 2",
      'NewTask(a generator, "child") = 3',
      "Join(3)",
      "Join(3) = 7",
      'KillTask(99, "who?") = ESRCH no task has ever had tid 99',
      "Sleep(20)",
      "Sleep(20) = ok",
    ]);
    expect(value.map(({ isError }) => isError)).toEqual([false, false, false, false, true, false, false]);
    expect(value.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(value.map(({ begun }) => begun)).toEqual([1, 2, 3, 3, 5, 6, 6]);
    expect(value.at(-1)?.blockedMs).toBeCloseTo(20, 0);
    expect(value[5]?.blockedMs).toBe(0);
    expect(new Set(value.map(({ tid, name }) => `${tid} ${name}`))).toEqual(new Set(["2 traced"]));
  });

  test("names the endpoint that is waited for", () => {
    const { value } = run(function* () {
      const { client, server } = yield* socketPair();
      const records = yield* traced(receive(server), function* () {
        yield* new Sleep(5);
        client.write(Uint8Array.of(1));
      });
      return { records, label: server.label };
    });
    expect(told(value.records)).toEqual([`ReadWait(${value.label})`, `ReadWait(${value.label}) = ok`]);
  });

  const endings: readonly (readonly [how: string, end: (tid: Tid) => Syscall<unknown>, result: string])[] = [
    ["killed", (tid) => new KillTask(tid, "enough"), "killed by 1: enough"],
    ["cancelled", (tid) => new CancelTask(tid), "cancelled by 1"],
  ];
  test.each(endings)("says that a wait was undone: %s", (_how, end, result) => {
    const { value } = run(function* () {
      return yield* traced(sleeper([]), function* (tid) {
        yield* new Sleep(5);
        yield* end(tid);
      });
    });
    expect(told(value)).toEqual(["Sleep(Infinity)", `Sleep(Infinity) ${result}`]);
    expect(value[1]).toMatchObject({ isError: true, begun: 1 });
  });

  test("says that a scope has given a wait up, and goes on", () => {
    const { value } = run(function* () {
      return yield* traced(
        (function* () {
          yield* new MoveOn(5, new Sleep(50));
          yield* new GetTid();
        })(),
      );
    });
    expect(told(value)).toEqual(["Sleep(50)", "Sleep(50) given up: a scope around it has ended", "GetTid() = 2"]);
  });

  test("of two who trace each has his own, and of those that are not traced nothing", () => {
    const { value } = run(function* () {
      const [one, other] = [yield* new NewTask(twice()), yield* new NewTask(twice())];
      const [ofOne, ofAll] = [yield* tracing([one]), yield* tracing("all")];
      yield* new Join(other);
      yield* new Join(one);
      return { one: told(ofOne.page().records), all: ofAll.page().records.map(({ tid }) => tid) };
    });
    expect(value.one).toEqual(["GetTid() = 2", "GetTid() = 2"]);
    expect(value.all.filter((tid) => tid === 3)).toHaveLength(2);
    expect(new Set(value.all)).toEqual(new Set([1, 2, 3]));
  });

  function* twice(): Program<void> {
    yield* new GetTid();
    yield* new GetTid();
  }

  test("is read on from a seq, in pages, and says what is gone", () => {
    const { value } = run(function* () {
      const trace = yield* tracing("all");
      for (let i = 0; i < 5_000; i++) yield* new GetTid();
      const first = trace.page(0, 10);
      const next = trace.page(first.last, 5_000);
      const rest = trace.page(next.last);
      return { first, next, rest };
    });
    const { first, next, rest } = value;
    expect([first.records.length, first.dropped, first.last]).toEqual([10, 904, 914]);
    expect([next.records.length, next.dropped, next.last]).toEqual([4_086, 0, 5_000]);
    expect(rest).toEqual({ records: [], last: 5_000, dropped: 0 });
  });

  test("ends when it is stopped, twice too, and there are 16 at most", () => {
    const { value } = run(function* () {
      const trace = yield* tracing("all");
      yield* new GetTid();
      trace.stop();
      trace.stop();
      yield* new GetTid();
      const codes: string[] = [];
      for (let i = 0; i < 17; i++) codes.push(yield* codeOf(tracing("all")));
      return { left: trace.page().records.length, codes };
    });
    expect(value.left).toBe(0);
    expect(value.codes.filter((code) => code === "EAGAIN")).toHaveLength(1);
  });

  test("of too many tasks by their tids is E2BIG", () => {
    const { value } = run(() => codeOf(tracing(Array.from({ length: 1_025 }, (_, tid) => tid as Tid))));
    expect(value).toBe("E2BIG");
  });
});

class Described extends Syscall<number> {
  readonly secret = "hidden";
  override describe(): string {
    return "in its own words";
  }
  override handle(): number {
    return 1;
  }
}

class Hostile extends Syscall<object> {
  get shape(): string {
    throw new Error("not to be looked at");
  }
  readonly proxy: object = new Proxy(
    {},
    {
      get() {
        throw new Error("a Proxy's own");
      },
      getPrototypeOf() {
        throw new Error("a Proxy's own");
      },
      has() {
        throw new Error("a Proxy's own");
      },
    },
  );
  readonly text: string = "x".repeat(100_000);
  override handle(): object {
    return this.proxy;
  }
}

class Badly extends Syscall<void> {
  override handle(task: Task): Answer<void> {
    return task.block<void>(waitFor("wait"), () => {
      throw new RangeError("arming failed");
    });
  }
}

describe("a syscall in words", () => {
  test("is its own description, where it has one", () => {
    const { value } = run(() => traced(new Described()));
    expect(told(value)).toEqual(["Described(in its own words) = 1"]);
  });

  test("that throws when it is looked at, or is long, hurts nobody and is cut", () => {
    const { value } = run(() => traced(new Hostile()));
    expect(value).toHaveLength(1);
    expect(value[0]?.syscall).toMatch(/^Hostile\(/);
    expect(value[0]?.syscall.length).toBeLessThanOrEqual(200);
    expect(value[0]?.result).toBe("= ?");
  });

  test("whose wait could not be armed says so", () => {
    const { value } = run(() => traced(codeOf(new Badly())));
    expect(told(value)).toEqual(["Badly() = RangeError: arming failed"]);
  });

  test("shows what it is about, and not all of it", () => {
    const { value } = run(function* () {
      return yield* traced(
        (function* () {
          yield* new Tell(1 as Tid, { kind: "greeting", bytes: new Uint8Array(5), list: [1, 2, 3] });
          yield* codeOf(new ReadWait({ label: "bell", watch: (_, watcher) => watcher.ready(), unwatch: () => {} }));
        })(),
      );
    });
    expect(told(value)).toEqual(['Tell(1, {kind: "greeting", bytes, list}) = true', "ReadWait(bell) = ok"]);
  });
});
