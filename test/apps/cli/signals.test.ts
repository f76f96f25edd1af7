// The process's own signals, end to end: what the main task waits for is its own, the rest ends the app as ever.

import { afterAll, describe, expect, test } from "vitest";
import { Folder, type Running, start } from "./command.ts";

const folder = new Folder({
  "waits.ts": `
    import { type CatchableSignal, print, WaitSignal, type Program } from "yieldix";
    export default function* app(argv: string[]): Program<void> {
      console.log("ready");
      try {
        for (;;) {
          const signal = yield* new WaitSignal(...argv as CatchableSignal[]);
          yield* print("got " + signal);
          if (signal === "TERM") break;
        }
      } finally { yield* print("cleaned up"); }
    }`,
  "child.ts": `
    import { NewTask, print, Sleep, WaitSignal, type Program } from "yieldix";
    function* child(): Program<void> { yield* new WaitSignal("TERM", "HUP"); console.log("never"); }
    export default function* app(): Program<void> {
      yield* new NewTask(child());
      yield* new Sleep(1);
      console.log("ready");
      try { yield* new Sleep(60_000); } finally { yield* print("cleaned up"); }
    }`,
  "drains.ts": `
    import { Sleep, WaitSignal, type Program } from "yieldix";
    export default function* app(): Program<void> {
      console.log("ready");
      try { yield* new WaitSignal("HUP"); } finally { for (;;) { console.log("draining"); yield* new Sleep(20); } }
    }`,
  "stopped.ts": `
    import { GetTid, NewTask, print, SendSignal, Sleep, type Program, type Tid } from "yieldix";
    function* stopper(tid: Tid): Program<void> { yield* new SendSignal(tid, "STOP"); console.log("ready"); }
    export default function* app(): Program<void> {
      yield* new NewTask(stopper(yield* new GetTid()));
      try { yield* new Sleep(60_000); } finally { yield* print("cleaned up"); }
    }`,
});
afterAll(() => folder.remove());

async function ready(...argv: string[]): Promise<Running> {
  const running = start(["run", ...argv], folder.path);
  await running.wrote("ready");
  return running;
}

describe.concurrent("a main task that waits for a signal", () => {
  test("gets HUP, INT and USR2, as often as they come, and TERM, after which it ends as it likes", async () => {
    const running = await ready("waits.ts", "HUP", "INT", "USR2", "TERM");
    for (const [signal, times] of [
      ["HUP", 1],
      ["HUP", 2],
      ["INT", 1],
      ["USR2", 1],
      ["USR2", 2],
    ] as const) {
      running.child.kill(`SIG${signal}`);
      await running.wrote(`got ${signal}`, times);
    }
    running.child.kill("SIGTERM");
    const { code, out, err } = await running.ended;
    expect([code, err]).toEqual([0, ""]);
    expect(out).toBe("ready\ngot HUP\ngot HUP\ngot INT\ngot USR2\ngot USR2\ngot TERM\ncleaned up\n");
  });

  test("is ended by one it does not wait for", async () => {
    const running = await ready("waits.ts", "HUP", "USR2");
    running.child.kill("SIGHUP");
    await running.wrote("got HUP");
    running.child.kill("SIGTERM");
    expect(await running.ended).toMatchObject({
      code: 0,
      out: "ready\ngot HUP\ncleaned up\n",
      err: expect.stringContaining("SIGTERM: ending"),
    });
  });

  test("gets one Ctrl-C for one that arrives twice", async () => {
    const running = await ready("waits.ts", "INT", "HUP", "TERM");
    running.child.kill("SIGINT");
    running.child.kill("SIGINT");
    await running.wrote("got INT");
    running.child.kill("SIGHUP");
    await running.wrote("got HUP");
    running.child.kill("SIGTERM");
    expect((await running.ended).out).toBe("ready\ngot INT\ngot HUP\ngot TERM\ncleaned up\n");
  });

  test("is not asked any more once it is ending: what it waited for then quits at once", async () => {
    const running = await ready("drains.ts");
    running.child.kill("SIGTERM");
    await running.wrote("draining", 30);
    running.child.kill("SIGUSR2");
    await running.wrote("draining", 32);
    running.child.kill("SIGHUP");
    expect(await running.ended).toMatchObject({ code: 129, err: expect.stringContaining("a second signal, SIGHUP") });
  });
});

describe.concurrent("a main task that waits for none", () => {
  test.each(["SIGHUP", "SIGINT", "SIGTERM"] as const)(
    "is ended by %s, whatever its children wait for",
    async (signal) => {
      const running = await ready("child.ts");
      running.child.kill("SIGUSR2");
      running.child.kill(signal);
      expect(await running.ended).toMatchObject({
        code: 0,
        out: "ready\ncleaned up\n",
        err: expect.stringContaining(`${signal}: ending`),
      });
    },
  );

  test("is ended when it is stopped, too", async () => {
    const running = await ready("stopped.ts");
    running.child.kill("SIGTERM");
    expect(await running.ended).toMatchObject({ code: 0, out: "ready\ncleaned up\n" });
  });
});
