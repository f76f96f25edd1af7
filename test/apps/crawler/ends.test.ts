// A crawl that does not come to its end: cancelled, killed, or robbed of one of its tasks half-way, and on a network that
// fails. It says what it has come to, and leaves nothing behind.

import { describe, expect, test } from "vitest";
import { crawl } from "../../../apps/crawler/crawl.ts";
import { parse } from "../../../apps/crawler/options.ts";
import { Report } from "../../../apps/crawler/report.ts";
import crawler from "../../../apps/crawler.ts";
import { type Kernel, type Program, routine, Syscall, type Task, type Tid } from "../../../kernel/syscall.ts";
import { CancelTask, KillTask, ListTasks, NewTask, Sleep, WaitTask } from "../../../syscalls/index.ts";
import { allFaults, benignFaults, run } from "../../kit/index.ts";
import { links, open, type Pages, type Site } from "./site.ts";

/** A site of twenty pages, some of which are slow, never end, or come to nothing at first. */
const paths = Array.from({ length: 20 }, (_, n) => `/${n}`);
const pages: Pages = {
  "/": links(...paths),
  ...Object.fromEntries(
    paths.map((path, n) => [
      path,
      [{ afterMs: 50 }, { after: "silent" }, { status: 503 }, { after: "endless" }][n % 4] ?? {},
    ]),
  ),
} as Pages;

/** How many endpoints are open on the whole machine. */
class CountEndpoints extends Syscall<number> {
  override handle(_task: Task, kernel: Kernel): number {
    return [...(kernel.machine.endpoints?.() ?? [])].length;
  }
}

/** Tasks that are neither the test's own nor the site's. */
const others = routine(function* others(): Program<readonly string[]> {
  const all = yield* new ListTasks();
  return all.map(({ name }) => name).filter((name) => name !== "main" && !name.startsWith("site"));
});

/** Ends a crawl after a time, in some way; answers with the tasks that were there, and checks that all of it is gone. */
function endedAfter(
  ms: number,
  end: (tid: Tid) => Syscall<unknown>,
): { output: string; before: readonly string[]; exit: unknown } {
  let before: readonly string[] = [];
  let exit: unknown;
  const { machine } = run(
    function* () {
      const site: Site = yield* open(pages);
      const endpoints = yield* new CountEndpoints();
      const tid = yield* new NewTask(crawler(["http://site/", "--json", "--max-bytes", "200000"]), "crawler");
      yield* new Sleep(ms);
      before = yield* others();
      yield* end(tid);
      exit = yield* new WaitTask(tid);
      expect(yield* others()).toEqual([]);
      yield* new Sleep(60); // until the site has heard of it
      expect([site.open, yield* new CountEndpoints()]).toEqual([0, endpoints]);
    },
    { name: "main" },
  );
  return { output: machine.stdout.text, before, exit };
}

describe("a crawl that is ended half-way", () => {
  const moments = [0, 0.5, 1, 1.5, 2, 10, 60, 5_000, 11_000];

  test.each(moments)("by a cancel, after %s ms: says what it has come to, and leaves nothing", (ms) => {
    const { output, before, exit } = endedAfter(ms, (tid) => new CancelTask(tid, "enough"));
    expect(exit).toMatchObject({ status: "killed", clean: true });
    const report = JSON.parse(output);
    expect(report).toMatchObject({ start: "http://site/", complete: false });
    expect(report.unfinished).toBeGreaterThan(0);
    if (ms > 0) expect(before).toEqual(expect.arrayContaining(["crawler", "crawl router", "crawl host http://site"]));
  });

  test.each(moments)("by a kill, after %s ms: the same", (ms) => {
    const { output, exit } = endedAfter(ms, (tid) => new KillTask(tid, "enough"));
    expect(exit).toMatchObject({ status: "killed", clean: true });
    expect(JSON.parse(output)).toMatchObject({ complete: false });
  });
});

describe("one of its tasks is killed:", () => {
  /** Kills a task of a crawl after a time, and gives the report. */
  function without(name: RegExp, ms: number, argv: readonly string[] = []): { report: Report; failure: string } {
    const options = parse(["http://site/", "--timeout", "300", "--retries", "0", ...argv]);
    const report = new Report(options.start);
    let failure = "";
    run(
      function* () {
        yield* open(pages);
        const tid = yield* new NewTask(crawl(options, report), "crawler");
        yield* new Sleep(ms);
        const found = (yield* new ListTasks()).find((task) => name.test(task.name));
        if (found === undefined) throw new Error(`there is no ${name}`);
        yield* new KillTask(found.tid, "to see");
        const exit = yield* new WaitTask(tid);
        if (exit.status === "threw")
          failure = String(exit.error instanceof AggregateError ? exit.error.errors : exit.error);
        expect(yield* others()).toEqual([]);
      },
      { name: "main" },
    );
    return { report, failure };
  }

  test("a worker: its page is an error, and the others go on", () => {
    const { report, failure } = without(/^crawl worker 3: fetch/, 20);
    expect([failure, report.complete, report.done]).toEqual(["", true, 21]);
    expect(report.summary(1).errors).toMatchObject({ killed: 1 });
  });

  test("a worker, whatever it does just then: all the other pages are fetched", () => {
    const options = parse(["http://site/", "--tasks", "2", "--per-host", "2"]);
    let wasKilled = true;
    for (let turn = 0; wasKilled; turn++) {
      const report = new Report(options.start);
      let turns = 0;
      const killer = {
        turn: ({ tid, origin, kernel }: Task) => {
          if (origin.name.startsWith("crawl worker") && turns++ === turn) kernel.kill(tid, 0, "the test");
        },
      };
      run(
        function* () {
          yield* open({ "/": links("/1", "/2", "/3"), "/2": [{ status: 503 }, {}] });
          yield* crawl(options, report);
        },
        { quantum: 1, observers: [killer] },
      );
      expect([report.complete, report.waiting]).toEqual([true, 0]);
      wasKilled = turns > turn;
      if (!wasKilled) expect([report.done, turn > 20]).toEqual([4, true]);
    }
  });

  test("who keeps idle connections: none is kept any more, and the crawl goes on", () => {
    const { report, failure } = without(/^crawl idle connections/, 20);
    expect([failure, report.complete, report.done]).toEqual(["", true, 21]);
  });

  test.each([
    ["the last worker", /^crawl worker 1/, ["--tasks", "1"]],
    ["the router", /^crawl router/, []],
    ["a host's keeper", /^crawl host/, []],
  ])("%s: the crawl says that it cannot go on", (_, name, argv) => {
    const { report, failure } = without(name, 20, argv);
    expect(failure).toContain("was killed, and the crawl cannot go on without it");
    expect(report.complete).toBe(false);
  });
});

describe("while it runs", () => {
  test("a connection is closed as soon as it is done with", () => {
    run(function* () {
      const silent = ["/1", "/2", "/3", "/4"];
      const endless = Object.fromEntries(silent.map((path) => [path, { after: "silent" } as const]));
      const site = yield* open({ "/": links(...silent, "/slow"), "/slow": { afterMs: 900 }, ...endless });
      const endpoints = yield* new CountEndpoints();
      const argv = ["http://site/", "--tasks", "5", "--timeout", "1000", "--retries", "0"];
      const tid = yield* new NewTask(crawler(argv), "crawler");
      yield* new Sleep(500);
      expect(site.open).toBe(5);
      yield* new Sleep(800);
      expect([site.open, yield* new CountEndpoints()]).toEqual([0, endpoints]);
      yield* new WaitTask(tid);
    });
  });

  test("those who read a robots.txt count among those who fetch", () => {
    run(function* () {
      const names = Array.from({ length: 8 }, (_, n) => `h${n}`);
      const sites = [yield* open({ "/": links(...names.map((name) => `http://${name}/`)) })];
      for (const name of names) sites.push(yield* open({ "/robots.txt": { after: "silent" } }, name));
      const argv = ["http://site/", "--tasks", "3", "--timeout", "1000", "--retries", "0", "--hosts", names.join()];
      yield* new NewTask(crawler(argv), "crawler");
      for (const ms of [500, 1_000, 1_000]) {
        yield* new Sleep(ms);
        expect(sites.reduce((sum, { open }) => sum + open, 0)).toBeLessThanOrEqual(3);
      }
      expect(sites.every(({ asked }) => asked.length > 0)).toBe(true);
    });
  });

  test("a page of very many links is no long turn", () => {
    const report = new Report("http://site/");
    let [before, most] = [0, 0];
    run(function* () {
      const site = yield* open({ "/": links(...Array.from({ length: 3_000 }, (_, n) => `/${n}`)) });
      const tid = yield* new NewTask(crawl(parse(["http://site/", "--depth", "0"]), report), "crawl");
      yield* new NewTask(
        (function* (): Program<void> {
          while (!site.paths.includes("/")) yield* new Sleep(0.01); // a turn takes no time, and the network does
          for (;;) {
            const now = report.summary(1).leftOut["too deep"] ?? 0;
            most = Math.max(most, now - before);
            before = now;
            yield;
          }
        })(),
        "beside it",
      );
      yield* new WaitTask(tid);
    });
    expect([before > 2_000, most]).toEqual([true, 100]);
  });
});

test("its tasks and what they wait for can be read", () => {
  let seen: readonly string[] = [];
  run(function* () {
    yield* open({ "/": links("/slow"), "/slow": { afterMs: 100 } });
    yield* new NewTask(crawler(["http://site/", "--tasks", "2"]), "crawler");
    yield* new Sleep(20);
    seen = (yield* new ListTasks()).map(({ name, verb, object }) => `${name} | ${verb} ${object}`);
    yield* new Sleep(200);
  });
  const shown = seen.filter((line) => line.startsWith("crawl")).map((line) => line.replace(/127\.[0-9.]+:[0-9]+/, "…"));
  expect(shown).toMatchInlineSnapshot(`
    [
      "crawler | join queue pages (0 of 10000), 1 unfinished",
      "crawl router | receive from queue pages (0 of 10000)",
      "crawl idle connections | sleep 4000 ms",
      "crawl worker 1 | receive from channel jobs",
      "crawl worker 2: fetch http://site/slow | read tcp … -> site:80",
      "crawl host http://site | receive from queue pages of http://site (0 of 10000)",
    ]
  `);
});

test("a host's keeper that waits for a connection waits for nobody's, itself least of all", () => {
  run(function* () {
    yield* open({ "/": links("/1", "/2", "/3"), "/1": { afterMs: 100 }, "/2": { afterMs: 100 }, "/3": {} });
    yield* new NewTask(crawler(["http://site/", "--tasks", "2"]), "crawler");
    yield* new Sleep(20);
    const keeper = (yield* new ListTasks()).find(({ name }) => name === "crawl host http://site");
    expect(keeper).toMatchObject({ object: "semaphore connections to http://site (0 of 2 free)", holders: [] });
    yield* new Sleep(300);
  });
});

describe("on a network that fails", () => {
  const some = Array.from({ length: 12 }, (_, n) => `/${n}`);
  const site: Pages = { "/": links(...some), ...Object.fromEntries(some.map((path) => [path, links("/", "/11")])) };

  test.each([
    ["benign", benignFaults],
    ["all", allFaults],
  ] as const)("in its %s ways, each page comes to one end", (name, faults) => {
    for (let seed = 1; seed <= 25; seed++) {
      let served: Site | undefined;
      const report = new Report("http://site/");
      run(
        function* () {
          served = yield* open(site);
          yield* crawl(parse(["http://site/", "--tasks", "4", "--timeout", "5000"]), report);
        },
        { seed, faults, schedule: "shuffle" },
      );
      const sums = report.summary(1);
      expect([sums.complete, sums.unfinished]).toEqual([true, 0]);
      // Three tries, the first of which may have met a connection that had just been closed.
      for (const path of some) expect(served?.paths.filter((each) => each === path).length).toBeLessThanOrEqual(4);
      if (name === "benign") expect(served?.paths).toEqual([...some, "/", "/robots.txt"].sort());
    }
  });
});
