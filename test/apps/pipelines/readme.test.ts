// What apps/pipelines/README.md shows is so: each command that is followed by a text prints that.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { commandOf, Running, root } from "../cli/command.ts";

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
