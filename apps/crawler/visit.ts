// One visit to a page, from its request to what is known of it and the links it leads to.

import { type Program, type Routine, routine } from "../../kernel/syscall.ts";
import { truncated } from "../../kernel/text.ts";
import { GetTime } from "../../syscalls/index.ts";
import type { IncomingResponse } from "../lib/http/index.ts";
import type { Crawl } from "./crawl.ts";
import type { Page, RedirectVerdict } from "./frontier.ts";
import { againAfter, codingOf, type Got, get, inCoding } from "./get.ts";
import type { Host } from "./host.ts";
import { contentType, LinkReader } from "./links.ts";
import { PageRobots } from "./page-robots.ts";
import type { Outcome } from "./report.ts";
import { pageUrl } from "./urls.ts";
import type { Visit } from "./visits.ts";

/** Characters of a Content-Type that are kept. */
const maxType = 100;

/** It came to nothing, and is to be fetched again at a moment on the kernel's clock, ms. */
export interface Again {
  readonly kind: "again";
  readonly at: number;
}

/** Fetches a page, once, and says what became of it; what it leads to is known to the frontier then. */
export const visit: Routine<[visit: Visit, host: Host, crawl: Crawl], Outcome | Again> = routine(function* visit(
  { page, failures },
  host,
  crawl,
) {
  const robots = new PageRobots();
  let reader: LinkReader | undefined;
  const { maxBytes } = crawl.options;
  const sink = ({ status, headers }: IncomingResponse): LinkReader | undefined => {
    const { isHtml, charset } = contentType(headers.get("content-type") ?? "");
    robots.header(headers.all("x-robots-tag"));
    const isRead = isGood(status) && isHtml && codingOf(headers) === undefined;
    reader = isRead ? new LinkReader(page.url, charset, robots) : undefined;
    return reader;
  };
  const got = yield* get({ url: page.url, failures, maxBytes, sink }, crawl);
  const waitMs = yield* againAfter(got, failures + 1, host, crawl);
  if (waitMs !== undefined) return { kind: "again", at: (yield* new GetTime()) + waitMs };
  if ("code" in got) return { kind: "error", error: got.code, message: got.message };
  if (isGood(got.status) && got.coding !== undefined) return failed("content-encoding", `is ${inCoding(got.coding)}`);
  if (isGood(got.status)) return yield* fetched(page, got, { robots, reader }, crawl);
  return redirected(page, got, crawl);
});

function isGood(status: number): boolean {
  return status >= 200 && status <= 299;
}

/** Links that are looked at in one turn. */
const linksPerTurn = 100;

const fetched = routine(function* fetched(
  page: Page,
  { status, bytes, isCut, type }: Got,
  { robots, reader }: { readonly robots: PageRobots; readonly reader: LinkReader | undefined },
  { frontier, report }: Crawl,
): Program<Outcome> {
  let count = 0;
  for (const url of reader?.end() ?? []) {
    if (++count % linksPerTurn === 0) yield;
    const verdict = frontier.link(page, url);
    if (verdict !== "new" && verdict !== "known") report.leave(verdict);
  }
  report.leave("nofollow", reader?.withheld ?? 0);
  return {
    kind: "page",
    status,
    bytes,
    isCut,
    type: truncated(type, maxType),
    links: count,
    noindex: !robots.mayIndex,
  };
});

const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

const followed: ReadonlySet<RedirectVerdict> = new Set(["new", "known"]);

function redirected(page: Page, { status, location }: Got, { frontier, report }: Crawl): Outcome {
  if (!redirects.has(status)) return failed(String(status), `status ${status}`);
  const to = location === undefined ? undefined : pageUrl(location, page.url);
  if (to === undefined) return failed("bad redirect", `status ${status}, and it leads to no page`);
  const verdict = frontier.redirect(page, to);
  if (verdict === "loop") return failed("redirect loop", `redirects to ${to}, which leads back to it`);
  if (verdict === "too many redirects") return failed(verdict, `redirects to ${to}, after too many redirects in a row`);
  if (!followed.has(verdict)) report.leave(verdict);
  return { kind: "redirect", status, to, note: verdict };
}

function failed(error: string, message: string): Outcome {
  return { kind: "error", error, message };
}
