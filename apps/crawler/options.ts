// The command line of the crawler: what is asked for, or a sentence that says what would do.

import { parseArgs } from "node:util";
import { UsageError, wholeNumber } from "../lib/index.ts";
import type { Bounds } from "./frontier.ts";
import type { Manners } from "./host.ts";
import { pageUrl } from "./urls.ts";

export const usage = `usage: yieldix run apps/crawler.ts -- http://host/ [--tasks 10] [--depth 5]
       [--pages 10000] [--hosts name,…] [--delay ms] [--per-host n]
       [--timeout ms] [--retries 2] [--max-bytes n] [--json]

Fetches a page, the pages of its host that it leads to, and so on, each once;
then says what it came to.

  --tasks n      pages that are fetched at the same time (default: 10)
  --depth n      links from the first page on that are followed (default: 5)
  --pages n      pages that are known at most (default: 10000)
  --hosts names  further hosts, as a,b:81, or * for any (default: none)
  --delay ms     the least time between two requests to a host (default: 0)
  --per-host n   connections to a host at a time (default: as --tasks)
  --timeout ms   how long a request may take, with its body (default: 10000)
  --retries n    how often a request is made again (default: 2)
  --max-bytes n  how much is read of a page (default: 2000000)
  --json         prints the sums and each page as one JSON object`;

/** What a crawl is told. */
export interface Options extends Bounds, Manners {
  /** The first page. */
  readonly start: string;
  /** Pages that are fetched at the same time. */
  readonly tasks: number;
  /** How long one request may take, its body included, ms. */
  readonly timeoutMs: number;
  /** How often a request is made again. */
  readonly retries: number;
  /** Bytes that are read of a page. */
  readonly maxBytes: number;
  readonly json: boolean;
}

type Given = Record<string, string | boolean | undefined>;

/** @throws UsageError */
export function parse(argv: readonly string[]): Options {
  const { values, positionals } = parsed(argv);
  const [text, ...more] = positionals;
  if (text === undefined) throw new UsageError("there is no address to begin with");
  if (more.length > 0) throw new UsageError(`one address to begin with, not also ${JSON.stringify(more[0])}`);
  const start = pageUrl(text);
  if (start === undefined)
    throw new UsageError(`${JSON.stringify(text)} is no address of a page: http://host/ or https://host/`);
  const tasks = whole(values, "tasks", 10, 1, 1_000);
  return {
    start,
    tasks,
    depth: whole(values, "depth", 5, 0, 1_000_000),
    pages: whole(values, "pages", 10_000, 1, 1_000_000),
    hosts: hosts(values["hosts"]),
    delayMs: whole(values, "delay", 0, 0, 3_600_000),
    perHost: whole(values, "per-host", tasks, 1, 1_000),
    timeoutMs: whole(values, "timeout", 10_000, 1, 3_600_000),
    retries: whole(values, "retries", 2, 0, 100),
    maxBytes: whole(values, "max-bytes", 2_000_000, 1, 100_000_000),
    json: values["json"] === true,
  };
}

function parsed(argv: readonly string[]): { values: Given; positionals: readonly string[] } {
  const text = { type: "string" } as const; // the literal that parseArgs wants
  return parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      tasks: text,
      depth: text,
      pages: text,
      hosts: text,
      delay: text,
      "per-host": text,
      timeout: text,
      retries: text,
      "max-bytes": text,
      json: { type: "boolean" },
    },
  });
}

function whole(values: Given, name: string, byDefault: number, least: number, most: number): number {
  const text = values[name];
  if (text === undefined) return byDefault;
  return wholeNumber(name, String(text), [least, most]);
}

function hosts(text: string | boolean | undefined): readonly string[] {
  if (text === undefined) return [];
  return String(text)
    .split(",")
    .map((name) => {
      if (name === "*") return name;
      const url = `http://${name}`;
      if (name !== "" && URL.canParse(url) && new URL(url).pathname === "/" && !/[/?#@\\]/.test(name)) {
        return new URL(url).host;
      }
      throw new UsageError(
        `--hosts: ${JSON.stringify(name)} is no name of a host, with its port where it is not the usual one`,
      );
    });
}
