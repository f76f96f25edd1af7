// The crawl as tasks: a router hands each page to its host's keeper; a keeper has read its host's robots.txt, and lets go of
// a page when manners allow; any worker that is free fetches it, and what it leads to begins again at the router. What came
// to nothing and may pass goes back to the keeper, for later. When all pages are done, all of them end. A host that must be
// waited for holds up nobody but its own keeper.

import { type Program, type Routine, type Runnable, routine, SyscallError } from "../../kernel/syscall.ts";
import { truncated } from "../../kernel/text.ts";
import { Group, type Members, SetName } from "../../syscalls/index.ts";
import { ConnectionPool } from "../lib/http/index.ts";
import { Channel, Semaphore, soleError } from "../lib/index.ts";
import { Frontier, type Page } from "./frontier.ts";
import { Host } from "./host.ts";
import type { Options } from "./options.ts";
import type { Outcome, Report } from "./report.ts";
import { readRules } from "./rules.ts";
import { originOf } from "./urls.ts";
import { type Again, visit } from "./visit.ts";
import type { Visit } from "./visits.ts";

/** Hosts of which pages are fetched; only `--hosts` with a "*" can lead to more. */
export const maxHosts = 1_000;
/** Characters of a task's name. */
const maxName = 64;

/**
 * Crawls from the first page on until all that is to be fetched is, and notes it in the report as it goes.
 * @throws ECANCELED when one of its tasks is killed without which it cannot go on
 */
export const crawl: Routine<[options: Options, report: Report], void> = routine(function* crawl(options, report) {
  try {
    yield* new Group(function* (members) {
      const all = new Crawl(options, report, members);
      yield* all.start(route(all), "crawl router");
      yield* all.start(all.pool.keep(), "crawl idle connections", () => true);
      let workers = options.tasks;
      for (let n = 1; n <= options.tasks; n++) {
        yield* all.start(work(all, `crawl worker ${n}`), `crawl worker ${n}`, () => --workers > 0);
      }
      yield* all.frontier.queue.join();
    });
  } catch (error) {
    throw soleError(error);
  }
  report.complete = true;
});

/** What its tasks share. */
export class Crawl {
  readonly options: Options;
  readonly report: Report;
  readonly frontier: Frontier;
  /** Pages whose turn it is. */
  readonly jobs: Channel<Job> = new Channel<Job>({ name: "jobs" });
  /** Held by whoever uses a connection: workers, and keepers while they read a robots.txt. */
  readonly connections: Semaphore;
  readonly pool: ConnectionPool;
  readonly hosts: Map<string, Host> = new Map();
  readonly #members: Members;

  constructor(options: Options, report: Report, members: Members) {
    this.options = options;
    this.report = report;
    this.frontier = new Frontier(options.start, options);
    this.connections = new Semaphore(options.tasks, { name: "connections" });
    this.pool = new ConnectionPool({ maxConnections: options.tasks });
    this.#members = members;
  }

  /**
   * Starts one of its tasks. As daemons: what keeps the crawl open is that pages are unfinished. One that is killed would
   * leave some so for ever: then the crawl fails instead, unless others do its work.
   */
  start(program: Runnable<void>, name: string, isSpared: () => boolean = () => false): ReturnType<Members["spawn"]> {
    return this.#members.spawn(program, truncated(name, maxName), {
      daemon: true,
      ended: (exit) => {
        if (exit.status === "threw") throw exit.error;
        if (exit.status !== "killed" || this.isEnding || isSpared()) return;
        throw new SyscallError("ECANCELED", `${name} was killed, and the crawl cannot go on without it`);
      },
    });
  }

  /** True once it is over, or stopped half-way. */
  get isEnding(): boolean {
    return !this.#members.isOpen;
  }

  /** A page is to be fetched again: it waits with its host. */
  again(host: Host, visit: Visit): void {
    this.report.waiting++;
    host.visits.add(visit);
  }

  /** A page is done with. @param outcome what became of it; undefined: nothing, it stays unfinished */
  done(page: Page, outcome: Outcome | undefined): void {
    this.report.known = this.frontier.size;
    this.report.connections = this.pool.opened;
    if (outcome !== undefined) this.report.add(page, outcome);
    this.frontier.queue.done();
  }
}

interface Job {
  readonly due: Visit;
  readonly host: Host;
}

function* route(crawl: Crawl): Program<void> {
  const { frontier, hosts, options } = crawl;
  for (let page = yield* frontier.queue.next(); !page.done; page = yield* frontier.queue.next()) {
    const origin = originOf(page.value.url);
    let host = hosts.get(origin);
    if (host === undefined && hosts.size < maxHosts) {
      host = new Host(origin, options, options.pages);
      hosts.set(origin, host);
      yield* crawl.start(keep(crawl, host), `crawl host ${origin}`);
    }
    if (host === undefined) crawl.done(page.value, tooManyHosts);
    else host.visits.add({ page: page.value, failures: 0, at: 0 });
  }
}

const tooManyHosts: Outcome = {
  kind: "error",
  error: "too many hosts",
  message: `is on one more host than ${maxHosts}`,
};

function* keep(crawl: Crawl, host: Host): Program<void> {
  const rules = yield* readRules(host, crawl);
  host.delayMs = Math.max(host.delayMs, rules.delayMs);
  for (;;) {
    const due = yield* host.visits.next();
    if (rules.allows(due.page.url)) {
      yield* host.slots.acquire();
      yield* host.turn();
      yield* crawl.jobs.send({ due, host });
    } else {
      crawl.done(due.page, rules.fault ?? { kind: "robots" });
    }
  }
}

function* work(crawl: Crawl, name: string): Program<void> {
  for (let job = yield* crawl.jobs.next(); !job.done; job = yield* crawl.jobs.next()) {
    let became: Outcome | Again | undefined;
    // Nothing is yielded before: in whose hands a page is, there it is seen to.
    try {
      const { due, host } = job.value;
      if (due.failures > 0) crawl.report.waiting--;
      yield* new SetName(truncated(`${name}: fetch ${due.page.url}`, maxName));
      became = yield* visit(due, host, crawl);
    } finally {
      fetched(job.value, became, crawl);
    }
    yield* new SetName(name);
  }
}

const killed: Outcome = { kind: "error", error: "killed", message: "the task that fetched it was killed" };

// Whatever has ended it, the page is done with or to be fetched again, and its host's slot is free.
function fetched({ due, host }: Job, became: Outcome | Again | undefined, crawl: Crawl): void {
  const { page, failures } = due;
  host.slots.release();
  if (became?.kind === "again") crawl.again(host, { page, failures: failures + 1, at: became.at });
  else crawl.done(page, became ?? (crawl.isEnding ? undefined : killed));
}
