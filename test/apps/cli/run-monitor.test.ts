// `yieldix run --monitor` in a real terminal: who has it when, and how both of them end.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { runtimeFolder, until } from "../control/port.ts";
import { Terminal, wholeTerminal } from "../monitor/terminal.ts";
import { root, yieldix } from "./command.ts";

const folder = runtimeFolder({
  "noisy.ts": `
    import { print, Sleep, type Program } from "yieldix";
    export default function* noisy(): Program<void> {
      try {
        for (let i = 0; ; i++) {
          yield* print("line " + i);
          if (i === 0) for (let n = 0; n < 40; n++) yield* print("early " + n);
          if (i % 5 === 2) console.error("oops");
          yield* new Sleep(200);
        }
      } finally { yield* print("cleaned up"); }
    }`,
  "reads.ts": `
    import { Exec, GetTerminal, lines, OpenStdin, print, Reader, Sleep, WaitProcess, type Program } from "yieldix";
    export default function* reads(): Program<void> {
      const { done } = yield* lines(new Reader(yield* new OpenStdin())).next();
      yield* print("input: " + (done ? "none" : "some"));
      yield* print("terminal: " + ((yield* new GetTerminal("stderr")) === undefined ? "none" : "one"));
      const child = yield* new Exec("/bin/sh", ["-c", "echo smeared; echo smeared >&2; cat; echo fed"], {
        stdin: "inherit", stdout: "inherit", stderr: "inherit",
      });
      yield* print("child: " + (yield* new WaitProcess(child)).code);
      yield* new Sleep(600_000);
    }`,
  "stands.ts": `
    import { NewTask, WaitTask, type Program, type Tid } from "yieldix";
    function* waiter(other: () => Tid): Program<void> { yield* new WaitTask(other()); }
    export default function* stands(): Program<void> {
      const left: Tid<void> = yield* new NewTask(waiter(() => right), "left");
      const right = yield* new NewTask(waiter(() => left), "right");
      yield* new WaitTask(left);
    }`,
  "fails.ts": `
    import { WaitSignal, type Program } from "yieldix";
    export default function* fails(): Program<void> { yield* new WaitSignal("USR2"); throw new Error("on purpose"); }`,
});
afterEach(() => Terminal.closeAll());
afterAll(() => folder.remove());

const node = [process.execPath, "--import", import.meta.resolve("tsx")];

function run(...args: readonly string[]): Promise<Terminal> {
  return Terminal.start([...node, join(root, "apps/cli/main.ts"), "run", ...args], { cwd: folder.path });
}

async function monitored(app: string): Promise<Terminal> {
  const terminal = await run("--monitor", app);
  await terminal.until("F1Help");
  return terminal;
}

/** Its viewer is the only child that it has. */
async function viewerOf(terminal: Terminal): Promise<number> {
  const pid = await terminal.pid();
  return Number(execFileSync("pgrep", ["-P", String(pid), "-f", "main\\.ts top"], { encoding: "utf8" }).trim());
}

describe.skipIf(!Terminal.isThere)("run --monitor", () => {
  test("shows the app, keeps what it prints from the screen, and ends it when it is left", async () => {
    const terminal = await monitored("noisy.ts");
    await terminal.until((lines) => lines.some((line) => /^>? +1 .* noisy\.ts$/.test(line)));
    expect((await terminal.screen()).join("\n")).not.toMatch(/^line \d|^oops/m);
    await terminal.keys("6");
    await terminal.until((lines) => lines.some((line) => /stderr .*oops/.test(line)));
    await terminal.keys("q");
    expect(await terminal.exitCode()).toBe(0);
    await terminal.untilFlags(wholeTerminal);
    const [, afterwards = ""] = await terminal.untilOutput(/\x1b\[\?1049l([\s\S]*cleaned up\r\n)/);
    expect(afterwards).toMatch(/oops\r\n[\s\S]*line \d+\r\n[\s\S]*the monitor was left: ending[\s\S]*cleaned up\r\n/);
  });

  test("shows the last ten lines of what was printed meanwhile, and says how many more there were", async () => {
    const terminal = await monitored("noisy.ts");
    await terminal.keys("6");
    await terminal.until((lines) => lines.filter((line) => /stdout .*line \d+$/.test(line)).length > 12);
    await terminal.keys("q");
    expect(await terminal.exitCode()).toBe(0);
    const [, leftOut, printed = ""] = await terminal.untilOutput(
      /\x1b\[\?1049l[\s\S]*yieldix: (\d+) earlier lines were in the monitor's log only\r\n([\s\S]*?)\[[ \d.]+\] info/,
    );
    expect(Number(leftOut)).toBeGreaterThan(40);
    expect(printed.trimEnd().split("\r\n")).toHaveLength(10);
    expect(printed).not.toContain("early");
  });

  test("keeps nothing from a file", async () => {
    const command = `${node.join(" ")} ${join(root, "apps/cli/main.ts")} run --monitor noisy.ts 2> err.txt`;
    const terminal = await Terminal.start(["sh", "-c", command], { cwd: folder.path });
    await terminal.until("F1Help");
    await until(() => readFileSync(join(folder.path, "err.txt"), "utf8").includes("oops"), "it is there");
    await terminal.keys("q");
    expect(await terminal.exitCode()).toBe(0);
    expect(readFileSync(join(folder.path, "err.txt"), "utf8")).toMatch(/^oops\n[\s\S]*the monitor was left: ending/);
  });

  test("has the keys to itself, and the screen from child processes: an app's input has ended", async () => {
    const terminal = await monitored("reads.ts");
    await terminal.keys("6");
    for (const line of [
      "stdout .*input: none",
      "terminal: none",
      "stdout .*smeared",
      "stderr .*smeared",
      "stdout .*fed",
      "child: 0",
    ]) {
      await terminal.until((screen) => screen.some((shown) => new RegExp(line).test(shown)));
    }
    expect((await terminal.screen()).filter((line) => /^(smeared|fed)/.test(line))).toEqual([]);
    await terminal.keys("q");
    expect(await terminal.exitCode()).toBe(0);
  });

  test("leaves the terminal whole when the app ends by itself, and then says how", async () => {
    const terminal = await monitored("fails.ts");
    await terminal.until((lines) => lines.some((line) => /^>? +1 .*USR2.* fails\.ts$/.test(line)));
    await terminal.signal("SIGUSR2");
    expect(await terminal.exitCode()).toBe(1);
    await terminal.untilFlags(wholeTerminal);
    await terminal.until("yieldix: fails.ts failed: Error: on purpose");
  });

  test.each(["SIGTERM", "SIGINT", "SIGHUP"] as const)("ends both on %s, the terminal whole", async (signal) => {
    const terminal = await monitored("noisy.ts");
    const viewer = await viewerOf(terminal);
    await terminal.signal(signal);
    expect(await terminal.exitCode()).toBe(0);
    await terminal.untilFlags(wholeTerminal);
    await terminal.until("cleaned up");
    await until(() => isGone(viewer), "the viewer is gone");
  });

  test("goes on in the plain terminal when the viewer breaks", async () => {
    const terminal = await monitored("noisy.ts");
    process.kill(await viewerOf(terminal), "SIGTERM");
    await terminal.until("yieldix: the monitor was ended by SIGTERM; the app goes on without it");
    await terminal.untilFlags(wholeTerminal);
    const printed = async (): Promise<number> =>
      (await terminal.screen()).filter((line) => /^line \d/.test(line)).length;
    const before = await printed();
    await until(async () => (await printed()) > before, "the app prints on");
    await terminal.keys("C-c");
    expect(await terminal.exitCode()).toBe(0);
  });

  test("shows a deadlock that was there before it came, and the run ends in that once it is gone", async () => {
    const terminal = await monitored("stands.ts");
    await terminal.until((lines) =>
      lines.some((line) => / ! DEADLOCK of all tasks .* DEADLOCK 2 -> 3 -> 2 /.test(line)),
    );
    process.kill(await viewerOf(terminal), "SIGTERM");
    expect(await terminal.exitCode()).toBe(3);
    await terminal.until("yieldix: stands.ts ended in a deadlock");
    expect(await terminal.flags()).toEqual(wholeTerminal);
  });

  test("leaves nothing on the terminal about what was found, when the run has ended without it", async () => {
    const terminal = await monitored("stands.ts");
    await terminal.until((lines) => lines.some((line) => / ! DEADLOCK /.test(line)));
    expect(await yieldix(["kill", "2"], folder.path)).toMatchObject({ code: 0 });
    expect(await terminal.exitCode()).toBe(0);
    expect(terminal.output().split("\x1b[?1049l").at(-1)).not.toContain("DEADLOCK");
  });

  test("npm start opens it on a terminal, and not with --no-monitor", async () => {
    const start = [...node, join(root, "apps/cli/npm-start.ts")];
    const seen = await Terminal.start([...start, "--port", "0"], { cwd: root });
    await seen.until("F1Help");
    await seen.keys("q");
    expect(await seen.exitCode()).toBe(0);
    await seen.until("yieldix echo: JSON-RPC 2.0 on 127.0.0.1:");
    const plain = await Terminal.start([...start, "--no-monitor", "--port", "0"], { cwd: root });
    await plain.until("stop       Ctrl-C");
    expect(await plain.flags()).toEqual(wholeTerminal);
    await plain.keys("C-c");
    expect(await plain.exitCode()).toBe(0);
  });
});

function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch {
    return true;
  }
}
