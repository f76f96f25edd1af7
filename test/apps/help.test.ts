// Every app says how it is called. What its options are is what parseArgs of Node is told, which is looked at here.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { ParseArgsConfig } from "node:util";
import { describe, expect, test, vi } from "vitest";
import type { App } from "../../apps/index.ts";
import { runExit } from "../kit/index.ts";
import { root, yieldix } from "./cli/command.ts";

type Options = NonNullable<ParseArgsConfig["options"]>;

const told = vi.hoisted(() => [] as object[]);
vi.mock("node:util", async (original) => {
  const util = await original<typeof import("node:util")>();
  const parseArgs = (config: ParseArgsConfig): unknown => {
    told.push(config.options ?? {});
    return util.parseArgs(config);
  };
  return { ...util, parseArgs };
});

const apps = readdirSync(join(root, "apps"), { recursive: true, encoding: "utf8" })
  .map((path) => `apps/${path.replaceAll("\\", "/")}`)
  .filter((path) => path.endsWith(".ts") && !path.startsWith("apps/cli/"))
  .filter((path) => /^export default /m.test(readFileSync(join(root, path), "utf8")))
  .sort();

/** The options that an app knows. It is given one that no app does, so that it does not begin. */
function optionsOf(app: App): Options {
  told.length = 0;
  const { outcome } = runExit(app(["--no-such-option"]));
  expect(outcome).toMatchObject({ status: "threw", error: { name: "UsageError" } });
  return (told[0] ?? {}) as Options; // what was noted of its call
}

/** What a usage text says of an option: its line, and those that go on with it. */
function lineOf(usage: string, name: string): string {
  return new RegExp(`^  (?:-\\w, )?--${name} .*(?:\n {8,}.*)*`, "m").exec(usage)?.[0] ?? "";
}

describe.each(apps)("%s", (path) => {
  const loaded = import(join(root, path)) as Promise<{ default: App }>; // the app's module

  test.each(["--help", "-h"])("says how it is called when asked by %s, and has not failed", async (word) => {
    const { default: app } = await loaded;
    const { outcome, machine, logs } = runExit(app([word]));
    expect([outcome.status, logs]).toEqual(["returned", []]);
    const said = machine.stdout.text.trimEnd();
    const own = path.replace(/^(apps\/pyos\/).*/, "$1<step>.ts");
    expect(said.startsWith(`usage: yieldix run ${own}`)).toBe(true);
    expect(said.split("\n").filter((line) => line.length > 80)).toEqual([]);
    expect(said.split("\n\n")[1]).toMatch(/^[A-Z].*\.$/s);
  });

  test("says in short how it is called where it cannot do as asked", async () => {
    const { default: app } = await loaded;
    const [synopsis = ""] = runExit(app(["--help"])).machine.stdout.text.split("\n\n");
    const { outcome } = runExit(app(["--no-such-option"]));
    const { message } = (outcome as { error: Error }).error; // optionsOf looks at what kind it is
    expect(message.split("\n").slice(1).join("\n")).toBe(`${synopsis}\n       --help says more`);
  });

  test("says of each of its options what it means, what it takes, and what it is by default", async () => {
    const { default: app } = await loaded;
    const usage = runExit(app(["--help"])).machine.stdout.text;
    const [synopsis = ""] = usage.split("\n\n");
    const options = Object.entries(optionsOf(app));
    for (const [name, { type, short }] of options) {
      const line = lineOf(usage, name);
      const words = `${short === undefined ? "" : `-${short}, `}--${name}`;
      if (type === "boolean") expect(line).toMatch(new RegExp(`^  ${words}  +\\S`));
      else expect(line).toMatch(new RegExp(`^  ${words} \\w+  +\\S[^]*default`));
      expect(synopsis).toMatch(new RegExp(`${short === undefined ? `--${name}` : `\\[-${short}`}\\b`));
    }
    const shown = [...usage.matchAll(/^ {2}(?:-\w, )?--([a-z-]+)/gm)].map(([, name]) => name);
    expect(shown.sort()).toEqual(options.map(([name]) => name).sort());
  });
});

test("these are all apps there are, and most have options", async () => {
  expect(apps.length).toBeGreaterThan(35);
  const counts = await Promise.all(
    apps.map(async (path) => {
      const { default: app } = (await import(join(root, path))) as { default: App }; // as above
      return Object.keys(optionsOf(app)).length;
    }),
  );
  expect(counts.filter((count) => count > 0).length).toBeGreaterThan(20);
});

test.each(["apps/echo.ts", "apps/evolution/callbacks.ts", "apps/pipelines/grep.ts"])(
  "%s in a process: on standard output, with exit code 0",
  async (path) => {
    const { code, out, err } = await yieldix(["run", path, "--help"], root);
    expect([code, err]).toEqual([0, ""]);
    expect(out).toMatch(new RegExp(`^usage: yieldix run ${path}`));
  },
);
