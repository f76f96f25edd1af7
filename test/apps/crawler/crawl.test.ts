// The crawler on simulated time and a simulated network: which pages it fetches, how often and when, whatever a site does.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { maxHosts } from "../../../apps/crawler/crawl.ts";
import { maxHops } from "../../../apps/crawler/frontier.ts";
import { maxRobotsBytes } from "../../../apps/crawler/robots.ts";
import crawler from "../../../apps/crawler.ts";
import type { Program } from "../../../kernel/syscall.ts";
import { run } from "../../kit/index.ts";
import { crawl, times } from "./crawled.ts";
import { type Answer, links, open, type Site } from "./site.ts";

describe("a crawl", () => {
  test("fetches each page once, however often and in whatever spelling it is linked", () => {
    const { site, report } = crawl({
      "/": links("/a", "a#part", "HTTP://SITE:80/b/", "/b/../b/", "//site/%61"),
      "/a": links("/", "/a", "?q=1", "b/c"),
      "/b/": `<base href="/other/">${links("d", "../a")}`,
      "/b/c": links("/"),
      "/other/d": links("mailto:x@y", "javascript:0"),
      "/a?q=1": { body: "", status: 204 },
    });
    expect(site.paths).toEqual(["/", "/a", "/a?q=1", "/b/", "/b/c", "/other/d", "/robots.txt"]);
    expect(report).toMatchObject({ complete: true, pages: 6, errors: {}, unfinished: 0, unlisted: 0 });
  });

  test("fetches of any site what can be reached, and nothing else", () => {
    const size = 9;
    const kinds = ["page", "page", "page", "redirect", "missing", "flaky", "forbidden", "slow"] as const;
    const node = fc.record({
      kind: fc.constantFrom(...kinds),
      to: fc.array(fc.nat({ max: size - 1 }), { minLength: 1, maxLength: 4 }),
    });
    fc.assert(
      fc.property(
        fc.array(node, { minLength: size, maxLength: size }),
        fc.integer({ min: 1, max: 4 }),
        (nodes, tasks) => {
          const path = (n: number): string => (n === 0 ? "/" : `/${nodes[n]?.kind}/${n}`);
          const page = ({ kind, to }: (typeof nodes)[number]): Answer | Answer[] => {
            const body = links(...to.map(path));
            if (kind === "redirect") return { status: 302, headers: { Location: path(to[0] ?? 0) } };
            if (kind === "missing") return { status: 404, body };
            return kind === "flaky"
              ? [{ status: 500, body: links("/never") }, { body }]
              : { body, afterMs: kind === "slow" ? 50 : 0 };
          };
          const reached = new Set([0]);
          for (const n of reached) {
            const { kind = "missing", to = [] } = nodes[n] ?? {};
            if (kind === "missing" || (kind === "forbidden" && n > 0)) continue;
            for (const next of kind === "redirect" ? to.slice(0, 1) : to) reached.add(next);
          }
          const asked = [...reached].filter((n) => n === 0 || nodes[n]?.kind !== "forbidden");
          const flaky = asked.filter((n) => nodes[n]?.kind === "flaky");
          const robots = { headers: { "Content-Type": "text/plain" }, body: "User-agent: *\nDisallow: /forbidden/" };
          const pages = Object.fromEntries(nodes.map((each, n) => [path(n), page(each)]));
          const { site, report } = crawl({ ...pages, "/robots.txt": robots }, [
            "--depth",
            "50",
            "--tasks",
            String(tasks),
          ]);
          expect(site.paths).toEqual([...asked, ...flaky].map(path).concat("/robots.txt").sort());
          expect(report).toMatchObject({ complete: true, unfinished: 0, retries: flaky.length });
          expect(report.list).toHaveLength(reached.size);
        },
      ),
      { numRuns: 60 },
    );
  });

  test("finds a host by its IPv6 address", () => {
    let site: Site | undefined;
    run(function* () {
      site = yield* open({ "/": links("/a"), "/a": "" }, "::1");
      yield* crawler(["http://[::1]/"]);
    });
    expect(site?.paths).toEqual(["/", "/a", "/robots.txt"]);
    expect(site?.asked[0]?.head).toMatch(/^host: \[::1\]\r$/m);
  });

  test("asks as itself, and for nothing that it could not read", () => {
    const { site } = crawl({ "/": "" });
    for (const { head } of site.asked) {
      expect(head).toMatch(/^user-agent: yieldix-crawler\r$/im);
      expect(head).toMatch(/^accept-encoding: identity\r$/im);
    }
  });

  test("goes so deep, to so many pages, and says what it left out", () => {
    const chain = Object.fromEntries(Array.from({ length: 9 }, (_, n) => [`/${n || ""}`, links(`/${n + 1}`)]));
    const deep = crawl(chain, ["--depth", "3"]);
    expect(deep.site.paths).toEqual(["/", "/1", "/2", "/3", "/robots.txt"]);
    expect(deep.report).toMatchObject({ pages: 4, leftOut: { "too deep": 1 } });

    const many = crawl({ "/": links("/1", "/2", "/3", "/4") }, ["--pages", "3"]);
    expect(many.site.paths).toEqual(["/", "/1", "/2", "/robots.txt"]);
    expect(many.report).toMatchObject({ complete: true, leftOut: { "too many pages": 2 }, unfinished: 0 });
  });

  test("stays on its host unless it is told of others", () => {
    let other: Site | undefined;
    const pages = { "/": links("http://other/x", "http://third/") };
    const openOther = function* (): Program<void> {
      other = yield* open({ "/x": links("http://site/y") }, "other");
    };
    expect(crawl(pages, [], {}, openOther).report).toMatchObject({ pages: 1, leftOut: { "other host": 2 } });
    expect(other?.asked).toEqual([]);
    const { report, site } = crawl({ ...pages, "/y": "" }, ["--hosts", "other"], {}, openOther);
    expect(report).toMatchObject({ pages: 3, leftOut: { "other host": 1 } });
    expect([other?.paths, site.paths]).toEqual([
      ["/robots.txt", "/x"],
      ["/", "/robots.txt", "/y"],
    ]);
  });

  test("knows so many hosts and no more", () => {
    const others = Array.from({ length: maxHosts + 2 }, (_, n) => `http://h${n}/`);
    const { report } = crawl({ "/": links(...others) }, ["--hosts", "*", "--retries", "0"], { checkEvery: 1_000 });
    expect(report).toMatchObject({ pages: 1, errors: { ECONNREFUSED: maxHosts - 1, "too many hosts": 3 } });
  });

  test("has so many requests under way, and to one host no more than it may", () => {
    const paths = Array.from({ length: 40 }, (_, n) => `/${n}`);
    const pages = { "/": links(...paths), ...Object.fromEntries(paths.map((path) => [path, { afterMs: 100 }])) };
    expect(crawl(pages, ["--tasks", "7"]).site.most).toBe(7);
    const { site, report } = crawl(pages, ["--tasks", "7", "--per-host", "2"]);
    expect([site.most, report.pages]).toEqual([2, 41]);
  });

  test("waits between requests to one host, retries included, and holds up no other", () => {
    let other: Site | undefined;
    const pages = { "/": links("/1", "/2", "http://other/"), "/1": { status: 500 } };
    const { site } = crawl(pages, ["--delay", "2000", "--hosts", "other"], {}, function* () {
      other = yield* open({ "/": "" }, "other");
    });
    const at = site.asked.map(({ atMs }) => atMs);
    expect(site.paths).toEqual(["/", "/1", "/1", "/1", "/2", "/robots.txt"]);
    for (const [n, ms] of at.slice(1).entries()) expect(ms - (at[n] ?? 0)).toBeGreaterThan(1_990); // less what the way takes
    expect((other?.asked[0]?.atMs ?? 0) - (at[1] ?? 0)).toBeLessThan(100);
  });
});

describe("a redirect", () => {
  const to = (path: string, status = 302) => ({ status, headers: { Location: path } });

  test("is followed, each page once", () => {
    const { site, report, of } = crawl({
      "/": links("/a", "/z"),
      "/a": to("/b", 301),
      "/b": to("c", 308),
      "/c": links("/z"),
      "/z": to("/c", 303),
    });
    expect(site.paths).toEqual(["/", "/a", "/b", "/c", "/robots.txt", "/z"]);
    expect(report).toMatchObject({ pages: 2, redirects: 3, errors: {} });
    expect(of("/c")).toMatchObject({ kind: "page", depth: 1 });
  });

  test("in UTF-8 leads where it means to", () => {
    const { site } = crawl({ "/": to("/caf\u00c3\u00a9") }); // the bytes of an é, one by one
    expect(site.paths).toEqual(["/", "/caf%C3%A9", "/robots.txt"]);
  });

  test("that leads back is found", () => {
    const { site, report } = crawl({
      "/": links("/a", "/self"),
      "/a": to("/b"),
      "/b": to("/c"),
      "/c": to("/a"),
      "/self": to("/self#x"),
    });
    expect(site.paths).toEqual(["/", "/a", "/b", "/c", "/robots.txt", "/self"]);
    expect(report).toMatchObject({ pages: 1, errors: { "redirect loop": 2 } });
  });

  test("after too many in a row is not followed", () => {
    const chain = Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`/${n || ""}`, to(`/${n + 1}`)]));
    const { site, report } = crawl(chain);
    expect(site.asked).toHaveLength(1 + maxHops + 1);
    expect(report).toMatchObject({ pages: 0, redirects: maxHops, errors: { "too many redirects": 1 } });
  });

  test("to another host, and to nowhere, is not followed", () => {
    const { report, of } = crawl({
      "/": links("/a", "/b", "/c"),
      "/a": to("http://other/"),
      "/b": to("mailto:x@y"),
      "/c": { status: 302 },
    });
    expect(report).toMatchObject({
      pages: 1,
      redirects: 1,
      errors: { "bad redirect": 2 },
      leftOut: { "other host": 1 },
    });
    expect(of("/a")).toMatchObject({ kind: "redirect", to: "http://other/", note: "other host" });
  });
});

describe("what goes wrong", () => {
  test("and may pass is tried again, later each time; what may not is not", () => {
    const { site, report, of } = crawl({
      "/": links("/recovers", "/broken", "/missing", "/reset", "/ends", "/gone", "/busy"),
      "/recovers": [{ status: 503 }, { status: 500 }, {}],
      "/broken": { status: 500 },
      "/reset": [{ body: links("/half"), after: "reset" }, { body: links("/whole") }],
      "/whole": "",
      "/ends": { after: "end" },
      "/gone": { status: 410 },
      "/busy": [{ status: 429 }, {}],
    });
    const tries = (path: string): number => times(site, path).length;
    expect(
      ["/recovers", "/broken", "/missing", "/reset", "/ends", "/gone", "/busy", "/half", "/whole"].map(tries),
    ).toEqual([3, 3, 1, 2, 3, 1, 2, 0, 1]);
    expect(report).toMatchObject({ pages: 5, retries: 8, errors: { "404": 1, "410": 1, "500": 1, EPROTO: 1 } });
    expect(of("/missing")).toMatchObject({ error: "404", from: "http://site/" });
    const [, second = 0, third = 0] = times(site, "/broken");
    expect(second).toBeGreaterThanOrEqual(250);
    expect(third - second).toBeGreaterThanOrEqual(500);
  });

  test("is waited for as long as the server asks, unless that is too long", () => {
    const later = (seconds: number) => [{ status: 503, headers: { "Retry-After": String(seconds) } }, {}];
    const { site, report } = crawl({ "/": links("/soon", "/never"), "/soon": later(42), "/never": later(3_600) });
    expect(times(site, "/soon")[1]).toBeGreaterThanOrEqual(42_000);
    expect(times(site, "/soon")[1]).toBeLessThan(42_100);
    expect(times(site, "/never")).toEqual([0]);
    expect(report).toMatchObject({ pages: 2, errors: { "503": 1 } });
  });

  test("is given up after a time, in the head or in the body", () => {
    const { site, report } = crawl(
      {
        "/": links("/slow", "/silent", "/late"),
        "/slow": { afterMs: 2_000 },
        "/silent": { after: "silent" },
        "/late": { afterMs: 900 },
      },
      ["--timeout", "1000", "--retries", "1"],
    );
    expect([times(site, "/slow").length, times(site, "/silent").length]).toEqual([2, 2]);
    expect(report).toMatchObject({ pages: 2, errors: { ETIMEDOUT: 2 } });
  });

  test("with one page is told of that page, and the rest goes on", () => {
    const { site, report, of } = crawl({
      "/": links("/huge-head", "/nonsense", "/two-lengths", "/charset", "/end"),
      "/huge-head": { headers: { "X-Huge": "x".repeat(100_000) } },
      "/nonsense": { raw: "SSH-2.0-OpenSSH_9.2\r\n\r\n" },
      "/two-lengths": { raw: "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n" },
      "/charset": { headers: { "Content-Type": "text/html; charset=klingon" }, body: links("/found") },
      "/found": "",
      "/end": "",
    });
    expect(report.pages).toBe(4);
    expect(["/huge-head", "/nonsense", "/two-lengths"].map((path) => of(path)?.["kind"])).toEqual([
      "error",
      "error",
      "error",
    ]);
    for (const path of ["/huge-head", "/nonsense", "/two-lengths"]) expect(times(site, path)).toHaveLength(1);
  });

  test("a page that never ends is cut, and its links so far are followed", () => {
    const { site, report, of } = crawl({ "/": { body: links("/next"), after: "endless" }, "/next": "" }, [
      "--max-bytes",
      "50000",
    ]);
    expect(site.paths).toEqual(["/", "/next", "/robots.txt"]);
    expect(of("/")).toMatchObject({ kind: "page", bytes: 50_000, isCut: true });
    expect(report).toMatchObject({ pages: 2, cut: 1, bytes: 50_000, errors: {} });
  });

  test("what is no HTML is not read", () => {
    const { report, of } = crawl({
      "/": links("/image"),
      "/image": { headers: { "Content-Type": "image/png" }, body: links("/no"), after: "endless" },
    });
    expect(report).toMatchObject({ pages: 2, errors: {} });
    expect(of("/image")).toMatchObject({ kind: "page", type: "image/png", bytes: 0 });
  });

  test("a site that is not there is an error of the run", () => {
    expect(() => run(crawler(["http://nowhere/", "--retries", "0"]))).toThrow("not one page of http://nowhere/");
  });
});

describe("robots.txt", () => {
  const robots = (body: string) => ({ headers: { "Content-Type": "text/plain" }, body });
  const pages = {
    "/": links("/public", "/private/a", "/private/b"),
    "/public": "",
    "/private/a": "",
    "/private/b": "",
  };

  test("is read once, and obeyed", () => {
    const { site, report, of } = crawl({
      ...pages,
      "/robots.txt": robots("User-agent: *\nDisallow: /private/\nAllow: /private/b"),
    });
    expect(site.paths).toEqual(["/", "/private/b", "/public", "/robots.txt"]);
    expect(site.asked[0]?.path).toBe("/robots.txt");
    expect(report).toMatchObject({ pages: 3, skippedByRobots: 1 });
    expect(of("/private/a")).toMatchObject({ kind: "robots" });
  });

  test("that broke off half-way is read anew", () => {
    const half = { ...robots("User-agent: *\nDisallow: /\n"), after: "reset" } as const;
    const { site } = crawl({ ...pages, "/robots.txt": [half, robots("User-agent: *\nDisallow: /private")] });
    expect(site.paths).toEqual(["/", "/public", "/robots.txt", "/robots.txt"]);
  });

  test("is looked for where it was moved to", () => {
    const moved = { status: 301, headers: { Location: "/elsewhere.txt" } };
    const { site } = crawl({
      ...pages,
      "/robots.txt": moved,
      "/elsewhere.txt": robots("User-agent: *\nDisallow: /private"),
    });
    expect(site.paths).toEqual(["/", "/elsewhere.txt", "/public", "/robots.txt"]);
  });

  test("is read so far and no further", () => {
    const rest = "#".repeat(maxRobotsBytes);
    const { site } = crawl({
      ...pages,
      "/robots.txt": robots(`User-agent: *\nDisallow: /private\n${rest}\nDisallow: /`),
    });
    expect(site.paths).toEqual(["/", "/public", "/robots.txt"]);
  });

  test("asks for time between requests", () => {
    const { site } = crawl({ ...pages, "/robots.txt": robots("User-agent: *\nCrawl-delay: 3") });
    const at = site.asked.slice(1).map(({ atMs }) => atMs);
    expect(at).toHaveLength(4);
    for (const [n, ms] of at.slice(1).entries()) expect(ms - (at[n] ?? 0)).toBeGreaterThan(2_990);
  });

  test.each([
    ["is missing", { status: 404 }, 4],
    ["is for others to see", { status: 403 }, 4],
    ["leads round in circles", { status: 302, headers: { Location: "/robots.txt" } }, 4],
    ["cannot be had", { status: 500 }, 0],
    ["never comes", { after: "silent" }, 0],
  ] as const)("that %s: %j", (_, answer, fetched) => {
    const { report } = crawl({ ...pages, "/robots.txt": answer }, ["--timeout", "1000"]);
    expect(report.pages).toBe(fetched);
    expect(Object.keys(report.errors)).toHaveLength(fetched === 0 ? 1 : 0);
  });
});
