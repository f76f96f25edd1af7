// A kernel that a task sticks, and a deadlock, as whoever sits before the terminal sees them: named, with the line, and ended
// by a key; what else the kernel did goes on.

import { existsSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { controlFolder, socketPath } from "../../../apps/control/guard/folder.ts";
import { Folder, type Running, root, start } from "../cli/command.ts";
import { Terminal, wholeTerminal } from "./terminal.ts";

const apps = {
  "evil.mjs": `import { NewTask, Sleep, WaitSignal } from "yieldix";
function forever() {
  for (;;) {}
}
function* evil() {
  yield* new WaitSignal("USR1");
  forever();
}
function* good() {
  for (;;) yield* new Sleep(100);
}
export default function* main() {
  yield* new NewTask(evil(), "evil");
  yield* new NewTask(good(), "good");
  yield* new Sleep(1e9);
}
`,
  "knot.mjs": `import { Lock, NewTask, Sleep } from "yieldix";
const [salt, pepper] = [new Lock({ name: "salt" }), new Lock({ name: "pepper" })];
function* cook(first, second) {
  yield* first.acquire();
  yield* new Sleep(10);
  yield* second.acquire();
}
export default function* main() {
  for (let at = 0; at < 40; at++) yield* new NewTask(new Sleep(1e9), "eater-" + at);
  yield* new NewTask(cook(salt, pepper), "left");
  yield* new NewTask(cook(pepper, salt), "right");
  yield* new Sleep(1e9);
}
`,
};

const main = `${root}apps/cli/main.ts`;

describe.skipIf(!Terminal.isThere)("in a real terminal (needs tmux and bash)", () => {
  let folder: Folder;
  let kernel: Running | undefined;

  beforeEach(() => {
    folder = new Folder(apps);
  });
  afterEach(async () => {
    Terminal.closeAll();
    kernel?.child.kill("SIGKILL");
    await kernel?.ended;
    folder.remove();
  });

  async function watch(app: string): Promise<Terminal> {
    kernel = start(["run", app], folder.path);
    const path = socketPath(controlFolder(), kernel.child.pid ?? 0);
    await vi.waitFor(() => expect(existsSync(path)).toBe(true), { timeout: 20_000 });
    const command = [process.execPath, "--import", import.meta.resolve("tsx"), main, "top", path];
    const terminal = await Terminal.start(command);
    await terminal.until("WAITING ON");
    return terminal;
  }

  test("a task that never yields is named with its line, and ended; the others go on", async () => {
    const terminal = await watch("evil.mjs");
    await terminal.until((lines) => lines.some((line) => line.endsWith(" evil")));
    await terminal.type(":kill -s USR1 2\r");
    const screen = await terminal.until((lines) => lines.slice(0, 3).join(" ").includes("evil.mjs:3"));
    expect(screen[0]).toMatch(/NOT RESPONDING.*task 2 evil/);
    await terminal.keys("k");
    await terminal.until("Kill task 2");
    await terminal.keys("y");
    await terminal.until(
      (lines) =>
        (lines[0] ?? "").includes("LIVE") &&
        lines.some((line) => /^> +2 Z .* evil$/.test(line) || /^ +2 Z .* evil$/.test(line)),
    );
    await terminal.until((lines) => lines.some((line) => /[ >] +3 S .* good$/.test(line)));
    await terminal.keys("q");
    expect(await terminal.exitCode()).toBe(0);
    await terminal.untilFlags(wholeTerminal);
  });

  test("a deadlock is pinned, its cycle drawn, and it is said again below the prompt", async () => {
    const terminal = await watch("knot.mjs");
    const screen = await terminal.until((lines) => lines.some((line) => /DEADLOCK 42 -> 43 -> 42/.test(line)));
    const rows = screen.filter((line) => /^[> ][* ] *\d+ [A-Za-z] /.test(line));
    expect(rows.slice(0, 2).map((row) => /(left|right)$/.exec(row)?.[0])).toEqual(["left", "right"]);
    await terminal.keys("W");
    await terminal.until((lines) => lines.some((line) => /42 M .*left.*again/.test(line)));
    await terminal.keys("q");
    expect(await terminal.exitCode()).toBe(0);
    await terminal.until("42 -> 43 -> 42");
  });
});
