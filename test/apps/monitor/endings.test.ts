// Every way in which the viewer can end, in a real terminal: the terminal is whole afterwards, and the shell sees the right
// exit code. And what comes as it should not: a paste, a sequence in pieces, a new size, a stop and a continue.

import { existsSync } from "node:fs";
import { constants } from "node:os";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { controlFolder, socketPath } from "../../../apps/control/guard/folder.ts";
import { Folder, type Running, root, start } from "../cli/command.ts";
import { Terminal, wholeTerminal } from "./terminal.ts";

const app = `
  import { NewTask, Sleep } from "yieldix";
  function* sleeper() { yield* new Sleep(1e9); }
  export default function* main() {
    for (let at = 0; at < 5; at++) yield* new NewTask(sleeper(), "sleeper-" + at);
    yield* new Sleep(1e9);
  }`;

const main = `${root}apps/cli/main.ts`;
let folder: Folder;
let kernel: Running;

/** Starts a kernel to look at. @returns its process and its socket */
async function startKernel(): Promise<{ running: Running; path: string }> {
  const running = start(["run", "app.mjs"], folder.path);
  const path = socketPath(controlFolder(), running.child.pid ?? 0);
  await vi.waitFor(() => expect(existsSync(path)).toBe(true), { timeout: 20_000 });
  return { running, path };
}

async function startTop(path: string, ...options: string[]): Promise<Terminal> {
  const command = [process.execPath, "--import", import.meta.resolve("tsx"), main, "top", path, ...options];
  const terminal = await Terminal.start(command, { columns: 100, rows: 30 });
  await terminal.until("sleeper-4");
  return terminal;
}

describe.skipIf(!Terminal.isThere)("the viewer in a real terminal (needs tmux and bash)", () => {
  let path = "";

  beforeAll(async () => {
    folder = new Folder({ "app.mjs": app });
    ({ running: kernel, path } = await startKernel());
  }, 30_000);
  afterEach(() => Terminal.closeAll());
  afterAll(async () => {
    kernel.child.kill("SIGKILL");
    await kernel.ended;
    folder.remove();
  });

  /** It has ended with this code, and the terminal is as it was. */
  async function ended(terminal: Terminal, code: number): Promise<void> {
    expect(await terminal.exitCode()).toBe(code);
    await terminal.untilFlags(wholeTerminal);
  }

  test("takes the terminal, in the modes that it undoes", async () => {
    const terminal = await startTop(path);
    await terminal.untilFlags({
      alternate: true,
      cursor: false,
      keypad: true,
      mouse: true,
      mouseSgr: true,
      paste: true,
    });
    await terminal.keys("q");
    await ended(terminal, 0);
    expect((await terminal.screen()).join("")).not.toContain("sleeper");
  });

  test("Ctrl-C leaves, from a dialog and from an open line too", async () => {
    const terminal = await startTop(path);
    await terminal.keys("F9");
    await terminal.keys("C-c");
    await ended(terminal, 0);
  });

  test.each(["SIGTERM", "SIGHUP", "SIGQUIT", "SIGINT"] as const)("%s ends it as if nobody listened", async (signal) => {
    const terminal = await startTop(path);
    await terminal.signal(signal);
    await ended(terminal, 128 + constants.signals[signal]);
  });

  test("an exception outside everything is reported by Node, below a whole terminal", async () => {
    const folder = new Folder({
      "throw.mjs": 'setTimeout(() => process.on("SIGUSR2", () => { throw new Error("planted"); }));',
    });
    const loader = ["--import", import.meta.resolve("tsx"), "--import", `${folder.path}/throw.mjs`];
    const terminal = await Terminal.start([process.execPath, ...loader, main, "top", path], { columns: 100, rows: 30 });
    await terminal.until("sleeper-4");
    await terminal.signal("SIGUSR2");
    await ended(terminal, 1);
    await terminal.until("Error: planted");
    folder.remove();
  });

  test("a kernel that goes is said to be gone, and so it is below the prompt", async () => {
    const another = await startKernel();
    const terminal = await startTop(another.path);
    another.running.child.kill("SIGKILL");
    await another.running.ended;
    await terminal.until((lines) => /gone/i.test(lines[0] ?? ""));
    await terminal.keys("q");
    await ended(terminal, 1);
    await terminal.until("the kernel is gone");
  });

  test("in the terminal of a run it leaves by itself with the kernel", async () => {
    const another = await startKernel();
    const terminal = await startTop(another.path, "--owner");
    another.running.child.kill("SIGTERM");
    await ended(terminal, 0);
  });

  test("Ctrl-Z gives the terminal back, and fg draws all again", async () => {
    const terminal = await startTop(path);
    await terminal.keys("C-z");
    await ended(terminal, 128 + constants.signals.SIGTSTP);
    await terminal.command("fg");
    await terminal.until(
      (lines) => lines.some((line) => line.includes("sleeper-4")) && lines.some((line) => line.includes("WAITING ON")),
    );
    await terminal.untilFlags({ alternate: true, cursor: false, mouse: true, paste: true });
    await terminal.keys("q");
    await ended(terminal, 0);
  });

  test("a stop and a continue from outside draw all again as well", async () => {
    const terminal = await startTop(path);
    await terminal.signal("SIGTSTP");
    await terminal.untilFlags(wholeTerminal);
    await terminal.command("fg");
    await terminal.until("WAITING ON");
    await terminal.keys("q");
    await ended(terminal, 0);
  });

  test("a new size is drawn in full", async () => {
    const terminal = await startTop(path);
    await terminal.resize(72, 20);
    await terminal.until((lines) => lines.length === 20 && lines.some((line) => line.includes("sleeper-4")));
    await terminal.resize(30, 5);
    await terminal.until("needs 40x8, have 30x5");
    await terminal.resize(100, 30);
    await terminal.until("sleeper-4");
    await terminal.keys("q");
    await ended(terminal, 0);
  });

  test("pasted text runs nothing: it goes into the open line, or nowhere", async () => {
    const terminal = await startTop(path);
    await terminal.paste("kkq\nZ");
    await terminal.until("pasted text is left out");
    await terminal.keys("\\");
    await terminal.paste("sleeper-3");
    await terminal.until(
      (lines) => lines.some((line) => line.includes("1 of ")) && !lines.some((line) => line.includes("sleeper-4")),
    );
    await terminal.keys("C-c");
    await ended(terminal, 0);
  });

  test("an arrow in two packets is an arrow, and nothing else is done", async () => {
    const terminal = await startTop(path);
    await terminal.keys("g", "1", "Enter");
    await terminal.until((lines) => lines.some((line) => /^> +1 /.test(line)));
    await terminal.bytes(["\x1b", "[B"], 0);
    await terminal.until((lines) => lines.some((line) => /^> +[2-6] /.test(line)));
    await terminal.keys("q");
    await ended(terminal, 0);
  });
});
