// A turn without end is ended from another thread: the task is killed, uncleanly, and everybody else goes on. Each test is a
// process of its own, because it takes a main thread.

import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import type { EndOutcome } from "../../kernel/machine/main-thread.ts";
import { hasEpoll } from "./machine/host-machines.ts";

const folder = new URL("./stuck/", import.meta.url);

interface Said {
  /** What the process said of itself, in order. */
  readonly said: readonly unknown[];
  readonly log: readonly string[];
  readonly guard: readonly EndOutcome[];
  readonly code: number | null;
  readonly err: string;
}

/** Runs a program; one that does not end by itself is killed once the guard has spoken. */
function run(program: string, args: readonly string[], isEndless = false): Promise<Said> {
  const child = spawn(process.execPath, ["--import", "tsx", fileURLToPath(new URL(program, folder)), ...args]);
  let [out, err] = ["", ""];
  child.stdout.on("data", (text) => {
    out += text;
    if (isEndless && /"guard":.*\n/.test(out)) child.kill("SIGKILL");
  });
  child.stderr.on("data", (text) => {
    err += text;
  });
  return new Promise((resolve) => {
    child.on("close", (code) => {
      const lines = out.split("\n").filter((line) => line !== "");
      const parsed = lines.map((line) => JSON.parse(line));
      resolve({
        said: parsed.filter((line) => !("guard" in Object(line) || "log" in Object(line))),
        log: parsed.flatMap((line) => line.log ?? []),
        guard: parsed.flatMap((line) => line.guard ?? []),
        code,
        // Node says so where the process ends while its guard is still about to let go of it.
        err: err.replace("Waiting for the debugger to disconnect...\n", ""),
      });
    });
  });
}

const at = "(at test/kernel/stuck/boot.ts:27:3)";
const killed = { status: "killed", by: 7, why: `enough of it ${at}`, clean: false };
const ended = (...before: unknown[]): unknown[] => [...before, { exit: killed }, "others go on", { cut: 1 }, "over"];
const cases: Readonly<Record<string, readonly unknown[]>> = {
  frame: ended("outer finally"),
  bottom: ended(),
  stopped: [{ exit: killed }, { stopped: { status: "returned", value: "done" } }, "others go on", { cut: 1 }, "over"],
  native: ended("outer finally"),
  comparator: ended("outer finally"),
  queue: ended("outer finally"),
  getter: ended("outer finally"),
  handler: ended("outer finally"),
  plainHandler: ended("inner finally", "outer finally"),
  arm: ended("outer finally"),
  select: ended("outer finally"),
  undo: [
    { exit: killed },
    "outer finally",
    { victim: { status: "killed", by: 4, why: "enough", clean: false } },
    "others go on",
    { cut: 1 },
    "over",
  ],
  undoOfCancel: [
    { exit: killed },
    "outer finally",
    {
      victim: {
        status: "killed",
        by: 0,
        why: "the undo of its wait did not end in the turn of task 4",
        clean: false,
      },
    },
    "others go on",
    { cut: 1 },
    "over",
  ],
  cleanup: [
    "outer finally",
    { exit: { status: "killed", by: 1, why: "enough", clean: false } },
    "others go on",
    { cut: 1 },
    "over",
  ],
  callOfCleanup: [
    "finally of the cleanup",
    "outer finally",
    { exit: { status: "killed", by: 1, why: "enough", clean: false } },
    "others go on",
    { cut: 1 },
    "over",
  ],
  everyCleanup: [
    ...[0, 1, 2, 3].map((depth) => ({ depth })),
    { exit: { status: "killed", by: 1, why: "enough", clean: false } },
    "others go on",
    { cut: 4 },
    "over",
  ],
  timeout: ended("outer finally"),
  close: [{ exit: { status: "returned", value: "done" } }, "others go on", { cut: 1 }, "over"],
  storage: ["outer finally", { exit: killed }, { store: "nothing" }, "others go on", { cut: 1 }, "over"],
  main: [
    "outer finally",
    "helper's finally",
    { run: `SyscallError: the main task was killed by task 7: ${killed.why}` },
    "over",
  ],
  boot: [{ run: `SyscallError: the main task was killed by task 7: ${killed.why}` }, "over"],
  start: [
    "outer finally",
    { start: `SyscallError: task 2 was killed by task 7: ${killed.why}` },
    { good: "another", here: "nothing" },
    "over",
  ],
};

const words: Readonly<Record<string, string>> = {
  frame: "a routine, after a wait",
  bottom: "the task's only frame",
  stopped: "the task's only frame, while another task is stopped: that one goes on later",
  native: "a chain of native yield*",
  comparator: "the comparator of a sort",
  queue: "the rank of a PriorityQueue",
  getter: "a getter of what it yields",
  handler: "a handler, answered in place",
  plainHandler: "a handler of a plain yield: even the frame that asked runs its finally",
  arm: "arming",
  select: "arming a branch of a Select",
  undo: "the undo of the wait of a task that is killed, which is killed as well",
  undoOfCancel: "the undo of the wait of a task that is cancelled, which is killed",
  cleanup: "the finally of a task that is killed",
  callOfCleanup: "a routine that a finally has called",
  everyCleanup: "each finally of a task in turn",
  timeout: "the finally of a scope that is late",
  close: "the close of an endpoint that a task leaves behind",
  storage: "AsyncLocalStorage.run, whose store goes with it",
  main: "the main task: the others are ended as ever",
  boot: "the first lap there is",
  start: "a task that was started from outside: its promise is rejected, and contexts stay apart",
};

// What the kernel mends is the same on both machines; how laps are called, and in which context, is not.
const onNode = ["frame", "comparator", "storage", "boot", "start"];

describe.each([
  ["epoll", Object.keys(cases)],
  ["node", onNode],
])("on the %s machine a turn is ended that is stuck in", (machine, names) => {
  const named = names.map((name) => [words[name], name] as const);
  test.runIf(hasEpoll || machine === "node").each(named)("%s", async (_, name) => {
    const { said, log, guard, code, err } = await run("cases.ts", [machine, name]);
    // Who was undone and who undid it go on side by side.
    const isSideBySide = name.startsWith("undo");
    const inOrder = (lines: readonly unknown[] = []): readonly unknown[] =>
      isSideBySide ? lines.map((line) => JSON.stringify(line)).sort() : lines;
    expect({ said: inOrder(said), err, code }).toEqual({ said: inOrder(cases[name]), err: "", code: 0 });
    expect(guard.map(({ outcome }) => outcome)).toEqual(log.map(() => "ended"));
    const where = "test/kernel/stuck/boot\\.ts:27:3";
    expect(log[0]).toMatch(new RegExp(`^\\d: its turn was ended after 1\\.6 s: enough of it \\(at ${where}\\)$`));
  });
});

describe.runIf(hasEpoll)("a turn without end", () => {
  test("is seen with its stack, the task's name and its frames' names", async () => {
    const { guard } = await run("cases.ts", ["epoll", "handler"]);
    const [first] = guard;
    expect(first).toMatchObject({ outcome: "ended", stack: { tid: 3, name: "evil", logical: ["asks", "evil"] } });
    const frames = first !== undefined && "stack" in first ? first.stack.frames : [];
    expect(frames.map(({ name }) => name)).toEqual(["forever", "handle", "asks"]);
    for (const { at } of frames) expect(at).toMatch(/^test\/kernel\/stuck\/(boot|cases)\.ts:\d+:\d+$/);
  });

  test("that is none of a task, but an app's promise, is not ended; what it is, is said", async () => {
    const { guard } = await run("cases.ts", ["epoll", "microtask"], true);
    const reason = "what runs is no turn of a task: test/kernel/stuck/boot.ts:27:3";
    expect(guard).toMatchObject([{ outcome: "refused", reason, stack: { tid: 0, name: "" } }]);
  });

  test("is not ended inside an observer, nor inside an AsyncResource", async () => {
    const ends = [
      await run("cases.ts", ["epoll", "observer"], true),
      await run("cases.ts", ["epoll", "resource"], true),
    ];
    expect(ends.flatMap(({ guard }) => guard)).toMatchObject([
      { outcome: "refused", reason: "it is inside an observer" },
      { outcome: "refused", reason: expect.stringContaining("it is inside an AsyncResource") },
    ]);
  });

  test("is ended by a watchdog; one that ends by itself just then is left alone, or killed", async () => {
    const { said, code, err } = await run("cases.ts", ["epoll", "itself"]);
    expect({ said, code, err }).toEqual({ said: [20, "over"], code: 0, err: "" });
  });

  test("touches no other kernel of the process, twenty times in a row", async () => {
    const { said } = await run("cases.ts", ["epoll", "two"]);
    const stopped = { other: "SyscallError: ECANCELED: the main task was killed from outside: enough" };
    expect(said.slice(-3)).toEqual([
      { ...stopped, other: expect.stringContaining("enough") },
      { cut: [20, 0] },
      "over",
    ]);
  });
});

describe.each(["epoll", "node"])("on the %s machine", (machine) => {
  const rounds = 200;
  test.runIf(hasEpoll || machine === "node")(
    "two hundred endings in a row lose no timer, no promise, no byte and no finally",
    async () => {
      const { said, guard, code, err } = await run("endings.ts", [machine, String(rounds)]);
      const exits = { "killed by 7, unclean": rounds };
      expect({ said, err, code }).toEqual({
        said: [{ exits, cut: rounds, finallys: rounds, lost: 0 }, "over"],
        err: "",
        code: 0,
      });
      expect(guard).toHaveLength(rounds);
    },
    180_000,
  );
});
