// The commands as programs, on a simulated kernel with an agent at it: what they write, what they answer, what they leave.

import { describe, expect, test } from "vitest";
import type { ClientProgram, Look } from "../../../apps/cli/client-program.ts";
import { graph } from "../../../apps/cli/commands/graph.ts";
import { kill, signalOf } from "../../../apps/cli/commands/kill.ts";
import { log } from "../../../apps/cli/commands/log.ts";
import { ps } from "../../../apps/cli/commands/ps.ts";
import { renice } from "../../../apps/cli/commands/renice.ts";
import { strace } from "../../../apps/cli/commands/strace.ts";
import { topBatch } from "../../../apps/cli/commands/top-batch.ts";
import { tree } from "../../../apps/cli/commands/tree.ts";
import { where } from "../../../apps/cli/commands/where.ts";
import { askFault } from "../../../apps/cli/faults.ts";
import { agentPort } from "../../../apps/control/agent/port.ts";
import type { ControlPort } from "../../../apps/control/protocol.ts";
import { type Kernel, type Program, Syscall, type Tid } from "../../../kernel/syscall.ts";
import { GetTid, Log, NewTask, SendSignal, Sleep, WaitTask } from "../../../syscalls/index.ts";
import { type Run, runAsync } from "../../kit/index.ts";
import { Desk } from "../control/desk.ts";
import { readCsv } from "./csv.ts";
import { fixturePort, frameOf, row, syscall } from "./records.ts";

const look: Look = { width: undefined, isUnicode: true };

/** What a program wrote and answered. */
interface Done {
  readonly code: number;
  readonly lines: readonly string[];
}

class GetKernel extends Syscall<Kernel> {
  override handle(_task: unknown, kernel: Kernel): Kernel {
    return kernel;
  }
}

function runWithDesk<T>(program: (desk: Desk) => Program<T>): Promise<Run<T>> {
  return runAsync(function* () {
    return yield* program(new Desk(yield* new GetKernel()));
  });
}

/** Runs a command beside a situation, as a client of its kernel. */
async function command(
  program: (tids: readonly Tid[]) => ClientProgram,
  situation: () => Program<readonly Tid[]>,
): Promise<Done> {
  const { value, machine } = await runWithDesk(function* (desk: Desk) {
    const tids = yield* situation();
    yield* new Sleep(1);
    yield* new NewTask(ticks(desk), "ticks");
    return yield* faulted(program(tids), agentPort(desk.agent));
  });
  return { code: value, lines: machine.stdout.text.split("\n").slice(0, -1) };
}

function* faulted(program: ClientProgram, port: ControlPort): Program<number> {
  try {
    return yield* program(port, look);
  } catch (error) {
    const fault = askFault(error);
    if (fault instanceof Error && "exitCode" in fault) return Number(fault.exitCode);
    throw fault;
  }
}

// Whoever hosts an agent does this once a second.
function* ticks(desk: Desk): Program<void> {
  for (;;) {
    yield* new Sleep(1_000);
    desk.agent.tick();
  }
}

function* sleeper(ms: number): Program<void> {
  yield* new Sleep(ms);
}

function* sleepers(): Program<readonly Tid[]> {
  return [yield* new NewTask(sleeper(60_000), "first"), yield* new NewTask(sleeper(60_000), "second")];
}

function* deadlocked(): Program<readonly Tid[]> {
  const tids: Tid[] = [];
  for (const at of [0, 1])
    tids.push(
      yield* new NewTask(
        waiter(() => tids[1 - at] ?? 1),
        `waiter-${at}`,
      ),
    );
  return tids;
}

function* waiter(other: () => number): Program<void> {
  yield* new Sleep(0.5);
  yield* new WaitTask(other() as Tid); // of the kernel's own
}

describe("ps", () => {
  test("lists tasks, narrowed and in order", async () => {
    const { code, lines } = await command(
      () => ps({ filter: "name~st$", columns: "name,state", header: false }),
      sleepers,
    );
    expect([code, lines]).toEqual([0, ["first  S"]]);
    const turned = await command(
      () => ps({ sort: "-tid", columns: "name", filter: "name=first | name=second", header: false }),
      sleepers,
    );
    expect(turned.lines).toEqual(["second", "first"]);
  });

  test("answers 1 where no task is let through, and 2 for a filter that cannot be read", async () => {
    expect(await command(() => ps({ filter: "name=nobody" }), sleepers)).toMatchObject({ code: 1 });
    expect((await command(() => ps({ filter: "name~(" }), sleepers)).code).toBe(2);
  });

  test("refuses a column, and an order, that there is not", async () => {
    await expect(command(() => ps({ columns: "nothing" }), sleepers)).rejects.toThrow(/there is no nothing, only tid/);
    await expect(command(() => ps({ sort: "nothing" }), sleepers)).rejects.toThrow(/--sort nothing/);
  });

  test("waits for what must be measured first", async () => {
    const { lines } = await command(
      () => ps({ columns: "name,cpu", csv: true, header: false, filter: "name=first" }),
      sleepers,
    );
    expect(Number(readCsv(`${lines.join("\n")}\n`.replaceAll(/\r?\n/g, "\r\n"))[0]?.[1])).toBeGreaterThanOrEqual(0);
  });

  test("gets every page, and each task once", async () => {
    const rows = Array.from({ length: 4_500 }, (_, at) => row({ tid: at + 1 }));
    const port = fixturePort({
      frame: ({ tasks: { offset = 0, limit = 100 } = {} }) => ({
        ...frameOf([]),
        // The page before has shifted by one meanwhile.
        tasks: {
          total: rows.length,
          all: rows.length,
          first: offset,
          rows: rows.slice(Math.max(0, offset - 1), offset + limit),
        },
      }),
    });
    const { machine } = await runWithDesk(() => ps({ columns: "tid", header: false })(port, look));
    expect(machine.stdout.text.trim().split("\n").map(Number)).toEqual(rows.map(({ tid }) => tid));
  });
});

test("tree puts each task below its parent", async () => {
  const { code, lines } = await command(() => tree({ columns: "task", header: false }), sleepers);
  expect([code, lines.slice(1, 3)]).toEqual([0, ["├─ 2 first", "├─ 3 second"]]);
});

test("graph draws the tasks that wait for each other, and answers 1 where none does", async () => {
  const { code, lines } = await command(() => graph({}), deadlocked);
  expect([code, lines[0]]).toEqual([0, "deadlock: 2 -> 3 -> 2"]);
  expect(await command(() => graph({}), sleepers)).toEqual({ code: 1, lines: ["no task waits for another"] });
  const [json = ""] = (await command(() => graph({ json: true }), deadlocked)).lines;
  expect(JSON.parse(json)).toMatchObject({ cycles: [[2, 3]] });
});

test("where answers 1 for a task that never was", async () => {
  expect((await command(() => where(99, {}), sleepers)).code).toBe(1);
  const { lines } = await command(([first = 0]) => where(first, {}), sleepers);
  expect(lines[0]).toMatch(/^task 2 first: S sleep 60000 ms, for \d+ms$/);
});

describe("kill", () => {
  test("says what became of each task, and answers 1 where none was alive", async () => {
    const { code, lines } = await command(([first = 0]) => kill([first, 99], "KILL"), sleepers);
    expect([code, lines]).toEqual([0, ["2: killed", "99: no task has ever had tid 99"]]);
    expect((await command(() => kill([99], "TERM"), sleepers)).code).toBe(1);
  });

  test.each([
    ["TERM", "TERM"],
    ["sigkill", "KILL"],
    ["9", "KILL"],
    ["19", "STOP"],
    ["SIGUSR1", "USR1"],
  ])("knows the signal %s", (text, name) => {
    expect(signalOf(text)).toBe(name);
  });

  test.each(["", "SEGV", "11", "-9", "KILLS"])("refuses %j as a signal", (text) => {
    expect(() => signalOf(text)).toThrow(/is no signal: give one of HUP, INT, KILL/);
  });
});

test("renice says what each had", async () => {
  const { code, lines } = await command((tids) => renice(5, [...tids, 99], false), sleepers);
  expect([code, lines]).toEqual([0, ["2: nice 0 -> 5", "3: nice 0 -> 5", "99: no task has ever had tid 99"]]);
});

describe("log", () => {
  function* logged(): Program<readonly Tid[]> {
    for (let line = 1; line <= 3; line++) yield* new Log(`line ${line}`);
    return [];
  }

  test("shows what is remembered, or the last of it", async () => {
    expect((await command(() => log({}), logged)).lines.map((line) => line.slice(-6))).toEqual([
      "line 1",
      "line 2",
      "line 3",
    ]);
    expect((await command(() => log({ lines: 1 }), logged)).lines.map((line) => line.slice(-6))).toEqual(["line 3"]);
    const [json = ""] = (await command(() => log({ json: true, lines: 1 }), logged)).lines;
    expect(JSON.parse(json)).toMatchObject({ level: "info", tid: 1, text: "line 3" });
  });

  test("answers 1 where there is nothing", async () => {
    expect(await command(() => log({ tid: 77 }), logged)).toEqual({ code: 1, lines: [] });
  });

  test("goes on with what comes", async () => {
    function* later(): Program<void> {
      yield* new Sleep(700);
      yield* new Log("later");
    }
    const { machine } = await runWithDesk(function* (desk) {
      const follower = yield* new NewTask(log({ follow: true })(agentPort(desk.agent), look), "follower");
      yield* new NewTask(later(), "later");
      yield* new Sleep(2_000);
      yield* new SendSignal(follower, "INT");
    });
    expect(machine.stdout.text).toMatch(/^\S+ info +\d+ later {2}later\n$/);
  });
});

describe("strace", () => {
  function* busy(): Program<void> {
    for (let turn = 0; turn < 3; turn++) {
      yield* new Sleep(100);
      yield* new GetTid();
    }
    yield* new Sleep(60_000);
  }
  function* traced(): Program<readonly Tid[]> {
    return [yield* new NewTask(busy(), "busy")];
  }
  const syscalls = (lines: readonly string[]): string[] => lines.map((line) => line.replace(/^\S+ /, ""));

  // The wait that it is in when tracing begins was asked before that.
  test("shows syscalls as they come, until the time is up", async () => {
    const { code, lines } = await command((tids) => strace(tids, { for: 1 }), traced);
    expect(code).toBe(0);
    expect(syscalls(lines)).toEqual([
      "2 busy  GetTid() = 2",
      expect.stringMatching(/^2 busy {2}Sleep\(100\) = ok <100(\.0)? ms>$/),
      "2 busy  GetTid() = 2",
      expect.stringMatching(/^2 busy {2}Sleep\(100\) = ok <100(\.0)? ms>$/),
      "2 busy  GetTid() = 2",
      "2 busy  Sleep(60000) <unfinished ...>",
    ]);
  });

  test("counts instead, and shows the counts when Ctrl-C ends it", async () => {
    const { machine } = await runWithDesk(function* (desk) {
      const tids = yield* traced();
      const tracer = yield* new NewTask(strace(tids, { counts: true })(agentPort(desk.agent), look), "tracer");
      yield* new Sleep(1_000);
      yield* new SendSignal(tracer, "INT");
      return yield* new WaitTask(tracer);
    });
    const [head, ...rows] = machine.stdout.text.split("\n").slice(0, -1);
    expect(head).toBe("% BLOCKED  BLOCKED ms  MEAN ms  MAX ms  KERNEL ms  CALLS  ERRORS  SYSCALL");
    expect(
      rows.map((line) =>
        line
          .trim()
          .split(/ +/)
          .filter((_, at) => at > 4)
          .join(" "),
      ),
    ).toEqual(["2 0 Sleep", "3 0 GetTid"]);
  });

  test("ends with the last of its tasks, and answers 1 for none that lives", async () => {
    function* short(): Program<readonly Tid[]> {
      return [yield* new NewTask(sleeper(2_500), "short")];
    }
    const { value, now } = await runWithDesk(function* (desk) {
      return yield* strace(yield* short(), {})(agentPort(desk.agent), look);
    });
    expect([value, now < 5_000]).toEqual([0, true]);
    expect((await command(() => strace([99], {}), sleepers)).code).toBe(1);
  });

  test("traces no more when it is over, however it ends", async () => {
    await runWithDesk(function* (desk) {
      const tids = yield* traced();
      const port = agentPort(desk.agent);
      const tracer = yield* new NewTask(strace(tids, {})(port, look), "tracer");
      yield* new Sleep(500);
      yield* new SendSignal(tracer, "KILL");
      yield* new WaitTask(tracer);
      const { trace } = yield* port.ask("frame", { trace: { tids } });
      expect(trace?.records ?? []).toEqual([]);
    });
  });

  test("says how many syscalls were lost", async () => {
    const records = [syscall({ at: 5, syscall: "GetTid()", result: "= 31" })];
    const pages = [{ records, last: 5, dropped: 3 }];
    const port = fixturePort({
      exit: () => null,
      trace: () => null,
      frame: () => ({ ...frameOf([]), trace: pages.shift() ?? { records: [], last: 5, dropped: 0 } }),
    });
    const { machine } = await runWithDesk(() => strace([31], { for: 0.5 })(port, look));
    expect(machine.stdout.text.split("\n")[0]).toBe("--- 3 syscalls dropped: there were more than could be kept ---");
  });
});

test("top --batch writes so many frames, a line between two", async () => {
  const { code, lines } = await command(() => topBatch({ iterations: 3, delay: 2, filter: "name=first" }), sleepers);
  expect(code).toBe(0);
  expect(lines.filter((line) => line === "----")).toHaveLength(2);
  expect(lines.filter((line) => line.endsWith("first"))).toHaveLength(3);
  const json = (await command(() => topBatch({ iterations: 2, json: true }), sleepers)).lines.map((line) =>
    JSON.parse(line),
  );
  expect(json).toMatchObject([{ kernel: { name: "town" } }, { kernel: { name: "town" } }]);
});

test("top --batch -d 0 writes frames as they come, and an order that there is not is refused", async () => {
  const { code, lines } = await command(() => topBatch({ iterations: 3, delay: 0 }), sleepers);
  expect([code, lines.filter((line) => line === "----")]).toEqual([0, ["----", "----"]]);
  await expect(command(() => topBatch({ iterations: 1, sort: "-nope" }), sleepers)).rejects.toThrow(
    /^--sort nope: there is no nope, only tid,/,
  );
});

test("top --batch on a narrow terminal does without columns, not without what is waited for and names", async () => {
  const one = (narrow: Look) => (): ClientProgram => (port) =>
    topBatch({ iterations: 1, filter: "name=first" })(port, narrow);
  for (const width of [72, 80, 100, 128]) {
    const { lines } = await command(one({ width, isUnicode: true }), sleepers);
    expect(lines.at(-1)).toMatch(/ sleep 60000 ms .* first$/);
    expect(lines.filter((line) => line.length > width)).toEqual([]);
  }
  expect((await command(one({ width: 80, isUnicode: true }), sleepers)).lines.at(-2)).toMatch(
    /^TID +S +CPU% +MAX ms +WAITING ON +FOR +! +NAME$/,
  );
});
