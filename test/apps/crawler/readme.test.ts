// apps/crawler/README.md is true: its options are those there are, and what it shows of a run is what that prints.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { usage } from "../../../apps/crawler/options.ts";
import crawler from "../../../apps/crawler.ts";
import { ListTasks, NewTask, Sleep, WaitTask } from "../../../syscalls/index.ts";
import { run } from "../../kit/index.ts";
import { root } from "../cli/command.ts";
import { links, open, type Pages } from "./site.ts";

const readme = readFileSync(join(root, "apps/crawler/README.md"), "utf8");

const pages: Pages = {
  "/": links("/about", "/news/", "/old", "/private/", "/broken", "http://elsewhere/"),
  "/about": links("/", "/team"),
  "/news/": links(...Array.from({ length: 40 }, (_, n) => `${n}`)),
  "/old": { status: 301, headers: { Location: "/about" } },
  "/broken": { status: 503 },
  "/robots.txt": { headers: { "Content-Type": "text/plain" }, body: "User-agent: *\nDisallow: /private/" },
  ...Object.fromEntries(
    Array.from({ length: 40 }, (_, n) => [`/news/${n}`, { afterMs: 400, body: links("/", "../about").padEnd(2_000) }]),
  ),
};

test("its options are those of the command line", () => {
  const told = [...readme.matchAll(/^\| `(--[a-z-]+)/gm)].map(([, name]) => name);
  const known = [...usage.matchAll(/\[(--[a-z-]+)/g)].map(([, name]) => name);
  expect(told.sort()).toEqual(known.sort());
  expect(known.length).toBeGreaterThan(8);
});

test("what it shows of a run, and of its tasks meanwhile, is so", () => {
  let shown: readonly string[] = [];
  const { machine } = run(function* () {
    yield* open(pages);
    const tid = yield* new NewTask(crawler(["http://site/", "--tasks", "4"]), "crawler.ts");
    yield* new Sleep(1_000);
    const own = (yield* new ListTasks()).filter(({ name }) => name.startsWith("crawl"));
    shown = own.map(({ name, verb, object }) => `${`${verb} ${object}`.padEnd(58)}  ${name}`);
    yield* new WaitTask(tid);
  });
  const told = [...readme.matchAll(/^```text\n([\s\S]*?)^```$/gm)].map(([, text = ""]) => timeless(text));
  const tasks = ["WAITING ON".padEnd(60).concat("NAME"), ...shown, ""].join("\n");
  expect(told).toEqual([machine.stdout.text, tasks].map(timeless));
});

/** Without what another kernel, or another day, would make otherwise: times, and ports of clients. */
function timeless(text: string): string {
  return text
    .replaceAll(/\d+\.\d+(?= s$|\/s)/gm, "…")
    .replaceAll(/127\.0\.0\.1:\d+/g, "…")
    .replaceAll(/ {2,}/g, "  ");
}
