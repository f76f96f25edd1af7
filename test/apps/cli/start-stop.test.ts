// `yieldix start` and `yieldix stop`: apps on a kernel that runs already, and its end. Real processes.

import { existsSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { killed, listening, portOf, runtimeFolder } from "../control/port.ts";
import { type Ended, type Running, yieldix } from "./command.ts";

const folder = runtimeFolder({
  "home.ts": `
    import { print, Sleep, type Program } from "yieldix";
    export default function* home(): Program<void> {
      try { for (;;) yield* new Sleep(1_000); } finally { yield* print("home cleaned up"); }
    }`,
  "second.ts": `
    import { print, Sleep, type Program } from "yieldix";
    export default function* second(argv: string[]): Program<string> {
      yield* print("second got " + JSON.stringify(argv));
      yield* new Sleep(10);
      if (argv.includes("--fail")) throw new TypeError("as asked");
      return "done";
    }`,
  "no-app.ts": "export const x = 1;",
});
let home: Running;
beforeAll(async () => {
  home = await listening(folder, "--name", "home", "home.ts");
});
afterAll(async () => {
  await killed(home);
  folder.remove();
});

const on = (...args: readonly string[]): Promise<Ended> => yieldix(args, folder.path);

describe("yieldix start", () => {
  test("runs an app on the kernel, with its arguments untouched, and with --wait says how it ended", async () => {
    const { code, out, err } = await on("start", "--wait", "--name", "guest", "second.ts", "--json", "-k", "x");
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toMatch(/^task 2 runs .*second\.ts\ntask 2 returned.*\n$/);
    await home.wrote('second got ["--json","-k","x"]\n');
    const log = await on("log", "--app", "2", "--json");
    expect(
      log.out
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line)),
    ).toEqual([
      expect.objectContaining({
        level: "stdout",
        tid: 2,
        app: 2,
        name: "guest",
        text: 'second got ["--json","-k","x"]',
      }),
    ]);
  });

  test("with --wait is 1 for an app that fails, which is on the kernel's log and hurts nobody else", async () => {
    const { code, out } = await on("start", "-w", "second.ts", "--fail");
    expect(code).toBe(1);
    expect(out).toMatch(/^task 3 threw: TypeError: as asked$/m);
    await home.wrote("as asked");
    expect(JSON.parse((await on("ps", "--json")).out)).toMatchObject([{ tid: 1, name: "home" }]);
  });

  test("answers at once without --wait, as JSON where asked", async () => {
    const { code, out } = await on("start", "--json", "second.ts");
    expect({ code, said: JSON.parse(out) }).toEqual({ code: 0, said: { tid: 4, exit: null } });
  });

  test.each([
    ["missing.ts", "there is no file"],
    ["no-app.ts", "has no default export"],
  ])("of %s is refused in one sentence", async (app, sentence) => {
    const { code, out, err } = await on("start", app);
    expect({ code, out, lines: err.split("\n").length }).toEqual({ code: 1, out: "", lines: 2 });
    expect(err).toContain(sentence);
  });
});

describe("yieldix stop", () => {
  test("ends the run as SIGTERM does: cleanup, exit code 0, no socket; then there is no kernel to ask", async () => {
    const running = await listening(folder, "--name", "other", "home.ts");
    expect(await on("stop", "-k", "other", "--why", "enough")).toMatchObject({ code: 0, out: "", err: "" });
    const { code, out, err } = await running.ended;
    expect({ code, out }).toEqual({ code: 0, out: "home cleaned up\n" });
    expect(err).toContain("enough: ending");
    expect(existsSync(portOf(running))).toBe(false);
    expect(await on("stop", "-k", "other")).toMatchObject({ code: 3 });
  });
});
