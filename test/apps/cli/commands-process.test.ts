// The commands in real processes, on the kernel of another real process: exit codes, pipes, and a shell through standard
// input and on a terminal. All of it is about processes; what the commands say is tried in commands.test.ts.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { ClientProgram } from "../../../apps/cli/client-program.ts";
import { ClientCode } from "../../../apps/cli/exit-code.ts";
import { build, listBuiltins } from "../../../apps/cli/shell/builtins.ts";
import { readWords } from "../../../apps/cli/shell/words.ts";
import { connectControl, findKernel } from "../../../apps/control/client.ts";
import { Kernel } from "../../../kernel/kernel.ts";
import { NodeMachine } from "../../../kernel/machine/node.ts";
import { VirtualOutput } from "../../../kernel/machine/virtual-output.ts";
import type { Program } from "../../../kernel/syscall.ts";
import { killed, listening, runtimeFolder } from "../control/port.ts";
import { Terminal } from "../monitor/terminal.ts";
import { type Ended, Running, root, start, yieldix } from "./command.ts";

const folder = runtimeFolder({
  "town.ts": `
    import { GetTid, Log, NewTask, Sleep, WaitTask, type Program, type Tid } from "yieldix";
    function* waiter(other: () => Tid): Program<void> { yield* new Sleep(10); yield* new WaitTask(other()); }
    function* ticker(): Program<void> { for (;;) { yield* new Sleep(50); yield* new GetTid(); } }
    export default function* town(): Program<void> {
      const tids: Tid[] = [];
      for (const at of [0, 1]) tids.push(yield* new NewTask(waiter(() => tids[1 - at]!), "waiter-" + at));
      yield* new NewTask(ticker(), "ticker");
      yield* new Log("the town is built");
      for (let at = 0; at < 3_000; at++) yield* new NewTask(new Sleep(600_000), "sleeper-" + at);
      yield* new Sleep(600_000);
    }`,
  "works.ts": `
    import { Log, print, Sleep, type Program } from "yieldix";
    export default function* works(argv: string[]): Program<void> {
      if (argv[1] === "print") yield* print("printed");
      yield* new Log("works on " + argv.join("+"));
      yield* new Sleep(Number(argv[0]));
      if (argv[1] === "throw") throw new Error("bang");
    }`,
});
let town: Running;
beforeAll(async () => {
  town = await listening(folder, "town.ts");
});
afterEach(() => Terminal.closeAll());
afterAll(async () => {
  await killed(town);
  folder.remove();
});

const ask = (...args: readonly string[]): Promise<Ended> => yieldix(args, folder.path);

/** Whether the last line of a screen is this. */
function endsWith(text: string): (screen: readonly string[]) => boolean {
  return (screen) => screen.findLast((line) => line !== "") === text;
}

/** A machine whose standard output is kept. */
class QuietMachine extends NodeMachine {
  readonly #output = new VirtualOutput();

  override get stdout(): VirtualOutput {
    return this.#output;
  }
}

/** Runs a command in this very process, on the town's control port. */
async function obeyed(program: ClientProgram): Promise<{ code: number; out: string }> {
  const machine = new QuietMachine();
  try {
    const code = await new Kernel(machine).run(asking(program), "yieldix");
    return { code, out: machine.stdout.text };
  } finally {
    machine.close();
  }
}

function* asking(program: ClientProgram): Program<number> {
  const port = yield* connectControl(yield* findKernel(String(town.child.pid)));
  try {
    return yield* program(port, { width: undefined, isUnicode: true });
  } finally {
    port.close();
  }
}

const neverMind: ClientProgram = function* neverMind() {
  return ClientCode.usage;
};

/** Runs a line of a real shell; the command is Y. */
function shellLine(line: string): Promise<Ended> {
  const command = [process.execPath, "--import", import.meta.resolve("tsx"), join(root, "apps/cli/main.ts")];
  const script = `Y() { ${command.map((word) => `'${word}'`).join(" ")} "$@"; }; ${line}`;
  return new Running("bash", ["-c", script], folder.path).ended;
}

describe("each example of the README", () => {
  const readme = readFileSync(join(root, "apps/cli/README.md"), "utf8");
  const examples = [...readme.matchAll(/^\| `\w+` \|.*\| `yieldix (.+)` \|$/gm)].map(([, example = ""]) => example);
  const isBuiltin = (example: string): boolean => listBuiltins().has(example.split(" ")[0] ?? "");

  // A process for each would only be slower: what is about processes is below.
  test.each(examples.filter(isBuiltin))("works, as a command of the shell, on its port: %s", async (example) => {
    const built = build(readWords(example).words);
    const { code, out } = await obeyed("program" in built ? built.program : neverMind);
    expect({ code, isEmpty: out === "" }).toEqual({ code: 0, isEmpty: false });
  });

  // That of `stop` ends the kernel, and has a test of its own.
  const others = examples.filter((example) => !isBuiltin(example) && example !== "stop");
  test.concurrent.each(others)("works: %s", async (example) => {
    expect(await ask(...readWords(example).words)).toMatchObject({ code: 0, err: "" });
  });

  test("is there for each command that asks a kernel", async () => {
    const { out } = await ask("--help");
    const commands = [...out.matchAll(/^ {2}(\w+)(?: .*)$/gm)].map(([, name = ""]) => name);
    const missing = commands.filter((name) => !examples.some((example) => example.split(" ")[0] === name));
    expect(missing).toEqual(["run", "new", "help"]);
  });
});

describe("exit codes", () => {
  test("0 found, 1 none, 2 usage, 3 no kernel to ask", async () => {
    const [found, none, usage, unattached] = await Promise.all([
      ask("graph"),
      ask("ps", "--filter", "name=nobody"),
      ask("ps", "--json", "--csv"),
      ask("ps", "-k", "nothing"),
    ]);
    expect(found).toMatchObject({ code: 0, err: "", out: expect.stringContaining("deadlock: 2 -> 3 -> 2") });
    expect(none).toMatchObject({ code: 1, err: "" });
    expect(usage).toMatchObject({
      code: 2,
      out: "",
      err: expect.stringMatching(/^yieldix: option '--json' cannot.* \(see yieldix ps --help\)\n$/),
    });
    expect(unattached).toMatchObject({
      code: 3,
      out: "",
      err: expect.stringMatching(/^yieldix: no kernel is called.*\n$/),
    });
  });

  test("1 for a task that never was, with a sentence", async () => {
    expect(await ask("kill", "999999")).toEqual({
      code: 1,
      signal: null,
      err: "",
      out: expect.stringContaining("999999: "),
    });
  });
});

describe("into a pipe", () => {
  test("goes no escape, and whoever reads no more ends it in silence", async () => {
    const { code, out, err } = await shellLine("set -o pipefail; Y ps | head -1; echo $?");
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out.split("\n")).toEqual([expect.stringMatching(/^ +TID {2}S {2}NICE/), "0", ""]);
  });

  test("goes all of a large answer", async () => {
    const { out } = await ask("ps", "--json");
    expect(JSON.parse(out)).toHaveLength(3_004);
    expect(out).not.toContain("\u001b");
  });
});

test.skipIf(process.platform !== "linux").each([["ps"], ["strace --all --for 5"], ["top --batch -n 2"]])(
  "%s onto a full disk is one sentence, and 1",
  async (words) => {
    const { out, err } = await shellLine(`Y ${words} >/dev/full; echo $?`);
    expect([out, err]).toEqual([
      "1\n",
      expect.stringMatching(/^yieldix: [^\n]*ENOSPC: write stdout: [^\n]*full[^\n]*\n$/),
    ]);
  },
);

test("strace ends in good order with Ctrl-C", async () => {
  const running = start(["strace", "4"], folder.path);
  await running.wrote("GetTid() = 4", 2);
  running.child.kill("SIGINT");
  expect(await running.ended).toMatchObject({ code: 0, signal: null, err: "" });
});

describe("the shell, from standard input,", () => {
  function shell(lines: string): Promise<Ended> {
    const running = start(["sh"], folder.path, "pipe");
    running.child.stdin?.end(lines);
    return running.ended;
  }

  test("obeys each line, says what fails, and answers with the code of the last", async () => {
    const lines = [
      "ps --filter name=ticker --columns name --no-header",
      "nonsense",
      "works.ts 1 x",
      "works.ts 1 print",
      "works.ts 1 throw",
    ];
    const { code, out, err } = await shell(lines.join("\n"));
    expect(code).toBe(1);
    expect(out).toMatch(
      /^ticker\ninfo (\d+) works\S*: works on 1\+x\nprinted\ninfo .*works on 1\+print\ninfo (\d+) works\S*: works on 1\+throw\n/,
    );
    expect(err).toMatch(/^yieldix: there is no command nonsense.*\ntask \d+: threw Error: bang\n$/);
  });

  test("runs apps in the background, as jobs that end with a signal", async () => {
    const { code, out, err } = await shell("works.ts 600000 &\njobs\nkill %1\nwait\njobs\nexit 7\nps");
    expect({ code, err }).toEqual({ code: 7, err: "" });
    expect(out.replaceAll(/\b\d{4,}\b/g, "TID").split("\n")).toEqual([
      "[1] TID",
      "[1] TID running   works.ts TID &",
      "TID: cancelled",
      expect.stringMatching(/^\[1\] TID killed .*works\.ts TID &$/),
      "",
    ]);
  });

  test("waits for those that are named, and answers with the code for the last", async () => {
    const lines = ["works.ts 50 &", "works.ts 50 throw &", "wait %1", "wait %2 999999", "wait %2"];
    const { code, out, err } = await shell(lines.join("\n"));
    expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining("there is no job %2") });
    expect(out.replaceAll(/\b\d{4,}\b/g, "TID").split("\n")).toEqual([
      "[1] TID",
      "[2] TID",
      "[1] TID returned  works.ts 50 &",
      "[2] TID threw Error: bang  works.ts 50 throw &",
      "task TID: returned",
      "",
    ]);
    expect(await ask("sh", "-c", "wait 3.5")).toMatchObject({ code: 2, err: expect.stringContaining("no tid") });
  });

  test("does one line with -c", async () => {
    expect(await ask("sh", "-c", "works.ts 1 'a b'")).toMatchObject({
      code: 0,
      out: expect.stringContaining("works on 1+a b"),
    });
    expect(await ask("sh", "-c", "ps 'unclosed")).toMatchObject({
      code: 2,
      err: expect.stringContaining("not closed"),
    });
  });
});

describe.skipIf(!Terminal.isThere)("the shell, on a terminal,", () => {
  async function shell(): Promise<Terminal> {
    const main = [process.execPath, "--import", import.meta.resolve("tsx"), join(root, "apps/cli/main.ts"), "sh"];
    const terminal = await Terminal.start(main, {
      cwd: folder.path,
      env: { XDG_STATE_HOME: join(folder.path, "state") },
    });
    await terminal.until(endsWith("town.ts>"));
    return terminal;
  }
  test("has jobs: Ctrl-Z stops, bg and fg go on, Ctrl-C interrupts; and it remembers", async () => {
    const terminal = await shell();
    await terminal.type("works.ts 600000\r");
    await terminal.until("works on 600000");
    await terminal.keys("C-z");
    await terminal.until((screen) => screen.some((line) => /^\[1\] \d+ stopped {3}works.ts 600000$/.test(line)));
    await terminal.type("bg\r");
    await terminal.until((screen) => screen.some((line) => /^\[1\] \d+ running {3}works.ts 600000$/.test(line)));
    await terminal.type("fg\r");
    await terminal.until(endsWith("town.ts> fg"));
    await terminal.keys("C-c");
    await terminal.until(endsWith("town.ts>"));
    await terminal.keys("Up", "Up");
    await terminal.until(endsWith("town.ts> bg"));
    await terminal.keys("C-c");
    await terminal.until(endsWith("town.ts>"));
    await terminal.keys("C-d");
    expect(await terminal.exitCode()).toBe(130);
    expect(readFileSync(join(folder.path, "state/yieldix/history"), "utf8")).toBe("works.ts 600000\nbg\nfg\n");
  });

  test("waits for a job, which Ctrl-C leaves alone", async () => {
    const terminal = await shell();
    await terminal.type("works.ts 600000 &\r");
    await terminal.until((screen) => screen.some((line) => /^\[1\] \d+$/.test(line)));
    await terminal.until(endsWith("town.ts>"));
    await terminal.type("wait\r");
    await terminal.until(endsWith("town.ts> wait"));
    await terminal.keys("C-c");
    await terminal.until(endsWith("town.ts>"));
    await terminal.type("jobs\r");
    await terminal.until((screen) => screen.some((line) => /^\[1\] \d+ running /.test(line)));
    await terminal.until(endsWith("town.ts>"));
    await terminal.type("kill -9 %1\r");
    await terminal.until((screen) => screen.some((line) => /^\[1\] \d+ killed /.test(line)));
    await terminal.until(endsWith("town.ts>"));
    await terminal.keys("C-d");
    expect(await terminal.exitCode()).toBe(0);
  });

  // One key at a time: what comes together is taken for pasted text, in which a tab is a tab.
  test("completes apps, commands and options", async () => {
    const terminal = await shell();
    await terminal.type("wor");
    await terminal.until(endsWith("town.ts> wor"));
    await terminal.keys("Tab");
    await terminal.until(endsWith("town.ts> works.ts"));
    await terminal.keys("C-u");
    await terminal.until(endsWith("town.ts>"));
    await terminal.type("stra");
    await terminal.until(endsWith("town.ts> stra"));
    await terminal.keys("Tab");
    await terminal.until(endsWith("town.ts> strace"));
    await terminal.keys("C-u");
    await terminal.type("strace --js");
    await terminal.until(endsWith("town.ts> strace --js"));
    await terminal.keys("Tab");
    await terminal.until(endsWith("town.ts> strace --json"));
    await terminal.keys("C-u", "C-d");
    expect(await terminal.exitCode()).toBe(0);
  });

  test("leaves the terminal whole when a signal ends it", async () => {
    const terminal = await shell();
    await terminal.type("ps --not-yet-obeyed");
    await terminal.until(endsWith("town.ts> ps --not-yet-obeyed"));
    await terminal.signal("SIGHUP");
    expect(await terminal.exitCode()).toBe(129);
    await terminal.command("echo who''le");
    await terminal.until("whole");
  });
});
