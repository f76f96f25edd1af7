// `yieldix new`, end to end: what it writes in this repository (a copy of it) is clean, compiles under our flags and passes
// its own test at once. What it writes elsewhere is tried in test/package.test.ts, on the installed package.

import { execFile } from "node:child_process";
import { cpSync, existsSync, readFileSync, symlinkSync } from "node:fs";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Folder, root, yieldix } from "./command.ts";

describe("in this repository", () => {
  const copy = new Folder({});
  const [longest, kebab] = [`Take${"Very".repeat(8)}Long`, `take-${"very-".repeat(8)}long`];
  let [app, syscall] = ["", ""];
  const bin = (name: string): string => join(root, "node_modules/.bin", name);
  const call = (file: string, ...args: string[]) => promisify(execFile)(file, args, { cwd: copy.path });

  beforeAll(async () => {
    const parts = ["package.json", "tsconfig.json", "biome.json", ".gitignore", "kernel", "syscalls", "apps"];
    const tests = ["test/kit", "test/tsconfig.json", "test/vitest.config.ts"];
    for (const part of [...parts, ...tests]) cpSync(join(root, part), join(copy.path, part), { recursive: true });
    symlinkSync(join(root, "node_modules"), join(copy.path, "node_modules"));
    for (const name of ["HTTPGet2", longest, "A"]) {
      expect(await yieldix(["new", "syscall", name], copy.path)).toMatchObject({ code: 0, err: "" });
    }
    app = (await yieldix(["new", "app", "my-app"], join(copy.path, "kernel"))).out;
    syscall = (await yieldix(["new", "syscall", "TakeTicket"], copy.path)).out;
  }, 60_000);
  afterAll(() => copy.remove());

  test("what was written is said, and what comes next, from whichever folder", () => {
    expect(app).toBe(
      "wrote ../apps/my-app.ts\nwrote ../test/apps/my-app.test.ts\n" +
        "next: npx vitest run --config ../test/vitest.config.ts ../test/apps/my-app.test.ts\n",
    );
    expect(syscall).toBe(
      "wrote syscalls/take-ticket.ts\nwrote test/syscalls/take-ticket.test.ts\n" +
        "next: npx vitest run --config test/vitest.config.ts test/syscalls/take-ticket.test.ts\n" +
        "then: export it in syscalls/index.ts, and npm run docs\n",
    );
    expect(existsSync(join(copy.path, "syscalls/http-get2.ts"))).toBe(true);
  });

  test("it is clean, compiles, and passes its tests", async () => {
    await call(bin("biome"), "check", "syscalls", "test/syscalls", "apps", "test/apps");
    await call(bin("tsc"), "--noEmit");
    await call(bin("tsc"), "--noEmit", "-p", "test");
    const { stdout } = await call(bin("vitest"), "run", "--config", "test/vitest.config.ts", "--reporter", "json");
    const { testResults } = JSON.parse(stdout) as { testResults: { name: string; status: string }[] }; // vitest's
    expect(testResults.map(({ name, status }) => `${basename(name)} ${status}`).sort()).toEqual(
      ["a", "http-get2", "my-app", "take-ticket", kebab].map((name) => `${name}.test.ts passed`),
    );
  }, 120_000);
});

describe("anywhere else", () => {
  const folder = new Folder({ "there.test.ts": "mine" });
  afterAll(() => folder.remove());
  const begin = (...args: string[]) => yieldix(["new", ...args], folder.path);

  test("they go into the working directory, and what is missing is said", async () => {
    expect(await begin("app", "hello")).toEqual({
      code: 0,
      signal: null,
      out:
        "wrote hello.ts\nwrote hello.test.ts\n" +
        "next: npm install --save-dev yieldix vitest@4 && npx vitest run hello.test.ts\n",
      err: "",
    });
    expect(await yieldix(["run", "hello.ts", "you", "1"], folder.path)).toMatchObject({ code: 0, out: "hello you\n" });
    folder.write({ "node_modules/yieldix/package.json": "{}", "node_modules/vitest/package.json": "{}" });
    expect((await begin("app", "other")).out).toContain("next: npx vitest run other.test.ts\n");
  });

  test("nothing is overwritten, and then nothing is written", async () => {
    const { code, out, err } = await begin("app", "there");
    expect(err).toBe("yieldix: there.test.ts is there already: take another name, or remove it\n");
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(readFileSync(join(folder.path, "there.test.ts"), "utf8")).toBe("mine");
    expect(existsSync(join(folder.path, "there.ts"))).toBe(false);
  });

  test("what cannot be written is said in one sentence", async () => {
    symlinkSync(join(folder.path, "nowhere/at-all"), join(folder.path, "dangling.ts"));
    expect(await begin("app", "dangling")).toMatchObject({
      code: 2,
      err: "yieldix: dangling.ts cannot be written here: EEXIST\n",
    });
  });

  test.each([
    ["syscall", "take-ticket", "give a class's name such as TakeTicket"],
    ["syscall", "../Take", "give a class's name"],
    ["syscall", "T".repeat(41), "at most 40"],
    ["syscall", "Task", "the file needs Task of the kernel"],
    ["app", "MyApp", "give a file's name such as my-app"],
    ["app", "../my-app", "give a file's name"],
    ["app", "my--app", "give a file's name"],
    ["app", "\u001b[31m", "new app \\u{1b}[31m: give"],
    ["thing", "x", "unknown command 'thing'"],
  ])("new %s %s is refused in one sentence", async (kind, name, sentence) => {
    const { code, out, err } = await begin(kind, name);
    expect(err).toContain(sentence);
    expect(err).toMatch(/^yieldix: [^\n]+\n$/);
    expect({ code, out }).toEqual({ code: 2, out: "" });
  });
});
