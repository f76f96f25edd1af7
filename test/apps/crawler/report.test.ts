// What a crawl says of itself: sums that are right, lists that are bounded, and text that acts on no terminal.

import { describe, expect, test } from "vitest";
import type { Page } from "../../../apps/crawler/frontier.ts";
import { maxListed, Report } from "../../../apps/crawler/report.ts";

const page = (path: string, from?: string): Page => ({ url: `http://h${path}`, depth: 1, hops: 0, from });
const got = {
  kind: "page",
  status: 200,
  bytes: 1_000,
  type: "text/html",
  links: 3,
  isCut: false,
  noindex: false,
} as const;
const failed = { kind: "error", error: "404", message: "status 404" } as const;

describe("a report", () => {
  const report = new Report("http://h/");
  report.known = 6;
  report.bytes = 1_234_567;
  report.add(page("/"), got);
  report.add(page("/a", "http://h/"), { ...got, isCut: true });
  report.add(page("/b", "http://h/"), failed);
  report.add(page("/c", "http://h/"), { kind: "redirect", status: 301, to: "http://h/", note: "known" });
  report.add(page("/d", "http://h/"), { kind: "robots" });
  report.retries = 2;
  report.connections = 3;
  report.leave("too deep");
  report.leave("too deep");

  test("has the sums, and the time for them", () => {
    expect(report.summary(4)).toEqual({
      start: "http://h/",
      seconds: 4,
      complete: false,
      pages: 2,
      pagesPerSecond: 0.5,
      bytes: 1_234_567,
      redirects: 1,
      skippedByRobots: 1,
      retries: 2,
      connections: 3,
      cut: 1,
      errors: { "404": 1 },
      leftOut: { "too deep": 2 },
      unfinished: 1,
    });
    expect(report.summary(0).pagesPerSecond).toBe(0);
  });

  test("is a line while it runs, and a text at its end", () => {
    expect(report.line).toBe("[==============>   ] 5 of 6 known pages: 2 fetched, 1.2 MB; 1 failed");
    report.waiting = 1;
    expect(report.line).toMatch(/; 1 failed, 1 to be tried again$/);
    expect(report.text(4)).toBe(`stopped crawling http://h/ after 4 s
  pages      2 (0.5/s), 1.2 MB, 1 of them cut, connections: 3
  redirects  1
  errors     1 (404 x 1) after 2 retries
  skipped    1 by robots.txt
  left out   links: 2 too deep
  unfinished 1 known pages
  http://h/b: status 404, from http://h/`);
  });

  test("is one line of JSON that acts on no terminal, whatever is in it", () => {
    const odd = new Report("http://h/");
    odd.add(page("/"), { ...failed, message: "\u202eabc\u001b[2J\n\u00e4" });
    const text = odd.json(1);
    expect(text).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(JSON.parse(text).list[0].message).toBe("\u202eabc\u001b[2J\n\u00e4");
  });

  test("lists so many pages and errors, and counts the others", () => {
    const long = new Report("http://h/");
    for (let n = 0; n < maxListed + 5; n++) long.add(page(`/${n}`), failed);
    long.known = maxListed + 6;
    const { list, unlisted, errors } = JSON.parse(long.json(1));
    expect([list.length, unlisted, errors]).toEqual([maxListed, 5, { "404": maxListed + 5 }]);
    expect(long.text(1).split("\n")).toHaveLength(5 + 1 + 10 + 1);
  });

  test("says where a first page leads to that is on another host", () => {
    const moved = new Report("http://h/");
    moved.add(page("/"), { kind: "redirect", status: 301, to: "https://www.h/", note: "other host" });
    expect(moved.text(1)).toContain("http://h/: redirects to https://www.h/, on another host: --hosts www.h");
  });
});
