// Which pages are known, and which are still to be fetched. Each address is admitted once, and at most so many of them:
// what is known then is fetched to the end, and no other is. It knows nothing of networks.

import { Queue } from "../lib/index.ts";
import { hostOf } from "./urls.ts";

/** A page that was admitted. */
export interface Page {
  readonly url: string;
  /** Links between the first page and this one; a redirect is none. */
  readonly depth: number;
  /** Redirects in a row that led here. */
  readonly hops: number;
  /** The page that named it; undefined for the first. */
  readonly from: string | undefined;
}

/** How far it goes. */
export interface Bounds {
  /** Pages that are admitted at most. */
  readonly pages: number;
  /** Links from the first page on that are followed. */
  readonly depth: number;
  /** Hosts beside the first page's own, as URLs name them: "example.org", "127.0.0.1:8080"; "*": any. */
  readonly hosts: readonly string[];
}

/** What became of a link: it is to be fetched, or was known already, or why it will not be. */
export type Verdict = "new" | "known" | "too deep" | "other host" | "too many pages";

/** What became of a redirect; "loop": it leads back to a page that redirects here. */
export type RedirectVerdict = Exclude<Verdict, "too deep"> | "loop" | "too many redirects";

/** Redirects in a row that are followed; as many as browsers follow is twenty, a robots.txt must be five. */
export const maxHops = 10;

/** Steps back in which a loop is looked for: one that is longer is cut by `maxHops` instead. */
const maxSteps = 64;

export class Frontier {
  /** Pages to be fetched; its `join` waits until all are done. */
  readonly queue: Queue<Page>;
  readonly #bounds: Bounds;
  readonly #known = new Set<string>();
  readonly #redirects = new Map<string, string>();
  readonly #hosts: ReadonlySet<string>;

  /** @param start the first page's address, in its one spelling */
  constructor(start: string, bounds: Bounds) {
    this.#bounds = bounds;
    this.#hosts = new Set([hostOf(start), ...bounds.hosts]);
    this.queue = new Queue({ name: "pages", capacity: bounds.pages });
    this.#admit({ url: start, depth: 0, hops: 0, from: undefined });
  }

  /** How many pages were admitted. */
  get size(): number {
    return this.#known.size;
  }

  /** A page links to another. */
  link(from: Page, url: string): Verdict {
    if (this.#known.has(url)) return "known";
    if (!this.#isAllowed(url)) return "other host";
    if (from.depth >= this.#bounds.depth) return "too deep";
    return this.#admit({ url, depth: from.depth + 1, hops: 0, from: from.url });
  }

  /** A page redirects to another. Of the pages of a loop one is told, whichever is the last to be fetched. */
  redirect(from: Page, url: string): RedirectVerdict {
    this.#redirects.set(from.url, url);
    if (this.#leadsTo(url, from.url)) return "loop";
    if (this.#known.has(url)) return "known";
    if (!this.#isAllowed(url)) return "other host";
    if (from.hops >= maxHops) return "too many redirects";
    return this.#admit({ url, depth: from.depth, hops: from.hops + 1, from: from.url });
  }

  #admit(page: Page): "new" | "too many pages" {
    if (this.#known.size >= this.#bounds.pages) return "too many pages";
    this.#known.add(page.url);
    this.queue.trySend(page); // there is room for each that is known
    return "new";
  }

  #isAllowed(url: string): boolean {
    return this.#hosts.has("*") || this.#hosts.has(hostOf(url));
  }

  #leadsTo(from: string, to: string): boolean {
    let url: string | undefined = from;
    for (let step = 0; url !== undefined && step < maxSteps; step++) {
      if (url === to) return true;
      url = this.#redirects.get(url);
    }
    return false;
  }
}
