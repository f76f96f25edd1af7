// `yieldix run`, end to end: real processes, real signals, exit codes, and what is on stdout and stderr.

import { cpSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { afterAll, describe, expect, test } from "vitest";
import { hostMachines } from "../../kernel/machine/host-machines.ts";
import { appFiles } from "./apps.ts";
import { commandOf, type Ended, Folder, Running, root, start, yieldix } from "./command.ts";

const folder = new Folder(appFiles);
afterAll(() => folder.remove());

const run = (...args: string[]): Promise<Ended> => yieldix(["run", ...args], folder.path);

/** One line, which begins with the command's name. */
const sentence = (about: RegExp): unknown =>
  expect.stringMatching(new RegExp(`^yieldix: [^\\n]*${about.source}[^\\n]*\\n$`));

describe.concurrent("an app", () => {
  test("anywhere on disk finds yieldix, and gets its own arguments", async () => {
    const { code, out, err } = await run("prints.ts", "one", "--two", "-h", "--quantum", "x");
    expect(out).toBe('["one","--two","-h","--quantum","x"] 1 true\n');
    expect(err).toMatch(/^\[ +[\d.]+\] info task 1 \(prints\.ts\): logged\n$/);
    expect(code).toBe(0);
  });

  test("gets what follows a --, options included", async () => {
    expect(await run("prints.ts", "--", "--port", "7001")).toMatchObject({
      out: '["--port","7001"] 1 true\n',
      code: 0,
    });
    expect(await run("--", "prints.ts", "--port")).toMatchObject({ out: '["--port"] 1 true\n', code: 0 });
  });

  test("is shown in a monitor where asked on either side of it, and gets the word itself behind a --", async () => {
    const wanted = { code: 2, out: "", err: expect.stringMatching(/^yieldix: --monitor needs a terminal/) };
    expect(await run("prints.ts", "--port", "7001", "--monitor")).toMatchObject(wanted);
    expect(await run("--no-monitor", "prints.ts", "--monitor")).toMatchObject(wanted);
    const plain = (out: string): object => ({ code: 0, out: `${out} 1 true\n` });
    expect(await run("--monitor", "prints.ts", "a", "--no-monitor", "b")).toMatchObject(plain('["a","b"]'));
    expect(await run("prints.ts", "--", "--monitor")).toMatchObject(plain('["--monitor"]'));
    expect(await run("prints.ts", "a", "--", "--no-monitor")).toMatchObject(plain('["a","--","--no-monitor"]'));
  });

  test("may be JavaScript, and may be a routine", async () => {
    expect(await run("plain.js", "x")).toMatchObject({ out: '["x"] 1\n', code: 0 });
    expect(await run("routine.ts", "x")).toMatchObject({ out: "routine 1\n", err: "", code: 0 });
  });

  test("in TypeScript is an ES module, even below a package.json that says commonjs", async () => {
    expect(await run("commonjs/app.ts")).toMatchObject({ out: "hello 1\n", err: "", code: 0 });
  });

  test("does not keep the process with an unreferenced timer", async () => {
    expect(await run("leftover.ts")).toMatchObject({ out: "over\n", err: "", code: 0 });
  });

  test("that is cancelled by nobody is not ended by stdout or stderr being closed", async () => {
    const deaf = start(["run", "chatters.ts", "stdout"], folder.path);
    await deaf.wrote("0");
    deaf.child.stdout?.destroy();
    expect(await deaf.ended).toMatchObject({ code: 0, err: expect.stringMatching(/^\[[^\n]*: over\n$/) });
    const mute = start(["run", "chatters.ts"], folder.path);
    await mute.wrote("line");
    mute.child.stderr?.destroy();
    expect(await mute.ended).toMatchObject({ code: 0, out: "over\n" });
    const piped = start(["run", "prints-on.ts"], folder.path);
    await piped.wrote("line");
    piped.child.stdout?.destroy();
    expect(await piped.ended).toMatchObject({ code: 0, err: expect.stringMatching(/^\[[^\n]*: over\n$/) });
  });

  test("whose group printed for a reader that has gone has not failed, but for faults of its own", async () => {
    const piped = start(["run", "group-prints.ts"], folder.path);
    await piped.wrote("line");
    piped.child.stdout?.destroy();
    expect(await piped.ended).toMatchObject({ code: 0, err: "" });
    const faulty = start(["run", "group-prints.ts", "fault"], folder.path);
    await faulty.wrote("line");
    faulty.child.stdout?.destroy();
    expect(await faulty.ended).toMatchObject({ code: 1, err: expect.stringContaining("a fault of mine") });
  });
});

describe.concurrent("a failed app", () => {
  test("that threw exits with 1, and its logical stack is on stderr, escaped", async () => {
    const { code, out, err } = await run("throws.ts");
    const lines = err.split("\n");
    expect(lines[0]).toBe("yieldix: throws.ts failed: Error: bang \\u{1b}[31m");
    expect(lines[1]).toMatch(/^ +at inner \(.*throws\.ts:3:\d+\)$/);
    expect(err).toMatch(/at outer \(.*throws\.ts:4:\d+\)/);
    expect(err).not.toContain("\u001b");
    expect({ code, out }).toEqual({ code: 1, out: "" });
  });

  test("that threw what is no Error exits with 1 and shows it", async () => {
    const { code, err } = await run("throws-text.ts");
    expect(err).toMatch(/^yieldix: throws-text\.ts failed: [^\n]*\n.*bang \\\\?u/);
    expect(err).not.toContain("\u001b");
    expect(code).toBe(1);
  });

  test("is one sentence where the outside is to blame, and has its stack all the same where that is wanted", async () => {
    const said = "yieldix: address-in-use\\.ts failed: EADDRINUSE: [^\\n]*127\\.0\\.0\\.1:\\d+[^\\n]*port 0[^\\n]*\\n";
    const { code, err } = await run("address-in-use.ts");
    expect(err).toMatch(new RegExp(`^${said}$`));
    expect(code).toBe(1);
    const shown = await run("--stack", "address-in-use.ts");
    expect(shown.err).toMatch(new RegExp(`^${said} +at (.*\\n)* +at app \\(.*address-in-use\\.ts:5:\\d+\\)\n$`));
    expect(shown.code).toBe(1);
  });

  test.skipIf(process.platform !== "linux")("whose last words are lost on a full disk has failed", async () => {
    const intoFullDisk = (app: string): Promise<Ended> => {
      const words = commandOf(["run", app]).map((word) => `'${word}'`);
      return new Running("sh", ["-c", `${words.join(" ")} > /dev/full`], folder.path).ended;
    };
    expect(await intoFullDisk("prints-on.ts")).toMatchObject({
      code: 1,
      err: expect.stringMatching(/\nyieldix: prints-on\.ts failed: ENOSPC: write stdout: .*the device is full.*\n$/),
    });
    // It wrote past print, and was told nothing.
    expect(await intoFullDisk("routine.ts")).toMatchObject({ code: 1, err: sentence(/stdout failed: ENOSPC: /) });
  });

  test("is a sentence for each of several such faults, of a group's members too", async () => {
    const { err } = await run("opens.ts", "gone 1", "gone 2", "gone 1");
    expect(err).toMatch(
      /^yieldix: opens\.ts failed: (ENOENT: open "gone \d": there is no such file(\n {2}and )?){2}\n$/,
    );
  });

  test("has its stack where a deadline of its own has passed", async () => {
    const { code, err } = await run("late.ts");
    expect(err).toMatch(/^yieldix: late\.ts failed: ETIMEDOUT: [^\n]*\n( +at .*\n)* +at app \(.*late\.ts:3:\d+\)/);
    expect(code).toBe(1);
  });

  test("that was killed exits with 1 and says by whom and why", async () => {
    const { code, err } = await run("kills-itself.ts");
    expect(err).toEqual(sentence(/kills-itself\.ts failed: ECANCELED: .*by task 1: enough \\u\{1b\}\[31m/));
    expect(code).toBe(1);
  });

  test("that deadlocked exits with 3 after its cleanup, and the report names the cycle", async () => {
    const { code, out, err } = await run("deadlock.ts");
    expect(err).toMatch(/^yieldix: deadlock\.ts ended in a deadlock: 2 tasks wait/);
    expect(err).toContain("child \\u{1b}[31m");
    expect(err).toMatch(/cycle: 1 -> 2 -> 1\n$/);
    expect({ code, out }).toEqual({ code: 3, out: "cleaned up\n" });
  });

  test("that broke the kernel exits with 70, and the dump is on stderr", async () => {
    const { code, err } = await run("panic.ts");
    expect(err).toMatch(/^yieldix: kernel panic: task 1 /);
    expect(err).toMatch(/\ntasks:\n +1 +panic\.ts /);
    expect(err).toMatch(/\nlatest events, oldest first:\n.*\n +1 Twice\n/s);
    expect(code).toBe(70);
  });

  test("whose timer threw is asked to end, and exits with 1", async () => {
    const { code, out, err } = await run("timer-throws.ts");
    expect(err).toMatch(/^yieldix: timer-throws\.ts, outside its tasks, failed: Error: tick \\u\{1b\}/);
    expect({ code, out }).toEqual({ code: 1, out: "cleaned up\n" });
  });

  test("that could not be read says where, and nothing of who read it", async () => {
    const awaits = await run("awaits-natively.ts");
    expect(awaits).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^yieldix: awaits-natively\.ts failed: SyntaxError: /),
    });
    const misspelt = await run("misspells.ts");
    expect(misspelt).toMatchObject({
      code: 1,
      err: expect.stringContaining("does not provide an export named 'Slep'"),
    });
    expect(misspelt.err).not.toContain("apps/cli");
  });

  test("that failed while it was loaded exits with 1", async () => {
    const thrown = await run("load-throws.ts");
    expect(thrown.err).toMatch(
      /^yieldix: load-throws\.ts failed: Error: while loading \\u\{1b\}\[31m\n +at .*load-throws/,
    );
    expect(thrown.code).toBe(1);
    const stuck = await run("never-loads.ts");
    expect(stuck).toMatchObject({ code: 1, err: sentence(/never-loads\.ts was never loaded: a top-level await/) });
    expect(await run("exits.ts")).toMatchObject({ code: 7, err: "" });
  });

  test("that could not be parsed, or imports what there is not, exits with 1", async () => {
    const unparsed = await run("syntax.js");
    expect(unparsed).toMatchObject({ code: 1, err: expect.stringMatching(/^yieldix: syntax\.js failed: .*[Ee]rror/) });
    const unknown = await run("imports-nothing.ts");
    expect(unknown).toMatchObject({
      code: 1,
      err: expect.stringContaining(`there is no "yieldix/nonsense": import one of yieldix, yieldix/kernel`),
    });
  });
});

describe.concurrent("what cannot be run exits with 2, and one sentence", () => {
  const cases: readonly [args: string[], about: RegExp][] = [
    [[], /no command was given.*--help/],
    [["help", "rum"], /there is no command rum \(see yieldix --help\)/],
    [["new"], /new: say what: yieldix new syscall <Name>, or yieldix new app <name>/],
    [["rum", "app.ts"], /unknown command 'rum'/],
    [["prints.ts"], /unknown command 'prints\.ts'.*yieldix run prints\.ts/],
    [["run"], /missing required argument 'app'/],
    [["run", "gone.ts"], /there is no file gone\.ts: give/],
    [["run", "gone\u001b[31m.ts"], /there is no file gone\\u\{1b\}\[31m\.ts/],
    [["run", "prints"], /there is no file prints: did you mean prints\.ts\?/],
    [["run", "folder.ts"], /folder\.ts is a folder/],
    [["run", "text.txt"], /text\.txt is no module: give a \.ts or \.js file/],
    [["run", "no-default.ts"], /no-default\.ts has no default export: .*export default function\*/],
    [["run", "number.ts"], /number\.ts is a number: it must be a function/],
    [["run", "async.ts"], /async\.ts returned a promise.*function\*/],
    [["run", "async-generator.ts"], /async-generator\.ts returned .*async generator.*function\*/],
    [["run", "nothing.ts"], /nothing\.ts returned undefined, not a program.*function\*/],
    [["run", "--machine", "abacus", "prints.ts"], /'abacus' is invalid.*auto, epoll, node, virtual/],
    [["run", "--quantum", "0", "prints.ts"], /--quantum 0: give an integer of at least 1/],
    [["run", "--quantum", "1.5", "prints.ts"], /--quantum 1\.5: give an integer/],
    [["run", "--seed", "\u001b[2J", "prints.ts"], /--seed \\u\{1b\}\[2J: give an integer/],
    [["run", "--name", "", "prints.ts"], /--name "": give a name of 1 to 64 characters/],
    [["run", "--name", "x".repeat(65), "prints.ts"], /--name "x+": give a name/],
    [["run", "--loud", "prints.ts"], /unknown option '--loud'/],
    [["run", "prints.ts", "--", "x"].slice(0, 1).concat("--quantum"), /'--quantum <n>' argument missing/],
  ];
  test.each(cases)("yieldix %j", async (args, about) => {
    expect(await yieldix(args, folder.path)).toMatchObject({ code: 2, out: "", err: sentence(about) });
  });
});

describe.concurrent("options", () => {
  test("--version and --help are on stdout, with exit code 0", async () => {
    const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string }; // ours
    expect(await yieldix(["--version"], folder.path)).toMatchObject({ code: 0, out: `${manifest.version}\n`, err: "" });
    const help = await yieldix(["--help"], folder.path);
    expect(help).toMatchObject({ code: 0, err: "", out: expect.stringContaining("$ yieldix run app.ts") });
    const runHelp = await yieldix(["help", "run"], folder.path);
    expect(runHelp).toMatchObject({ code: 0, err: "" });
    for (const option of ["--machine", "--quantum", "--seed", "--name", "Example:"])
      expect(runHelp.out).toContain(option);
    const [, example = ""] = /\/\/ hello\.ts\n([\s\S]*\n {2}\})\n/.exec(runHelp.out) ?? [];
    folder.write({ "hello.ts": example });
    expect(await run("hello.ts", "--loud")).toMatchObject({ code: 0, out: "task 1 says hello --loud\n" });
  });

  test("--quantum 1 is exact round robin; without it a task keeps its turn", async () => {
    expect(await run("--quantum", "1", "turns.ts")).toMatchObject({ out: expect.stringContaining("ababab"), code: 0 });
    expect(await run("turns.ts")).toMatchObject({ out: "aaaaaabbbbbb", code: 0 });
  });

  test("--name names the main task, escaped where it is shown", async () => {
    const { err } = await run("--name", "me \u001b[31m", "prints.ts");
    expect(err).toContain("task 1 (me \\u{1b}[31m): logged");
  });

  test("--machine virtual simulates time and network from --seed", async () => {
    const [one, again, other] = await Promise.all(
      ["1", "1", "2"].map((seed) => run("--machine", "virtual", "--seed", seed, "simulated.ts")),
    );
    expect(one).toMatchObject({ code: 0, err: "", out: expect.stringMatching(/^0\.\d+\n$/) });
    expect(again?.out).toBe(one?.out);
    expect(other?.out).not.toBe(one?.out);
  });

  test("--machine virtual lets promises settle, and finds that nothing can happen any more", async () => {
    expect(await run("--machine", "virtual", "awaits.ts", "prints.ts")).toMatchObject({ out: "true\n", code: 0 });
    const idle = await run("--machine", "virtual", "listens.ts");
    expect(idle).toMatchObject({
      code: 3,
      out: "ready\ncleaned up\n",
      err: expect.stringContaining("waits: read tcp"),
    });
  });
});

describe.concurrent("--machine", () => {
  folder.write({
    "machine.ts": `
      import { Connect, GetMachine, Listen, print, type Program } from "yieldix";
      export default function* app(): Program<void> {
        const listener = yield* new Listen({ port: 0 });
        yield* new Connect(listener.address);
        yield* print((yield* new GetMachine()).name);
      }`,
  });
  const [ofHost = "node"] = hostMachines;
  const onNode = (why: string): unknown =>
    expect.stringMatching(
      new RegExp(`^yieldix: running on the node machine: the epoll machine cannot run here: ${why}`),
    );

  test.each(hostMachines)("%s is what the app runs on", async (name) => {
    expect(await run("--machine", name, "machine.ts")).toMatchObject({ code: 0, out: `${name}\n`, err: "" });
  });

  test("auto, or none, is the best that this host has", async () => {
    for (const options of [[], ["--machine", "auto"]]) {
      const { code, out, err } = await run(...options, "machine.ts");
      expect([code, out, err]).toEqual([0, `${ofHost}\n`, ofHost === "epoll" ? "" : onNode("")]);
    }
  });

  test("epoll where koffi is missing exits with 2 and one sentence; auto runs on node, and says why in one line", async () => {
    const copy = join(folder.path, "copy");
    for (const part of ["package.json", "kernel", "syscalls", "apps"]) {
      cpSync(join(root, part), join(copy, part), { recursive: true });
    }
    mkdirSync(join(copy, "node_modules"));
    for (const name of ["commander", "tsx"]) {
      symlinkSync(join(root, "node_modules", name), join(copy, "node_modules", name));
    }
    const command = ["--import", import.meta.resolve("tsx"), join(copy, "apps/cli/main.ts"), "run", "--machine"];
    const runCopy = (name: string): Promise<Ended> =>
      new Running(process.execPath, [...command, name, "machine.ts"], folder.path).ended;
    const why = ofHost === "epoll" ? "the package koffi, which calls it, is not installed[^\\n]*\\n$" : "";
    expect(await runCopy("auto")).toMatchObject({ code: 0, out: "node\n", err: onNode(why) });
    expect(await runCopy("epoll")).toMatchObject({
      code: 2,
      out: "",
      err: sentence(/the epoll machine cannot run here: /),
    });
  });

  test("auto in a worker thread is node, with one line that says why", async () => {
    const [tsx, main] = ["tsx/esm/api", "../../../apps/cli/main.ts"].map((name) =>
      JSON.stringify(import.meta.resolve(name)),
    );
    const program = `import(${tsx}).then(({ register }) => register()).then(() => import(${main}));`;
    const argv = ["run", join(folder.path, "machine.ts")];
    const worker = new Worker(program, { eval: true, argv, stdout: true, stderr: true });
    let [out, err] = ["", ""];
    worker.stdout.on("data", (bytes) => {
      out += bytes;
    });
    worker.stderr.on("data", (bytes) => {
      err += bytes;
    });
    const code = await new Promise((resolve) => worker.once("exit", resolve));
    const why = ofHost === "epoll" ? "this is a worker thread\\n$" : "";
    expect([code, out, err]).toEqual([0, "node\n", onNode(why)]);
  });
});

describe.concurrent("a signal", () => {
  test.each(["SIGINT", "SIGTERM"] as const)("%s ends the app with its cleanup and exit code 0", async (signal) => {
    for (const app of ["listens.ts", "catches.ts"]) {
      const running = start(["run", app], folder.path);
      await running.wrote("ready");
      running.child.kill(signal);
      const { code, out, err } = await running.ended;
      expect(out).toBe(
        app === "listens.ts" ? "ready\ncleaned up\n" : `ready\ntrue Cancelled: cancelled from outside: ${signal}\n`,
      );
      expect(err).toMatch(new RegExp(`^[^\\n]*info kernel: ${signal}: ending; a second signal quits[^\\n]*\\n$`));
      expect(code).toBe(0);
    }
  });

  test.each([
    ["SIGTERM", 143],
    ["SIGINT", 130],
  ] as const)("a second %s quits at once, with exit code %i", async (signal, code) => {
    const running = start(["run", "lingers.ts"], folder.path);
    await running.wrote("ready");
    running.child.kill("SIGTERM");
    await running.wrote("lingering", 30);
    running.child.kill(signal);
    expect(await running.ended).toMatchObject({
      code,
      err: expect.stringContaining(`a second signal, ${signal}: quitting`),
    });
  });

  test("that comes again in the same moment, as Ctrl-C under npm does, is one", async () => {
    const running = start(["run", "echoes.ts"], folder.path);
    await running.wrote("ready");
    running.child.kill("SIGINT");
    expect(await running.ended).toMatchObject({ code: 0, out: "ready\ncleaned up\n" });
  });

  test("exits with 143 if a task had to be dropped in its cleanup", async () => {
    const running = start(["run", "unclean.ts"], folder.path);
    await running.wrote("ready");
    running.child.kill("SIGTERM");
    expect(await running.ended).toMatchObject({
      code: 143,
      err: expect.stringContaining("(stubborn): cleanup dropped"),
    });
  });

  test("does not hide that the app failed while it ended", async () => {
    const running = start(["run", "fails-late.ts"], folder.path);
    await running.wrote("ready");
    running.child.kill("SIGTERM");
    expect(await running.ended).toMatchObject({
      code: 1,
      err: expect.stringContaining("failed: Error: could not save"),
    });
  });

  test("before the app is loaded ends the process as if there were no handler", async () => {
    folder.write({
      "slow.ts": `console.log("loading"); await new Promise((r) => setTimeout(r, 60_000)); export default 1;`,
    });
    const running = start(["run", "slow.ts"], folder.path);
    await running.wrote("loading");
    running.child.kill("SIGTERM");
    expect(await running.ended).toMatchObject({ code: null, signal: "SIGTERM" });
  });
});

describe.concurrent("the npm scripts", () => {
  test("pass on arguments, and signals to npm or to the whole group; the exit code is 0", async () => {
    for (const isGroup of [false, true]) {
      for (const signal of ["SIGINT", "SIGTERM"] as const) {
        const npm = ["run", "--silent", "yieldix", "--", "run", join(folder.path, "cleans.ts"), "--port", "7001"];
        const running = new Running("npm", npm, root, true);
        await running.wrote("ready");
        const { pid = 0 } = running.child;
        process.kill(isGroup ? -pid : pid, signal);
        expect(await running.ended).toMatchObject({ code: 0, signal: null, out: "ready\ncleaned up\n" });
      }
    }
  });

  test("npm start begins as the command does; what it adds is tried in a terminal", () => {
    const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
      scripts: Record<string, string>;
    }; // ours
    expect(scripts["start"]).toBe(scripts["yieldix"]?.replace("main.ts", "npm-start.ts"));
  });
});
