// A progress line on a real terminal, beside what is printed and logged there.

import { afterAll, afterEach, describe, expect, test } from "vitest";
import { commandOf, Folder, start } from "../cli/command.ts";
import { Terminal } from "../monitor/terminal.ts";

const app = `
  import { GetTerminal, Log, type Program, print, progress, Sleep, WaitSignal } from "yieldix";
  export default function* app([ending]: string[]): Program<void> {
    const { columns, rows } = (yield* new GetTerminal()) ?? { columns: 0, rows: 0 };
    yield* print("terminal of " + columns + " x " + rows);
    let n = 0;
    yield* progress(() => "at " + n + " of \\u001b[31m100 " + "x".repeat(200), (function* (): Program<void> {
      for (; n < 100; n++) {
        if (n % 10 === 0) yield* print("line " + n);
        if (n === 55) yield* new Log("a word in between");
        yield* new Sleep(10);
        if (n === 90 && ending === "stays") yield* new Sleep(1e9);
        if (n === 90 && ending === "asked") yield* new WaitSignal("USR2");
      }
    })());
    yield* print("over");
  }`;
const folder = new Folder({ "app.ts": app });
afterEach(() => Terminal.closeAll());
afterAll(() => folder.remove());

const printed = (): string[] => Array.from({ length: 10 }, (_, n) => `line ${n * 10}`);

describe.skipIf(!Terminal.isThere)("a progress line on a real terminal (needs tmux and bash)", () => {
  test("stands below what is printed and logged, leaves that whole, and is gone in the end", async () => {
    const command = commandOf(["run", "app.ts", "--", "asked"]);
    const terminal = await Terminal.start(command, { columns: 80, rows: 30, cwd: folder.path });
    await terminal.until((screen) => screen.some((line) => /^at 90 of \\u\{1b\}\[31m100 x+~$/.test(line)));
    await terminal.signal("SIGUSR2");
    expect(await terminal.exitCode()).toBe(0);
    const screen = await terminal.screen();
    const own = screen.slice(screen.indexOf("terminal of 80 x 30")).filter((line) => line !== "" && line !== "$");
    expect(own.filter((line) => !line.includes("a word in between"))).toEqual([
      "terminal of 80 x 30",
      ...printed(),
      "over",
    ]);
    expect(own.find((line) => line.includes("a word in between"))).toMatch(/^\[ +[\d.]+\] /);
  });

  test("stays one line when the terminal is made narrower, at whatever moment", async () => {
    const command = commandOf(["run", "app.ts", "--", "stays"]);
    const terminal = await Terminal.start(command, { columns: 80, rows: 30, cwd: folder.path });
    await terminal.until((screen) => screen.some((line) => line.startsWith("at 90")));
    const cutTo = (columns: number) => (line: string) =>
      line.startsWith("at 90") && /x~$/.test(line) && line.length < columns;
    for (const widths of [[50], [45, 44, 43, 42, 41, 40]]) {
      for (const columns of widths) await terminal.resize(columns, 30);
      await terminal.until((screen) => screen.some(cutTo(widths.at(-1) ?? 0)));
    }
    const own = (await terminal.screen()).filter((line) => /^(?:line|at) \d|xxx/.test(line));
    const left = own.slice(own.indexOf("line 50")); // what was above may have been scrolled away
    expect(left.map((line) => line.replace(/ of .*/, ""))).toEqual([...printed().slice(5), "at 90"]);
    await terminal.keys("C-c");
    expect(await terminal.exitCode()).toBe(0);
  });

  test("is gone when its app is ended by Ctrl-C", async () => {
    const command = commandOf(["run", "app.ts", "--", "stays"]);
    const terminal = await Terminal.start(command, { columns: 80, rows: 30, cwd: folder.path });
    await terminal.until((screen) => screen.some((line) => line.startsWith("at 90")));
    await terminal.keys("C-c");
    expect(await terminal.exitCode()).toBe(0);
    expect((await terminal.screen()).filter((line) => line.startsWith("at "))).toEqual([]);
  });
});

test("into pipes goes nothing of it", async () => {
  const { code, out, err } = await start(["run", "app.ts"], folder.path).ended;
  expect({ code, out }).toEqual({ code: 0, out: `${["terminal of 0 x 0", ...printed(), "over"].join("\n")}\n` });
  expect(err).not.toContain("at ");
});
