// The commands in real processes, on the kernel of another real process: exit codes, pipes, and a shell through standard
// input and on a terminal. All of it is about processes; what the commands say is tried in commands.test.ts.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { readWords } from "../../../apps/cli/shell/words.ts";
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
    import { Log, Sleep, type Program } from "yieldix";
    export default function* works(argv: string[]): Program<void> {
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

/** Runs a line of a real shell; the command is Y. */
function shellLine(line: string): Promise<Ended> {
  const command = [process.execPath, "--import", import.meta.resolve("tsx"), join(root, "apps/cli/main.ts")];
  const script = `Y() { ${command.map((word) => `'${word}'`).join(" ")} "$@"; }; ${line}`;
  return new Running("bash", ["-c", script], folder.path).ended;
}

describe("each example of the README", () => {
  const readme = readFileSync(join(root, "apps/cli/README.md"), "utf8");
  const examples = [...readme.matchAll(/^\| `\w+` \|.*\| `yieldix (.+)` \|$/gm)].map(([, example = ""]) => example);
  // The last one ends the kernel, and has a test of its own where `stop` has.
  test.each(examples.filter((example) => example !== "stop"))("works: %s", async (example) => {
    const { words } = readWords(example);
    expect(await ask(...words)).toMatchObject({ code: 0, err: "" });
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
      err: expect.stringMatching(/^yieldix: option '--json' cannot.*\n$/),
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

test("strace ends in good order with Ctrl-C", async () => {
  const running = start(["strace", "4"], folder.path);
  await running.wrote("GetTid() = 4", 2);
  running.child.kill("SIGINT");
  expect(await running.ended).toEqual({ code: 0, signal: null, out: "", err: "" });
  expect(JSON.parse(readFileSync(join(folder.path, "counts"), "utf8"))).toContainEqual(
    expect.objectContaining({ syscall: "GetTid" }),
  );
});
