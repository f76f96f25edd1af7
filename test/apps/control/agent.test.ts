// The agent as its clients see it: what it answers, what it refuses, what it does, what it undoes.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Apps } from "../../../apps/control/agent/apps.ts";
import { OutputRing, type Printed } from "../../../apps/control/agent/output-ring.ts";
import { agentPort } from "../../../apps/control/agent/port.ts";
import { errorCodes, type Frame } from "../../../apps/control/protocol.ts";
import { codes, RpcError } from "../../../apps/rpc/index.ts";
import { type Program, type Runnable, SyscallError, type Tid } from "../../../kernel/syscall.ts";
import {
  Await,
  Gauge,
  GetTime,
  KillTask,
  Log,
  NewTask,
  Receive,
  Sleep,
  WaitSignal,
  WaitTask,
} from "../../../syscalls/index.ts";
import { runAsync } from "../../kit/index.ts";
import { Desk, GetKernel, runWithDesk } from "./desk.ts";

/** What JSON would make null of is none of an answer. */
function sendable(name: string, value: unknown): unknown {
  if (typeof value === "number" && !Number.isFinite(value)) throw new Error(`${name} is ${value}`);
  return value;
}

const forever = (): Sleep => new Sleep(Number.POSITIVE_INFINITY);

describe("a session", () => {
  test("says hello, and refuses another version", () => {
    runWithDesk(function* ({ session }) {
      const hello = { version: 1, name: "town", pid: 4021, access: "full" };
      expect(session.answer("hello", { version: 1 })).toEqual(hello);
      expect(() => session.answer("hello", { version: 2 })).toThrow(/version 2 is not spoken here, 1 is/);
      yield;
    });
  });

  const faults: readonly [string, unknown, RegExp][] = [
    ["hello", undefined, /hello: version must be a whole number .* not left out/],
    ["hello", [1], /hello: params must be an object, not a list of 1/],
    ["hello", null, /must be a whole number/],
    ["frame", { tasks: 5 }, /frame: tasks: params must be an object, not 5/],
    ["frame", { tasks: { limit: 10_001 } }, /frame: tasks: limit must be a whole number from 0 to 10000, not 10001/],
    ["frame", { tasks: { limit: 1.5 } }, /limit must be a whole number/],
    ["frame", { tasks: { offset: -1 } }, /offset must be/],
    ["frame", { tasks: { sort: "x".repeat(65) } }, /sort must be a text of at most 64 characters/],
    ["frame", { tasks: { shape: "star" } }, /shape must be one of flat, tree, waits, sites, not "star"/],
    ["frame", { tasks: { folded: [1, "2"] } }, /folded must be a list of at most 10000 tids, not a list of 2/],
    ["frame", { tasks: { isPinned: 1 } }, /isPinned must be true or false, not 1/],
    ["frame", { tasks: { filter: "cpu>" } }, /^filter: position 5: expected what cpu> is to be compared with/],
    ["frame", { syscalls: { sort: "colour" } }, /frame: syscalls: sort must be one of name, family, calls/],
    ["frame", { everything: true }, /frame: there is no parameter "everything": it takes tasks, detail/],
    ["frame", JSON.parse('{"__proto__": {"tasks": {}}}'), /no parameter "__proto__"/],
    ["signal", { tids: [1], signal: "QUIT" }, /signal: signal must be one of TERM/],
    ["signal", { tids: [0], signal: "TERM" }, /tids must be a list/],
    ["renice", { tids: [1], nice: 20 }, /renice: nice must be a whole number from -20 to 19, not 20/],
    ["start", { path: "x.ts", argv: "a" }, /start: argv must be a list of at most 256 texts/],
    ["exit", { tid: 1, waitMs: 60_001 }, /exit: waitMs must be/],
    ["trace", { tids: [1], all: true }, /trace: give tids, or all, and not both/],
    ["stuck", { tid: 1 }, /stuck: there is no parameter "tid": it takes none/],
  ];
  test.each(faults)("refuses %s %j with a sentence that names the parameter", (method, params, sentence) => {
    runWithDesk(function* ({ session }) {
      const error = yield* thrown(session.answer.bind(session, method, params));
      expect(error).toMatchObject({ code: codes.invalidParams, message: expect.stringMatching(sentence) });
      expect(session.isViewer && method !== "frame").toBe(false);
    });
  });

  test.each(["no", "constructor", "__proto__", "toString", ""])("knows no method %j", (method) => {
    runWithDesk(function* ({ session }) {
      expect(yield* thrown(() => session.answer(method, {}))).toMatchObject({ code: codes.methodNotFound });
    });
  });

  test("answers whatever is asked, or refuses it with a code, and leaves nothing when it ends", async () => {
    const few = fc.constantFrom(-1, 0, 1, 2, 3, 1_000, 1.5, 2 ** 53, Number.MAX_SAFE_INTEGER, "", "TERM", "tree", null);
    const text = fc.oneof(
      fc.constantFrom(
        "cpu>",
        "state:Z",
        "name~(a|a)*",
        "for>1s | !x",
        '"',
        "tid",
        "__proto__",
        "constructor",
        "\x1b[2J",
      ),
      fc.string({ maxLength: 12 }),
    );
    const value = fc.oneof(few, text, fc.boolean(), fc.array(few, { maxLength: 4 }), fc.double());
    const name = fc.constantFrom(
      ..."sort isInverted filter offset limit cursor isPinned withFinished shape folded tid tids app after".split(" "),
      ..."all withLocals nice signal waitMs version token why path argv __proto__".split(" "),
    );
    const part = fc.dictionary(name, value, { maxKeys: 4, noNullPrototype: true });
    const query = fc.record(
      { tasks: part, trace: part, syscalls: part, endpoints: part, log: part, detail: few, apps: value, graph: value },
      { requiredKeys: [] },
    );
    const asked = fc.tuple(
      fc.constantFrom("frame", "frame", "where", "trace", "exit", "signal", "renice", "reset", "stuck", "hello"),
      fc.oneof(query, part, value),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(asked, { minLength: 1, maxLength: 20 }), async (questions) => {
        await runAsync(function* () {
          const kernel = yield* new GetKernel();
          for (let at = 0; at < 3; at++) yield* new NewTask(forever(), `sleeper ${at}`);
          const [timers, desk] = [kernel.timers.size, new Desk(kernel)];
          const answers = questions.map(([method, params]) => {
            // Task 1 asks: what would end or stop it ends the test.
            if (JSON.stringify(Object(params).tids ?? 0).includes("1") && method === "signal") return undefined;
            try {
              return Promise.resolve(desk.session.answer(method, params));
            } catch (error) {
              return Promise.reject(error);
            }
          });
          desk.agent.tick();
          desk.session.close();
          for (const settled of yield* new Await(Promise.allSettled(answers))) {
            if (settled.status === "fulfilled") JSON.stringify(structuredClone(settled.value), sendable);
            else expect(settled.reason).toBeInstanceOf(RpcError);
          }
          expect([kernel.watching, kernel.timers.size]).toEqual([undefined, timers]);
        });
      }),
      { numRuns: 100 },
    );
  });

  test("that is read-only looks, and changes nothing", () => {
    runWithDesk(function* ({ agent }) {
      const session = agent.open("read-only");
      for (const method of ["signal", "renice", "reset", "start", "stop"]) {
        expect(yield* thrown(() => session.answer(method, {}))).toMatchObject({ code: errorCodes.readOnly });
      }
      expect((session.answer("frame", {}) as Frame).kernel.access).toBe("read-only"); // the method's result
    });
  });

  test("watches from its first frame on, and a kernel is watched until the last such has left", () => {
    runWithDesk(function* ({ agent }) {
      const { kernel } = agent;
      const [one, other, third] = [agent.open("full"), agent.open("full"), agent.open("full")];
      third.answer("hello", { version: 1 });
      expect({ viewers: agent.viewers, isWatched: agent.isWatched }).toEqual({ viewers: 0, isWatched: false });
      one.answer("frame", {});
      one.answer("frame", {});
      other.answer("frame", {});
      expect((one.answer("frame", {}) as Frame).kernel.viewers).toBe(2); // the method's result
      expect(kernel.watching?.holdsDeadlock).toBe(true);
      one.close();
      one.close();
      expect(agent.isWatched).toBe(true);
      other.answer("trace", { all: true });
      third.answer("trace", { tids: [1] });
      other.close();
      expect(kernel.watching?.holdsDeadlock).toBe(false); // who traces sees no deadlock
      third.answer("trace", {});
      expect(kernel.watching).toBeUndefined();
      expect(() => other.answer("frame", {})).toThrow(/the session has ended/);
      yield;
    });
  });

  test("that leaves lets go of no deadlock that is held for another, who is on the way", () => {
    let isAwaited = false;
    runWithDesk(
      function* ({ agent }) {
        const { kernel } = agent;
        kernel.watch().holdsDeadlock = true;
        for (const isHeld of [true, false]) {
          isAwaited = isHeld;
          const session = agent.open("full");
          session.answer("frame", {});
          session.close();
          expect(kernel.watching?.holdsDeadlock).toBe(isHeld);
        }
        kernel.unwatch();
        yield;
      },
      {},
      { isAwaited: () => isAwaited },
    );
  });

  test("is asked through a port as over a socket", async () => {
    const { value } = await runAsync(function* () {
      const { agent } = new Desk(yield* new GetKernel());
      const port = agentPort(agent);
      const late = yield* new NewTask(new Sleep(50), "late");
      const exit = yield* port.ask("exit", { tid: late, waitMs: 1_000 });
      const { kernel } = yield* port.ask("frame", {});
      port.session.close();
      return [exit, kernel.name];
    });
    expect(value).toEqual([{ status: "returned", text: "" }, "town"]);
  });
});

/** What a call throws, or its promise is rejected with. */
function* thrown(call: () => unknown): Program<unknown> {
  try {
    const answer = call();
    if (!(answer instanceof Promise)) return undefined;
    answer.catch(() => {});
    let error: unknown;
    answer.catch((reason: unknown) => {
      error = reason;
    });
    for (let turn = 0; turn < 3; turn++) yield;
    return error;
  } catch (error) {
    return error;
  }
}

describe("measured", () => {
  test("is nothing before the first whole second, and then rates and shares of it", () => {
    runWithDesk(function* (desk) {
      desk.frame();
      const busy = yield* new NewTask(ticking(10), "busy");
      const idle = yield* new NewTask(forever(), "idle");
      yield* new Sleep(10);
      expect(desk.rows().get(busy)).toMatchObject({
        cpu: null,
        runMs: null,
        maxMs: null,
        trapsPerS: null,
        readyMs: null,
      });
      yield* new Sleep(990);
      desk.agent.tick();
      const rows = desk.rows();
      expect(rows.get(busy)?.trapsPerS).toBeCloseTo(100, -1);
      expect(rows.get(idle)).toMatchObject({ cpu: 0, runMs: 0, maxMs: 0, cpuHistory: [0] });
      const { kernel } = desk.frame();
      expect(kernel.run + kernel.poll + kernel.idle).toBeCloseTo(1, 5);
      expect(kernel).toMatchObject({ readyHistory: [expect.any(Number)], lagHistory: [expect.any(Number)], live: 3 });
      expect(kernel.trapsPerS).toBeGreaterThan(99);
    });
  });

  test("are syscalls by kind, in the order of a column", () => {
    runWithDesk(function* (desk) {
      desk.frame();
      yield* new NewTask(ticking(10), "busy");
      yield* new NewTask(new Receive(), "waiting");
      yield* new Sleep(1_005);
      desk.agent.tick();
      const rows = desk.frame({ syscalls: {} }).syscalls ?? [];
      expect(rows[0]).toMatchObject({ name: "Sleep", family: "self", inside: 1, errors: 0 });
      expect(rows[0]?.callsPerS).toBeCloseTo(100, -1);
      expect(rows[0]).toMatchObject({ meanBlockedMs: expect.closeTo((100 * 10 + 1_005) / 101), maxBlockedMs: 1_005 });
      expect(rows.find(({ name }) => name === "Receive")).toMatchObject({ calls: 1, inside: 1, meanBlockedMs: null });
      const names = (desk.frame({ syscalls: { sort: "name" } }).syscalls ?? []).map(({ name }) => name);
      expect(names).toEqual([...names].sort());
    });
  });

  test("a trace has the syscalls of the tasks that were named, page by page", () => {
    runWithDesk(function* (desk) {
      const one = yield* new NewTask(ticking(10), "one");
      const other = yield* new NewTask(ticking(10), "other");
      desk.session.answer("trace", { tids: [one, other] });
      yield* new Sleep(100);
      const first = desk.frame({ trace: { tids: [one], limit: 3 } }).trace;
      expect(first?.records.map(({ tid }) => tid)).toEqual([one, one, one]);
      expect(first?.records[0]?.syscall).toBe("Sleep(10)");
      const next = desk.frame({ trace: { tids: [], after: first?.last ?? 0, limit: 1_000 } }).trace;
      expect(next?.records[0]?.seq).toBe((first?.last ?? 0) + 1);
      expect(new Set(next?.records.map(({ tid }) => tid))).toEqual(new Set([one, other]));
      desk.session.answer("trace", {});
      expect(desk.frame({ trace: { tids: [], after: 5 } }).trace).toEqual({ records: [], last: 5, dropped: 0 });
    });
  });

  test("gauges are their app's", () => {
    const apps = new Apps();
    apps.started(1, "main", "main.ts", []);
    runWithDesk(
      function* (desk) {
        desk.frame();
        yield* new Gauge("queue", 3);
        desk.agent.tick();
        yield* new Gauge("queue", 12);
        desk.agent.tick();
        expect(desk.frame({ apps: true }).apps?.[0]?.gauges).toEqual([
          { name: "queue", tid: 1, value: 12, history: [3, 12] },
        ]);
      },
      {},
      { apps },
    );
  });
});

function* ticking(ms: number): Program<void> {
  for (;;) yield* new Sleep(ms);
}

describe("the detail of a task", () => {
  test("has its chain to the end, who waits for it, its frames and its past", () => {
    runWithDesk(function* (desk) {
      desk.frame();
      yield* new Sleep(1_000);
      const sleeper = yield* new NewTask(forever(), "sleeper");
      const middle = yield* new NewTask(new WaitTask(sleeper), "middle");
      const last = yield* new NewTask(new WaitTask(middle), "last");
      yield* new Sleep(2_000);
      desk.agent.tick();
      const detail = desk.frame({ detail: middle }).detail;
      expect(detail?.chain).toMatchObject([
        { depth: 0, tid: middle, state: "J", verb: "exit of", object: String(sleeper), end: "" },
        { depth: 1, tid: sleeper, state: "S", end: "outside" },
      ]);
      expect(detail).toMatchObject({
        waitedBy: [{ tid: last, name: "last", forMs: 2_000 }],
        totalMs: 0, // it is seen for the first time
        childTids: [],
        ending: "",
        findings: [],
      });
      expect(detail?.frames.map(({ name }) => name)).toEqual(["middle"]);
      expect(detail?.spawned[0]).toMatch(/agent\.test\.ts:\d+:\d+/);
      expect(desk.frame({ detail: 1 }).detail).toMatchObject({ childTids: [sleeper, middle, last], totalMs: 3_000 });
      yield* new Sleep(500);
      expect(desk.frame({ detail: middle }).detail).toMatchObject({ totalMs: 500, blockedMs: 500 });
    });
  });

  test("closes a chain that leads back, and says where one ends", () => {
    runWithDesk(function* (desk) {
      const pair: Tid[] = [];
      for (const place of [1, 0]) pair.push(yield* new NewTask(joining(pair, place)));
      const [one = 0, other = 0] = pair;
      const nobody = yield* new NewTask(new Receive(), "nobody");
      yield* new Sleep(100);
      const ends = (tid: number): unknown =>
        desk.frame({ detail: tid }).detail?.chain.map((step) => [step.tid, step.depth, step.end]);
      expect(ends(one)).toEqual([
        [one, 0, ""],
        [other, 1, ""],
        [one, 2, "cycle"],
      ]);
      expect(desk.frame({ detail: one }).detail?.findings).toMatchObject([{ letter: "D", tids: [one, other] }]);
      expect(ends(nobody)).toEqual([[nobody, 0, "nobody"]]);
      expect(ends(1)).toEqual([[1, 0, "running"]]);
      const graph = desk.frame({ graph: true }).graph;
      expect(graph?.cycles).toEqual([[one, other]]);
      expect(graph?.edges).toEqual([
        { from: one, to: other, label: `exit of ${other}` },
        { from: other, to: one, label: `exit of ${one}` },
      ]);
    });
  });

  test("says what is to become of it, and null for what is not remembered", () => {
    runWithDesk(function* (desk) {
      const stubborn = yield* new NewTask(shrugging(), "stubborn");
      const waiting = yield* new NewTask(signalled(), "waiting");
      const dying = yield* new NewTask(forever(), "dying");
      yield* new Sleep(10);
      desk.agent.kernel.cancel(stubborn, 3, "enough");
      desk.session.answer("signal", { tids: [waiting], signal: "HUP" });
      yield* new Sleep(10);
      desk.session.answer("signal", { tids: [waiting], signal: "HUP" });
      yield* new KillTask(dying, "now");
      const ending = (tid: number): string | undefined => desk.frame({ detail: tid }).detail?.ending;
      expect([stubborn, waiting, dying].map(ending)).toEqual([
        "cancelled by 3: enough, and goes on",
        "pending: HUP",
        "killed by 1: now",
      ]);
      yield* new Sleep(10);
      expect(desk.frame({ detail: dying }).detail).toMatchObject({
        task: { state: "Z", verb: "exit", object: "was killed by task 1: now", forMs: 10 },
      });
      expect(desk.frame({ detail: 1_000 }).detail).toBeNull();
    });
  });
});

function* joining(tids: readonly Tid[], place: number): Program<void> {
  yield* new Sleep(10);
  if (tids[place] !== undefined) yield* new WaitTask(tids[place]);
}

function* shrugging(): Program<void> {
  try {
    yield* forever();
  } catch {
    yield* forever();
  }
}

function* signalled(): Program<void> {
  yield* new WaitSignal("HUP");
  yield* forever();
}

describe("where a task stands", () => {
  test("is told by who can, and by name alone where nobody can", async () => {
    await runAsync(function* () {
      const kernel = yield* new GetKernel();
      const frame = { name: "main", at: "a.ts:1:2", source: "yield", locals: {} };
      const asked: unknown[] = [];
      const able = new Desk(kernel, {
        locate: (task, withLocals) => {
          asked.push([task.tid, withLocals]);
          return [frame];
        },
      });
      const unable = new Desk(kernel);
      const ask = (desk: Desk, params: unknown): Await<unknown> =>
        new Await(Promise.resolve(desk.session.answer("where", params)));
      expect(yield* ask(able, { tid: 1, withLocals: true })).toEqual([frame]);
      expect(asked).toEqual([[1, true]]);
      expect(yield* ask(unable, { tid: 1 })).toEqual([{ name: expect.any(String), at: "", source: "", locals: {} }]);
      expect(yield* rejection(() => ask(unable, { tid: 99 }))).toMatchObject({
        code: errorCodes.system,
        data: { code: "ESRCH" },
      });
    });
  });
});

function* rejection(ask: () => Await<unknown>): Program<unknown> {
  try {
    return yield* ask();
  } catch (error) {
    return error;
  }
}

describe("an action", () => {
  test("signals each task as a syscall would, and says what became of it", () => {
    runWithDesk(function* (desk) {
      const taker = yield* new NewTask(new WaitSignal("HUP"), "taker");
      const victim = yield* new NewTask(forever(), "victim");
      const ended = yield* new NewTask(new Sleep(0), "ended");
      yield* new Sleep(10);
      const send = (signal: string, ...tids: number[]): unknown => desk.session.answer("signal", { tids, signal });
      expect(send("HUP", taker, ended, 99)).toEqual([
        { tid: taker, outcome: "taken", text: "taken by the task itself" },
        { tid: ended, outcome: "ended", text: "had ended" },
        { tid: 99, outcome: "ESRCH", text: expect.stringContaining("99") },
      ]);
      expect(send("STOP", victim)).toEqual([{ tid: victim, outcome: "default", text: "stopped" }]);
      expect(desk.rows().get(victim)?.state).toBe("P");
      send("CONT", victim);
      expect(desk.rows().get(victim)?.state).toBe("S");
      expect(send("KILL", victim)).toMatchObject([{ text: "killed" }]);
      expect(yield* new WaitTask(victim)).toMatchObject({ status: "killed", by: 0, why: "KILL" });
    });
  });

  test("renices, and forgets what was measured", () => {
    runWithDesk(function* (desk) {
      desk.frame();
      const tid = yield* new NewTask(ticking(10), "ticking");
      yield* new Sleep(1_000);
      desk.agent.tick();
      expect(desk.session.answer("renice", { tids: [tid, 99], nice: 5 })).toMatchObject([
        { tid, outcome: "taken", text: "nice 0 -> 5" },
        { tid: 99, outcome: "ESRCH" },
      ]);
      expect(desk.rows().get(tid)?.nice).toBe(5);
      expect(desk.frame({ detail: tid }).detail?.turnMs).not.toBeNull();
      desk.session.answer("reset", { tids: [tid] });
      expect(desk.frame({ detail: tid }).detail?.turnMs).toBeNull();
    });
  });

  test("starts an app below the main task, waits for its end, and refuses what cannot be", async () => {
    await runAsync(function* () {
      const kernel = yield* new GetKernel();
      const desk = new Desk(kernel, { load: loading });
      const ask = (method: string, params: unknown): Await<unknown> =>
        new Await(Promise.resolve(desk.session.answer(method, params)));
      const started = (yield* ask("start", { path: "apps/shop.ts", argv: ["7"] })) as { tid: number }; // its result
      const { tid } = started;
      expect(desk.rows().get(tid)).toMatchObject({ name: "shop", parent: 1, app: "shop" });
      expect(yield* ask("exit", { tid })).toBeNull();
      expect(yield* ask("exit", { tid, waitMs: 10 })).toBeNull();
      expect(yield* ask("exit", { tid, waitMs: 1_000 })).toEqual({ status: "returned", text: '"7"' });
      expect(yield* ask("exit", { tid })).toEqual({ status: "returned", text: '"7"' });
      expect(desk.frame({ apps: true }).apps).toMatchObject([{ tid, state: "returned", exit: '"7"', tasks: 0 }]);
      const fault = (params: unknown): Program<unknown> => rejection(() => ask("start", params));
      expect(yield* fault({ path: "missing.ts", argv: [] })).toMatchObject({ data: { code: "ENOENT" } });
      expect(yield* fault({ path: "broken.ts", argv: [] })).toMatchObject({ data: { code: "ENOEXEC" } });
      expect(yield* fault({ path: "x.ts", argv: ["1"], name: "n".repeat(65) })).toMatchObject({
        data: { code: "ENAMETOOLONG" },
      });
      const without = new Desk(kernel);
      expect(
        yield* rejection(() => new Await(Promise.resolve(without.session.answer("start", { path: "x", argv: [] })))),
      ).toMatchObject({ data: { code: "ENOTSUP" } });
    });
  });

  test("waits thirty seconds for a module, and starts none that comes later", async () => {
    await runAsync(function* () {
      const kernel = yield* new GetKernel();
      let come: (program: Runnable) => void = () => {};
      const desk = new Desk(kernel, { load: () => new Promise((resolve) => (come = resolve)) });
      const start = (): Await<unknown> =>
        new Await(Promise.resolve(desk.session.answer("start", { path: "never.ts", argv: [] })));
      const begun = yield* new GetTime();
      expect(yield* rejection(start)).toMatchObject({ data: { code: "ETIMEDOUT" }, message: /never.ts is not loaded/ });
      expect((yield* new GetTime()) - begun).toBeGreaterThanOrEqual(30_000);
      come(new Sleep(1));
      yield* new Sleep(10);
      expect([kernel.tasks.size, kernel.timers.size]).toEqual([1, 0]);
    });
  });

  test("gives up its waits when its session ends, and leaves nothing with the task", async () => {
    await runAsync(function* () {
      const desk = new Desk(yield* new GetKernel());
      const tid = yield* new NewTask(forever(), "forever");
      const { timers, tasks } = desk.agent.kernel;
      yield;
      const before = timers.size;
      const exit = Promise.resolve(desk.session.answer("exit", { tid, waitMs: 60_000 }));
      expect(timers.size).toBe(before + 1);
      desk.session.close();
      expect(yield* new Await(exit)).toBeNull();
      expect([timers.size, tasks.get(tid)?.watchers]).toEqual([before, undefined]);
      yield* new KillTask(tid);
    });
  });

  test("stops the run in good order", () => {
    expect(() =>
      runWithDesk(function* (desk) {
        desk.session.answer("stop", { why: "closing time" });
        yield* forever();
      }),
    ).toThrow(/closing time/);
  });
});

async function loading(path: string, [ms = ""]: readonly string[]): Promise<Program<string>> {
  if (path.startsWith("missing")) throw new SyscallError("ENOENT", `there is no ${path}`);
  if (path.startsWith("broken")) throw new SyntaxError("Unexpected token");
  return sleeping(Number(ms) * 100);
}

function* sleeping(ms: number): Program<string> {
  yield* new Sleep(ms);
  return String(ms / 100);
}

describe("the log", () => {
  test("has what the kernel says and what apps print, in order, from a line on, of one task if asked", () => {
    runWithDesk(function* (desk) {
      const { output } = desk.agent;
      yield* new Log("first", { fields: { port: 4000 } });
      yield* new Sleep(1);
      output.printed({ level: "stdout", tid: 2, name: "shop", at: 1, piece: "second\nbeg" });
      yield* new Sleep(1);
      yield* new Log("third");
      const all = desk.frame({ log: {} }).log;
      expect(all?.lines.map(({ level, tid, text }) => [level, tid, text])).toEqual([
        ["info", 1, "first port=4000"],
        ["stdout", 2, "second"],
        ["info", 1, "third"],
      ]);
      const after = desk.frame({ log: { after: 1, limit: 1 } }).log;
      expect(after).toMatchObject({ lines: [{ text: "second" }], last: 2, dropped: 0 });
      expect(desk.frame({ log: { after: 3 } }).log).toEqual({ lines: [], last: 3, dropped: 0 });
      expect(desk.frame({ log: { tid: 2, after: 0 } }).log).toMatchObject({ lines: [{ text: "second" }], last: 3 });
      expect(desk.frame({ log: { limit: 1 } }).log?.lines.map(({ text }) => text)).toEqual(["third"]);
    });
  });

  test("has printed text as lines, whatever the pieces it came in, those of each stream for themselves", () => {
    const ring = new OutputRing({ recentLog: () => ({ records: [], last: 0, dropped: 0 }) });
    const say = (tid: number, piece: string | Uint8Array, level: Printed["level"] = "stdout"): void =>
      ring.printed({ level, tid, name: "", at: 0, piece });
    const [head, tail] = [
      new TextEncoder().encode("gr\u00fc\u00df").subarray(0, 3),
      new TextEncoder().encode("\u00fc\u00df").subarray(1),
    ];
    say(2, head);
    say(3, "oops\n", "stderr");
    expect(ring.page({}).lines.map(({ tid, text }) => [tid, text])).toEqual([[3, "oops"]]);
    say(2, tail);
    say(2, "\n\nmore\nbeg");
    expect(ring.page({ after: 1 }).lines.map(({ text }) => text)).toEqual(["gr\u00fc\u00df", "", "more"]);
  });

  test("tells apps apart by their main tasks, whatever they are called, when a task has ended as well", () => {
    runWithDesk(function* (desk) {
      const { apps, kernel } = desk.agent;
      function* child(): Program<void> {
        yield* new Log("from below");
      }
      function* app(): Program<void> {
        yield* new NewTask(child(), "child");
        yield* new Log("from above");
      }
      const tids: Tid[] = [];
      for (const _ of [1, 2]) {
        const tid = yield* new NewTask(app(), "same");
        apps.started(tid, "same", "same.ts", []);
        tids.push(tid);
      }
      yield* new Sleep(10);
      expect(kernel.tasks.size).toBe(1);
      for (const app of tids) {
        const { log } = desk.frame({ log: { app } });
        expect(log?.lines.map(({ text, app }) => [text, app])).toEqual([
          ["from above", app],
          ["from below", app],
        ]);
      }
    });
  });

  test("is bounded in lines and in characters, and says how many are gone", () => {
    const source = { recentLog: () => ({ records: [], last: 0, dropped: 0 }) };
    const by = (piece: string): Printed => ({ level: "stdout", tid: 0, name: "", at: 0, piece });
    const many = new OutputRing(source);
    for (let line = 1; line <= 2_500; line++) many.printed(by(`${line}\n`));
    expect(many.page({ after: 0, limit: 10_000 })).toMatchObject({ last: 2_500, dropped: 500 });
    expect(many.page({ after: 0, limit: 10_000 }).lines).toHaveLength(2_000);
    const long = new OutputRing(source);
    for (let line = 0; line < 300; line++) long.printed(by(`${"x".repeat(20_000)}\n`));
    const { lines } = long.page({ after: 0, limit: 10_000 });
    expect(lines[0]?.text).toHaveLength(16_384);
    expect(lines).toHaveLength(Math.floor(2_000_000 / 16_384));
  });
});

test("the moment of boot that frames tell stays the same while the clocks tick apart, and not when one is set", () => {
  let off = 0;
  const seen: number[] = [];
  const timeOfDay = (): number => 1_700_000_000_000 + off;
  runWithDesk(
    function* (desk) {
      for (const each of [0, 0.6, -0.7, 3_600_000]) {
        off = each;
        const { time, at } = desk.frame();
        seen.push(time - at);
      }
      yield;
    },
    {},
    { timeOfDay },
  );
  expect(seen.map((each) => Math.round(each - (seen[0] ?? 0)))).toEqual([0, 0, 0, 3_600_000]);
  expect(new Set(seen).size).toBe(2);
});
