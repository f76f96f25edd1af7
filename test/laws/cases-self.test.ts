// What a task can learn and say of itself and of others: names, records, the environment, chance, the log, its own stack.

import { describe, expect, test } from "vitest";
import {
  GetEnv,
  GetRandom,
  GetTask,
  GetTid,
  KillTask,
  Log,
  NewTask,
  type Program,
  routine,
  Select,
  SetEnv,
  SetName,
  Sleep,
  WaitTask,
  Where,
} from "../../apps/index.ts";
import { Kernel, type LogRecord, logLine, NodeMachine, type Tid } from "../../kernel/index.ts";
import { VirtualMachine } from "../../kernel/machine/virtual.ts";
import { run } from "../kit/index.ts";
import { codeOf, sleeper } from "./programs.ts";

const here = "cases-self.test.ts";

describe("SetName", () => {
  test("is what records and the log show from then on; a child has a name of its own", () => {
    const { value, logs } = run(
      function* () {
        yield* new SetName("chief \u001b[31m");
        yield* new Log("hello");
        const child = yield* new NewTask(new Sleep(1));
        return [(yield* new GetTask(1 as Tid))?.name, (yield* new GetTask(child))?.name];
      },
      { name: "main" },
    );
    expect(value).toEqual(["chief \u001b[31m", "(anonymous)"]);
    expect(logs.map(({ name }) => name)).toEqual(["chief \u001b[31m"]);
    expect(logLine(logs[0] as LogRecord)).toContain("task 1 (chief \\u{1b}[31m): hello");
  });

  test("of one task is not that of another of the same code, and does not lose where it was spawned", () => {
    const { value } = run(function* () {
      const worker = routine(function* worker(name: string): Program<void> {
        if (name !== "") yield* new SetName(name);
        yield* new Sleep(1);
      });
      const tids: Tid[] = [];
      for (const name of ["first", "", "third"]) tids.push(yield* new NewTask(worker(name)));
      yield;
      const shown: unknown[] = [];
      for (const tid of tids) {
        const record = yield* new GetTask(tid);
        shown.push([record?.name, record?.spawnedAt.includes(here)]);
      }
      return shown;
    });
    expect(value).toEqual([
      ["first", true],
      ["worker", true],
      ["third", true],
    ]);
  });

  test("has a bound, and must be text; a refused one changes nothing", () => {
    const { value } = run(
      function* () {
        const codes = [yield* codeOf(new SetName("x".repeat(65))), yield* codeOf(new SetName(7 as unknown as string))];
        codes.push(yield* codeOf(new SetName("\u{1f600}".repeat(64))), yield* codeOf(new SetName("")));
        yield* codeOf(new SetName("x".repeat(65)));
        return [codes, (yield* new GetTask(1 as Tid))?.name];
      },
      { name: "main" },
    );
    expect(value).toEqual([["ENAMETOOLONG", "TypeError", "", ""], ""]);
  });
});

test("GetTask is the row of ListTasks for one task; undefined once it is over; ESRCH for one that never was", () => {
  const { value } = run(function* () {
    const tid = yield* new NewTask(sleeper([]), "napping");
    yield* new Sleep(2);
    const record = yield* new GetTask(tid);
    const self = yield* new GetTask(yield* new GetTid());
    yield* new KillTask(tid);
    yield* new WaitTask(tid);
    return [record, self, yield* new GetTask(tid), yield* codeOf(new GetTask(99 as Tid))];
  });
  expect(value).toEqual([
    expect.objectContaining({ tid: 2, name: "napping", parent: 1, state: "blocked", verb: "sleep", stopped: false }),
    expect.objectContaining({ tid: 1, parent: 0, state: "running", verb: "", nice: 0 }),
    undefined,
    "ESRCH",
  ]);
});

describe("the environment", () => {
  test("that a task sets is its own and that of what it starts afterwards, as it was then", () => {
    const { value } = run(function* () {
      const read = () => new NewTask(new GetEnv("COLOR"));
      const outcome = function* (tid: Tid<string | undefined>): Program<unknown> {
        const exit = yield* new WaitTask(tid);
        return exit.status === "returned" ? exit.value : exit;
      };
      const seen: unknown[] = [];
      const early = yield* read();
      yield* new SetEnv("COLOR", "red");
      const red = yield* read();
      yield* new SetEnv("COLOR", "blue");
      seen.push(yield* outcome(early), yield* outcome(red), yield* outcome(yield* read()), yield* new GetEnv("COLOR"));
      yield* new SetEnv("COLOR", undefined);
      seen.push(yield* new GetEnv("COLOR"), yield* outcome(yield* read()));
      const child = yield* new NewTask(new SetEnv("COLOR", "child's"));
      yield* new WaitTask(child);
      seen.push(yield* new GetEnv("COLOR"));
      return seen;
    });
    expect(value).toEqual([undefined, "red", "blue", "blue", undefined, undefined, undefined]);
  });

  test("of the process shows through, on a machine that has one, and nothing but its variables", async () => {
    const kernel = new Kernel(new NodeMachine(), { log: () => {} });
    const value = await kernel.run(
      (function* (): Program<unknown[]> {
        const path = yield* new GetEnv("PATH");
        const inherited: unknown[] = [];
        for (const name of ["toString", "constructor", "__proto__", "hasOwnProperty", ""]) {
          inherited.push(yield* new GetEnv(name));
        }
        yield* new SetEnv("PATH", undefined);
        const unset = yield* new GetEnv("PATH");
        yield* new SetEnv("__proto__", "text");
        return [path, inherited, unset, yield* new GetEnv("__proto__"), yield* new GetEnv("toString")];
      })(),
    );
    kernel.machine.close();
    expect(value).toEqual([process.env["PATH"], Array(5).fill(undefined), undefined, "text", undefined]);
    expect(process.env["PATH"]).toBeTypeOf("string");
  });

  test("refuses names and values that cannot be, at once", () => {
    const refusals = [
      ["", "x", "EINVAL"],
      ["A=B", "x", "EINVAL"],
      ["A\0", "x", "EINVAL"],
      [7, "x", "EINVAL"],
      [Symbol("name"), "x", "EINVAL"],
      ["A", "x\0", "EINVAL"],
      ["A", 7, "EINVAL"],
      ["A", null, "EINVAL"],
      ["A", "x".repeat(131_072), "E2BIG"],
      ["A".repeat(131_073), undefined, "E2BIG"],
    ] as unknown as [string, string, string][];
    for (const [name, value, code] of refusals) {
      expect(() => new SetEnv(name, value)).toThrow(expect.objectContaining({ code }));
      expect(() => new SetEnv(name, value)).toThrow(/^.{0,200}$/);
    }
    expect(() => new SetEnv("A", "x".repeat(131_071))).not.toThrow();
  });

  test("of one task has 1,024 variables at most; those it has can be changed", () => {
    const { value } = run(
      function* () {
        for (let n = 0; n < 1_024; n++) yield* new SetEnv(`V${n}`, "x");
        const codes = [yield* codeOf(new SetEnv("ONE_MORE", "x")), yield* codeOf(new SetEnv("V7", "y"))];
        const child = yield* new NewTask(codeOf(new SetEnv("ONE_MORE", "x")));
        const inherited = yield* new WaitTask(child);
        return [...codes, yield* new GetEnv("V7"), yield* new GetEnv("ONE_MORE"), inherited];
      },
      { check: false },
    );
    expect(value).toEqual(["E2BIG", "", "y", undefined, { status: "returned", value: "E2BIG" }]);
  });
});

test("GetRandom is the machine's chance: the same for one seed, another for another, in [0, 1)", () => {
  const draw = (seed: number): number[] =>
    run(
      function* () {
        const drawn: number[] = [];
        for (let n = 0; n < 100; n++) drawn.push(yield* new GetRandom());
        return drawn;
      },
      { seed },
    ).value;
  expect(draw(1)).toEqual(draw(1));
  expect(draw(1)).not.toEqual(draw(2));
  expect(draw(3).every((number) => number >= 0 && number < 1)).toBe(true);
  expect(new Set(draw(4)).size).toBe(100);
});

describe("Log", () => {
  const logged = (make: () => Log): LogRecord => run(make).logs[0] as LogRecord; // each makes a line

  test("has a level, and fields as text", () => {
    expect(logged(() => new Log("plain"))).toMatchObject({ level: "info", tid: 1, text: "plain", fields: {} });
    for (const level of ["debug", "info", "warn", "error"] as const) {
      expect(logged(() => new Log("x", { level })).level).toBe(level);
    }
    const fields = { peer: "a peer", open: 512, ratio: 0.5, none: undefined, nil: null, ok: true, big: 1n };
    expect(logged(() => new Log("x", { fields })).fields).toEqual({
      peer: "a peer",
      open: "512",
      ratio: "0.5",
      none: "undefined",
      nil: "null",
      ok: "true",
      big: "1",
    });
    const objects = {
      at: { port: 1, deep: { deeper: { deepest: { x: 1 } } } },
      list: [1, 2],
      error: new RangeError("no"),
    };
    expect(logged(() => new Log("x", { fields: objects })).fields).toEqual({
      at: "{ port: 1, deep: { deeper: { deepest: [Object] } } }",
      list: "[ 1, 2 ]",
      error: "RangeError: no",
    });
  });

  test("refuses a level that does not exist, at once", () => {
    for (const level of ["fatal", "", "INFO", "toString"]) {
      expect(() => new Log("x", { level: level as "info" })).toThrow(expect.objectContaining({ code: "EINVAL" }));
    }
  });

  test("takes fields as they are when it is served, and survives whatever they do", () => {
    const fail = (): never => {
      throw new Error("no");
    };
    const circular: Record<string, unknown> = {};
    circular["self"] = circular;
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    const hostile = {
      getter: undefined,
      circular,
      text: { toString: fail, [Symbol.for("nodejs.util.inspect.custom")]: fail },
      proxy: new Proxy({}, { get: fail, ownKeys: fail, getPrototypeOf: fail }),
      revoked: proxy,
      symbol: Symbol("s"),
      function: () => 1,
    };
    Object.defineProperty(hostile, "getter", { enumerable: true, get: fail });
    const { fields } = logged(() => new Log("x", { fields: hostile }));
    expect(Object.keys(fields)).toEqual(Object.keys(hostile));
    expect([fields["getter"], fields["text"]]).toEqual(Array(2).fill("something that cannot be shown"));
    expect(fields["circular"]).toContain("Circular");
    expect(fields["symbol"]).toBe("Symbol(s)");
    const keyless = new Proxy({}, { ownKeys: fail });
    expect(logged(() => new Log("x", { fields: keyless })).fields).toEqual({});
  });

  test("bounds the text, the number of fields, and each field's name and value", () => {
    const many = Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`field ${n}`, n]));
    expect(Object.keys(logged(() => new Log("x", { fields: many })).fields)).toHaveLength(32);
    const long = { ["n".repeat(100)]: "v".repeat(5_000), list: Array.from({ length: 10_000 }, (_, n) => n) };
    const record = logged(() => new Log("t".repeat(20_000), { fields: long }));
    expect(record.text).toHaveLength(16_384);
    const [[name = "", value = ""] = [], [, list = ""] = []] = Object.entries(record.fields);
    expect([name.length, value.length, list.length <= 1_024]).toEqual([64, 1_024, true]);
  });

  test("is shown as one line that cannot be mistaken: what stands in a field is quoted where it must be", () => {
    const fields = {
      peer: "a b",
      plain: "x",
      empty: "",
      eq: "a=b",
      "odd key": "\u001b[31m\nnew line",
      quote: 'say "hi"',
    };
    const line = logLine(logged(() => new Log("turned away", { level: "warn", fields })));
    expect(line).toMatch(/^\[ +0\.000\] warn task 1[^:]*: turned away /);
    expect(line.slice(line.indexOf("turned away"))).toBe(
      'turned away peer="a b" plain=x empty="" eq="a=b" "odd key"="\\\\u{1b}[31m\\\\u{a}new line" quote="say \\"hi\\""',
    );
    expect(line).not.toContain("\n");
  });

  test("to a destination that throws goes to stderr, and its caller does not notice", () => {
    const written: string[] = [];
    const { write } = process.stderr;
    process.stderr.write = ((text: string) => written.push(text) > 0) as typeof write; // what logs call of it
    try {
      const kernel = new Kernel(new VirtualMachine(), {
        log: () => {
          throw new Error("disk full");
        },
      });
      expect(kernel.runSync(codeOf(new Log("kept", { fields: { a: 1 } })))).toBe("");
    } finally {
      process.stderr.write = write;
    }
    expect(written).toEqual([
      expect.stringMatching(/info task 1.*: kept a=1\n$/),
      expect.stringMatching(/error kernel: the log option threw: Error: disk full\n$/),
    ]);
  });
});

describe("Where", () => {
  const deepest = routine(function* deepest(): Program<string[]> {
    return yield* new Where();
  });
  const middle = routine(function* middle(): Program<string[]> {
    return yield* deepest();
  });

  test("is the innermost frame's line, its callers, and who spawned it where", () => {
    const { value } = run(
      function* () {
        const exit = yield* new WaitTask(yield* new NewTask(middle()));
        return exit.status === "returned" ? exit.value : [];
      },
      { name: "main" },
    );
    expect(value).toEqual([
      expect.stringMatching(/^deepest \(.*cases-self\.test\.ts:\d+:\d+\)$/),
      "middle",
      expect.stringMatching(/^spawned by task 1 \(main\) at .*cases-self\.test\.ts:\d+:\d+/),
    ]);
  });

  test("has the line of the yield at any quantum, and after a long stay", () => {
    for (const quantum of [1, 32]) {
      const { value } = run(
        function* () {
          const [first = ""] = yield* new Where();
          yield* new Sleep(1);
          const [second = ""] = yield* new Where();
          return [first, second];
        },
        { quantum },
      );
      const lines = value.map((line) => Number(/:(\d+):\d+\)?$/.exec(line)?.[1]));
      expect((lines[1] ?? 0) - (lines[0] ?? 0)).toBe(2);
    }
  });

  test("by a plain yield, or in a select, is the names alone", () => {
    const { value } = run(
      function* () {
        const plain = (yield new Where()) as string[]; // that is its answer
        const selected = yield* new Select({ where: new Where() });
        return [plain, selected.value];
      },
      { name: "main" },
    );
    expect(value).toEqual([["main"], ["main"]]);
  });

  test("is bounded, however deep the task is", () => {
    const dive = routine(function* diving(depth: number): Program<number> {
      return depth === 0 ? (yield* new Where()).length : yield* dive(depth - 1);
    });
    expect(run(() => dive(10_000)).value).toBe(64);
  });
});
