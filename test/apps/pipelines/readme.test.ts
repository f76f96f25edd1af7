// What apps/pipelines/README.md shows is so: each command that is followed by a text prints that.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { commandOf, Folder, Running, root, yieldix } from "../cli/command.ts";
import { LaunchedApp } from "../launched-app.ts";

const readme = readFileSync(join(root, "apps/pipelines/README.md"), "utf8");
const shown = [...readme.matchAll(/^```sh\n((?:(?!```)[\s\S])*)```\n\n```text\n([\s\S]*?)^```$/gm)].map(
  ([, line = "", text = ""]) => [line, text],
);

test("there are commands to be run", () => {
  expect(shown.length).toBe(3);
});

test.each(shown)("%s", async (line, text) => {
  const command = commandOf([]).map((word) => `'${word}'`);
  const running = new Running("bash", ["-c", `yieldix() { ${command.join(" ")} "$@"; }\n${line}`], root);
  expect(await running.ended).toEqual({ code: 0, signal: null, out: text, err: "" });
});

test("the tree of follow is as it is shown", { timeout: 60_000 }, async () => {
  const [, tree = ""] = /^```text\n(TASK[\s\S]*?)^```$/m.exec(readme) ?? [];
  const folder = new Folder({ "app.log": "" });
  const log = join(folder.path, "app.log");
  const follow = new LaunchedApp("apps/pipelines/follow.ts", [log, "error", "^warn"]);
  // Names and waits, without times and widths.
  const seen = (text: string): string[] =>
    text
      .replaceAll(log, "/tmp/app.log")
      .split("\n")
      .map((line) => line.replace(/ +[0-9.]+m?s /, " ").replace(/ +/g, " "));
  try {
    let out = "";
    const [wanted, until] = [seen(tree).slice(1), performance.now() + 40_000];
    expect(wanted).toHaveLength(7); // six tasks, and the end of the text
    do out = (await yieldix(["tree", "-k", String(follow.process.pid)], folder.path)).out;
    while (seen(out).slice(1).join() !== wanted.join() && performance.now() < until);
    expect(seen(out).slice(1)).toEqual(wanted);
  } finally {
    await follow.stop("SIGKILL");
    folder.remove();
  }
});
