// A crawl of a simulated site, and what it came to.

import { expect } from "vitest";
import crawler from "../../../apps/crawler.ts";
import type { Program } from "../../../kernel/syscall.ts";
import { type RunOptions, run } from "../../kit/index.ts";
import { open, type Pages, type Site } from "./site.ts";

export interface Crawled {
  readonly site: Site;
  /** What `--json` gives. */
  readonly report: {
    readonly pages: number;
    readonly errors: Readonly<Record<string, number>>;
    readonly list: readonly Readonly<Record<string, unknown>>[];
    readonly [name: string]: unknown;
  };
  /** What became of a page, by its path. */
  of(path: string): Readonly<Record<string, unknown>> | undefined;
}

/** Crawls a site of these pages from its first on; "/robots.txt" is 404 unless it is one of them. */
export function crawl(
  pages: Pages,
  argv: readonly string[] = [],
  options: RunOptions = {},
  more?: () => Program<void>,
): Crawled {
  let site: Site | undefined;
  const { machine, logs } = run(function* () {
    site = yield* open(pages);
    if (more !== undefined) yield* more();
    try {
      yield* crawler(["http://site/", "--json", ...argv]);
    } catch (error) {
      if (!String(error).includes("not one page")) throw error;
    }
  }, options);
  if (site === undefined) throw new Error("the site was not opened");
  expect(logs.filter(({ level }) => level !== "info")).toEqual([]);
  const report = JSON.parse(machine.stdout.text);
  const of: Crawled["of"] = (path) => report.list.find(({ url }: { url: string }) => url === `http://site${path}`);
  return { site, report, of };
}

/** When a page was asked for, ms after the first time. */
export const times = ({ asked }: Site, path: string): number[] => {
  const all = asked.filter((each) => each.path === path).map(({ atMs }) => atMs);
  return all.map((at) => Math.round(at - (all[0] ?? 0)));
};
