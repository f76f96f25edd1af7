// What a control port is to the process that has it: nothing that it could notice. And what the process tells of itself:
// `yieldix ls`, SIGUSR2. Real processes.

import { existsSync } from "node:fs";
import { afterAll, describe, expect, test } from "vitest";
import { controlFolder, socketsIn } from "../../../apps/control/guard/folder.ts";
import { Thread } from "../../../kernel/machine/thread.ts";
import { type Ended, start, yieldix } from "../cli/command.ts";
import { Client, killed, listening, portOf, runtimeFolder, until } from "./port.ts";

const folder = runtimeFolder({
  "nothing.ts": "export default function* nothing() {}",
  "fails.ts": 'export default function* fails() { throw new Error("on purpose"); }',
  "exits.ts": 'export default function* exits() { console.log("bye"); process.exit(7); }',
  "late.ts": `
    import { Sleep, type Program } from "yieldix";
    export default function* late(): Program<void> { yield* new Sleep(300); console.log("done"); }`,
  "idle.ts": `
    import { Sleep, type Program } from "yieldix";
    export default function* idle(): Program<void> { console.log("ready"); for (;;) yield* new Sleep(1_000); }`,
  "pair.ts": `
    import { GetTid, Join, NewTask, Sleep, type Program, type Tid } from "yieldix";
    function* waits(tid: Tid): Program<void> { yield* new Join(tid); }
    export default function* pair(): Program<void> {
      yield* new NewTask(waits(yield* new GetTid()), "\\u001b[2Jchild");
      console.log("ready");
      for (;;) yield* new Sleep(1_000);
    }`,
  "usr2.ts": `
    import { print, WaitSignal, type Program } from "yieldix";
    export default function* usr2(): Program<void> {
      console.log("ready");
      yield* print("got " + (yield* new WaitSignal("USR2")));
    }`,
  "unguarded.ts": `
    import { Worker } from "node:worker_threads";
    import { Await, print, Sleep, type Program } from "yieldix";
    const threads: Worker[] = [];
    const { unref } = Worker.prototype;
    Worker.prototype.unref = function () { threads.push(this); unref.call(this); };
    export default function* unguarded(): Program<void> {
      process.stdin.on("data", () => { for (const thread of threads) if (thread.constructor === Worker) void thread.terminate(); });
      try { for (;;) { yield* print("beat"); yield* new Sleep(50); } } finally { yield* print("cleaned up"); }
    }`,
  "throws.mjs": 'throw new Error("in the thread");',
  "ends.mjs": "",
});
afterAll(() => folder.remove());

const run = (...args: readonly string[]): Promise<Ended> => yieldix(["run", ...args], folder.path);

/** Those of live processes; what was killed may have left its own. */
function sockets(): number[] {
  return socketsIn(controlFolder()).map(({ pid }) => pid);
}

describe("a run with a control port", () => {
  test.concurrent.each([
    ["nothing.ts", { code: 0, out: "", err: "" }],
    ["exits.ts", { code: 7, out: "bye\n", err: "" }],
    ["late.ts", { code: 0, out: "done\n", err: "" }],
  ])("%s ends as it would without", async (app, expected) => {
    const [plain, seen] = await Promise.all([run("--no-control", app), run(app)]);
    expect(seen).toMatchObject(expected);
    expect(seen).toEqual(plain);
  });

  test.concurrent("that fails says so and nothing else, and leaves no socket", async () => {
    const running = start(["run", "fails.ts"], folder.path);
    const { code, err } = await running.ended;
    expect(code).toBe(1);
    expect(err).toMatch(/^yieldix: fails\.ts failed: Error: on purpose\n/);
    expect(sockets()).not.toContain(running.child.pid);
  });

  test("has none with --no-control", async () => {
    const running = start(["run", "--no-control", "idle.ts"], folder.path);
    await running.wrote("ready");
    const other = await listening(folder, "idle.ts"); // that one, started later, has it by now
    expect(existsSync(portOf(running))).toBe(false);
    await Promise.all([killed(running), killed(other)]);
  });

  test.each(["SIGTERM", "SIGINT", "SIGHUP"] as const)(
    "%s ends it at once, its socket gone, a client told",
    async (signal) => {
      const running = await listening(folder, "idle.ts");
      const client = await Client.open(portOf(running));
      await client.ask("frame", { tasks: {} });
      running.child.kill(signal);
      await client.closed;
      expect(await running.ended).toMatchObject({ code: 0, signal: null });
      expect(existsSync(portOf(running))).toBe(false);
    },
  );

  test("goes on when its guard's thread dies, says so once, and is not listed any more", async () => {
    const running = start(["run", "unguarded.ts"], folder.path, "pipe");
    await until(() => existsSync(portOf(running)), "the control port is there");
    expect((await yieldix(["ls", "--json"], folder.path)).out).toContain(`"pid":${running.child.pid}`);
    running.child.stdin?.end("die\n");
    await running.wrote("there is no control port any more");
    await until(() => !existsSync(portOf(running)), "its socket is gone");
    expect((await yieldix(["ls", "--json"], folder.path)).out).not.toContain(`${running.child.pid}`);
    await running.wrote("beat", running.out.split("beat").length + 3);
    running.child.kill("SIGTERM");
    const { code, out, err } = await running.ended;
    expect({ code, end: out.endsWith("cleaned up\n") }).toEqual({ code: 0, end: true });
    expect(err.match(/control port/g)).toHaveLength(1);
  });

  test("goes on where its folder is not safe, and says why once", async () => {
    const { XDG_RUNTIME_DIR: before } = process.env;
    folder.write({ "unsafe/yieldix": "no folder" });
    process.env["XDG_RUNTIME_DIR"] = `${folder.path}/unsafe`;
    try {
      const { code, out, err } = await run("late.ts");
      expect({ code, out }).toEqual({ code: 0, out: "done\n" });
      expect(err.match(/there is no control port: .*is not safe for control sockets: it is no folder/g)).toHaveLength(
        1,
      );
    } finally {
      process.env["XDG_RUNTIME_DIR"] = before;
    }
  });

  test.each([
    [["--control", "everything"], '--control everything: give "read-only", or "tcp:" and a port'],
    [["--control", "tcp:65536"], "--control tcp:65536"],
    [["--watchdog", "1"], "--watchdog 1: give milliseconds"],
    [["--no-control", "--watchdog", "100"], "--watchdog needs the control port"],
    [["--monitor"], "--monitor needs a terminal"],
    [["--token-file", "token"], "--token-file is for a port on TCP"],
    [["--control", "tcp:0", "--token-file", "missing"], "the token file missing cannot be read: ENOENT"],
  ])("%j is refused in one sentence", async (options, sentence) => {
    const { code, err } = await run(...options, "nothing.ts");
    expect({ code, lines: err.split("\n").length }).toEqual({ code: 2, lines: 2 });
    expect(err).toContain(sentence);
  });
});

describe("a thread", () => {
  const thread = (name: string): Promise<unknown> =>
    new Promise((resolve) => {
      new Thread({ module: new URL(`file://${folder.path}/${name}`), data: {}, ended: resolve });
    });

  test("that breaks hurts nobody, and whoever started it is told why", async () => {
    expect(await thread("throws.mjs")).toMatchObject({ message: "in the thread" });
    expect(await thread("ends.mjs")).toBe(undefined);
  });
});

describe("yieldix ls", () => {
  test("lists who lives, in each form, and removes the sockets of who was killed", async () => {
    const [one, other] = await Promise.all([
      listening(folder, "--name", "one", "idle.ts"),
      listening(folder, "--control", "read-only", "--name", "\u001b[2Jother", "idle.ts"),
    ]);
    const dead = await listening(folder, "idle.ts");
    await killed(dead);
    expect(existsSync(portOf(dead))).toBe(true);
    // One after the other: each is a viewer for the others.
    const table = await yieldix(["ls"], folder.path);
    const json = await yieldix(["ls", "--json"], folder.path);
    const csv = await yieldix(["ls", "--csv", "--columns", "name,access,tasks"], folder.path);
    expect(existsSync(portOf(dead))).toBe(false);
    expect(table).toMatchObject({ code: 0, err: "" });
    expect(table.out).toMatch(new RegExp(`^ *${one.child.pid}  one .* 1  full `, "m"));
    expect(table.out).not.toContain("\u001b");
    const rows = JSON.parse(json.out) as { pid: number }[]; // what the test is about
    expect(rows.map(({ pid }) => pid).sort()).toEqual([one.child.pid, other.child.pid].sort());
    expect(rows).toContainEqual(
      expect.objectContaining({ name: "one", access: "full", tasks: 1, viewers: 0, stuck: 0 }),
    );
    expect(csv.out).toContain("\r\none,full,1\r\n");
    await Promise.all([killed(one), killed(other)]);
    expect(await yieldix(["ls", "--json"], folder.path)).toMatchObject({ code: 1, out: "[]\n" });
  });
});

describe("SIGUSR2", () => {
  test.each([
    ["with a control port", []],
    ["without one", ["--no-control"]],
  ])("writes the tasks and who waits for whom to stderr, %s", async (_, options) => {
    const running = start(["run", ...options, "pair.ts"], folder.path);
    await running.wrote("ready");
    running.child.kill("SIGUSR2");
    await running.wrote("child");
    expect(running.err).toMatch(/^yieldix: 2 tasks of pid \d+, up /);
    expect(running.err).toMatch(/^ +2 {2}J .* \\u\{1b\}\[2Jchild$/m);
    await running.wrote("-> 1 pair.ts");
    expect(running.err).toMatch(/^2 \\u\{1b\}\[2Jchild {2}exit of 1\n {2}-> 1 pair\.ts {2}sleep/m);
    expect(running.err).not.toContain("\u001b");
    running.child.kill("SIGTERM");
    expect(await running.ended).toMatchObject({ code: 0 });
  });

  test("is the main task's where that waits for it", async () => {
    const running = start(["run", "usr2.ts"], folder.path);
    await running.wrote("ready");
    running.child.kill("SIGUSR2");
    expect(await running.ended).toMatchObject({ code: 0, out: "ready\ngot USR2\n", err: "" });
  });
});

test("a kernel that is gone in the middle of a call closes the connection", async () => {
  const running = await listening(folder, "idle.ts");
  const client = await Client.open(portOf(running));
  await client.ask("hello", { version: 1 });
  running.child.kill("SIGSTOP");
  client.send('{"jsonrpc":"2.0","id":"asked","method":"frame","params":{}}\n');
  running.child.kill("SIGKILL");
  await client.closed;
  await until(() => running.child.signalCode === "SIGKILL", "it is gone");
});
