// How a crawler behaves towards its hosts: connections that are kept, rest that is asked for, links that are not to be
// followed; and that what must be waited for holds up nothing else.

import { describe, expect, test } from "vitest";
import crawler from "../../../apps/crawler.ts";
import type { Program } from "../../../kernel/syscall.ts";
import { ListTasks, NewTask, Sleep } from "../../../syscalls/index.ts";
import { run } from "../../kit/index.ts";
import { crawl, times } from "./crawled.ts";
import { type Answer, links, open, type Pages, type Site } from "./site.ts";

const numbered = (count: number): string[] => Array.from({ length: count }, (_, n) => `/${n}`);
const each = (paths: readonly string[], page: Answer | readonly Answer[]): Pages =>
  Object.fromEntries(paths.map((path) => [path, page]));

describe("a connection", () => {
  const paths = numbered(30);

  test("is kept for the next page, whatever became of the one before", () => {
    const { site, report } = crawl(
      {
        "/": links("/gone", "/moved", "/image", "/chunks", "/empty", ...paths),
        "/gone": { status: 410, body: "it was here" },
        "/moved": { status: 301, headers: { Location: "/0" }, body: "there" },
        "/image": { headers: { "Content-Type": "image/png" }, body: "x".repeat(5_000) },
        "/empty": { status: 204, body: "" },
        ...each(paths, {}),
      },
      ["--tasks", "1"],
    );
    expect(site.asked).toHaveLength(37);
    expect([site.connections, report["connections"]]).toEqual([1, 1]);
  });

  test("is opened for each page that is fetched at the same time, and no more to a host than it may have", () => {
    const pages = { "/": links(...paths), ...each(paths, { afterMs: 50 }) };
    expect(crawl(pages, ["--tasks", "7"]).site.connections).toBe(7);
    expect(crawl(pages, ["--tasks", "7", "--per-host", "2"]).site.connections).toBe(2);
  });

  test("that the server does not keep, breaks off, or that has an endless page on it is replaced", () => {
    const { site, report } = crawl(
      {
        "/": links("/closes", "/endless", "/big", "/last"),
        "/closes": { headers: { Connection: "close" } },
        "/endless": { after: "endless" },
        "/big": { headers: { "Content-Type": "video/mp4" }, body: "x".repeat(100_000) },
        "/last": "",
      },
      ["--tasks", "1", "--max-bytes", "50000"],
    );
    expect(report).toMatchObject({ pages: 5, errors: {}, connections: 4 });
    expect(site.connections).toBe(4);
  });

  test("is one of as many as there are tasks, however many hosts there are", () => {
    const names = Array.from({ length: 12 }, (_, n) => `h${n}`);
    const sites: Site[] = [];
    let most = 0;
    const { report } = crawl(
      { "/": links(...names.map((name) => `http://${name}/`)) },
      ["--hosts", names.join(), "--tasks", "3"],
      {},
      function* () {
        for (const name of names) sites.push(yield* open({ "/": links("/1", "/2"), ...each(["/1", "/2"], {}) }, name));
        const watch = function* (): Program<void> {
          for (;;) {
            most = Math.max(
              most,
              sites.reduce((sum, { connected }) => sum + connected, 0),
            );
            yield* new Sleep(0.1);
          }
        };
        yield* new NewTask(watch(), "site watch");
      },
    );
    expect(report).toMatchObject({ pages: 37, errors: {} });
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(3 + 3); // those that a host has not yet heard the end of
  });
});

describe("a page that waits to be tried again", () => {
  test("holds up no other, even where there is one task", () => {
    const { site, report } = crawl(
      { "/": links("/busy", "/1", "/2"), "/busy": [{ status: 503 }, {}], "/1": links("/3"), "/2": "", "/3": "" },
      ["--tasks", "1"],
    );
    expect(site.asked.map(({ path }) => path)).toEqual(["/robots.txt", "/", "/busy", "/1", "/2", "/3", "/busy"]);
    expect(report).toMatchObject({ complete: true, pages: 5, retries: 1, unfinished: 0 });
  });

  test("goes before those that are new, once its time has come", () => {
    const paths = numbered(30);
    const { site } = crawl(
      { "/": links("/busy", ...paths), "/busy": [{ status: 503 }, {}], ...each(paths, { afterMs: 100 }) },
      ["--tasks", "1"],
    );
    const [, again = 0] = times(site, "/busy");
    expect(again).toBeGreaterThanOrEqual(250);
    expect(again).toBeLessThan(500 + 2 * 105);
  });

  test("waits while others do: many take no longer than one", () => {
    const paths = numbered(60);
    const pages = { "/": links(...paths), ...each(paths, [{ status: 500 }, { after: "reset" }, {}]) };
    const { site, report } = crawl(pages, ["--tasks", "2"]);
    expect(report).toMatchObject({ complete: true, pages: 61, retries: 120, errors: {} });
    const at = site.asked.map(({ atMs }) => atMs);
    expect(Math.max(...at) - Math.min(...at)).toBeLessThan(2_500); // one: a second and a half
  });

  test("comes in its turn at its host: so many at a time, so long after one another", () => {
    const paths = numbered(6);
    const pages = { "/": links(...paths), ...each(paths, [{ status: 500, afterMs: 20 }, { afterMs: 20 }]) };
    const { site } = crawl(pages, ["--tasks", "4", "--per-host", "2", "--delay", "300"]);
    expect(site.most).toBeLessThanOrEqual(2);
    const at = site.asked.map(({ atMs }) => atMs);
    expect(at).toHaveLength(14);
    for (const [n, ms] of at.slice(1).entries()) expect(ms - (at[n] ?? 0)).toBeGreaterThan(290);
  });

  test("is tried so often and no more, and the crawl is over when it is", () => {
    const { site, report, of } = crawl({ "/": links("/never"), "/never": { status: 502 } }, ["--retries", "4"]);
    expect(times(site, "/never")).toHaveLength(5);
    expect(of("/never")).toMatchObject({ kind: "error", error: "502" });
    expect(report).toMatchObject({ complete: true, retries: 4, unfinished: 0 });
  });

  test("is seen to wait, at its host", () => {
    let seen: readonly string[] = [];
    run(function* () {
      yield* open({ "/": links("/busy"), "/busy": { status: 503 } });
      yield* new NewTask(crawler(["http://site/", "--tasks", "1"]), "crawler");
      yield* new Sleep(20);
      seen = (yield* new ListTasks()).map(({ name, verb, object }) => `${name} | ${verb} ${object}`);
      yield* new Sleep(5_000);
    });
    expect(seen.map((line) => line.replace(/sleep \d+/g, "sleep …"))).toEqual(
      expect.arrayContaining([
        "crawl worker 1 | receive from channel jobs",
        "crawl host http://site | select next: receive from queue pages of http://site (0 of 10000), again: sleep … ms",
      ]),
    );
  });

  test("leaves its host's robots.txt no permit while that waits", () => {
    const names = ["a", "b", "c"];
    const sites: Site[] = [];
    const { site } = crawl(
      { "/": links(...names.map((name) => `http://${name}/`), "/1"), "/1": links("/2"), "/2": "" },
      ["--hosts", names.join(), "--tasks", "2"],
      {},
      function* () {
        for (const name of names) sites.push(yield* open({ "/robots.txt": { status: 500 } }, name));
      },
    );
    const last = site.asked.at(-1);
    expect(last?.path).toBe("/2");
    expect((last?.atMs ?? 0) - (site.asked[0]?.atMs ?? 0)).toBeLessThan(100);
    expect(sites.map(({ asked }) => asked.length)).toEqual([3, 3, 3]);
  });
});

describe("a host that asks for rest", () => {
  const paths = numbered(30);
  const after = (answer: Answer) =>
    crawl(
      { "/": links("/busy", ...paths, "http://other/"), "/busy": [answer, {}], ...each(paths, { afterMs: 10 }) },
      ["--tasks", "2", "--hosts", "other"],
      {},
      function* () {
        yield* open({ "/": { afterMs: 100 } }, "other");
      },
    );
  /** The longest time in which it was asked for nothing, ms. */
  const rest = ({ asked }: Site): number =>
    Math.max(...asked.slice(1).map(({ atMs }, n) => Math.round(atMs - (asked[n]?.atMs ?? 0))));

  test.each([
    ["too many, for so long", { status: 429, headers: { "Retry-After": "7" } }, 6_900, 7_100],
    ["too many", { status: 429 }, 230, 520],
    ["not now, for so long", { status: 503, headers: { "Retry-After": "7" } }, 6_900, 7_100],
    ["too many, for very long", { status: 429, headers: { "Retry-After": "7000" } }, 59_900, 60_100],
    ["not now", { status: 503 }, 0, 230],
  ] as const)("%s", (_, answer, least, most) => {
    const { site, report } = after(answer);
    expect(rest(site)).toBeGreaterThanOrEqual(least);
    expect(rest(site)).toBeLessThan(most);
    expect(report).toMatchObject({ complete: true, unfinished: 0 });
  });

  test("while the next page waits for its turn already: it too", () => {
    const busy = { status: 429, headers: { "Retry-After": "7" } };
    const pages = { "/": links("/1", "/2", "/3"), "/1": [busy, {}] };
    const { site, report } = crawl(pages, ["--delay", "1000", "--per-host", "2"]);
    const at = site.asked.map(({ atMs }) => atMs);
    const gaps = at.slice(1).map((atMs, n) => Math.round((atMs - (at[n] ?? 0)) / 100));
    expect([gaps, report["complete"]]).toEqual([[10, 10, 70, 10, 10], true]);
  });

  const now = "Fri, 31 Dec 1999 23:59:30 GMT";

  test.each([
    ["later than the answer's own", { Date: now, "Retry-After": "Sat, 01 Jan 2000 00:00:10 GMT" }, 40_000, 40_100],
    ["that has passed", { Date: now, "Retry-After": "Fri, 31 Dec 1999 23:59:00 GMT" }, 250, 520],
    ["where the answer has none", { "Retry-After": "Sat, 01 Jan 2000 00:00:10 GMT" }, 250, 520],
    ["that is none", { Date: now, "Retry-After": "next year" }, 250, 520],
  ])("until a date %s", (_, headers, least, most) => {
    const { site } = crawl({ "/": [{ status: 503, headers }, {}] });
    const [, second = 0] = times(site, "/");
    expect(second).toBeGreaterThanOrEqual(least);
    expect(second).toBeLessThan(most);
  });

  test("until a date too far away: the page is not asked for again", () => {
    const headers = { Date: now, "Retry-After": "Sat, 01 Jan 2000 00:02:00 GMT" };
    const { site, report } = crawl({ "/": links("/1"), "/1": { status: 503, headers } });
    expect(times(site, "/1")).toHaveLength(1);
    expect(report).toMatchObject({ errors: { "503": 1 } });
  });

  test("by its robots.txt too, of which nobody can tell then what it allows", () => {
    const { site, report } = crawl({ "/": "", "/robots.txt": { status: 429 } });
    expect(site.paths).toEqual(["/robots.txt", "/robots.txt", "/robots.txt"]);
    expect(report).toMatchObject({ pages: 0, errors: { "robots.txt 429": 1 } });
  });
});

describe("links that are not to be followed", () => {
  const tag = (value: string): Answer => ({ headers: { "X-Robots-Tag": value }, body: links("/no", "/not") });
  const meta = (content: string, name = "robots"): Answer => ({
    body: `${links("/no", "/not")}<meta content="${content}" name=${name}>`,
  });

  test.each([
    ["X-Robots-Tag: nofollow", tag("nofollow")],
    ["X-Robots-Tag: none", tag("noindex, none")],
    ["X-Robots-Tag: our name", tag("other: all, yieldix-crawler: nofollow")],
    ["<meta> nofollow, behind the links", meta("noindex,NOFOLLOW")],
    ["<meta> none", meta("none")],
    ["<meta> our name", meta("nofollow", "Yieldix-Crawler")],
    ["rel", { body: '<a href=/no rel="Noopener NoFollow"></a><a rel=nofollow href=/not></a>' }],
  ])("%s", (_, page) => {
    const { site, report } = crawl({ "/": page, "/no": "", "/not": "" });
    expect(site.paths).toEqual(["/", "/robots.txt"]);
    expect(report).toMatchObject({ pages: 1, leftOut: { nofollow: 2 } });
  });

  test.each([
    ["noindex", tag("noindex"), true],
    ["noindex", meta("noindex, follow"), true],
    ["of another robot", tag("other: nofollow, noindex"), false],
    ["of another robot", meta("none", "googlebot"), false],
    ["of another sort", tag("unavailable_after: 25 Jun 2010 15:00:00 PST, nosnippet"), false],
    ["of another rel", { body: '<a href=/no rel="nofollowing ugc"></a><a rel=me href=/not></a>' }, false],
  ])("are those of a word %s not", (_, page, noindex) => {
    const { site, report, of } = crawl({ "/": page, "/no": "", "/not": "" });
    expect(site.paths).toEqual(["/", "/no", "/not", "/robots.txt"]);
    expect(of("/")).toMatchObject({ noindex, links: 2 });
    expect(report["leftOut"]).toEqual({});
  });

  test("are followed where they stand without that, on this page or another", () => {
    const { site, report } = crawl({
      "/": `<a rel=nofollow href=/a></a><a href=/a></a><a rel=nofollow href=/b></a><a href=/c></a>`,
      "/a": "",
      "/b": "",
      "/c": links("/b"),
    });
    expect(site.paths).toEqual(["/", "/a", "/b", "/c", "/robots.txt"]);
    expect(report).toMatchObject({ leftOut: { nofollow: 1 } });
  });

  test("are no redirects", () => {
    const { site } = crawl({
      "/": { ...tag("none"), status: 302, headers: { Location: "/a", "X-Robots-Tag": "none" } },
    });
    expect(site.paths).toEqual(["/", "/a", "/robots.txt"]);
  });
});

describe("what comes packed though nobody asked for it", () => {
  const packed = { "Content-Encoding": "gzip" };

  test("is an error of a page, as its links cannot be read", () => {
    const { report, of } = crawl({
      "/": links("/packed", "/plain"),
      "/packed": { headers: packed, body: links("/never") },
      "/plain": { headers: { "Content-Encoding": "Identity" }, body: links("/found") },
      "/found": "",
    });
    expect(report).toMatchObject({ pages: 3, errors: { "content-encoding": 1 } });
    expect(of("/packed")).toMatchObject({ message: expect.stringContaining('packed as "gzip"') });
  });

  test("and is a robots.txt allows nothing", () => {
    const { report } = crawl({ "/": "", "/robots.txt": { headers: packed, body: "x" } });
    expect(report).toMatchObject({ pages: 0, errors: { "content-encoding": 1 } });
  });
});
