// `yieldix top` as a command: what it refuses, and that it writes no escape where there is no terminal.

import { afterAll, describe, expect, test } from "vitest";
import { killed, listening, runtimeFolder } from "../control/port.ts";
import { Terminal, wholeTerminal } from "../monitor/terminal.ts";
import { root, yieldix } from "./command.ts";

const folder = runtimeFolder({
  "none.frames": "hello\n",
  "idle.ts": `
    import { Sleep, type Program } from "yieldix";
    export default function* idle(): Program<void> { yield* new Sleep(600_000); }`,
});
afterAll(() => folder.remove());

describe("a command line that cannot be", () => {
  test.each([
    [["top", "--color", "sometimes"], "sometimes"],
    [["top", "--view", "nowhere"], "nowhere"],
    [["top", "--delay", "-1"], "--delay -1: give a number from 0 to 3600"],
    [["top", "--ascii", "--unicode"], "--unicode"],
    [["top", "one", "-k", "two"], "two kernels are named, one and two: give one"],
    [["ps", "idle.ts"], "(which kernel is said with -k: yieldix ps -k <its name or pid>)"],
    [["top", "--replay", "none.frames"], "--replay shows its frames on a terminal"],
  ])("%j is refused with one sentence and code 2", async (args, said) => {
    const { code, out, err } = await yieldix(args, folder.path);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toContain(said);
    expect(err.trim().split("\n")).toHaveLength(1);
  });
});

test.each([[["no-such-kernel"]], [["-k", "no-such-kernel"]]])(
  "without a terminal top %j says that there is no such kernel, with code 3 and no escape",
  async (which) => {
    const { code, out, err } = await yieldix(["top", ...which], folder.path);
    expect([code, out]).toEqual([3, ""]);
    expect(err).toContain("no-such-kernel");
    expect(err).not.toContain("\x1b");
  },
);

describe.skipIf(!Terminal.isThere)("in a real terminal (needs tmux and bash)", () => {
  const start = (...args: string[]): Promise<Terminal> =>
    Terminal.start(
      [process.execPath, "--import", import.meta.resolve("tsx"), `${root}apps/cli/main.ts`, "top", ...args],
      {
        cwd: folder.path,
      },
    );
  afterAll(() => Terminal.closeAll());

  test.each([
    [["no-such-kernel"], 3, "no-such-kernel"],
    [["--replay", "nowhere.frames"], 3, "nowhere.frames"],
    [["--replay", "none.frames"], 2, "is no recording"],
  ])("%j is said before the terminal is taken", async (args, code, said) => {
    const terminal = await start(...args);
    expect(await terminal.exitCode()).toBe(code);
    await terminal.until((lines) => lines.join("").includes(said));
    await terminal.untilFlags(wholeTerminal);
    expect(terminal.output()).not.toContain("\x1b[?1049h");
  });

  test("a kernel that was killed and is started again is watched again, though nobody has named it", async () => {
    const before = await listening(folder, "idle.ts");
    const terminal = await start();
    await terminal.until((lines) => lines.join("").includes(`pid ${before.child.pid}  `));
    await killed(before);
    await terminal.until((lines) => lines.join("").includes("the kernel is gone"));
    const after = await listening(folder, "idle.ts");
    await terminal.until((lines) => lines.join("").includes(`pid ${after.child.pid}  `));
    await terminal.keys("q");
    expect(await terminal.exitCode()).toBe(0);
    await killed(after);
  });
});
