// The parts of the crawler that know no network: addresses, links, robots.txt, what is still to be fetched, when to try
// again, and the command line.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Frontier, maxHops, type Page } from "../../../apps/crawler/frontier.ts";
import { contentType, LinkReader, maxLinks } from "../../../apps/crawler/links.ts";
import { parse } from "../../../apps/crawler/options.ts";
import { PageRobots } from "../../../apps/crawler/page-robots.ts";
import { isPassing, isPassingStatus, maxRetryAfterMs, retryMs } from "../../../apps/crawler/retry.ts";
import { maxCrawlDelayMs, rulesOf } from "../../../apps/crawler/robots.ts";
import { maxUrlLength, pageUrl } from "../../../apps/crawler/urls.ts";
import crawler from "../../../apps/crawler.ts";
import { runExit } from "../../kit/index.ts";

describe("an address", () => {
  test.each([
    ["HTTP://Example.ORG:80/a/../b?x=1#top", "http://example.org/b?x=1"],
    ["https://example.org:443", "https://example.org/"],
    ["http://user:secret@example.org/?", "http://example.org/"],
    ["http://example.org/%7euser/%c3%A4?q=%41", "http://example.org/~user/%C3%A4?q=A"],
    ["http://[::1]:8080/x", "http://[::1]:8080/x"],
    ["http://example.org/a%2fb", "http://example.org/a%2Fb"],
    ["http://example.org/?b=2&a=1", "http://example.org/?b=2&a=1"],
  ])("%s is spelled %s", (text, url) => {
    expect(pageUrl(text)).toBe(url);
  });

  test.each(["mailto:a@b", "javascript:void 0", "ftp://host/", "http://", "no address", "data:text/html,x", ""])(
    "%j is no page",
    (text) => {
      expect(pageUrl(text)).toBeUndefined();
    },
  );

  test("longer than its bound is no page", () => {
    const long = `http://h/${"a".repeat(maxUrlLength - 9)}`;
    expect([pageUrl(long), pageUrl(`${long}a`), pageUrl("x".repeat(100_000), "http://h/")]).toEqual([
      long,
      undefined,
      undefined,
    ]);
  });

  test("in its one spelling is spelled so again, whatever it was", () => {
    const text = fc.oneof(
      fc.webUrl({ withFragments: true, withQueryParameters: true }),
      fc.string({ unit: fc.constantFrom("%", "2", "e", "F", "/", ".", "?", "#", "&", "ä", "\\", " ", "@", ":") }),
    );
    fc.assert(
      fc.property(text, (relative) => {
        const url = pageUrl(relative, "http://host/a/b?c");
        fc.pre(url !== undefined);
        expect(pageUrl(url ?? "")).toBe(url);
        expect(url).toMatch(/^https?:\/\/[\x21-\x22\x24-\x7e]+$/);
      }),
      { numRuns: 2_000 },
    );
  });
});

/** The links of a page that comes in pieces of a size. */
function linksOf(html: string | Uint8Array, { size = 7, charset }: { size?: number; charset?: string } = {}) {
  const bytes = typeof html === "string" ? new TextEncoder().encode(html) : html;
  const reader = new LinkReader("http://host/dir/page", charset);
  for (let at = 0; at < bytes.length; at += size) reader.write(bytes.subarray(at, at + size));
  return [...reader.end()];
}

describe("the links of a page", () => {
  test.each([
    ["what leads on", '<a href=x>1</a><area href="/y"><iframe src="../z">', ["/dir/x", "/y", "/z"]],
    ["each once, in their order", "<a href=b><a href=a><a href=b#2>", ["/dir/b", "/dir/a"]],
    [
      "entities, quotes, upper case, blanks",
      `<A HREF='?a=1&amp;b=2'><a\nhref = " x\n">`,
      ["/dir/page?a=1&b=2", "/dir/x"],
    ],
    ["the first of two attributes", "<a href=x href=y>", ["/dir/x"]],
    [
      "not what is text",
      '<!-- <a href=1> --><script>"<a href=2>"</script><title><a href=3></title><style><a href=4></style>',
      [],
    ],
    ["not other tags and attributes", "<link href=1><img src=2><a src=3><form action=4><abbr href=5>", []],
    ["not what is no page", '<a href="mailto:x@y"><a href="javascript:x"><a href="http://[">', []],
    ["a base, wherever it stands", '<a href=x><base href="/other/"><base href=/no/>', ["/other/x"]],
    ["a base that is none", '<base href="data:x"><a href=x>', ["/dir/x"]],
    ["tags that never end", "<a href=x><a href=y", ["/dir/x"]],
    ["tags that break off before they say not to", '<a href=x><a href="y" rel="no', ["/dir/x"]],
    [
      "not what is not to be followed",
      "<a rel=nofollow href=x><a href=y rel='x\nNOFOLLOW\ty'><a rel=nofollows href=z>",
      ["/dir/z"],
    ],
    ["what once may be followed", "<a rel=nofollow href=x><a href=x><a rel=nofollow href=x>", ["/dir/x"]],
    ["nothing of a page that says so", "<a href=x><meta name=robots content=nofollow>", []],
    [
      "a page whose text says so, or another tag",
      "<meta name=x content=nofollow><meta name=robots content='max-image-preview: none'><a href=x>",
      ["/dir/x"],
    ],
  ])("%s", (_, html, paths) => {
    const expected = paths.map((path) => `http://host${path}`);
    expect(linksOf(html)).toEqual(expected);
    expect(linksOf(html, { size: 1 })).toEqual(expected);
    expect(linksOf(html, { size: 1_000 })).toEqual(expected);
  });

  test("are read in the charset of the head, and as UTF-8 where that is unknown", () => {
    const latin1 = Uint8Array.of(...new TextEncoder().encode("<a href="), 0xe4, 0x3e);
    expect(linksOf(latin1, { charset: "iso-8859-1" })).toEqual(["http://host/dir/%C3%A4"]);
    expect(linksOf("<a href=ä>", { charset: "no-such-thing" })).toEqual(["http://host/dir/%C3%A4"]);
  });

  test("are the same however its bytes come", () => {
    const piece = fc.constantFrom(
      "<a href=",
      '"',
      "x",
      ">",
      "<base href=/b/>",
      "&amp;",
      "<!--",
      "-->",
      "<script>",
      "</",
      "ä",
      "'",
      " ",
      "<p>",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), fc.integer({ min: 1, max: 20 }), (pieces, size) => {
        expect(linksOf(pieces.join(""), { size })).toEqual(linksOf(pieces.join(""), { size: 10_000 }));
      }),
      { numRuns: 500 },
    );
  });

  test("are bounded, and a page of nothing but open tags costs what its bytes cost", () => {
    const many = Array.from({ length: maxLinks + 5 }, (_, n) => `<a href=${n}>`).join("");
    expect(linksOf(many, { size: 65_536 })).toHaveLength(maxLinks);
    // With a stack of open elements this would look 300,000 times through 300,000 of them.
    expect(linksOf("<b>".repeat(300_000) + "</i>".repeat(300_000), { size: 65_536 })).toEqual([]);
  });

  test("that comes byte by byte cost what their bytes cost, even in one long name", () => {
    // Looked up in as many pieces as it came in, this would be a turn of a minute.
    expect(linksOf(`<a ${"x".repeat(600_000)} href=/y>`, { size: 1 })).toEqual(["http://host/y"]);
  });

  test.each([
    ["text/html", true, undefined],
    ['Text/HTML; Charset="ISO-8859-1"; x=y', true, "iso-8859-1"],
    ["application/xhtml+xml", true, undefined],
    ["", true, undefined],
    [" text/html ", true, undefined],
    ["text/html-not", false, undefined],
    ["image/png", false, undefined],
  ])("Content-Type %j: are looked for: %s", (text, isHtml, charset) => {
    expect(contentType(text)).toEqual({ isHtml, charset });
  });
});

test("a Content-Type of very many blanks costs what its bytes cost", () => {
  expect(contentType(`${"\xa0".repeat(500_000)}x`)).toEqual({ isHtml: false, charset: undefined });
});

describe("what a page says to robots", () => {
  const said = (...lines: string[]): string => {
    const robots = new PageRobots();
    robots.header(lines);
    return `${robots.mayFollow ? "follow" : "nofollow"} ${robots.mayIndex ? "index" : "noindex"}`;
  };

  test.each([
    [["all"], "follow index"],
    [["noindex", "NoFollow"], "nofollow noindex"],
    [["none, follow, index"], "nofollow noindex"],
    [["noarchive,nofollow , noimageindex"], "nofollow index"],
    [["other: none", "*: noindex"], "follow noindex"],
    [["other: noindex, nofollow, Yieldix-Crawler : nofollow, noarchive, third: noindex"], "nofollow index"],
    [["unavailable_after: Sunday, 06-Nov-94 08:49:37 GMT, nofollow"], "nofollow index"],
    [["max-snippet: 10, max-image-preview: none"], "follow index"],
    [["nofollowed, no follow, xnone", ""], "follow index"],
  ])("in %j is: %s", (lines, expected) => {
    expect(said(...lines)).toBe(expected);
  });

  test("in a <meta> is read so far and no further", () => {
    const robots = new PageRobots();
    robots.meta("robots", `${"index,".repeat(300)}nofollow, ${",".repeat(2_000_000)}noindex`);
    expect([robots.mayFollow, robots.mayIndex]).toEqual([false, true]);
  });

  test("costs what its bytes cost", () => {
    expect(said(`${"a".repeat(300_000)} ${" ".repeat(300_000)}:${",".repeat(300_000)}`)).toBe("follow index");
  });
});

describe("a robots.txt", () => {
  const url = (path: string): string => `http://host${path}`;
  const allowed = (text: string, ...paths: string[]): boolean[] => {
    const rules = rulesOf(url("/robots.txt"), text);
    return paths.map((path) => rules.allows(url(path)));
  };

  test.each([
    ["all", "User-agent: *\nDisallow: /private", [true, false]],
    [
      "us by name, and then not all",
      "User-agent: *\nDisallow: /\n\nUser-agent: Yieldix-Crawler/2 # we\nDisallow: /private",
      [true, false],
    ],
    ["others alone", "User-agent: other\nDisallow: /", [true, true]],
    [
      "us among others",
      "User-agent: other\n\nUser-agent: yieldix-crawler\nUser-agent: third\nDisallow: /",
      [false, false],
    ],
    [
      "us in two groups",
      "User-agent: yieldix-crawler\nDisallow: /pub\nUser-agent: x\nDisallow: /\nUser-agent: yieldix-crawler\nDisallow: /private",
      [false, false],
    ],
    ["what a longer rule allows", "User-agent: *\r\nDisallow: /\r\nAllow: /public$\r\n", [true, false]],
    ["nothing, being empty", "", [true, true]],
    ["nothing, being no such file", "<html><body>Disallow: /", [true, true]],
  ])("speaks for %s", (_, text, expected) => {
    expect(allowed(text, "/public", "/private/x")).toEqual(expected);
  });

  test("asks for time between requests, within a bound", () => {
    const delay = (value: string): number =>
      rulesOf(url("/robots.txt"), `User-agent: *\nCrawl-delay: ${value}`).delayMs;
    expect(["2", "0.5", "-1", "soon", "86400"].map(delay)).toEqual([2_000, 500, 0, 0, maxCrawlDelayMs]);
  });

  test("with very many agents and rules costs what its bytes cost", () => {
    const agents = Array.from({ length: 20_000 }, (_, n) => `user-agent: ${n}\n#\nuser-agent: *\n`).join("");
    const rules = "allow: /x\n".repeat(20_000);
    expect(allowed(`${agents}${rules}disallow: /y`, "/x", "/y")).toEqual([true, false]);
  });

  test("with so many wildcards that an address would cost seconds allows nothing", () => {
    const rules = (count: number): string => `User-agent: *\n${`Disallow: /${"*a".repeat(60)}b\n`.repeat(count)}`;
    const path = `/${"a".repeat(2_000)}`;
    expect(allowed(rules(50), path, "/x")).toEqual([true, true]);
    expect(allowed(rules(3_500), path, "/x")).toEqual([false, false]);
    expect(allowed(`User-agent: *\nDisallow: /${"*".repeat(400_000)}b`, path)).toEqual([false]);
    expect(allowed(`User-agent: other\n${rules(3_500).slice(14)}`, path)).toEqual([true]);
  });
});

describe("the frontier", () => {
  const page = (path: string, depth = 0, hops = 0): Page => ({ url: `http://h${path}`, depth, hops, from: undefined });
  const make = (bounds = {}): Frontier => new Frontier("http://h/", { pages: 100, depth: 5, hosts: [], ...bounds });

  test("admits each page once", () => {
    const frontier = make();
    const verdicts = ["/a", "/a", "/"].map((path) => frontier.link(page("/"), `http://h${path}`));
    expect(verdicts).toEqual(["new", "known", "known"]);
    expect(frontier.queue.drain().map(({ url, depth, from }) => [url, depth, from])).toEqual([
      ["http://h/", 0, undefined],
      ["http://h/a", 1, "http://h/"],
    ]);
  });

  test("goes so deep, to so many pages, and stays on its host", () => {
    const frontier = make({ depth: 1, pages: 3, hosts: ["other:81"] });
    expect([
      frontier.link(page("/x", 1), "http://h/deep"),
      frontier.link(page("/"), "http://h:8080/"),
      frontier.link(page("/"), "https://h/"), // the same host by another scheme
      frontier.link(page("/"), "http://other:81/"),
      frontier.link(page("/"), "http://h/one-too-many"),
      frontier.link(page("/"), "https://h/"),
      frontier.size,
    ]).toEqual(["too deep", "other host", "new", "new", "too many pages", "known", 3]);
    expect(make({ hosts: ["*"] }).link(page("/"), "http://anywhere/")).toBe("new");
  });

  test("follows redirects at the depth they began, so many in a row", () => {
    const frontier = make({ depth: 0 });
    expect(frontier.redirect(page("/", 0), "http://h/1")).toBe("new");
    expect(frontier.redirect(page("/x", 0, maxHops - 1), "http://h/2")).toBe("new");
    expect(frontier.redirect(page("/y", 0, maxHops), "http://h/3")).toBe("too many redirects");
    expect(frontier.redirect(page("/z", 0, maxHops), "http://h/2")).toBe("known");
    expect(frontier.queue.drain().map(({ depth, hops }) => [depth, hops])).toEqual([
      [0, 0],
      [0, 1],
      [0, maxHops],
    ]);
  });

  test("finds each loop of redirects once, in whichever order its pages are fetched", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.context(), (size, context) => {
        const ring = Array.from({ length: size }, (_, n) => n);
        fc.assert(
          fc.property(fc.shuffledSubarray(ring, { minLength: size }), (order) => {
            context.log(order.join());
            const frontier = make();
            const to = (n: number): string => `http://h/${(n + 1) % size}`;
            const verdicts = order.map((n) => frontier.redirect(page(`/${n}`), to(n)));
            expect(verdicts.filter((verdict) => verdict === "loop")).toHaveLength(1);
          }),
          { numRuns: 10 },
        );
      }),
      { numRuns: 20 },
    );
  });
});

describe("another try", () => {
  test("is made for what may pass, and for nothing else", () => {
    const passing = [200, 301, 400, 404, 408, 429, 499, 500, 503, 599, 600].filter(isPassingStatus);
    expect(passing).toEqual([429, 500, 503, 599]);
    const codes = ["ECONNRESET", "ETIMEDOUT", "ECONNREFUSED", "EPIPE", "EPROTO", "ECERT", "ENOTFOUND", "EMSGSIZE"];
    expect(codes.filter(isPassing)).toEqual(codes.slice(0, 5));
  });

  test("waits twice as long each time, within bounds, and never as long as others", () => {
    expect([1, 2, 3, 4].map((tries) => retryMs(tries, 0))).toEqual([250, 500, 1_000, 2_000]);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), fc.double({ min: 0, max: 0.999, noNaN: true }), (tries, chance) => {
        const ms = retryMs(tries, chance) ?? Number.NaN;
        expect(ms).toBeGreaterThanOrEqual(250);
        expect(ms).toBeLessThan(30_000);
      }),
    );
  });

  test("is made when the server says, or not at all where that is too late", () => {
    const asked = ["0", "7", " 60 ", "61", "Fri, 31 Dec 1999 23:59:59 GMT", "-1", ""].map((text) =>
      retryMs(1, 0, text),
    );
    expect(asked).toEqual([250, 7_000, maxRetryAfterMs, undefined, 250, 250, 250]);
    const until = (date: string): number | undefined => retryMs(1, 0, "Fri, 31 Dec 1999 23:59:59 GMT", date);
    const dates = ["Fri, 31 Dec 1999 23:59:58 GMT", "Friday, 31-Dec-99 23:58:59 GMT", "Fri Dec 31 23:58:58 1999"];
    expect([...dates, "Sat, 01 Jan 2000 00:00:00 GMT", "today"].map(until)).toEqual([
      1_000,
      60_000,
      undefined,
      250,
      250,
    ]);
  });
});

describe("the command line", () => {
  test("has defaults for all but the first address", () => {
    expect(parse(["http://Host/#x"])).toEqual({
      start: "http://host/",
      tasks: 10,
      depth: 5,
      pages: 10_000,
      hosts: [],
      delayMs: 0,
      perHost: 10,
      timeoutMs: 10_000,
      retries: 2,
      maxBytes: 2_000_000,
      json: false,
    });
    expect(parse(["--tasks", "3", "http://h/", "--hosts", "A.b:80,c:81,*", "--json"])).toMatchObject({
      tasks: 3,
      perHost: 3,
      hosts: ["a.b", "c:81", "*"],
      json: true,
    });
  });

  test.each([
    [[], "there is no address"],
    [["host/path"], "no address of a page"],
    [["http://h/", "http://i/"], "one address to begin with"],
    [["http://h/", "--tasks", "0"], "--tasks"],
    [["http://h/", "--depth", "1.5"], "--depth"],
    [["http://h/", "--hosts", "a/b"], "--hosts"],
    [["http://h/", "--hosts", ""], "--hosts"],
    [["http://h/", "--fast"], "--fast"],
  ])("%j is refused with a sentence and the usage", (argv, part) => {
    const { outcome } = runExit(crawler(argv));
    expect(outcome).toMatchObject({ status: "threw", error: { name: "UsageError" } });
    const { message: said } = (outcome as { error: Error }).error; // as just seen
    expect(said).toContain(part);
    expect(said).toContain("usage: yieldix run apps/crawler.ts");
  });
});
