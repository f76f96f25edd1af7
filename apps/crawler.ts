// A crawler: fetches a page, the pages it leads to, and so on, many at once, each once, with manners: robots.txt, so many
// connections and so much time between requests per host, and patience with what may pass. It stays on the first page's host.
//
//   yieldix run apps/crawler.ts -- http://host/ [--tasks 10] [--depth 5] [--pages 10000] [--hosts name,…] [--delay ms]
//       [--per-host n] [--timeout ms] [--retries 2] [--max-bytes n] [--json]
//
// Stopped half-way, by Ctrl-C or otherwise, it still says what it has come to.

import { SyscallError } from "../kernel/syscall.ts";
import { GetTime } from "../syscalls/index.ts";
import { crawl } from "./crawler/crawl.ts";
import { parse, usage } from "./crawler/options.ts";
import { Report } from "./crawler/report.ts";
import { type App, app, print, progress } from "./lib/index.ts";

const crawler: App = app(usage, parse, function* crawler(options) {
  const report = new Report(options.start);
  const since = yield* new GetTime();
  try {
    yield* progress(() => report.line, crawl(options, report));
  } finally {
    const seconds = ((yield* new GetTime()) - since) / 1_000;
    yield* print(options.json ? report.json(seconds) : report.text(seconds));
  }
  if (report.fetched === 0 && report.failed > 0) {
    throw new SyscallError("ENODATA", `not one page of ${options.start} could be fetched`);
  }
});

export default crawler;
