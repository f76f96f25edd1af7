// The crawler as its users run it: a process, real sockets, Node's own HTTP server with five hundred pages in the test.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { crawl } from "../../../apps/crawler/crawl.ts";
import { parse } from "../../../apps/crawler/options.ts";
import { Report } from "../../../apps/crawler/report.ts";
import type { Program } from "../../../kernel/syscall.ts";
import { CancelTask, ListTasks, NewTask, Sleep, WaitTask } from "../../../syscalls/index.ts";
import { cert, key } from "../../kernel/machine/certificates.ts";
import { hostMachines } from "../../kernel/machine/host-machines.ts";
import { onHost, temporaryFolder } from "../../kernel/machine/on-host.ts";
import { LaunchedApp } from "../launched-app.ts";
import { expectedOf, Web, webSize } from "./web.ts";

/** Short ends to what does not end: three seconds, one more try, 200 kB. */
const brief = ["--timeout", "3000", "--retries", "1", "--max-bytes", "200000"];

// Most of it is time-outs that are waited for: that can be done at the same time.
describe("of five hundred pages each is fetched once, whatever becomes of it", () => {
  test.concurrent.each(hostMachines)("on the %s machine", async (machine) => {
    const web = new Web();
    const at = await web.listen();
    const app = new LaunchedApp(
      "apps/crawler.ts",
      [`http://${at}`, "--depth", "20", "--tasks", "10", ...brief, "--json"],
      { machine },
    );
    expect(await app.ended).toEqual({ code: 0, signal: null });
    const report = JSON.parse(app.output);
    expect(report).toMatchObject({
      complete: true,
      pages: 1 + 400 + 8 + 10 + 3 + 2 + 8,
      redirects: 20 + 2,
      errors: { "404": 10, "500": 4, ETIMEDOUT: 2, ECONNRESET: 3, EPROTO: 1, "redirect loop": 2 },
      skippedByRobots: 20,
      retries: 8 + 4 + 2 + 3,
      cut: 3,
      unfinished: 0,
      unlisted: 0,
    });
    expect(report.list).toHaveLength(webSize);
    // One that breaks off before a byte of its answer is taken, the first time, for a connection that had been closed.
    const asked = new Map([...web.asked].map(([path, times]) => [path, path.startsWith("/reset/") ? 2 : times]));
    for (const n of [0, 1, 2]) expect([2, 3]).toContain(web.asked.get(`/reset/${n}`));
    expect([...asked].sort()).toEqual([...expectedOf()].sort());
    expect([...web.encodings]).toEqual([]);
    expect(web.most).toBeGreaterThan(1);
    expect(web.most).toBeLessThanOrEqual(10);
    expect(web.connections).toBeLessThan(100); // for some 500 requests: it is the way of those alone that break off or never end, and of second tries
    await web.left();
    web.close();
  });
});

describe.each(hostMachines)("on the %s machine", (machine) => {
  let web: Web;
  let at: string;
  beforeEach(async () => {
    web = new Web();
    at = await web.listen();
  });
  afterEach(() => web.close());

  test.each(["SIGTERM", "SIGINT"] as const)(
    "stopped by %s it says what it has come to, and nobody is connected",
    async (signal) => {
      const app = new LaunchedApp("apps/crawler.ts", [`http://${at}/silent/0`, "--timeout", "600000"], { machine });
      await web.askedFor("/silent/0");
      expect(await app.stop(signal)).toEqual({ code: 0, signal: null });
      expect(app.output).toContain(`stopped crawling http://${at}/silent/0 after`);
      expect(app.output).toContain("unfinished 1 known pages");
      await web.left();
    },
  );

  test("cancelled half-way in this process it leaves nothing, and the kernel has kept its laws", async () => {
    const report = new Report(`http://${at}/`);
    const names = await onHost(machine, () =>
      (function* (): Program<string[]> {
        const tid = yield* new NewTask(crawl(parse([report.start, "--depth", "20"]), report), "crawl");
        while (report.done < 100) yield* new Sleep(1);
        yield* new CancelTask(tid);
        yield* new WaitTask(tid);
        return (yield* new ListTasks()).map(({ name }) => name);
      })(),
    );
    expect(names).toHaveLength(1);
    expect(report.summary(1)).toMatchObject({ complete: false });
    await web.left();
  });
});

test("over TLS it crawls whom it can trust, and nobody else", async () => {
  const secure = new Web({ cert, key });
  const port = (await secure.listen()).split(":")[1];
  const ca = join(temporaryFolder(), "ca.pem");
  writeFileSync(ca, cert);
  const crawled = async (trusted: boolean): Promise<LaunchedApp> => {
    if (trusted) process.env["NODE_EXTRA_CA_CERTS"] = ca;
    const app = new LaunchedApp("apps/crawler.ts", [`https://localhost:${port}`, "--depth", "1", "--json"]);
    delete process.env["NODE_EXTRA_CA_CERTS"];
    await app.ended;
    return app;
  };
  expect(JSON.parse((await crawled(true)).output)).toMatchObject({ complete: true, pages: 2, errors: {} });
  expect(secure.connections).toBe(1);
  const app = await crawled(false);
  expect(app.process.exitCode).not.toBe(0);
  expect(app.output).toContain('"errors":{"ECERT":1}');
  expect(secure.asked.get("/")).toBe(1);
  await secure.left();
  secure.close();
});

test("a command line that cannot be obeyed is told so", async () => {
  const app = new LaunchedApp("apps/crawler.ts", ["ftp://host/"]);
  expect(await app.ended).toEqual({ code: 2, signal: null });
  expect(app.output).toContain(
    "is no address of a page: http://host/ or https://host/\nusage: yieldix run apps/crawler.ts",
  );
});
