// A kernel that is stuck in a turn, seen and mended through its control port. Real processes.

import { afterAll, afterEach, describe, expect, test } from "vitest";
import { errorCodes, type Frame, type Methods } from "../../../apps/control/protocol.ts";
import type { Stuck } from "../../../apps/control/records.ts";
import { type Running, start, yieldix } from "../cli/command.ts";
import { Client, killed, listening, portOf, runtimeFolder, until } from "./port.ts";

const folder = runtimeFolder({
  "stuck.ts": `
    import { NewTask, print, routine, Sleep, type Program } from "yieldix";
    const inner = routine(function* inner(): Program<void> {
      yield* new Sleep(1);
      for (;;);
    });
    function* mapper(): Program<void> {
      try { yield* inner(); } finally { yield* print("outer finally"); }
    }
    export default function* app(): Program<void> {
      yield* new NewTask(mapper(), "mapper");
      for (;;) { yield* print("beat"); yield* new Sleep(50); }
    }`,
  "again.ts": `
    import { NewTask, Sleep, WaitTask, type Program } from "yieldix";
    function* endless(): Program<void> {
      for (;;);
    }
    export default function* again(): Program<void> {
      for (;;) {
        console.error((yield* new WaitTask(yield* new NewTask(endless(), "endless"))).status);
        yield* new Sleep(1);
      }
    }`,
  "native.ts": `
    import { execFileSync } from "node:child_process";
    export default function* native() {
      execFileSync("sleep", ["5"]);
      for (;;);
    }`,
  "at-once.ts": "export default function* atOnce() { for (;;); }",
  "busy.ts": `
    import { Sleep, type Program } from "yieldix";
    export default function* busy(): Program<void> {
      for (;;) {
        yield* new Sleep(20);
        for (const end = performance.now() + 20; performance.now() < end; );
      }
    }`,
});
const processes: Running[] = [];
afterEach(async () => {
  for (const running of processes.splice(0)) await killed(running);
});
afterAll(() => folder.remove());

async function run(...argv: readonly string[]): Promise<{ running: Running; client: Client }> {
  const running = await listening(folder, ...argv);
  processes.push(running);
  return { running, client: await Client.open(portOf(running)) };
}

/** What it is stuck in, as soon as the guard says so. */
async function stuckIn(client: Client): Promise<Stuck> {
  let stuck: Methods["stuck"]["result"] = null;
  await until(async () => {
    stuck = (await client.ask("stuck", {})).result as Methods["stuck"]["result"];
    return stuck !== null;
  }, "the guard finds a turn that does not end");
  return stuck as unknown as Stuck; // or `until` has thrown
}

describe("a turn that does not end", () => {
  test("is named with its task and its line, whatever is asked; hello is answered all the same", async () => {
    const { client } = await run("stuck.ts");
    const stuck = await stuckIn(client);
    expect(stuck).toMatchObject({ tid: 2, name: "mapper" });
    expect(stuck.forMs).toBeGreaterThan(0);
    expect(stuck.stack[0]).toMatch(/stuck\.ts:5:\d+ in inner$/);
    expect((await client.ask("hello", { version: 1 })).result).toMatchObject({ version: 1, name: "stuck.ts" });
    for (const [method, params] of [
      ["frame", {}],
      ["where", { tid: 1 }],
      ["signal", { tids: [1], signal: "KILL" }],
      ["signal", { tids: [2], signal: "TERM" }],
    ] as const) {
      const { error } = await client.ask(method, params);
      expect(error).toMatchObject({ code: errorCodes.notResponding, data: { tid: 2, name: "mapper" } });
      expect(error?.message).toContain("task 2 does not yield");
    }
    client.end();
  });

  test("in the very first turn is named as well", async () => {
    const { client } = await run("at-once.ts");
    expect(await stuckIn(client)).toMatchObject({ tid: 1, name: "at-once.ts" });
    client.end();
  });

  test.each(["epoll", "node"])(
    "is ended by KILL on %s: the outer frames clean up, the others go on",
    async (machine) => {
      const { running, client } = await run("--machine", machine, "stuck.ts");
      await stuckIn(client);
      const before = running.out.split("beat").length;
      const { result } = await client.ask("signal", { tids: [2, 99], signal: "KILL" });
      expect(result).toEqual([
        { tid: 2, outcome: "default", text: expect.stringMatching(/its turn, .*, was ended, at .*stuck\.ts:5:/) },
        { tid: 99, outcome: "ESRCH", text: expect.any(String) },
      ]);
      await running.wrote("outer finally");
      await running.wrote("beat", before + 3);
      expect((await client.ask("exit", { tid: 2, waitMs: 10_000 })).result).toMatchObject({ status: "killed" });
      expect((await client.ask("stuck", {})).result).toBe(null);
      await running.wrote("task 2 (mapper): its turn was ended");
      await until(async () => {
        const { findings } = (await client.ask("frame", {})).result as Frame; // by the contract of that method
        return findings.some(({ text }) => /^task 2 \(mapper\) did not yield for \d+ ms at .*stuck\.ts:5:/.test(text));
      }, "its finding names the task and the line");
      client.end();
    },
  );

  test("is over once KILL is answered, also at the very moment its line was told, ten times in a row", async () => {
    const { running, client } = await run("again.ts");
    for (let tid = 2; tid < 12; tid++) {
      expect(await stuckIn(client)).toMatchObject({ tid });
      const { result } = await client.ask("signal", { tids: [tid], signal: "KILL" });
      expect(result).toMatchObject([{ tid, outcome: "default" }]);
      await until(() => running.err.split("killed\n").length === tid, `task ${tid} is killed`);
    }
    client.end();
  });

  test("is ended with how long it really took, where it could not be reached at first", async () => {
    const running = start(["run", "--watchdog", "300", "native.ts"], folder.path);
    processes.push(running);
    await running.wrote("the watchdog: it had not yielded for");
    const ms = Number(/it had not yielded for (\d+) ms/.exec(running.err)?.[1]);
    expect(ms).toBeGreaterThan(1_000); // it is asked every 2 s, and in vain for 5
  });

  test("is ended by the watchdog alone, and nothing that ends in time is", async () => {
    const { running } = await run("--watchdog", "1000", "stuck.ts");
    await running.wrote("outer finally");
    await running.wrote("the watchdog: it had not yielded for");
    const other = start(["run", "--watchdog", "2000", "busy.ts"], folder.path);
    processes.push(other);
    await until(
      () => other.child.exitCode !== null || running.out.split("beat").length > 40,
      "it has beaten for a while",
    );
    expect(other.child.exitCode).toBe(null);
    expect(other.err).toBe("");
  });

  test.each([["at-once.ts"], ["stuck.ts"]])(
    "is ended by the watchdog though nobody has ever looked (%s)",
    async (app) => {
      const running = start(["run", "--watchdog", "1000", app], folder.path);
      processes.push(running);
      await until(() => running.err.includes("the watchdog: it had not yielded for"), "the watchdog ends it");
    },
  );

  test("shows in yieldix ls, and is ended by yieldix kill", async () => {
    const { running, client } = await run("stuck.ts");
    await stuckIn(client);
    client.end();
    const which = ["-k", String(running.child.pid)];
    const ls = await yieldix(["ls", "--csv", "--columns", "pid,tasks,stuck"], folder.path);
    expect(ls).toMatchObject({ code: 0, out: `pid,tasks,stuck\r\n${running.child.pid},,2\r\n` });
    const ps = await yieldix(["ps", ...which], folder.path);
    expect(ps.code).toBe(3);
    expect(ps.err).toMatch(
      /the kernel does not answer: a turn of task 2 mapper has not ended for .* at .*stuck\.ts:5:/,
    );
    expect(await yieldix(["kill", "-s", "KILL", ...which, "2"], folder.path)).toMatchObject({ code: 0, err: "" });
    await running.wrote("outer finally");
  });
});

test("a main thread that does not answer at all is told of, and what was given up is not done later", async () => {
  const { running, client } = await run("stuck.ts");
  await stuckIn(client);
  expect((await client.ask("signal", { tids: [1], signal: "TERM" })).error?.code).toBe(errorCodes.notResponding);
  await client.ask("signal", { tids: [2], signal: "KILL" });
  await running.wrote("outer finally");
  expect((await client.ask("frame", { tasks: {} })).result).toMatchObject({ tasks: { rows: [{ tid: 1 }] } });
  client.end();
});
