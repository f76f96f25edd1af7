// The harness for real terminals: it sees what a program does to its terminal, and tells one that cleans up from one
// that dies badly.

import { spawnSync } from "node:child_process";
import { constants } from "node:os";
import { afterEach, describe, expect, test } from "vitest";
import { Terminal, wholeTerminal } from "./terminal.ts";

afterEach(() => Terminal.closeAll());

/** A program that takes the terminal, shows every key as its bytes, and ends when asked. */
const program = `
  const modes = ["?1049", "?1", "?1000", "?1006", "?2004"];
  process.stdout.write(modes.map((mode) => "\\x1b[" + mode + "h").join("") + "\\x1b=\\x1b[?25l");
  const leave = () => process.stdout.write("\\x1b[?25h\\x1b>" + modes.map((mode) => "\\x1b[" + mode + "l").join(""));
  process.stdin.setRawMode(true);
  process.stdout.write("\\x1b[32mgreen\\x1b[0m ready\\r\\n");
  process.stdout.on("resize", () => process.stdout.write(process.stdout.columns + "x" + process.stdout.rows + "\\r\\n"));
  process.on("SIGTERM", () => { leave(); process.exit(7); });
  process.on("SIGCONT", () => process.stdout.write("back\\r\\n"));
  process.stdin.on("data", (bytes) => {
    if (bytes == "q") { leave(); process.exit(3); }
    if (bytes == "\\x1a") { leave(); process.kill(process.pid, "SIGTSTP"); }
    else process.stdout.write(JSON.stringify(String(bytes)) + "\\r\\n");
  });
`;
const command = [process.execPath, "-e", program];
const taken = { alternate: true, cursor: false, keypad: true, applicationCursor: true, mouse: true, mouseSgr: true };

describe.skipIf(!Terminal.isThere)("a real terminal (needs tmux and bash)", () => {
  test("what a program takes is seen, and that it gives it back", async () => {
    const terminal = await Terminal.start(command, { columns: 60, rows: 12 });
    await terminal.until("green ready");
    await terminal.untilFlags({ ...taken, paste: true });
    expect((await terminal.screen()).length).toBe(12);
    expect((await terminal.screenWithColours()).join("")).toContain("\x1b[32mgreen");
    await terminal.keys("q");
    expect(await terminal.exitCode()).toBe(3);
    await terminal.untilFlags(wholeTerminal);
  });

  test("a program that dies badly leaves it as it was", async () => {
    const terminal = await Terminal.start(command);
    await terminal.until("green ready");
    await terminal.signal("SIGKILL");
    expect(await terminal.exitCode()).toBe(128 + constants.signals.SIGKILL);
    await terminal.untilFlags({ ...taken, paste: true });
  });

  test("keys, typed text, marked pastes and bytes with gaps arrive as what they are", async () => {
    const terminal = await Terminal.start(command);
    await terminal.until("green ready");
    await terminal.keys("Up", "F5", "C-c");
    await terminal.until(String.raw`"\u001bOA`);
    await terminal.until(String.raw`\u001b[15~`);
    await terminal.until(String.raw`\u0003"`);
    await terminal.type("; é");
    await terminal.until("; é");
    await terminal.paste("kill\n");
    await terminal.until(String.raw`"\u001b[200~kill\n\u001b[201~"`);
    await terminal.bytes(["\x1b"]);
    await terminal.until((lines) => lines.includes(String.raw`"\u001b"`));
    await terminal.bytes(["one ", "two"], 10);
    await terminal.until((lines) => lines.join("").replaceAll('""', "").includes("one two"));
  });

  test("a new size reaches the program", async () => {
    const terminal = await Terminal.start(command);
    await terminal.until("green ready");
    await terminal.resize(90, 20);
    await terminal.until("90x20");
    expect((await terminal.screen()).length).toBe(20);
  });

  test("a program is stopped by C-z, seen as such, and brought back", async () => {
    const terminal = await Terminal.start(command);
    await terminal.until("green ready");
    await terminal.keys("C-z");
    expect(await terminal.exitCode()).toBe(128 + constants.signals.SIGTSTP);
    await terminal.untilFlags(wholeTerminal);
    await terminal.command("fg");
    await terminal.until("back");
    await terminal.signal("SIGTERM");
    expect(await terminal.exitCode()).toBe(7);
  });

  test("a wait that is in vain says what was on the screen", async () => {
    const terminal = await Terminal.start(command);
    await terminal.until("green ready");
    await expect(terminal.until("blue", 50)).rejects.toThrow(/"blue"[\s\S]*green ready/);
  });

  test("nothing is left of a terminal that is closed, nor of a program that heeds no hang-up", async () => {
    const deaf = "process.on('SIGHUP', () => {}); process.stdout.write('deaf'); setInterval(() => {}, 1_000)";
    const terminal = await Terminal.start([process.execPath, "-e", deaf]);
    await terminal.until((lines) => lines.includes("deaf"));
    const pid = await terminal.pid();
    Terminal.closeAll();
    await expect(terminal.screen()).rejects.toThrow();
    await expect.poll(() => isAlive(pid), { timeout: 10_000 }).toBe(false);
  });
});

/** A zombie is not: whoever should collect it is no matter of the terminal's. */
function isAlive(pid: number): boolean {
  const state = spawnSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" }).stdout.trim();
  return state !== "" && !state.startsWith("Z");
}
