// What a crawl has come to: counted while it runs, shown as a line, at its end as a text or as JSON. It holds so many
// pages one by one; beyond that it only counts.

import { jsonText, progressBar } from "../lib/index.ts";
import type { Page } from "./frontier.ts";
import { hostOf } from "./urls.ts";

/** Pages that are listed one by one in `--json`. */
export const maxListed = 10_000;
/** Errors that are shown one by one to people. */
const shownErrors = 10;
const barCells = 20;

/** What became of a page. */
export type Outcome =
  | {
      readonly kind: "page";
      readonly status: number;
      /** Of its body, as far as it was read: what is no HTML is not. */
      readonly bytes: number;
      readonly type: string;
      /** Pages it leads to, of those that may be followed. */
      readonly links: number;
      /** True when it asks not to be listed where people search. */
      readonly noindex: boolean;
      /** True when it was longer than is read of a page. */
      readonly isCut: boolean;
    }
  | { readonly kind: "redirect"; readonly status: number; readonly to: string; readonly note: string }
  | {
      readonly kind: "error";
      /** What it is counted under: a status, a code, "redirect loop". */
      readonly error: string;
      readonly message: string;
    }
  | { readonly kind: "robots" };

/** A page as it is listed. */
type Listed = Pick<Page, "url" | "depth" | "from"> & Outcome;

/** The sums. */
export interface Summary {
  readonly start: string;
  readonly seconds: number;
  /** False when it was stopped before its end. */
  readonly complete: boolean;
  readonly pages: number;
  readonly pagesPerSecond: number;
  readonly bytes: number;
  readonly redirects: number;
  readonly skippedByRobots: number;
  readonly retries: number;
  /** Connections that were opened for all of it. */
  readonly connections: number;
  /** Pages longer than is read of one. */
  readonly cut: number;
  /** How many of each kind. */
  readonly errors: Readonly<Record<string, number>>;
  /** Links that were not followed, by why; each as often as it was seen. */
  readonly leftOut: Readonly<Record<string, number>>;
  /** Pages that were known and not fetched when it was stopped. */
  readonly unfinished: number;
}

export class Report {
  readonly start: string;
  /** Bytes of bodies, those of failed tries too. */
  bytes = 0;
  retries = 0;
  connections = 0;
  /** Pages that wait to be tried again. */
  waiting = 0;
  /** Pages that are known: to be set before it is shown. */
  known = 1;
  complete = false;
  readonly #counts = { page: 0, redirect: 0, error: 0, robots: 0 };
  readonly #errors = new Map<string, number>();
  readonly #leftOut = new Map<string, number>();
  readonly #listed: Listed[] = [];
  #cut = 0;

  /** @param start the address of the first page */
  constructor(start: string) {
    this.start = start;
  }

  /** How many pages have come to an end, whichever. */
  get done(): number {
    const { page, redirect, error, robots } = this.#counts;
    return page + redirect + error + robots;
  }

  /** How many pages were fetched. */
  get fetched(): number {
    return this.#counts.page;
  }

  /** How many pages came to an error. */
  get failed(): number {
    return this.#counts.error;
  }

  /** What became of a page: once each. */
  add({ url, depth, from }: Page, outcome: Outcome): void {
    this.#counts[outcome.kind]++;
    if (outcome.kind === "error") addOne(this.#errors, outcome.error);
    if (outcome.kind === "page" && outcome.isCut) this.#cut++;
    if (this.#listed.length < maxListed) this.#listed.push({ url, depth, from, ...outcome });
  }

  /** Links that are not followed. */
  leave(why: string, count = 1): void {
    if (count > 0) this.#leftOut.set(why, (this.#leftOut.get(why) ?? 0) + count);
  }

  /** While it runs. */
  get line(): string {
    const { page, error } = this.#counts;
    const bar = progressBar(this.done / this.known, barCells);
    const sums = `${page} fetched, ${size(this.bytes)}; ${error} failed${many(this.waiting, ", %n to be tried again")}`;
    return `${bar} ${this.done} of ${this.known} known pages: ${sums}`;
  }

  /** @param seconds how long it took */
  summary(seconds: number): Summary {
    const { page, redirect, robots } = this.#counts;
    return {
      start: this.start,
      seconds: round(seconds),
      complete: this.complete,
      pages: page,
      pagesPerSecond: seconds > 0 ? round(page / seconds) : 0,
      bytes: this.bytes,
      redirects: redirect,
      skippedByRobots: robots,
      retries: this.retries,
      connections: this.connections,
      cut: this.#cut,
      errors: Object.fromEntries(this.#errors),
      leftOut: Object.fromEntries(this.#leftOut),
      unfinished: this.known - this.done,
    };
  }

  /** For people, several lines. */
  text(seconds: number): string {
    const sums = this.summary(seconds);
    const lines = [
      `${sums.complete ? "crawled" : "stopped crawling"} ${this.start} after ${sums.seconds} s`,
      `  pages      ${sums.pages} (${sums.pagesPerSecond}/s), ${size(sums.bytes)}${many(this.#cut, ", %n of them cut")}${many(sums.connections, ", connections: %n")}`,
      `  redirects  ${sums.redirects}`,
      `  errors     ${this.#counts.error}${listed(this.#errors)}${many(sums.retries, " after %n retries")}`,
      `  skipped    ${sums.skippedByRobots} by robots.txt`,
    ];
    const left = [...this.#leftOut].map(([why, count]) => `${count} ${why}`).join(", ");
    if (left !== "") lines.push(`  left out   links: ${left}`);
    if (sums.unfinished > 0) lines.push(`  unfinished ${sums.unfinished} known pages`);
    return [...lines, ...this.#errorLines()].join("\n");
  }

  /** One object on one line. */
  json(seconds: number): string {
    const list = this.#listed.map(({ from, ...page }) => (from === undefined ? page : { ...page, from }));
    return jsonText({ ...this.summary(seconds), unlisted: this.done - list.length, list });
  }

  #errorLines(): string[] {
    const lines: string[] = [];
    for (const page of this.#listed) {
      if (page.kind === "redirect" && page.note === "other host" && page.from === undefined) {
        lines.push(`  ${page.url}: redirects to ${page.to}, on another host: --hosts ${hostOf(page.to)}`);
      }
      if (page.kind !== "error") continue;
      if (lines.length === shownErrors) return [...lines, "  … all of them: --json"];
      lines.push(`  ${page.url}: ${page.message}${page.from === undefined ? "" : `, from ${page.from}`}`);
    }
    return lines;
  }
}

function addOne(counts: Map<string, number>, kind: string): void {
  counts.set(kind, (counts.get(kind) ?? 0) + 1);
}

function listed(counts: ReadonlyMap<string, number>): string {
  const kinds = [...counts].sort(([, one], [, other]) => other - one).map(([kind, count]) => `${kind} x ${count}`);
  return kinds.length === 0 ? "" : ` (${kinds.join(", ")})`;
}

function many(count: number, text: string): string {
  return count === 0 ? "" : text.replace("%n", String(count));
}

function size(bytes: number): string {
  if (bytes < 1_000) return `${bytes} bytes`;
  return bytes < 1_000_000 ? `${(bytes / 1_000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
