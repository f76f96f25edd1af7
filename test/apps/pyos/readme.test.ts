// The tutorial is true: its snippets are in the files that it names, its commands print what it says, and its table of
// weaknesses is what the laws show and what the steps say of themselves.

import { existsSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { root, yieldix } from "../cli/command.ts";
import { LaunchedApp } from "../launched-app.ts";
import { laws } from "./laws.ts";
import { lastStep } from "./steps.ts";

const folder = join(root, "apps/pyos");
const text = readFileSync(join(folder, "README.md"), "utf8");
const fileOf = (name: string): string => readFileSync(join(folder, name), "utf8");

const snippets = [...text.matchAll(/^`([\w./-]+\.ts)`:\n\n```ts\n([\s\S]*?)^```$/gm)].map(
  ([, file = "", code = ""]) => ({ file, code }),
);
const commands = [...text.matchAll(/^```sh\nyieldix run (\S+)(.*)\n(echo .*\n)?```\n\n```text\n([\s\S]*?)^```$/gm)].map(
  ([, app = "", args = "", client, output = ""]) => ({ app, isServer: args !== "", hasClient: !!client, output }),
);

/** Ports are never the same twice. */
const portless = (printed: string): string => printed.replaceAll(/(127\.0\.0\.1):\d+/g, "$1:…").replaceAll(/ +/g, " ");

/** Sends a line to a server, waits for its echo, and leaves when it is told to. */
async function talk(port: number, meanwhile: () => Promise<void> = async () => {}): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  const ended = new Promise((resolve, reject) => {
    socket.on("close", resolve);
    socket.on("error", reject);
  });
  socket.write("hello\n");
  const echo = await Promise.race([
    new Promise<string>((resolve) => socket.once("data", (bytes) => resolve(String(bytes)))),
    ended.then(() => "closed"),
  ]);
  await meanwhile();
  socket.end();
  await ended;
  return echo;
}

async function portOf(app: LaunchedApp): Promise<number> {
  const [, port] = await app.wrote(/^echo on 127\.0\.0\.1:(\d+)$/m);
  return Number(port);
}

describe.concurrent("the tutorial", () => {
  test("has a snippet and a command for each step", () => {
    const numbers = Array.from({ length: lastStep }, (_, place) => `${place + 1}`);
    expect([...new Set(snippets.map(({ file }) => file.replace(/[./].*/, "")))]).toEqual(numbers);
    expect(commands.map(({ app }) => app)).toEqual(numbers.map((number) => `apps/pyos/${number}.ts`));
    expect(text.match(/^```ts$/gm)?.length).toBe(snippets.length);
  });

  test.each(snippets)("$file has its snippet, word for word", ({ file, code }) => {
    expect(fileOf(file)).toContain(code);
  });

  const isEndless = ({ app, isServer }: (typeof commands)[number]): boolean => isServer || app.endsWith("/2.ts");

  test.each(commands.filter((command) => !isEndless(command)))(
    "$app prints what is said, and ends",
    async (command) => {
      const { code, out, err } = await yieldix(["run", command.app], root);
      expect([code, err, out]).toEqual([0, "", command.output]);
    },
  );

  test.each(commands.filter(isEndless))("$app prints what is said until Ctrl-C", async (command) => {
    const launched = new LaunchedApp(command.app, command.isServer ? ["--port", "0"] : []);
    if (command.hasClient) expect(await talk(await portOf(launched))).toBe("hello\n");
    const lines = command.output.split("\n").length - 1;
    const [begin] = await launched.wrote(new RegExp(`^(.*\n){${lines}}`));
    expect(portless(begin)).toBe(portless(command.output));
    expect((await launched.stop("SIGINT")).code).toBe(0);
  });

  test("ps says what a server with a client waits for", async () => {
    const launched = new LaunchedApp("apps/pyos/8.ts", ["--port", "0"]);
    const [, said = ""] = /^```text\n(TID[\s\S]*?)^```$/m.exec(text) ?? [];
    let seen = "";
    await talk(await portOf(launched), async () => {
      const ps = await yieldix(["ps", "-k", String(launched.pid), "--columns", "tid,waiting,name"], root);
      expect([ps.code, ps.err]).toEqual([0, ""]);
      seen = ps.out;
    });
    await launched.stop("SIGINT");
    expect(portless(seen)).toBe(portless(said));
  });

  test("the last step echoes while it counts", async () => {
    const launched = new LaunchedApp("apps/pyos/16.ts", ["--port", "0"]);
    const port = await portOf(launched);
    expect(await Promise.all([talk(port), talk(port)])).toEqual(["hello\n", "hello\n"]);
    await launched.wrote(/^1 s$/m);
    expect((await launched.stop("SIGTERM")).code).toBe(0);
  });

  test("what a step cannot do with its arguments is a sentence, and exit 2", async () => {
    const { code, err } = await yieldix(["run", "apps/pyos/5.ts", "--", "--port", "0"], root);
    expect([code, err]).toEqual([
      2,
      'yieldix: "--port" is not known here: a demo takes no arguments\n' +
        "usage: yieldix run apps/pyos/<step>.ts\n       --help says more\n",
    ]);
    const port = await yieldix(["run", "apps/pyos/8.ts", "--", "--port", "many"], root);
    expect([port.code, port.err]).toEqual([
      2,
      'yieldix: --port "many" is not a whole number from 0 to 65535\n' +
        "usage: yieldix run apps/pyos/<step>.ts -- [--port 7000]\n       --help says more\n",
    ]);
  });
});

describe("what mends what", () => {
  const rows = [...text.matchAll(/^\| (W\d+) .* \| (\d+) \| (.*) \|$/gm)].map(([, weakness, step, files]) => ({
    weakness,
    step: Number(step),
    files: [...(files ?? "").matchAll(/`([^`]+)`/g)].map(([, file = ""]) => file),
  }));

  test("is what the laws show", () => {
    const shown = laws.flatMap(({ step, mends = [] }) => mends.map((weakness) => [weakness, step]));
    expect(rows.length).toBe(24);
    expect(new Map(rows.map(({ weakness, step }) => [weakness, step]))).toEqual(new Map(shown as [string, number][]));
  });

  test("is what the steps say of themselves", () => {
    const after = Array.from({ length: lastStep - 8 }, (_, place) => place + 9);
    for (const step of after) {
      const [, said = ""] = /^\/\/ Mends ([W\d, ]+)\./m.exec(fileOf(`${step}.ts`)) ?? [];
      expect(said.split(", ")).toEqual(rows.filter((row) => row.step === step).map(({ weakness }) => weakness));
    }
  });

  test("every file of ours that it names is there, and so is every link", () => {
    const named = rows.flatMap(({ files }) => files);
    const links = [...text.matchAll(/\]\(([^)#]+)\)/g)].map(([, link = ""]) => join("apps/pyos", link));
    expect([...named, ...links].filter((file) => !existsSync(join(root, file)))).toEqual([]);
  });
});
